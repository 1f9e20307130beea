//! The variables that agents get with the saved settings, ready to copy, and the agents that differ.

use leptos::prelude::*;
use monitor_core::{
    agent_environment::{Difference, Source, Variable},
    settings_page::{AgentDrift, SettingsPage},
};

use super::{drift::AGENTS_NEXT, editing::Editing};
use crate::{
    components::{Chip, Copy, Icon, Prose, Tone, show_if},
    live::Live,
};

/// The card.
#[component]
pub fn Environment(editing: Editing) -> impl IntoView {
    let hydrated = Live::get().hydrated();
    let broken = Memo::new(move |_| editing.page.with(|page| page.broken.is_some()));
    let lines = Memo::new(move |_| editing.page.with(|page| page.environment.clone()));
    let agent_env = Memo::new(move |_| editing.page.with(|page| page.agent_env.clone()));
    let agents = Memo::new(move |_| editing.page.with(agents_of));
    view! {
        <section class="card agent-environment" aria-labelledby="agents">
            <div class="card-head">
                <h2 id="agents">"Agent variables"</h2>
                <p class="muted">"With the saved settings"</p>
                {show_if(hydrated, move || view! {
                    {move || view! { <Copy text=lines.with(|lines| format_lines(lines)) what=" the variables" /> }.into_any()}
                })}
            </div>
            <p class="purpose">
                "Clawker sets these variables when it builds an agent's image and creates its container. Clawker omits \
                 marked variables, which does not disable them: add them to "
                <code>".clawker.yaml"</code> " yourself."
            </p>
            {show_if(broken, || view! {
                <p class="purpose">"Unknown until the settings file is valid."</p>
            })}
            {move || lines.with(|lines| list(lines))}
            <details>
                <summary>"As " <code>"agent.env"</code> ", for " <code>".clawker.yaml"</code></summary>
                {show_if(hydrated, move || view! {
                    <div class="copy-row">
                        {move || view! { <Copy text=agent_env.get().into() what=" agent.env" /> }.into_any()}
                    </div>
                })}
                <pre tabindex="0" role="region" aria-label="agent.env">
                    {move || view! { <code>{agent_env.get()}</code> }.into_any()}
                </pre>
            </details>
            {move || agents.with(|agents| out_of_date_agents(agents))}
        </section>
    }
}

fn agents_of(page: &SettingsPage) -> Vec<AgentDrift> {
    page.drift.agents.clone()
}

/// Formats the variables as lines of `NAME=value`.
fn format_lines(variables: &[Variable]) -> std::sync::Arc<str> {
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
                        "manual"
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

fn out_of_date_agents(agents: &[AgentDrift]) -> AnyView {
    if agents.is_empty() {
        return ().into_any();
    }
    let title = match agents.len() {
        1 => "1 agent is out of date".to_owned(),
        some => format!("{some} agents are out of date"),
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
    let (tone, word) = if agent.running { (Tone::Ok, "Running") } else { (Tone::Off, "Stopped") };
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
                    <td data-label="Current value">{value(found)}</td>
                    <td data-label="Expected value">{value(wanted)}</td>
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
                        <th scope="col">"Current value"</th>
                        <th scope="col">"Expected value"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
