//! The button that applies the settings, and the choice that comes before it.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_navigate;
use monitor_core::settings_page::Preview;

use super::{back::BackToSettings, effects::has_no_effect, query, request::Request};
use crate::{
    api::ApplySettings,
    components::{Icon, Prose, Tone, show_if},
    live::Live,
    words,
};

/// The form with the button, or a note where there is nothing to apply.
#[component]
pub fn Apply(apply: Request, preview: Preview, asked: String) -> impl IntoView {
    let navigate = use_navigate();
    let busy = Live::get().derive(|snapshot| snapshot.running_job().map(|job| job.kind));
    let at_work = Memo::new(move |_| busy.with(Option::is_some));
    let replace = RwSignal::new(false);
    let nothing = has_no_effect(&preview);
    let edited = (!preview.edited.is_empty()).then(|| {
        let names: Vec<String> = preview.edited.iter().map(|name| format!("`{name}`")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let was = if names.len() == 1 { "was" } else { "were" };
        let words = format!("{} {was} edited by hand and will be kept.", words::join_names(&names));
        view! {
            <p>
                <Prose text=words />
            </p>
            <label class="checkbox">
                <input
                    type="checkbox"
                    name="replace_edited"
                    value="true"
                    on:change:target=move |event| replace.set(event.target().checked())
                />
                "Replace edited files and recreate the services that use them. Backups are kept."
            </label>
        }
        .into_any()
    });
    if nothing {
        return view! {
            <section class="note" data-tone="ok">
                <h2>
                    <Icon shape=Tone::Ok.shape() />
                    "Nothing to apply"
                </h2>
                <p class="muted">"Settings, files, and containers are in sync."</p>
            </section>
            <div class="actions">
                <BackToSettings asked />
            </div>
        }
        .into_any();
    }
    let base = preview.base.clone();
    let submit = {
        let (asked, base) = (asked.clone(), base.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if untrack(move || at_work.get()) {
                return;
            }
            let mut pairs = vec![("query", asked.as_str()), ("base", base.as_str())];
            if replace.get_untracked() {
                pairs.push(("replace_edited", "true"));
            }
            let navigate = navigate.clone();
            apply.send(query::encode_query(pairs), move || navigate("/settings", Default::default()));
        }
    };
    view! {
        <form class="apply-form" method="post" action=ApplySettings::url() on:submit=submit>
            <input type="hidden" name="query" value=asked.clone() />
            <input type="hidden" name="base" value=base />
            {edited}
            {show_if(at_work, || view! {
                <p class="hint">"A job is running. You can apply when it is done."</p>
            })}
            <div class="actions">
                <button
                    type="submit"
                    class="button"
                    data-rank="primary"
                    aria-busy=move || apply.pending().to_string()
                    aria-disabled=move || at_work.get().then(|| "true".to_owned())
                >
                    "Save and apply"
                </button>
                <BackToSettings asked />
            </div>
        </form>
    }
    .into_any()
}
