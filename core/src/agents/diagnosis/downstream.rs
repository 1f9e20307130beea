//! What happens to data after it was sent: refused, dropped, discarded, or unknown because no store answers.

use super::super::{CauseCode, FixKind, StackEvidence};
use super::claude::intervals;
use super::facts::{AgentFacts, Finding, Severity, fix_without_command, is_since, start_stack};
use super::variables::backticked;
use crate::{
    count::exact,
    status::ContainerState,
    telemetry::{
        LossReason, Losses, Mismatch, Owner,
        stores::mismatch::{LONG_SKEW_SECONDS, SKEW_SECONDS},
    },
    timestamp::Timestamp,
};

/// Data of this agent that Loki discarded, by Loki's own log. Losses whose sender is unknown are a warning about the
/// stack: counters do not tell whose data it was, and the firewall's lines count too.
pub(super) fn refused_data(facts: &AgentFacts<'_>) -> Option<Finding> {
    let blocks = facts.stack.last_seen.is_ok() && facts.last_seen.is_none() && facts.runs();
    let severity = if blocks { Severity::Blocking } else { Severity::Warning };
    if facts.sends_elsewhere() { None } else { refused_data_of(&facts.owner, facts.stack, severity) }
}

/// The same for data with these tags.
pub(super) fn refused_data_of(owner: &Owner, stack: &StackEvidence, severity: Severity) -> Option<Finding> {
    let reasons = stack.losses.discarded_from.get(owner)?;
    let (most, _) = reasons.iter().max_by_key(|(_, count)| **count)?;
    let said: Vec<String> = reasons.iter().map(|(name, count)| format!("{count} ({})", backticked(name))).collect();
    let LossReason { meaning, advice } = LossReason::named(most);
    let evidence = format!(
        "in the last 5 minutes, Loki's log says that events of this agent were discarded: {}; {meaning}",
        said.join(", ")
    );
    let fix = fix_without_command(FixKind::Check);
    Some(Finding::new(severity, CauseCode::RefusedDownstream, evidence, fix).advising(advice))
}

/// How long data takes to arrive beyond its export interval, in seconds.
const DELIVERY: u64 = 60;

/// The agent's metrics and events say different amounts. `findings` are the problems that were found before.
pub(super) fn mismatch(facts: &AgentFacts<'_>, findings: &[Finding]) -> Option<Finding> {
    use CauseCode as C;
    let explains = |code: CauseCode| {
        let about_sending = [C::EndpointMismatch, C::EndpointPathMissing, C::EndpointMissing, C::ProtocolInvalid];
        let others = [C::ProtocolMissing, C::ExporterNone, C::ManagedSettingsOverride, C::RefusedDownstream];
        about_sending.contains(&code) || others.contains(&code)
    };
    let other = findings.iter().find(|it| it.severity <= Severity::Warning && explains(it.cause.code));
    let interval = intervals(facts).into_iter().map(|(_, seconds)| seconds).max();
    let other = other.map(|other| other.cause.code);
    if facts.sends_elsewhere() {
        None
    } else {
        mismatch_of(&facts.owner, facts.stack, interval, facts.last_seen, other)
    }
}

/// The same for data with these tags. `interval` is the longest export interval in seconds, if it is known; `other` is
/// another cause that can explain the difference.
pub(super) fn mismatch_of(
    owner: &Owner,
    stack: &StackEvidence,
    interval: Option<u64>,
    last_seen: Option<Timestamp>,
    other: Option<CauseCode>,
) -> Option<Finding> {
    let found = stack.losses.mismatches.get(owner)?;
    // What waits for its export is not missing.
    let latest = interval.unwrap_or(LONG_SKEW_SECONDS - DELIVERY).saturating_add(DELIVERY);
    if latest > SKEW_SECONDS && !(found.beyond_long_intervals && latest <= LONG_SKEW_SECONDS) {
        return None;
    }
    let amount = |cost: u64, tokens: u64| {
        let (dollars, cents) = (cost / 1_000_000, cost % 1_000_000 / 10_000);
        format!("${}.{cents:02} and {} tokens", exact(dollars), exact(tokens))
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
    // The time of the last metric is told in steps.
    let late = latest.saturating_mul(2).saturating_add(ARRIVAL_STEP);
    let arrives = found.last_arrived.is_some_and(|at| last_seen.unwrap_or(stack.now).seconds_since(at) <= late);
    let (kind, advice) = mismatch_advice(found, &stack.losses, other, arrives);
    Some(Finding::new(Severity::Warning, code, evidence, fix_without_command(kind)).advising(advice))
}

/// What to do about missing metrics or events. `arrives`: they arrive again.
fn mismatch_advice(found: &Mismatch, losses: &Losses, other: Option<CauseCode>, arrives: bool) -> (FixKind, String) {
    let what = if found.metrics_say_less { "metrics" } else { "events" };
    match other {
        Some(other) => {
            let advice = format!("Fix this first: {} It may be why {what} are missing.", other.sentence());
            (FixKind::Check, advice)
        }
        None if found.metrics_say_less && losses.rejected_by_prometheus > 0 => {
            let reason = losses.prometheus_reasons.first().map(|name| LossReason::named(name));
            let (meaning, advice) = reason.map_or(("its log says why".to_owned(), ""), |it| (it.meaning, it.advice));
            (FixKind::Check, format!("Prometheus is rejecting data points: {meaning}. {advice}").trim_end().to_owned())
        }
        None if arrives => {
            let advice = format!(
                "Its {what} arrive again; some were lost earlier, for example because its container was stopped before \
                 its last export. This warning ends when the gap is a day old."
            );
            (FixKind::Wait, advice)
        }
        None => {
            let advice = format!(
                "Exit Claude Code in its container and start it again: it sets up its exporters when it starts. If {what} \
                 stay away, set `CLAUDE_CODE_OTEL_DIAG_STDERR=1`, and it prints why its exports fail."
            );
            (FixKind::Check, advice)
        }
    }
}

/// The resolution of the time at which the last metric arrived, in seconds.
const ARRIVAL_STEP: u64 = 300;

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
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_rfc3339());
    if let Some(seen) = facts.last_seen {
        return quiet(seen);
    }
    let runs = moment(facts.agent.started_at)
        .map_or_else(|| "it is running".to_owned(), |at| format!("it has been running since {at}"));
    let before = facts.owner_last_seen.and_then(|heard| heard.last_seen).map_or_else(String::new, |seen| {
        format!("; the previous container with this name last reported at {}", seen.to_rfc3339())
    });
    let evidence = format!("{runs}, but nothing has arrived since it was created{before}");
    Finding::new(Severity::Reason, CauseCode::NoSampleYet, evidence, fix_without_command(FixKind::Wait))
}

/// Nothing arrived since then, and no problem was found.
pub(super) fn quiet(seen: Timestamp) -> Finding {
    let evidence = format!("the last event arrived at {}", seen.to_rfc3339());
    Finding::new(Severity::Reason, CauseCode::Quiet, evidence, fix_without_command(FixKind::Wait))
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
