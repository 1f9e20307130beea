//! The exact variables that an agent is given under the saved settings, ready to copy, and which agents differ.

use leptos::prelude::*;
use monitor_core::{
    agent_environment::{Difference, Source, Variable},
    settings_page::{AgentDrift, SettingsPage},
};

use super::{drift::AGENTS_NEXT, editing::Editing};
use crate::{
    components::{Chip, Copy, Icon, Prose, Tone},
    live::Live,
    reactive::{Derived, show_if},
    words,
};

/// The card.
#[component]
pub fn Environment(editing: Editing) -> impl IntoView {
    let hydrated = Live::get().hydrated();
    let lines = Derived::new(move || editing.page.with(|page| page.environment.clone()));
    let agent_env = Derived::new(move || editing.page.with(|page| page.agent_env.clone()));
    let agents = Derived::new(move || editing.page.with(agents_of));
    view! {
        <section class="card agent-environment" aria-labelledby="agents">
            <div class="card-head">
                <h2 id="agents">"What an agent is given"</h2>
                <p class="fact">"Under the saved settings"</p>
                {show_if(hydrated, move || view! {
                    {move || view! { <Copy text=lines.with(|lines| as_lines(lines)) what=" the variables" /> }.into_any()}
                })}
            </div>
            <p class="purpose">
                "Clawker hands these variables to an agent when its image is built and its container made. What is marked, \
                 Clawker leaves out, and leaving it out does not switch it off: put it into "
                <code>".clawker.yaml"</code> " yourself."
            </p>
            {move || lines.with(|lines| list(lines))}
            <details>
                <summary>"As " <code>"agent.env"</code> ", for " <code>".clawker.yaml"</code></summary>
                {show_if(hydrated, move || view! {
                    <div class="copy">
                        {move || view! { <Copy text=agent_env.get().into() what=" agent.env" /> }.into_any()}
                    </div>
                })}
                <pre tabindex="0" role="region" aria-label="agent.env">
                    {move || view! { <code>{agent_env.get()}</code> }.into_any()}
                </pre>
            </details>
            {move || agents.with(|agents| differing(agents))}
        </section>
    }
}

fn agents_of(page: &SettingsPage) -> Vec<AgentDrift> {
    page.drift.agents.clone()
}

/// `NAME=value`, a line each.
fn as_lines(variables: &[Variable]) -> std::sync::Arc<str> {
    variables.iter().map(|variable| format!("{}={}\n", variable.name, variable.value)).collect::<String>().into()
}

fn list(variables: &[Variable]) -> AnyView {
    let lines: Vec<AnyView> = variables
        .iter()
        .map(|variable| {
            let by_hand = (variable.source == Source::OnlyByHand).then(|| {
                view! {
                    <span class="chip" data-tone="warn">
                        <Icon shape=Tone::Warn.shape() />
                        "only by hand"
                    </span>
                }
                .into_any()
            });
            let about =
                (!variable.about.is_empty()).then(|| view! { <span>{variable.about.clone()}</span> }.into_any());
            view! {
                <li>
                    <code>{format!("{}={}", variable.name, variable.value)}</code>
                    <span class="muted">{about}{by_hand}</span>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul class="variables">{lines}</ul> }.into_any()
}

fn differing(agents: &[AgentDrift]) -> AnyView {
    if agents.is_empty() {
        return ().into_any();
    }
    let title = match agents.len() {
        1 => "One agent differs".to_owned(),
        some => words::sentence(&format!("{} agents differ", words::count(some))).trim_end_matches('.').to_owned(),
    };
    let agents: Vec<AnyView> = agents.iter().map(agent).collect();
    view! {
        <div class="outdated-agent">
            <h3>{title}</h3>
            <p class="hint">
                <Prose text=AGENTS_NEXT.to_owned() />
            </p>
            {agents}
        </div>
    }
    .into_any()
}

fn agent(agent: &AgentDrift) -> AnyView {
    let (tone, word) = if agent.running { (Tone::Ok, "Runs") } else { (Tone::Off, "Stopped") };
    let value = |value: &Option<String>| match value {
        Some(value) => view! { <code>{value.clone()}</code> }.into_any(),
        None => view! { <span class="muted">"not set"</span> }.into_any(),
    };
    let rows: Vec<AnyView> = agent
        .differences
        .iter()
        .map(|Difference { name, wanted, found }| {
            view! {
                <tr>
                    <th scope="row"><code>{name.clone()}</code></th>
                    <td data-label="Has">{value(found)}</td>
                    <td data-label="Would get">{value(wanted)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="scroll-area" tabindex="0" role="region" aria-label=format!("Variables of {}", agent.container)>
            <table class="value-table">
                <caption>
                    <b>{agent.container.clone()}</b>
                    " "
                    <Chip tone word=word.to_owned() />
                </caption>
                <thead>
                    <tr>
                        <th scope="col">"Variable"</th>
                        <th scope="col">"Has"</th>
                        <th scope="col">"Would get"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
