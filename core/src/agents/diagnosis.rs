//! Computes an agent's verdict, its causes, and the fix from what Docker, files, and stores know about it.
//!
//! Each cause is a small function from facts to a finding with a severity; this module combines them. Data that arrived
//! recently outweighs every finding: then telemetry works.

mod blame;
mod claude;
mod commands;
mod downstream;
mod endpoint;
mod environment;
mod facts;
mod network;
mod not_checked;
mod outside;
mod proxied;
mod quotes;
mod switch;
mod traces;
mod variables;

use self::{
    blame::blame,
    claude::{
        interval_too_long, intervals, invalid_managed_settings, is_managed, managed_settings,
        possible_project_settings, reported_release, service_name,
    },
    downstream::{explain_silence, mismatch, not_running, other_tags_clause, refused_data, stores_unreachable},
    environment::{Fault, missing_tags},
    facts::{AgentFacts, Finding, Severity, fix_without_command},
    not_checked::not_checked,
    proxied::proxied,
    switch::{disabled, forced_on},
    traces::misdirected_traces,
};
use super::{AgentContainer, Cause, CauseCode, FixKind, StackEvidence, Verdict};
use crate::{
    agent_environment::{baked, shown},
    status::ContainerState,
    timestamp::Timestamp,
};

pub use network::check_new_agents;
pub use outside::{agent_without_container, agents_without_container};
pub use switch::time_to_ask_about;

/// The result for one agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The state of its telemetry.
    pub verdict: Verdict,
    /// The causes, most severe first. Among blocking causes, those with the most thorough fix come first, so that
    /// following the first one usually solves the others.
    pub causes: Vec<Cause>,
    /// When data last arrived from this container, not from an earlier one of the same name.
    pub last_seen: Option<Timestamp>,
}

/// Computes the verdict of one agent.
pub fn diagnose_agent(agent: &AgentContainer, stack: &StackEvidence) -> Diagnosis {
    let facts = AgentFacts::of(agent, stack);
    let mut findings = collect_findings(&facts);
    let reporting = is_reporting(&facts);
    let worst = findings.iter().map(|finding| finding.severity).min();
    let verdict = match () {
        () if reporting => Verdict::Reporting,
        () if worst == Some(Severity::Off) => Verdict::Off,
        () if worst == Some(Severity::Blocking) => Verdict::Dark,
        () if stack.last_seen.is_err() => Verdict::Unknown,
        () if facts.last_seen.is_some() || !will_run(&facts) => Verdict::Idle,
        () => Verdict::Waiting,
    };
    match verdict {
        // Data sent while the collector was running has arrived; new data does not.
        Verdict::Reporting => {
            warn_about_missing_events(&facts, &mut findings);
            findings.retain(|it| {
                matches!(it.severity, Severity::Warning | Severity::Fact) || it.cause.code == CauseCode::CollectorDown
            });
        }
        // Problems that would appear once telemetry is on do not matter now.
        Verdict::Off => findings.retain(|it| matches!(it.severity, Severity::Off | Severity::Fact)),
        _ => {}
    }
    if verdict != Verdict::Reporting {
        findings.extend(not_running(&facts));
    }
    if !matches!(verdict, Verdict::Reporting | Verdict::Off) {
        findings.extend(stores_unreachable(&facts));
    }
    if matches!(verdict, Verdict::Idle | Verdict::Waiting) && facts.runs() {
        findings.push(explain_silence(&facts));
    }
    if !matches!(verdict, Verdict::Reporting | Verdict::Off) {
        findings.extend(not_checked(&facts, verdict, &findings));
    }
    Diagnosis { verdict, causes: in_order(findings), last_seen: facts.last_seen }
}

/// Where metrics arrive and events do not, what keeps events from arriving is a warning.
fn warn_about_missing_events(facts: &AgentFacts<'_>, findings: &mut [Finding]) {
    use CauseCode as C;
    let stops_events = [
        C::ExporterNone,
        C::EndpointMissing,
        C::EndpointMismatch,
        C::EndpointPathMissing,
        C::ValueInQuotes,
        C::ManagedSettingsOverride,
    ];
    if facts.owner_last_seen.is_some_and(|heard| heard.metrics_only) {
        let meant = findings.iter_mut().filter(|it| stops_events.contains(&it.cause.code));
        meant.filter(|it| it.severity == Severity::Blocking).for_each(Finding::warn);
    }
}

/// The causes, most severe first, one of each code.
fn in_order(mut findings: Vec<Finding>) -> Vec<Cause> {
    findings.sort_by_key(|finding| (finding.severity, fix_rank(finding), finding.cause.code));
    let mut causes: Vec<Cause> = Vec::new();
    for Finding { cause, .. } in findings {
        if causes.iter().all(|known| known.code != cause.code) {
            causes.push(cause);
        }
    }
    causes
}

