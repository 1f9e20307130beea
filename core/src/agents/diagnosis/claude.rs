//! Causes in Claude Code itself: reported releases, long export intervals, the service name, and managed settings in the
//! container.

use super::super::{
    CauseCode, FileProblem, FixKind, SettingsLayer,
    effective::{ProjectScope, effective},
    release::{Behavior, SIGNAL_WINS, STARTS_WITHOUT_MANAGED_SETTINGS, release_clause},
};
use super::blame::{blame, edit_and_restart};
use super::environment::{Fault, other_service_name};
use super::facts::{AgentFacts, Finding, Severity, fix_without_command};
use super::switch::is_switched_on;
use super::variables::{
    ENABLE, LOGS_INTERVAL, METRICS_INTERVAL, ValueSource, Variables, backticked, is_off, set_by, variable_is,
};
use crate::{agent_environment::shown_name, count::exact};

/// Releases about which others reported that they export nothing or no metrics, and the number of the issue in
/// `anthropics/claude-code`. All of them were run on Linux, and exported everything; the reports are from macOS.
const REPORTED: [(&str, &str, u32); 3] =
    [("2.1.113", "nothing", 71312), ("2.1.126", "no metrics", 56021), ("2.1.252", "nothing", 91165)];
/// How long nothing has to have arrived, in seconds, before a report about the release is worth reading.
const SILENT_SECONDS: u64 = 300;

/// A note about a release with such a report, if nothing has arrived for a while.
pub(super) fn reported_release(facts: &AgentFacts<'_>) -> Option<Finding> {
    let release = facts.release?.to_string();
    let (_, what, issue) = REPORTED.into_iter().find(|(known, ..)| *known == release)?;
    let silent = facts.agent.started_at.is_some_and(|at| facts.stack.now.seconds_since(at) >= SILENT_SECONDS);
    if facts.last_seen.is_some() || !facts.runs() || !silent {
        return None;
    }
    let evidence = format!(
        "it was reported that Claude Code `{release}` exports {what} on macOS (`anthropics/claude-code#{issue}`); on \
         Linux it was seen to export everything"
    );
    Some(Finding::new(Severity::Note, CauseCode::KnownBadVersion, evidence, fix_without_command(FixKind::None)))
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
        Some(ran) => format!("`{name}` exports {what} every {} s, but the last run took only {ran} s", exact(seconds)),
        None if seconds > LONG_SECONDS => format!("`{name}` exports {what} only every {} s", exact(seconds)),
        None => return None,
    };
    let is_set = facts.variables.get(name).is_some();
    if seconds <= LONG_SECONDS && is_set {
        // The defaults of Clawker's settings are short enough for any real session.
        let fix = fix_without_command(FixKind::None);
        return Some(Finding::new(Severity::Note, CauseCode::IntervalTooLong, evidence, fix));
    }
    let origin = blame(facts, &[name.to_owned()], |next| next.interval_seconds(name, default) >= seconds);
    let evidence = format!("{evidence}{}", origin.clause);
    Some(Finding::new(Severity::Note, CauseCode::IntervalTooLong, evidence, origin.fix))
}

/// Another service name. The stack's collector sets it back; other collectors do not.
pub(super) fn service_name(facts: &AgentFacts<'_>) -> Option<Finding> {
    let (name, service) = other_service_name(&facts.variables.without_quotes())?;
    let origin = blame(facts, &[name.to_owned()], |next| other_service_name(next).is_some());
    let said = format!("{} makes its service name {}", backticked(name), backticked(shown_name(&service)));
    let (severity, evidence, fix) = if facts.sends_elsewhere() {
        let evidence = format!("{said}; panel and dashboard look for `claude-code`{}", origin.clause);
        (Severity::Warning, evidence, origin.fix)
    } else {
        let evidence = format!("{said}; the collector sets it back to `claude-code`, where panel and dashboard look");
        (Severity::Note, evidence, fix_without_command(FixKind::None))
    };
    Some(Finding::new(severity, CauseCode::ServiceNameChanged, evidence, fix))
}

/// Whether managed settings set this variable.
fn is_set_by_managed(facts: &AgentFacts<'_>, name: &str) -> bool {
    matches!(facts.variables.source(name), Some(ValueSource::Settings { layer: SettingsLayer::Managed, .. }))
}

/// Whether managed settings set one of the variables that cause the fault.
pub(super) fn is_managed(facts: &AgentFacts<'_>, fault: &Fault) -> bool {
    fault.variables.iter().any(|name| is_set_by_managed(facts, name))
}

