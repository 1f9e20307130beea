//! The opening of an agent's page: its name, its project, its verdict, and why.

use leptos::prelude::*;
use monitor_core::agents::{Agent, Cause};

use super::{
    cause::{cause_tone, remedy, tone},
    query::{NO_PROJECT, Query},
};
use crate::{
    components::{Chip, Evidence},
    live::Live,
    words,
};

/// The link to the list.
#[component]
pub fn BackToAgents() -> impl IntoView {
    view! { <p class="back-link"><a href="/agents">"All agents"</a></p> }
}

/// The address of the list of the project's agents.
fn address_of_project(project: Option<String>) -> String {
    Query { project: project.unwrap_or_else(|| NO_PROJECT.into()), ..Query::default() }.address()
}

/// The name, the project and the verdict.
#[component]
pub fn Opening(agent: Memo<Agent>) -> impl IntoView {
    let title = Memo::new(move |_| agent.with(|agent| agent.title().to_owned()));
    let project = Memo::new(move |_| agent.with(|agent| agent.project.clone()));
    let hydrated = Live::get().hydrated();
    view! {
        <header class="page-header">
            <BackToAgents />
            <div class="title-row">
                <h1>{move || title.get()}</h1>
                <p class="muted">
                    <a href=move || Some(address_of_project(project.get()))>
                        {move || project.get().unwrap_or_else(|| "no project".into())}
                    </a>
                </p>
            </div>
            <p class="verdict" role="status">
                <Chip
                    tone=Signal::derive(move || agent.with(|agent| tone(agent.verdict)))
                    word=Signal::derive(move || agent.with(|agent| agent.telemetry_title().to_owned()))
                />
            </p>
            <p class="muted">{move || agent.with(|agent| agent.activity.as_ref().map(|activity| {
                let text = words::sentence(&format!("{}: {}", activity.kind.title(), activity.evidence));
                view! { <Evidence text hydrated /> }
            })).into_any()}</p>
        </header>
    }
}

/// The causes of the verdict. The most important comes first and is unfolded.
#[component]
pub fn Causes(agent: Memo<Agent>) -> impl IntoView {
    let hydrated = Live::get().hydrated();
    let causes = Memo::new(move |_| agent.with(|agent| (agent.verdict, agent.causes.clone())));
    view! {
        {move || {
            let (verdict, causes) = causes.get();
            if causes.is_empty() {
                return ().into_any();
            }
            let each = |(index, cause): (usize, &Cause)| {
                view! {
                    <li data-tone=cause_tone(cause, verdict).name()>
                        <details open=index == 0>
                            <summary>{cause.code.sentence()}</summary>
                            {remedy(cause, hydrated)}
                        </details>
                    </li>
                }
            };
            let causes = causes.iter().enumerate().map(each).collect_view();
            view! {
                <section class="card causes" aria-labelledby="causes">
                    <h2 id="causes" class="visually-hidden">"Why"</h2>
                    <ol>{causes}</ol>
                </section>
            }
            .into_any()
        }}
    }
}
