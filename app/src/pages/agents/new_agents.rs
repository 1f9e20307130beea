//! Whether an agent that is created now will report, with the evidence and the fix.

use leptos::prelude::*;
use monitor_core::{error::StackError, live::EngineState};

use super::cause::remedy;
use crate::{
    components::{Prose, Tone, chip},
    live::Live,
    words,
};

/// The line below the headline.
#[component]
pub fn NewAgentsChip() -> impl IntoView {
    let live = Live::get();
    let found = live.derive(|snapshot| match &snapshot.engine {
        EngineState::Connected { .. } => snapshot.new_agents.clone(),
        _ => None,
    });
    let broken =
        live.derive(|snapshot| matches!(snapshot.configuration.error, Some(StackError::SettingsInvalid { .. })));
    let hydrated = live.hydrated();
    view! {
        <div class="new-agents">
            {move || {
                if broken.get() {
                    return view! {
                        <p>
                            {chip(Tone::Warn, "New agents: unknown")} " "
                            <span class="muted">
                                "The settings file is invalid. Agents are compared with the defaults. "
                                <a href="/settings">"Fix the settings"</a>
                            </span>
                        </p>
                    }
                    .into_any();
                }
                let Some(found) = found.get() else { return ().into_any() };
                let evidence = view! {
                    <span class="muted">
                        <Prose text=words::sentence(&found.evidence) />
                    </span>
                };
                if found.would_report { view! { <p>{chip(Tone::Ok, "New agents will report")} " " {evidence}</p> }.into_any() } else {
                        let causes = found
                            .causes
                            .iter()
                            .map(|cause| view! { <p>{cause.code.sentence()}</p> {remedy(cause, hydrated)} })
                            .collect_view();
                        view! {
                            <details open=true>
                                <summary>{chip(Tone::Bad, "New agents won't report")} " " {evidence}</summary>
                                {causes}
                            </details>
                        }
                        .into_any()
                    }
            }}
        </div>
    }
    .into_any()
}
