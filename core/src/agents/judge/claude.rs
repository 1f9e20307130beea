//! What Claude Code itself has to do with it: releases that export nothing, intervals longer than a session, and
//! settings in the container that nobody can override.

use super::super::{Code, FixKind};
use super::case::{Case, Finding, Weight, without_command};
use super::environment::{Fault, faults};
use super::variables::{ENABLE, LOGS_INTERVAL, METRICS_INTERVAL, is, is_on};

/// What a release does not export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loses {
    Everything,
    Metrics,
}

/// Releases that are known not to export what they should, each with the issue of `anthropics/claude-code` that says so.
const KNOWN_BAD: [(&str, Loses, u32); 3] =
    [("2.1.113", Loses::Everything, 71312), ("2.1.126", Loses::Metrics, 56021), ("2.1.252", Loses::Everything, 91165)];

/// A release that is known to export nothing, or only half. One that exports nothing will not begin to, so nobody is told
/// to wait for it, however short it has run; but if something did arrive, it may be from before an update, and quiet for
/// another reason.
pub(super) fn known_bad_version(case: &Case<'_>) -> Option<Finding> {
    let said = case.agent.claude_version.as_deref().or(case.heard.and_then(|heard| heard.version.as_deref()))?;
    let version = said.split_whitespace().next()?.trim_start_matches('v');
    let (_, loses, issue) = KNOWN_BAD.into_iter().find(|(known, ..)| *known == version)?;
    let (what, weight) = match loses {
        Loses::Everything if case.last_seen.is_none() => ("nothing", Weight::Blocking),
        Loses::Everything => ("nothing", Weight::Warning),
        Loses::Metrics => ("no metrics", Weight::Warning),
    };
    let evidence = format!("Claude Code `{version}` exports {what} (`anthropics/claude-code#{issue}`)");
    Some(Finding::new(weight, Code::KnownBadVersion, evidence, case.anew(FixKind::Rebuild)))
}

/// Claude Code's own interval for metrics, in milliseconds.
const METRICS_DEFAULT: u64 = 60_000;
/// Claude Code's own interval for events, in milliseconds.
const LOGS_DEFAULT: u64 = 5_000;
/// An interval longer than this is one that people notice.
const LONG_SECONDS: u64 = 120;

/// How often events and metrics are sent, in seconds.
pub(super) fn intervals(case: &Case<'_>) -> [(&'static str, u64); 2] {
    [(LOGS_INTERVAL, LOGS_DEFAULT), (METRICS_INTERVAL, METRICS_DEFAULT)]
        .map(|(name, default)| (name, case.variables.interval_seconds(name, default)))
}

/// Of an agent that was never heard: it sends so rarely that its last run ended before, or that one waits and wonders.
pub(super) fn interval_too_long(case: &Case<'_>) -> Option<Finding> {
    if case.last_seen.is_some() {
        return None;
    }
    let [events, metrics] = intervals(case);
    let ((name, seconds), what) = if metrics.1 > events.1 { (metrics, "metrics") } else { (events, "events") };
    let default = if what == "metrics" { METRICS_DEFAULT } else { LOGS_DEFAULT };
    let agent = case.agent;
    let ran = agent.finished_at.zip(agent.started_at).map(|(finished, started)| finished.seconds_since(started));
    let ended = ran.filter(|ran| !agent.state.is_up() && *ran < seconds);
    let evidence = match ended {
        Some(ran) => format!("`{name}` lets {what} go every {seconds} s, and its last run took {ran} s"),
        None if seconds > LONG_SECONDS => format!("`{name}` lets {what} go only every {seconds} s"),
        None => return None,
    };
    let by_file = case.file.get(name).is_some();
    let by_default = case.variables.get(name).is_none();
    let kind = match () {
        () if by_file => FixKind::Edit,
        // What Clawker's own defaults say is short enough for whatever does any work.
        () if seconds <= LONG_SECONDS && !by_default => return Some(note(evidence)),
        () if case.next().is_some_and(|next| next.interval_seconds(name, default) < seconds) => FixKind::Recreate,
        () => FixKind::Rebuild,
    };
    Some(Finding::new(Weight::Note, Code::IntervalTooLong, evidence, case.anew(kind)))
}

fn note(evidence: String) -> Finding {
    Finding::new(Weight::Note, Code::IntervalTooLong, evidence, without_command(FixKind::None))
}

const MANAGED: &str = "`/etc/claude-code/managed-settings.json`";

/// Whether the fault is one of managed settings: they set a guilty variable.
pub(super) fn is_managed(case: &Case<'_>, fault: &Fault) -> bool {
    fault.variables.iter().any(|name| case.managed.get(name).is_some())
}

/// What managed settings decide: everything that they break in one cause, or else that they change something. `broken`
/// are the faults of theirs.
pub(super) fn managed_settings(case: &Case<'_>, broken: &[Fault]) -> Option<Finding> {
    let switch = case.managed.raw(ENABLE).filter(|value| !is_on(value)).map(|value| is(ENABLE, value));
    let said: Vec<&str> =
        switch.as_deref().into_iter().chain(broken.iter().map(|fault| fault.evidence.as_str())).collect();
    if !said.is_empty() {
        let evidence = format!("{MANAGED} has the last word: {}", said.join("; "));
        let weight = match () {
            () if switch.is_some() => Weight::Off,
            () if broken.iter().any(|fault| fault.blocking) => Weight::Blocking,
            () => Weight::Warning,
        };
        let fix = match case.agent.managed {
            // The file is part of the image, or of what is mounted into the container.
            true => crate::agents::Fix { kind: FixKind::Edit, ..case.anew(FixKind::Rebuild) },
            false => case.anew(FixKind::Edit),
        };
        return Some(Finding::new(weight, Code::ManagedSettingsOverride, evidence, fix));
    }
    let mends = !faults(&case.given, &case.collector, &case.owner).is_empty()
        && faults(&case.variables, &case.collector, &case.owner).is_empty();
    let switches_on = case.managed.raw(ENABLE).is_some() && !case.given.raw(ENABLE).is_some_and(is_on);
    let evidence = match (mends || switches_on, case.agent.managed_settings.is_some()) {
        (true, _) => {
            let names: Vec<String> = case.managed.names().map(|name| format!("`{name}`")).collect();
            format!("{MANAGED} has the last word on {}", names.join(", "))
        }
        // Where the file can be read, it is known that it changes nothing.
        (false, true) => return None,
        (false, false) => {
            let at = case.heard.and_then(|heard| heard.managed_settings_at)?;
            format!("its event `managed_settings_resolved` of {} says that some were applied", at.to_rfc3339())
        }
    };
    let fix = without_command(FixKind::None);
    Some(Finding::new(Weight::Note, Code::ManagedSettingsOverride, evidence, fix))
}