/// All problems, warnings, and facts.
fn collect_findings(facts: &AgentFacts<'_>) -> Vec<Finding> {
    let (broken, own): (Vec<Fault>, Vec<Fault>) =
        facts.faults(&facts.variables).into_iter().chain(untagged(facts)).partition(|fault| is_managed(facts, fault));
    let mut findings: Vec<Finding> = own.into_iter().map(|fault| finding_from_fault(facts, fault)).collect();
    findings.extend(disabled(facts));
    findings.extend(managed_settings(facts, &broken));
    findings.extend(network::network_findings(facts));
    findings.extend(invalid_managed_settings(facts));
    findings.extend(possible_project_settings(facts));
    findings.extend(misdirected_traces(facts));
    findings.extend(proxied(facts));
    findings.extend(service_name(facts));
    findings.extend(reported_release(facts));
    findings.extend(interval_too_long(facts));
    findings.extend(forced_on(facts));
    findings.extend(refused_data(facts));
    findings.extend(mismatch(facts, &findings));
    if !facts.agent.managed {
        let evidence =
            "it does not have the label `dev.clawker.purpose=agent`, so its telemetry is configured manually"
                .to_owned();
        findings.push(Finding::new(
            Severity::Fact,
            CauseCode::NotManaged,
            evidence,
            fix_without_command(FixKind::None),
        ));
    }
    findings
}

/// A container that is not Clawker's and has no tags can't be distinguished from others.
fn untagged(facts: &AgentFacts<'_>) -> Option<Fault> {
    let name = variables::RESOURCE_ATTRIBUTES;
    let nobody = facts.owner.project.is_none() && facts.owner.agent.is_none();
    nobody.then(|| missing_tags(format!("`{name}` sets neither `project` nor `agent`")))
}

/// Converts a fault in the variables to a finding with the smallest fix that works.
fn finding_from_fault(facts: &AgentFacts<'_>, fault: Fault) -> Finding {
    let origin = blame(facts, &fault.variables, |next| {
        // Another problem of a new container may hide this one, which the same values would cause again.
        let same = fault.variables.iter().all(|name| next.raw(name) == facts.variables.raw(name));
        same || facts.faults(next).iter().any(|other| other.code == fault.code && other.blocking >= fault.blocking)
    });
    // What to write instead of a value in quotes is said already.
    let is_said = fault.code == CauseCode::ValueInQuotes;
    let set = if facts.agent.managed || origin.fix.restart || is_said {
        String::new()
    } else {
        manual_setting(facts, &fault.variables)
    };
    let arrives = if fault.code == CauseCode::TagsMissing { other_tags_clause(facts) } else { String::new() };
    let severity = if fault.blocking { Severity::Blocking } else { Severity::Warning };
    Finding::new(severity, fault.code, format!("{}{}{set}{arrives}", fault.evidence, origin.clause), origin.fix)
}

/// For a container that is not Clawker's: the variables to set manually.
fn manual_setting(facts: &AgentFacts<'_>, names: &[String]) -> String {
    let beside_host = facts.agent.networks.iter().any(|network| network == "host");
    let wanted = baked(&facts.stack.settings).into_iter().filter(|variable| names.contains(&variable.name));
    let lines: Vec<String> =
        wanted.map(|variable| format!("`{}={}`", variable.name, shown(&variable.name, &variable.value))).collect();
    match () {
        () if names.iter().any(|name| name == variables::RESOURCE_ATTRIBUTES) => {
            format!("; set `{}=project=…,agent=…`", variables::RESOURCE_ATTRIBUTES)
        }
        // On the host network the collector has another address, that of its published port.
        () if lines.is_empty() || beside_host => String::new(),
        () => format!("; set {}", lines.join(" and ")),
    }
}

/// Data this recent, in seconds, makes an agent reporting.
const RECENT: u64 = 120;
/// Upper limit of the above in seconds, however long the export interval is.
const RECENT_AT_MOST: u64 = 600;

/// How recent, in seconds, the data of an agent with this export interval has to be.
fn recent_seconds(interval: u64) -> u64 {
    interval.saturating_mul(3).clamp(RECENT, RECENT_AT_MOST)
}

fn is_reporting(facts: &AgentFacts<'_>) -> bool {
    let longest = intervals(facts).into_iter().map(|(_, seconds)| seconds).max().unwrap_or_default();
    let recent = recent_seconds(longest);
    facts.runs() && facts.last_seen.is_some_and(|seen| facts.stack.now.seconds_since(seen) <= recent)
}

/// Whether data may arrive without anybody starting the container. One that is stopped waits for nothing.
fn will_run(facts: &AgentFacts<'_>) -> bool {
    matches!(facts.agent.state, ContainerState::Running | ContainerState::Restarting)
}

/// Sorts blocking causes by the most thorough fix, and reasons by whether the stores answer.
fn fix_rank(finding: &Finding) -> u8 {
    if finding.severity != Severity::Blocking {
        return u8::from(finding.cause.code != CauseCode::StoresUnreachable);
    }
    match finding.cause.fix.kind {
        FixKind::Edit if !finding.cause.fix.restart => 0,
        FixKind::Rebuild => 1,
        FixKind::Recreate => 2,
        FixKind::Edit => 3,
        FixKind::Start => 4,
        FixKind::Check | FixKind::Wait | FixKind::None => 5,
    }
}

#[cfg(test)]
mod tests;
