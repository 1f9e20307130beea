//! Checks whether telemetry is on, and who turned it off: a file, the image, or Clawker, which looks for the collector
//! once when it creates a container (v0.8.0, `buildCreateTimeEnv`).

use super::super::{AgentContainer, CauseCode, CollectorEvidence, FixKind, SettingsLayer};
use super::blame::blame;
use super::facts::{AgentFacts, Finding, Severity, fix_without_command};
use super::network::detection_failures;
use super::variables::{ENABLE, ValueSource, Variables, is_off, is_on, set_by, variable_is};
use crate::{telemetry::CollectorThen, timestamp::Timestamp};

/// The cause that keeps telemetry off; `None` if it is on, or managed settings turn it off, which are reported together
/// with everything else that they change.
pub(super) fn disabled(facts: &AgentFacts<'_>) -> Option<Finding> {
    let plain = facts.variables.without_quotes();
    let Some(value) = plain.raw(ENABLE) else {
        let helps = facts.next().is_some_and(|next| next.raw(ENABLE).is_some());
        let set = if facts.agent.managed { String::new() } else { format!("; set `{ENABLE}=1`") };
        let evidence = format!("`{ENABLE}` is not set, so Claude Code sends nothing{set}");
        let fix = facts.recreate_fix(if helps { FixKind::Recreate } else { FixKind::Rebuild });
        return Some(Finding::new(Severity::Blocking, CauseCode::NotEnabled, evidence, fix));
    };
    let source = facts.variables.source(ENABLE)?;
    if is_on(value) || matches!(source, ValueSource::Settings { layer: SettingsLayer::Managed, .. }) {
        return None;
    }
    let said = variable_is(ENABLE, facts.variables.raw(ENABLE)?);
    let origin = blame(facts, &[ENABLE.to_owned()], |next| !is_switched_on(next));
    if !is_off(value) {
        let evidence = format!(
            "{said}, which Claude Code does not accept as on; it accepts `1`, `true`, `yes` and `on`{}",
            origin.clause
        );
        return Some(Finding::new(Severity::Blocking, CauseCode::SwitchInvalid, evidence, origin.fix));
    }
    let turned_off = |clause: String, fix| {
        Some(Finding::new(Severity::Off, CauseCode::DisabledByConfiguration, format!("{said}{clause}"), fix))
    };
    let by_file = matches!(source, ValueSource::Settings { .. });
    let is_next_off = facts.clawker.raw(ENABLE).is_some_and(|value| !is_on(value));
    let is_image_off = facts.image.as_ref().and_then(|image| image.raw(ENABLE)).is_some_and(|value| !is_on(value));
    if by_file || is_next_off || !facts.agent.managed {
        return turned_off(origin.clause, origin.fix);
    }
    if is_image_off {
        return turned_off("; set in its image".to_owned(), facts.recreate_fix(FixKind::Rebuild));
    }
    Some(disabled_by_clawker(facts, &said))
}

/// Whether these variables turn telemetry on.
pub(super) fn is_switched_on(variables: &Variables) -> bool {
    variables.raw(ENABLE).is_some_and(is_on)
}

/// When the agent's container was created, if its telemetry is off and Docker does not know whether a collector was running
/// then: `down` removes the collector's container. Stored measurements may tell.
pub fn time_to_ask_about(agent: &AgentContainer, collector: &CollectorEvidence) -> Option<Timestamp> {
    let value = agent.environment.iter().filter_map(|line| line.strip_prefix(ENABLE)?.strip_prefix('=')).next_back()?;
    let created = agent.created_at?;
    (agent.managed && value == "0" && !collector.last_run_includes(created)).then_some(created)
}

/// No file or image sets the variable, so Clawker set it because it found no collector, or someone set it manually.
fn disabled_by_clawker(facts: &AgentFacts<'_>, said: &str) -> Finding {
    let collector = &facts.stack.collector;
    let created = facts.agent.created_at;
    let created_words =
        created.map_or_else(String::new, |at| format!("; the container was created at {}", at.to_rfc3339()));
    let name = collector.container.as_deref().unwrap_or("otel-collector");
    // Docker does not keep the runs before the last one, so that an earlier run covers the creation is not certain. Where
    // all files could be read and none turns telemetry off, that is not taken for somebody's decision.
    let is_certain = created.is_some_and(|created| collector.last_run_includes(created));
    let is_likely = created.is_some_and(|created| collector.was_running_at(created)) && has_unread_files(facts);
    // Clawker writes `0`, and nothing else.
    let may_be_by_clawker = facts.variables.raw(ENABLE) == Some("0");
    if !is_certain && !is_likely {
        if !may_be_by_clawker {
            return set_manually(facts, format!("{said}{created_words}, and Clawker writes `0`"));
        }
        return disabled_before_this_collector(facts, said, &created_words, name);
    }
    // The collector was running. If Clawker's check can't find it today, it could not find it then.
    if let Some((code, ails)) = detection_failures(collector).into_iter().next().filter(|_| may_be_by_clawker) {
        let evidence = format!("{said}{created_words}; `{name}` was running, but {ails}");
        return Finding::new(Severity::Blocking, code, evidence, facts.recreate_fix(FixKind::Recreate));
    }
    let words = |at: Option<Timestamp>| at.map(|at| at.to_rfc3339()).unwrap_or_default();
    // After a restart, the current run is younger than the container.
    let had_been_running = if is_certain && collector.running {
        format!("while `{name}` had been running since {}", words(collector.started_at))
    } else if is_certain {
        let (since, until) = (words(collector.started_at), words(collector.finished_at));
        format!("while `{name}` was running, from {since} to {until}")
    } else {
        let (since, until) = (words(collector.created_at), words(collector.finished_at));
        format!("while `{name}` was running: it has existed since {since} and last stopped at {until}")
    };
    set_manually(facts, format!("{said}{created_words}, {had_been_running}"))
}

