//! The facts about an agent's container.

use leptos::prelude::*;
use monitor_core::{
    agent_page::AgentPage,
    agents::Agent,
    status::ContainerState,
    timestamp::{Timestamp, format_duration},
};

use super::row_view::describe_container_state;
use crate::components::{Ago, Moment};

/// The card.
#[component]
pub fn Facts(page: RwSignal<AgentPage>, agent: Memo<Agent>, now: Memo<Timestamp>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="facts">
            <div class="card-head">
                <h2 id="facts">"Container"</h2>
            </div>
            {move || agent.with(|agent| page.with(|page| list(page, agent, now)))}
        </section>
    }
}

fn list(page: &AgentPage, agent: &Agent, now: Memo<Timestamp>) -> AnyView {
    let up = match (agent.state, agent.started_at) {
        (ContainerState::Running, Some(at)) => {
            let words = move || format_duration(now.get().seconds_since(at));
            view! { "running for " <Moment at>{move || words()}</Moment> }.into_any()
        }
        (state, _) => describe_container_state(state).into_any(),
    };
    let created = match agent.created_at {
        Some(then) => view! { <Ago then now /> }.into_any(),
        None => "unknown".into_any(),
    };
    let code = |words: String| view! { <code>{words}</code> }.into_any();
    let networks = if page.networks.is_empty() {
        "none".into_any()
    } else {
        let names = page.networks.iter().cloned().map(|name| view! { <code>{name}</code> " " });
        names.collect_view().into_any()
    };
    let mut facts = vec![
        ("Name", code(agent.container.clone())),
        ("Image", code(agent.image.clone())),
        ("State", up),
        ("Created", created),
        ("Networks", networks),
    ];
    if let Some(folder) = &page.workdir {
        facts.push(("Created in", code(folder.clone())));
    }
    if let Some(version) = &page.claude_version {
        facts.push(("Claude Code", version.clone().into_any()));
    }
    let facts = facts.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt> <dd>{value}</dd></div> });
    view! { <dl class="agent-facts">{facts.collect_view()}</dl> }.into_any()
}
