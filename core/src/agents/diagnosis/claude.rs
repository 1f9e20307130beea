//! Causes in Claude Code itself: releases with known bugs, long export intervals, and managed settings in the
//! container.

use super::super::{CauseCode, FixKind};
use super::environment::{Fault, faults};
use super::facts::{AgentFacts, Finding, Severity, fix_without_command};
use super::variables::{ENABLE, LOGS_INTERVAL, METRICS_INTERVAL, is_on, variable_is};

/// The data that a release does not export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loses {
    Everything,
    Metrics,
}

/// Releases with known export bugs and the number of the issue in `anthropics/claude-code`.
const KNOWN_BAD: [(&str, Loses, u32); 3] =
    [("2.1.113", Loses::Everything, 71312), ("2.1.126", Loses::Metrics, 56021), ("2.1.252", Loses::Everything, 91165)];

/// Finds releases that export nothing or no metrics. A release that exports nothing is a blocking cause, unless data
/// has arrived, which may have been sent before an update.
pub(super) fn known_bad_version(facts: &AgentFacts<'_>) -> Option<Finding> {
    let said =
        facts.agent.claude_version.as_deref().or(facts.owner_last_seen.and_then(|heard| heard.version.as_deref()))?;
    let version = said.split_whitespace().next()?.trim_start_matches('v');
    let (_, loses, issue) = KNOWN_BAD.into_iter().find(|(known, ..)| *known == version)?;
    let (what, severity) = match loses {
        Loses::Everything if facts.last_seen.is_none() => ("nothing", Severity::Blocking),
        Loses::Everything => ("nothing", Severity::Warning),
        Loses::Metrics => ("no metrics", Severity::Warning),
    };
    let evidence = format!("Claude Code `{version}` exports {what} (`anthropics/claude-code#{issue}`)");
    Some(Finding::new(severity, CauseCode::KnownBadVersion, evidence, facts.recreate_fix(FixKind::Rebuild)))
}

/// Claude Code's default interval for metrics, in milliseconds.
const METRICS_DEFAULT: u64 = 60_000;
/// Claude Code's default interval for events, in milliseconds.
const LOGS_DEFAULT: u64 = 5_000;
/// Intervals longer than this, in seconds, are reported.
const LONG_SECONDS: u64 = 120;

/// The export intervals of events and metrics, in seconds.
pub(super) fn intervals(facts: &AgentFacts<'_>) -> [(&'static str, u64); 2] {
    [(LOGS_INTERVAL, LOGS_DEFAULT), (METRICS_INTERVAL, METRICS_DEFAULT)]
        .map(|(name, default)| (name, facts.variables.interval_seconds(name, default)))
}

/// For an agent that never reported: the interval is longer than its last run, or long enough to look broken.
pub(super) fn interval_too_long(facts: &AgentFacts<'_>) -> Option<Finding> {
    if facts.last_seen.is_some() {
        return None;
    }
    let [events, metrics] = intervals(facts);
    let ((name, seconds), what) = if metrics.1 > events.1 { (metrics, "metrics") } else { (events, "events") };
    let default = if what == "metrics" { METRICS_DEFAULT } else { LOGS_DEFAULT };
    let agent = facts.agent;
    let ran = agent.finished_at.zip(agent.started_at).map(|(finished, started)| finished.seconds_since(started));
    let ended = ran.filter(|ran| !agent.state.is_up() && *ran < seconds);
    let evidence = match ended {
        Some(ran) => format!("`{name}` exports {what} every {seconds} s, but the last run took only {ran} s"),
        None if seconds > LONG_SECONDS => format!("`{name}` exports {what} only every {seconds} s"),
        None => return None,
    };
    let by_file = facts.file.get(name).is_some();
    let by_default = facts.variables.get(name).is_none();
    let kind = match () {
        () if by_file => FixKind::Edit,
        // The defaults of Clawker's settings are short enough for any real session.
        () if seconds <= LONG_SECONDS && !by_default => return Some(note(evidence)),
        () if facts.next().is_some_and(|next| next.interval_seconds(name, default) < seconds) => FixKind::Recreate,
        () => FixKind::Rebuild,
    };
    Some(Finding::new(Severity::Note, CauseCode::IntervalTooLong, evidence, facts.recreate_fix(kind)))
}

fn note(evidence: String) -> Finding {
    Finding::new(Severity::Note, CauseCode::IntervalTooLong, evidence, fix_without_command(FixKind::None))
}

const MANAGED: &str = "`/etc/claude-code/managed-settings.json`";

/// Whether managed settings set one of the variables that cause the fault.
pub(super) fn is_managed(facts: &AgentFacts<'_>, fault: &Fault) -> bool {
    fault.variables.iter().any(|name| facts.managed.get(name).is_some())
}

/// The effect of managed settings: all faults in `broken` that they cause as one finding, or else that they override
/// something.
pub(super) fn managed_settings(facts: &AgentFacts<'_>, broken: &[Fault]) -> Option<Finding> {
    let switch = facts.managed.raw(ENABLE).filter(|value| !is_on(value)).map(|value| variable_is(ENABLE, value));
    let said: Vec<&str> =
        switch.as_deref().into_iter().chain(broken.iter().map(|fault| fault.evidence.as_str())).collect();
    if !said.is_empty() {
        let evidence = format!("{MANAGED} overrides the container's settings: {}", said.join("; "));
        let severity = match () {
            () if switch.is_some() => Severity::Off,
            () if broken.iter().any(|fault| fault.blocking) => Severity::Blocking,
            () => Severity::Warning,
        };
        let fix = if facts.agent.managed {
            // The file is part of the image or of a mounted folder.
            crate::agents::Fix { kind: FixKind::Edit, ..facts.recreate_fix(FixKind::Rebuild) }
        } else {
            facts.recreate_fix(FixKind::Edit)
        };
        return Some(Finding::new(severity, CauseCode::ManagedSettingsOverride, evidence, fix));
    }
    let mends = !faults(&facts.given, &facts.collector, &facts.owner).is_empty()
        && faults(&facts.variables, &facts.collector, &facts.owner).is_empty();
    let switches_on = facts.managed.raw(ENABLE).is_some() && !facts.given.raw(ENABLE).is_some_and(is_on);
    let evidence = match (mends || switches_on, facts.agent.managed_settings.is_some()) {
        (true, _) => {
            let names: Vec<String> = facts.managed.names().map(|name| format!("`{name}`")).collect();
            format!("{MANAGED} overrides {}", names.join(", "))
        }
        // The file is readable and changes nothing.
        (false, true) => return None,
        (false, false) => {
            let at = facts.owner_last_seen.and_then(|heard| heard.managed_settings_at)?;
            format!("its event `managed_settings_resolved` at {} reports managed settings", at.to_rfc3339())
        }
    };
    let fix = fix_without_command(FixKind::None);
    Some(Finding::new(Severity::Note, CauseCode::ManagedSettingsOverride, evidence, fix))
}
