//! What happens to data once it was sent: refused, given up, discarded; and whether anybody can tell what arrived.

use super::super::{Code, FixKind};
use super::case::{Case, Finding, Weight, is_since, stack, without_command};
use super::environment::tagged;
use super::variables::literal;
use crate::{status::ContainerState, telemetry::Owner};

/// What the collector and Loki did not take. Nobody knows whose it was: where something arrives from this agent it is
/// little, where nothing does it is the likeliest reason.
pub(super) fn refused(case: &Case<'_>) -> Option<Finding> {
    let losses = &case.around.losses;
    let mut said = Vec::new();
    if losses.refused_by_collector > 0 {
        said.push(format!("the collector refused {}", losses.refused_by_collector));
    }
    if losses.failed_in_collector > 0 {
        said.push(format!("the collector could not hand on {}", losses.failed_in_collector));
    }
    for (reason, count) in losses.discarded_by_loki.iter().filter(|(_, count)| **count > 0) {
        said.push(format!("Loki discarded {count} ({})", literal(reason)));
    }
    if said.is_empty() || case.sends_elsewhere() {
        return None;
    }
    let evidence = format!("within five minutes, of all agents’ points and events: {}", said.join(", "));
    let blocks = case.around.heard.is_ok() && case.last_seen.is_none() && case.runs();
    let weight = if blocks { Weight::Blocking } else { Weight::Warning };
    Some(Finding::new(weight, Code::RefusedDownstream, evidence, stack()))
}

/// Nobody can be asked what arrived.
pub(super) fn stores_unreachable(case: &Case<'_>) -> Option<Finding> {
    let why = case.around.heard.as_ref().err()?;
    let evidence = if why.is_empty() { "no store answers".to_owned() } else { why.clone() };
    Some(Finding::new(Weight::Reason, Code::StoresUnreachable, evidence, stack()))
}

/// When data arrived under the tags that the container has instead of its own, as a clause to add.
pub(super) fn arrives_as(case: &Case<'_>) -> String {
    let owner = tagged(&case.variables);
    let Ok(heard) = &case.around.heard else { return String::new() };
    let since = case.agent.created_at;
    let seen = heard.owners.get(&owner).and_then(|heard| heard.last_seen);
    let Some(seen) = seen.filter(|seen| since.is_none_or(|created| is_since(*seen, created))) else {
        return String::new();
    };
    let whose = match &owner {
        Owner { project: None, agent: None } => "without project and agent".to_owned(),
        Owner { project: Some(project), agent: None } => format!("of project {} without an agent", literal(project)),
        Owner { project: None, agent: Some(agent) } => format!("of agent {} without a project", literal(agent)),
        Owner { project: Some(project), agent: Some(agent) } => {
            format!("of project {} and agent {}", literal(project), literal(agent))
        }
    };
    format!("; data {whose} arrived last at {}", seen.to_rfc3339())
}

/// Nothing is wrong: why it is silent all the same.
pub(super) fn silence(case: &Case<'_>) -> Finding {
    let moment = |at: Option<crate::timestamp::Timestamp>| at.map(|at| at.to_rfc3339());
    if let Some(seen) = case.last_seen {
        let evidence = format!("the last event came at {}", seen.to_rfc3339());
        return Finding::new(Weight::Reason, Code::Quiet, evidence, without_command(FixKind::Wait));
    }
    let runs = moment(case.agent.started_at).map_or_else(|| "it runs".to_owned(), |at| format!("it runs since {at}"));
    let before = case.heard.and_then(|heard| heard.last_seen).map_or_else(String::new, |seen| {
        format!("; the container that had its name before was heard last at {}", seen.to_rfc3339())
    });
    let evidence = format!("{runs}, and nothing has arrived since it was created{before}");
    Finding::new(Weight::Reason, Code::NoSampleYet, evidence, without_command(FixKind::Wait))
}

/// A container that does not run sends nothing.
pub(super) fn not_running(case: &Case<'_>) -> Option<Finding> {
    let agent = case.agent;
    let name = literal(&agent.container);
    let last = case.last_seen.map_or_else(String::new, |seen| format!("; it was heard last at {}", seen.to_rfc3339()));
    let (evidence, fix) = match agent.state {
        ContainerState::Running => return None,
        ContainerState::Created => (format!("{name} was created and never started"), case.start()),
        ContainerState::Exited => match agent.finished_at {
            Some(at) => (format!("{name} ended at {}", at.to_rfc3339()), case.start()),
            None => (format!("{name} ended"), case.start()),
        },
        ContainerState::Restarting => {
            (format!("{name} ended and is being started again"), without_command(FixKind::Wait))
        }
        ContainerState::Removing | ContainerState::Missing => {
            (format!("{name} is being removed"), without_command(FixKind::None))
        }
        ContainerState::Paused => {
            let command = agent.managed.then(|| format!("docker unpause {}", agent.container));
            (format!("{name} is paused"), crate::agents::Fix { kind: FixKind::Start, command })
        }
        ContainerState::Dead => {
            (format!("the Engine could neither run nor remove {name}"), case.anew(FixKind::Recreate))
        }
    };
    Some(Finding::new(Weight::Reason, Code::NotRunning, format!("{evidence}{last}"), fix))
}
