//! Combines agents' containers and data with their verdicts, and with what they are doing.

use std::borrow::Cow;

use monitor_core::{
    agents::{
        Agent, AgentContainer, AgentKind, AgentList, StackEvidence, Verdict, activity, agents_without_container,
        diagnose_agent,
    },
    telemetry::{
        LastSeen, Owner,
        event::{EventRecord, RecentEvents},
    },
};

/// Agents by name: all that are in these containers, and those that report without one.
pub fn all_agents<'a>(
    containers: impl Iterator<Item = &'a AgentContainer>,
    stack: &StackEvidence,
    events: &RecentEvents,
) -> AgentList {
    let containers: Vec<&AgentContainer> = containers.collect();
    let others = agents_without_container(&containers, stack);
    let unlisted = others.unlisted;
    let others = others.agents.into_iter().map(|agent| with_activity(agent, stack, events));
    let mut agents: Vec<Agent> =
        containers.iter().map(|container| agent_with_verdict(container, stack, events)).chain(others).collect();
    agents.sort_by(|one, other| one.container.cmp(&other.container));
    AgentList { agents, unlisted }
}

/// The agent in this container with its verdict and causes.
pub fn agent_with_verdict(container: &AgentContainer, stack: &StackEvidence, events: &RecentEvents) -> Agent {
    let stack = &known_about(&container.owner(), stack);
    let diagnosis = diagnose_agent(container, stack);
    let agent = Agent {
        kind: AgentKind::Container,
        container: container.container.clone(),
        project: container.project.clone(),
        agent: container.agent.clone(),
        managed: container.managed,
        image: container.image.clone(),
        state: container.state,
        created_at: container.created_at,
        started_at: container.started_at.filter(|_| container.state.is_up()),
        last_seen: diagnosis.last_seen,
        last_seen_unknown: stack.last_seen.is_err(),
        activity: None,
        verdict: diagnosis.verdict,
        causes: diagnosis.causes,
    };
    with_activity(agent, stack, events)
}

/// The evidence with what is known of this owner: where only some data can be asked, others' is unknown.
fn known_about<'a>(owner: &Owner, stack: &'a StackEvidence) -> Cow<'a, StackEvidence> {
    match &stack.last_seen {
        Ok(LastSeen { owners, incomplete: Some(why), .. }) if !owners.contains_key(owner) => {
            Cow::Owned(StackEvidence { last_seen: Err(why.clone()), ..stack.clone() })
        }
        _ => Cow::Borrowed(stack),
    }
}

/// Adds what the agent is doing. Where its events do not arrive, or come from several senders, that is unknown.
pub fn with_activity(agent: Agent, stack: &StackEvidence, events: &RecentEvents) -> Agent {
    let owner = agent.owner();
    let stopped = agent.kind == AgentKind::Container && agent.started_at.is_none();
    if stopped || owner == Default::default() || matches!(agent.verdict, Verdict::Dark | Verdict::Off) {
        return agent;
    }
    let known = events.of(&owner, agent.kind == AgentKind::Simulated);
    // A session of an earlier run has ended.
    let started =
        agent.started_at.map_or(0, |at| at.unix_milliseconds().max(0).unsigned_abs().saturating_mul(1_000_000));
    let of_this_run: Vec<EventRecord> = known.iter().filter(|event| event.at >= started).cloned().collect();
    let activity = activity(&of_this_run, agent.last_seen, stack.now);
    Agent { activity, ..agent }
}
