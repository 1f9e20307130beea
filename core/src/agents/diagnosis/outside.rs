//! Agents without a container that Docker knows: Claude Code on the host, in CI, in a container of another Engine, or in one
//! that was removed. All that is known about them is the data that arrives.

use std::{cmp::Reverse, collections::BTreeSet};

use super::super::{
    Agent, AgentContainer, AgentKind, AgentList, CauseCode, FixKind, StackEvidence, Verdict,
    effective::owner_in_variables,
};
use super::downstream::{mismatch_of, quiet, refused_data_of};
use super::facts::{Finding, Severity, fix_without_command, start_stack};
use super::variables::{RESOURCE_ATTRIBUTES, backticked};
use super::{in_order, recent_seconds};
use crate::{
    status::ContainerState,
    telemetry::{Owner, OwnerLastSeen},
};

/// Claude Code's default export interval of metrics, in seconds. That of an agent elsewhere is unknown.
const USUAL_INTERVAL: u64 = 60;

/// The most agents without a container that are listed, and the most simulated ones. Their names are what data is tagged
/// with, and anybody who can send data can invent any number of tags.
const MOST_LISTED: usize = 200;

/// The agents whose data arrived within a week and that none of these containers is: those that were seen last. Empty while
/// that is unknown.
pub fn agents_without_container(containers: &[&AgentContainer], stack: &StackEvidence) -> AgentList {
    let Ok(heard) = &stack.last_seen else { return AgentList::default() };
    let claimed: BTreeSet<Owner> = containers.iter().map(|container| container.owner()).collect();
    let real = heard.owners.iter().filter(|(owner, _)| **owner == Owner::default() || !claimed.contains(owner));
    let (real, more) = seen_last(real);
    let (simulated, more_simulated) = seen_last(heard.simulated.iter());
    let real = real.into_iter().map(|(owner, heard)| agent(owner, false, Some(heard), containers, stack));
    let simulated = simulated.into_iter().map(|(owner, heard)| agent(owner, true, Some(heard), containers, stack));
    AgentList { agents: real.chain(simulated).collect(), unlisted: more + more_simulated }
}

/// Those that were seen last, and how many others there are. Untagged data comes first, whenever it arrived.
fn seen_last<'a>(
    owners: impl Iterator<Item = (&'a Owner, &'a OwnerLastSeen)>,
) -> (Vec<(&'a Owner, &'a OwnerLastSeen)>, u32) {
    let mut owners: Vec<_> = owners.collect();
    let more = owners.len().saturating_sub(MOST_LISTED);
    if more > 0 {
        owners.sort_by_key(|(owner, heard)| Reverse((**owner == Owner::default(), heard.last_seen)));
        owners.truncate(MOST_LISTED);
    }
    (owners, u32::try_from(more).unwrap_or(u32::MAX))
}

/// The agent with these tags and without a container. `None` if no data of it arrived within a week.
pub fn agent_without_container(owner: &Owner, simulated: bool, stack: &StackEvidence) -> Option<Agent> {
    let heard = match &stack.last_seen {
        Ok(heard) => Some(if simulated { &heard.simulated } else { &heard.owners }.get(owner)?),
        Err(_) => None,
    };
    Some(agent(owner, simulated, heard, &[], stack))
}

/// `heard` is `None` if the stores do not answer.
fn agent(
    owner: &Owner,
    simulated: bool,
    heard: Option<&OwnerLastSeen>,
    containers: &[&AgentContainer],
    stack: &StackEvidence,
) -> Agent {
    let kind = AgentKind::without_container(owner, simulated);
    let last_seen = heard.and_then(|heard| heard.last_seen);
    let is_recent = last_seen.is_some_and(|seen| stack.now.seconds_since(seen) <= recent_seconds(USUAL_INTERVAL));
    let verdict = match () {
        () if heard.is_none() => Verdict::Unknown,
        () if is_recent => Verdict::Reporting,
        () => Verdict::Idle,
    };
    let mut findings: Vec<Finding> = Vec::new();
    match kind {
        AgentKind::NoContainer if stack.containers_known => findings.push(no_container(owner, containers)),
        AgentKind::Untagged => findings.extend(last_seen.map(|seen| {
            let evidence = format!("data without `project` and `agent` last arrived at {}", seen.to_rfc3339());
            let advice = format!(
                "Set `{RESOURCE_ATTRIBUTES}=project=…,agent=…` where Claude Code runs, and start it again: then it has a row \
                 of its own."
            );
            let fix = fix_without_command(FixKind::Check);
            Finding::new(Severity::Warning, CauseCode::TagsMissing, evidence, fix).advising(advice)
        })),
        AgentKind::NoContainer | AgentKind::Simulated | AgentKind::Container => {}
    }
    if kind == AgentKind::NoContainer {
        findings.extend(refused_data_of(owner, stack, Severity::Warning));
        findings.extend(mismatch_of(owner, stack, None, last_seen, None));
    }
    if verdict == Verdict::Idle {
        findings.extend(last_seen.map(quiet));
    }
    if let Err(why) = &stack.last_seen {
        findings.push(Finding::new(Severity::Reason, CauseCode::StoresUnreachable, why.clone(), start_stack()));
    }
    Agent {
        kind,
        container: kind.name_without_container(owner),
        project: owner.project.clone(),
        agent: owner.agent.clone().unwrap_or_default(),
        managed: false,
        image: String::new(),
        state: ContainerState::Missing,
        created_at: None,
        started_at: None,
        last_seen,
        last_seen_unknown: heard.is_none(),
        activity: None,
        verdict,
        causes: in_order(findings),
    }
}

fn no_container(owner: &Owner, containers: &[&AgentContainer]) -> Finding {
    let tags = [("project", &owner.project), ("agent", &owner.agent)];
    let tags = tags.into_iter().filter_map(|(name, tag)| Some(backticked(&format!("{name}={}", tag.as_ref()?))));
    let tags = tags.collect::<Vec<_>>().join(" and ");
    let sends_as =
        |container: &&&AgentContainer| container.owner() != *owner && owner_in_variables(container) == *owner;
    let evidence = match containers.iter().find(sends_as) {
        Some(container) => {
            let name = backticked(&container.container);
            format!("the container {name} sends its data with {tags}, which are not its own project and agent")
        }
        None => format!("no container of this Docker Engine has {tags}"),
    };
    Finding::new(Severity::Fact, CauseCode::NoContainer, evidence, fix_without_command(FixKind::None))
}
