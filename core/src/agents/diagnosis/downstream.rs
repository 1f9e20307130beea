//! What happens to data after it was sent: refused, dropped, discarded, or unknown because no store answers.

use super::super::{CauseCode, FixKind};
use super::facts::{AgentFacts, Finding, Severity, fix_without_command, is_since, start_stack};
use super::variables::backticked;
use crate::{status::ContainerState, telemetry::Owner};

/// Data that the collector or Loki dropped. The counters do not tell whose data it was: if nothing arrives from this
/// agent, it is the most likely cause; otherwise it is a warning.
pub(super) fn dropped_data(facts: &AgentFacts<'_>) -> Option<Finding> {
    let losses = &facts.stack.losses;
    let mut said = Vec::new();
    if losses.refused_by_collector > 0 {
        said.push(format!("the collector refused {}", losses.refused_by_collector));
    }
    if losses.failed_in_collector > 0 {
        said.push(format!("the collector could not deliver {}", losses.failed_in_collector));
    }
    if losses.rejected_by_prometheus > 0 {
        let reasons: Vec<String> = losses.prometheus_reasons.iter().map(|reason| backticked(reason)).collect();
        let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
        said.push(format!("Prometheus rejected {}{why}", losses.rejected_by_prometheus));
    }
    for (reason, count) in losses.discarded_by_loki.iter().filter(|(_, count)| **count > 0) {
        said.push(format!("Loki discarded {count} ({})", backticked(reason)));
    }
    if said.is_empty() || facts.sends_elsewhere() {
        return None;
    }
    let own = match losses.discarded_from.get(&facts.owner) {
        Some(1) => "; Loki's log names this agent once".to_owned(),
        Some(count) => format!("; Loki's log names this agent {count} times"),
        None => String::new(),
    };
    let evidence = format!("in the last 5 minutes, across all agents: {}{own}", said.join(", "));
    let blocks = facts.stack.last_seen.is_ok() && facts.last_seen.is_none() && facts.runs();
    let severity = if blocks { Severity::Blocking } else { Severity::Warning };
    Some(Finding::new(severity, CauseCode::RefusedDownstream, evidence, start_stack()))
}

/// The agent's metrics and events say different amounts.
pub(super) fn mismatch(facts: &AgentFacts<'_>) -> Option<Finding> {
    let found = facts.stack.losses.mismatches.get(&facts.owner).filter(|_| !facts.sends_elsewhere())?;
    let amount = |cost: u64, tokens: u64| {
        let (dollars, cents) = (cost / 1_000_000, cost % 1_000_000 / 10_000);
        format!("${dollars}.{cents:02} and {tokens} tokens")
    };
    let (metrics, events) =
        (amount(found.cost_by_metrics, found.tokens_by_metrics), amount(found.cost_by_events, found.tokens_by_events));
    let (code, missing) = if found.metrics_say_less {
        (CauseCode::MetricsMissing, "metric")
    } else {
        (CauseCode::EventsMissing, "event")
    };
    let since = match found.last_arrived {
        Some(at) => format!("the last {missing} arrived at {}", at.to_rfc3339()),
        None => format!("no {missing} arrived in that time"),
    };
    let evidence = format!("in the last 24 hours, its metrics say {metrics}, its events {events}; {since}");
    Some(Finding::new(Severity::Warning, code, evidence, fix_without_command(FixKind::None)))
}

/// No store answers, so it is unknown what arrived.
pub(super) fn stores_unreachable(facts: &AgentFacts<'_>) -> Option<Finding> {
    let why = facts.stack.last_seen.as_ref().err()?;
    let evidence = if why.is_empty() { "no store responds".to_owned() } else { why.clone() };
    Some(Finding::new(Severity::Reason, CauseCode::StoresUnreachable, evidence, start_stack()))
}

/// A clause with the time of the last data under the tags that the container has instead of its expected ones.
pub(super) fn other_tags_clause(facts: &AgentFacts<'_>) -> String {
    let owner = facts.sent_owner();
    let Ok(heard) = &facts.stack.last_seen else { return String::new() };
    let since = facts.agent.created_at;
    let seen = heard.owners.get(&owner).and_then(|heard| heard.last_seen);
    let Some(seen) = seen.filter(|seen| since.is_none_or(|created| is_since(*seen, created))) else {
        return String::new();
    };
    let whose = match &owner {
        Owner { project: None, agent: None } => "without project and agent".to_owned(),
        Owner { project: Some(project), agent: None } => format!("of project {} without an agent", backticked(project)),
        Owner { project: None, agent: Some(agent) } => format!("of agent {} without a project", backticked(agent)),
        Owner { project: Some(project), agent: Some(agent) } => {
            format!("of project {} and agent {}", backticked(project), backticked(agent))
        }
    };
    format!("; data {whose} last arrived at {}", seen.to_rfc3339())
}

/// Explains missing data when no problem was found.
pub(super) fn explain_silence(facts: &AgentFacts<'_>) -> Finding {
    let moment = |at: Option<crate::timestamp::Timestamp>| at.map(|at| at.to_rfc3339());
    if let Some(seen) = facts.last_seen {
        let evidence = format!("the last event arrived at {}", seen.to_rfc3339());
        return Finding::new(Severity::Reason, CauseCode::Quiet, evidence, fix_without_command(FixKind::Wait));
    }
    let runs = moment(facts.agent.started_at)
        .map_or_else(|| "it is running".to_owned(), |at| format!("it has been running since {at}"));
    let before = facts.owner_last_seen.and_then(|heard| heard.last_seen).map_or_else(String::new, |seen| {
        format!("; the previous container with this name last reported at {}", seen.to_rfc3339())
    });
    let evidence = format!("{runs}, but nothing has arrived since it was created{before}");
    Finding::new(Severity::Reason, CauseCode::NoSampleYet, evidence, fix_without_command(FixKind::Wait))
}

/// A container that is not running sends nothing.
pub(super) fn not_running(facts: &AgentFacts<'_>) -> Option<Finding> {
    let agent = facts.agent;
    let name = backticked(&agent.container);
    let last = facts.last_seen.map_or_else(String::new, |seen| format!("; it last reported at {}", seen.to_rfc3339()));
    let (evidence, fix) = match agent.state {
        ContainerState::Running => return None,
        ContainerState::Created => (format!("{name} was created but never started"), facts.start_fix()),
        ContainerState::Exited => match agent.finished_at {
            Some(at) => (format!("{name} exited at {}", at.to_rfc3339()), facts.start_fix()),
            None => (format!("{name} exited"), facts.start_fix()),
        },
        ContainerState::Restarting => {
            (format!("{name} exited; Docker is restarting it"), fix_without_command(FixKind::Wait))
        }
        ContainerState::Removing | ContainerState::Missing => {
            (format!("{name} is being removed"), fix_without_command(FixKind::None))
        }
        ContainerState::Paused => {
            let command = agent.managed.then(|| format!("docker unpause {}", agent.container));
            (format!("{name} is paused"), crate::agents::Fix { kind: FixKind::Start, command, restart: false })
        }
        ContainerState::Dead => {
            (format!("Docker could neither start nor remove {name}"), facts.recreate_fix(FixKind::Recreate))
        }
    };
    Some(Finding::new(Severity::Reason, CauseCode::NotRunning, format!("{evidence}{last}"), fix))
}
