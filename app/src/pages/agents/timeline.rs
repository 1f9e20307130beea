//! One agent's events as they arrive.

use leptos::{html, prelude::*};
use monitor_core::{links::Link, telemetry::AgentEvent};

use super::{events::Timeline, row_focus::RowFocus};
#[cfg(feature = "hydrate")]
use crate::{address, live::feed::follow};
use crate::{
    charts::figure::external_link,
    components::{Moment, Prose, keyed_list, show_if},
    live::{
        Live,
        feed::{FeedBuffer as _, pause_label},
    },
    words,
};

/// The card.
#[component]
pub fn Events(
    container: String,
    /// The last events, as loaded with the page.
    first: Vec<AgentEvent>,
    /// Why the store did not answer when the page was loaded, if it did not.
    missing: Option<String>,
    /// A link to the same events in Grafana.
    link: Memo<Link>,
) -> impl IntoView {
    let live = Live::get();
    let mut loaded = Timeline::new(first);
    loaded.trouble = missing;
    let timeline = RwSignal::new(loaded);
    let paused = RwSignal::new(false);
    let scroller = NodeRef::<html::Div>::new();
    #[cfg(feature = "hydrate")]
    follow(format!("/events/agent/{}", address::encode_segment(&container)), timeline, paused, scroller);
    #[cfg(not(feature = "hydrate"))]
    let _ = container;
    let empty = Memo::new(move |_| timeline.with(|timeline| timeline.shown().is_empty()));
    let trouble = Memo::new(move |_| timeline.with(|timeline| timeline.trouble.clone()));
    let hydrated = live.hydrated();
    let has = move |id: &str| timeline.with(|timeline| timeline.shown().iter().any(|event| event.id == id));
    let rows = RowFocus::new(hydrated, has);
    let pause_words = move || pause_label(paused.get(), timeline.with(Timeline::waiting));
    view! {
        <section class="card" aria-labelledby="timeline">
            <div class="card-head">
                <h2 id="timeline">"Timeline"</h2>
                <span class="muted">"UTC"</span>
                {move || external_link(link.get(), "Explore", "Events in Grafana Explore".into())}
                {show_if(hydrated, move || view! {
                    <button
                        type="button"
                        class="button"
                        data-rank="quiet"
                        aria-pressed=move || paused.get().to_string()
                        on:click=move |_| paused.update(|paused| *paused = !*paused)
                    >
                        {move || pause_words()}
                    </button>
                })}
            </div>
            <div role="status">
                {move || trouble.get().map(|why| {
                    let text = words::sentence(&why);
                    view! { <p class="timeline-warning" data-tone="warn"><Prose text /></p> }
                }).into_any()}
            </div>
            <div
                class="events"
                node_ref=scroller
                tabindex=move || rows.tab_index(None)
                role="region"
                aria-label="Events, times in UTC"
                on:keydown=move |event| rows.move_focus(&event, scroller)
            >
                {keyed_list(
                    move || timeline.with(|timeline| timeline.shown().iter().map(|event| event.id.clone()).collect()),
                    move |id| timeline.with_untracked(|timeline| {
                        let event = timeline.shown().iter().rev().find(|event| event.id == id);
                        event.map(|event| line(event, rows)).into_any()
                    }),
                )}
                {show_if(empty, move || view! {
                    <p class="empty-message">
                        {move || match (trouble.with(Option::is_some), hydrated.get()) {
                            (true, _) => "Unavailable.",
                            (false, true) => "No events yet. New ones appear here.",
                            (false, false) => "No events yet.",
                        }.to_owned()}
                    </p>
                })}
            </div>
        </section>
    }
}

fn line(event: &AgentEvent, rows: RowFocus) -> AnyView {
    let (own, focused) = (event.id.clone(), event.id.clone());
    let at = event.at;
    let time = at.to_rfc3339().get(11..19).unwrap_or_default().to_owned();
    let failed = event.failed.then(|| view! { <span class="event-failed">"failed"</span> });
    let fields = event
        .fields
        .iter()
        .map(|(name, value)| view! { <dt>{name.clone()}</dt> <dd>{value.clone()}</dd> })
        .collect_view();
    view! {
        <details class="event" data-failed=event.failed.to_string()>
            <summary
                tabindex=move || rows.tab_index(Some(&own))
                on:focus=move |_| rows.has_focus(focused.clone())
            >
                <Moment at>{time}</Moment>
                <span class="event-name">{event.name.clone()}</span>
                {failed}
                <span class="event-text">{event.summary.clone()}</span>
            </summary>
            <dl>
                <dt>"session"</dt>
                <dd>{event.session.clone()}</dd>
                {fields}
            </dl>
        </details>
    }
    .into_any()
}