/// Whether files of Clawker's that may turn telemetry off were not read.
fn has_unread_files(facts: &AgentFacts<'_>) -> bool {
    !facts.agent.files_read || !facts.agent.clawker.unread.is_empty()
}

/// The collector was running, and it was not Clawker that turned telemetry off.
fn set_manually(facts: &AgentFacts<'_>, evidence: String) -> Finding {
    // If a file turns it on today, the file was changed since.
    let (by, kind) = if is_switched_on(&facts.clawker) {
        ("possibly by an earlier `agent.env` in `.clawker.yaml`", FixKind::Recreate)
    } else if has_unread_files(facts) {
        ("for example by `agent.env_file` or `agent.from_env` in `.clawker.yaml`", FixKind::Edit)
    } else {
        ("and none of Clawker's files sets it now", FixKind::Recreate)
    };
    let evidence = format!("{evidence}; so it was set manually, not by Clawker, {by}");
    Finding::new(Severity::Off, CauseCode::DisabledByConfiguration, evidence, facts.recreate_fix(kind))
}

/// The collector's container does not go back to the agent's creation. An earlier one may have been running then: stored
/// measurements tell, and without them nothing does.
fn disabled_before_this_collector(facts: &AgentFacts<'_>, said: &str, created_words: &str, name: &str) -> Finding {
    let collector = &facts.stack.collector;
    let created = facts.agent.created_at;
    let since = match (created, collector.started_at) {
        _ if !collector.running => ", and the collector is still not running".to_owned(),
        (Some(created), Some(started)) if created < started => {
            let earlier =
                collector.finished_at.filter(|_| collector.was_running_at(created)).map_or_else(String::new, |at| {
                    format!("; an earlier run of it ended at {}, and when that began is unknown", at.to_rfc3339())
                });
            format!(", before `{name}` was started at {}{earlier}", started.to_rfc3339())
        }
        _ => String::new(),
    };
    let baked = if facts.image.is_some() { ", which is not set in its image" } else { "" };
    let known = facts.stack.collector_then.as_ref();
    let then = known.map(|known| created.and_then(|created| known.get(&created).copied()));
    let (code, measured) = match then {
        Ok(Some(CollectorThen::Running)) => {
            let evidence =
                format!("{said}{created_words}, while an earlier collector was running, as Prometheus measured");
            return set_manually(facts, evidence);
        }
        Ok(Some(CollectorThen::NotRunning)) => {
            (CauseCode::DisabledBecauseStackWasDown, ", and Prometheus measured no running collector then".to_owned())
        }
        Ok(Some(CollectorThen::NotMeasured)) => (
            CauseCode::DisabledBecauseStackWasDown,
            ", and Prometheus has no measurements from then or before".to_owned(),
        ),
        Ok(None) => (CauseCode::DisabledBecauseStackWasDown, String::new()),
        Ok(Some(CollectorThen::Unclear)) => (
            CauseCode::DisabledForUnknownReason,
            "; Prometheus measured that an earlier collector was started or stopped about then".to_owned(),
        ),
        Err(error) => {
            let words = format!("; whether an earlier collector was running then is unknown ({error})");
            // Without any collector, nothing suggests that there was one.
            let is_down = collector.container.is_none();
            let code =
                if is_down { CauseCode::DisabledBecauseStackWasDown } else { CauseCode::DisabledForUnknownReason };
            (code, words)
        }
    };
    let evidence = format!("{said}{baked}{created_words}{since}{measured}");
    Finding::new(Severity::Blocking, code, evidence, facts.recreate_fix(FixKind::Recreate))
}

/// A file turns telemetry on although no collector was running, so data sent before the collector's start is lost.
pub(super) fn forced_on(facts: &AgentFacts<'_>) -> Option<Finding> {
    let value = facts.clawker.raw(ENABLE).filter(|value| is_on(value))?;
    let (created, started) = (facts.agent.created_at?, facts.stack.collector.started_at?);
    let was_running = facts.stack.collector.was_running_at(created);
    if was_running || created >= started || facts.sends_elsewhere() || !is_switched_on(&facts.variables) {
        return None;
    }
    let evidence = format!(
        "{}, {}; the container was created at {}, and the collector was started at {}",
        variable_is(ENABLE, value),
        set_by(ENABLE, facts.clawker.source(ENABLE)?),
        created.to_rfc3339(),
        started.to_rfc3339()
    );
    Some(Finding::new(Severity::Note, CauseCode::ForcedOn, evidence, fix_without_command(FixKind::None)))
}