/// The effect of managed settings: all faults in `broken` that they cause as one finding, or else that they override
/// something.
pub(super) fn managed_settings(facts: &AgentFacts<'_>, broken: &[Fault]) -> Option<Finding> {
    let managed: Vec<(&str, &str, &ValueSource)> =
        facts.variables.iter().filter(|(name, ..)| is_set_by_managed(facts, name)).collect();
    let files_that = |is_meant: &dyn Fn(&str) -> bool| {
        let paths = managed.iter().filter(|(name, ..)| is_meant(name)).filter_map(|(_, _, source)| match source {
            ValueSource::Settings { path, .. } => Some(backticked(path)),
            _ => None,
        });
        let mut paths: Vec<String> = paths.collect();
        paths.dedup();
        format!("{} {}", paths.join(" and "), if paths.len() == 1 { "overrides" } else { "override" })
    };
    let plain = facts.variables.without_quotes();
    let switch = plain.raw(ENABLE).filter(|_| is_set_by_managed(facts, ENABLE) && !is_switched_on(&plain));
    let switch_said = switch.map(|value| variable_is(ENABLE, value));
    let said: Vec<&str> =
        switch_said.as_deref().into_iter().chain(broken.iter().map(|fault| fault.evidence.as_str())).collect();
    if !said.is_empty() {
        let is_meant = |name: &str| {
            broken.iter().any(|fault| fault.variables.iter().any(|known| known == name))
                || switch.is_some() && name == ENABLE
        };
        let depends = unless_signals_win(facts, broken);
        let evidence = format!("{} the container's variables: {}{depends}", files_that(&is_meant), said.join("; "));
        let severity = match () {
            () if switch.is_some_and(is_off) => Severity::Off,
            () if switch.is_some() || broken.iter().any(|fault| fault.blocking) => Severity::Blocking,
            () => Severity::Warning,
        };
        return Some(Finding::new(severity, CauseCode::ManagedSettingsOverride, evidence, edit_and_restart()));
    }
    let fix = fix_without_command(FixKind::None);
    let note = |evidence| Some(Finding::new(Severity::Note, CauseCode::ManagedSettingsOverride, evidence, fix));
    let mends = !facts.faults(&facts.given).is_empty() && facts.faults(&facts.variables).is_empty();
    let switches_on = is_set_by_managed(facts, ENABLE) && !is_switched_on(&facts.given);
    if !managed.is_empty() && (mends || switches_on) {
        let names: Vec<String> = managed.iter().map(|(name, ..)| format!("`{name}`")).collect();
        return note(format!("{} {}", files_that(&|_: &str| true), names.join(", ")));
    }
    // The files are readable and change nothing.
    if facts.agent.settings_files.iter().any(|file| file.layer == SettingsLayer::Managed) {
        return None;
    }
    let at = facts.owner_last_seen.and_then(|heard| heard.managed_settings_at)?;
    note(format!("its event `managed_settings_resolved` at {} reports managed settings", at.to_rfc3339()))
}

/// A clause for faults that older releases do not have, whose release is unknown.
fn unless_signals_win(facts: &AgentFacts<'_>, broken: &[Fault]) -> String {
    let rule = SIGNAL_WINS;
    if rule.behavior(facts.release) != Behavior::Unknown {
        return String::new();
    }
    let scope = ProjectScope::of(facts.release);
    let older = effective(facts.given.clone(), &facts.agent.settings_files, Some(rule.old_until), scope);
    let in_older = facts.faults(&older);
    if broken.iter().all(|fault| in_older.iter().any(|it| it.code == fault.code)) {
        return String::new();
    }
    let clause = release_clause(facts.release);
    format!("; Claude Code up to `{}` uses the variables of one signal instead, and {clause}", rule.old_until)
}

/// Managed settings that are not JSON.
pub(super) fn invalid_managed_settings(facts: &AgentFacts<'_>) -> Option<Finding> {
    let found = facts.agent.settings_files.iter().filter(|file| file.layer == SettingsLayer::Managed);
    let (path, what) = found.into_iter().find_map(|file| match &file.variables {
        Err(FileProblem::Invalid(what)) => Some((&file.path, what)),
        _ => None,
    })?;
    let rule = STARTS_WITHOUT_MANAGED_SETTINGS;
    let behavior = rule.behavior(facts.release);
    let (severity, depends) = if behavior == Behavior::New {
        (Severity::Blocking, String::new())
    } else {
        (Severity::Warning, format!("; {}", release_clause(facts.release)))
    };
    let evidence =
        format!("{}: {what}; Claude Code `{}` does not start with it{depends}", backticked(path), rule.new_from);
    Some(Finding::new(severity, CauseCode::ManagedSettingsInvalid, evidence, edit_and_restart()))
}

/// What a project's settings files would change if this is an older release, and its release is not one of those that
/// were run.
pub(super) fn possible_project_settings(facts: &AgentFacts<'_>) -> Vec<Finding> {
    let rule = super::super::release::PROJECT_SETS_ALL;
    if !matches!(rule.behavior(facts.release), Behavior::NotTested | Behavior::Unknown) {
        return Vec::new();
    }
    let possible = facts.with_all_of_project();
    let by_project = |name: &str| {
        let source = possible.source(name)?;
        let layer = match source {
            ValueSource::Settings { layer, .. } => Some(*layer),
            _ => None,
        };
        matches!(layer, Some(SettingsLayer::Project | SettingsLayer::Repository)).then_some(source)
    };
    let finding = |code, evidence: &str, name: &str, source: &ValueSource| {
        let evidence = format!(
            "{evidence}; {}, from which Claude Code up to `{}` takes it; {}",
            set_by(name, source),
            rule.old_until,
            release_clause(facts.release)
        );
        Finding::new(Severity::Warning, code, evidence, edit_and_restart())
    };
    let is_known =
        |fault: &Fault, variables: &Variables| facts.faults(variables).iter().any(|it| it.code == fault.code);
    let mut findings: Vec<Finding> = facts
        .faults(&possible)
        .iter()
        .filter(|fault| !is_known(fault, &facts.variables))
        .filter_map(|fault| {
            let (name, source) = fault.variables.iter().find_map(|name| Some((name, by_project(name)?)))?;
            Some(finding(fault.code, &fault.evidence, name, source))
        })
        .collect();
    if let Some((value, source)) = possible.raw(ENABLE).zip(by_project(ENABLE)).filter(|_| !is_switched_on(&possible)) {
        findings.push(finding(CauseCode::DisabledByConfiguration, &variable_is(ENABLE, value), ENABLE, source));
    }
    findings
}
