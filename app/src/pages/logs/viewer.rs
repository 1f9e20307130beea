//! The lines of a log, with a filter and a pause button.

use leptos::{html, prelude::*};
use monitor_core::{
    logs::{Level, LogLine},
    service::Service,
    timestamp::Timestamp,
};

use super::buffer::{Buffer, Filter, Numbered};
#[cfg(feature = "hydrate")]
use crate::live::feed::follow;
use crate::{
    components::{Icon, Shape, show_if},
    live::{
        Live,
        feed::{FeedBuffer as _, pause_label},
    },
    words,
};

/// The log of one service.
#[component]
pub fn Viewer(service: Service, lines: Vec<LogLine>, filter: RwSignal<Filter>) -> impl IntoView {
    let live = Live::get();
    let buffer = RwSignal::new(Buffer::new(lines));
    let paused = RwSignal::new(false);
    let shown = Memo::new(move |_| {
        let filter = filter.get();
        buffer.with(|buffer| {
            buffer.shown().iter().filter(|numbered| filter.matches(&numbered.line)).cloned().collect::<Vec<_>>()
        })
    });
    let empty = Memo::new(move |_| shown.with(Vec::is_empty));
    let scroller = NodeRef::<html::Div>::new();
    #[cfg(feature = "hydrate")]
    {
        /// Lines that the server sends first.
        const TAIL: u32 = 500;
        follow(format!("/logs/{service}/stream?tail={TAIL}"), buffer, paused, scroller);
    }
    let counted = move || {
        let (shown, all) = (shown.with(Vec::len), buffer.with(|buffer| buffer.shown().len()));
        let lines = words::plural(all, "line", "lines");
        if shown == all { format!("{lines} · UTC") } else { format!("{shown} of {lines} · UTC") }
    };
    let pause_words = move || pause_label(paused.get(), buffer.with(Buffer::waiting));
    view! {
        <section class="card" aria-label=format!("Log of {}", service.title())>
            <div class="card-head toolbar">
                <form method="get" role="search" on:submit=move |event| event.prevent_default()>
                    <input
                        type="search"
                        name="q"
                        aria-label="Search lines"
                        placeholder="Search"
                        autocomplete="off"
                        value=filter.with_untracked(|filter| filter.text.clone())
                        on:input:target=move |event| filter.update(|filter| filter.text = event.target().value())
                    />
                </form>
                {show_if(live.hydrated(), move || view! {
                    <label class="checkbox">
                        <input
                            type="checkbox"
                            on:change:target=move |event| {
                                filter.update(|filter| filter.serious = event.target().checked())
                            }
                        />
                        "Warnings and errors"
                    </label>
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
                <a class="button" data-rank="quiet" href=format!("/logs/{service}/download") download rel="external">
                    <Icon shape=Shape::Download />
                    "Download"
                </a>
                <p class="muted">{move || counted()}</p>
            </div>
            <div
                class="log-lines"
                node_ref=scroller
                tabindex="0"
                role="region"
                aria-label=format!("Lines of {}, times in UTC", service.title())
            >
                <For each=move || shown.get() key=|numbered| numbered.number let:numbered>
                    <Line numbered />
                </For>
                {show_if(empty, move || view! {
                    <p class="empty-message">
                        {move || if buffer.with(|buffer| buffer.shown().is_empty()) { "No logs yet." } else { "No matching lines." }.to_owned()}
                    </p>
                })}
            </div>
        </section>
    }
}

#[component]
fn Line(numbered: Numbered) -> impl IntoView {
    let LogLine { at, level, text: line } = numbered.line;
    let word = match level {
        Level::Error | Level::Warn => level.name(),
        Level::Info | Level::Debug | Level::Plain => "",
    };
    view! {
        <div class="log-line" data-level=level.name()>
            <time datetime=at.map(Timestamp::to_rfc3339) title=at.map(Timestamp::to_rfc3339)>
                {at.map(time_of_day)}
            </time>
            <span class="log-level">{word}</span>
            <span class="log-text">{line}</span>
        </div>
    }
}

/// `07:12:56`, in UTC like the lines' own times.
fn time_of_day(at: Timestamp) -> String {
    at.to_rfc3339().get(11..19).unwrap_or_default().to_owned()
}
