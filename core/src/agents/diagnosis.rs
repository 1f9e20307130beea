//! The verdict: from what the Engine, the files and the stores say about one agent to how its telemetry stands, why, and
//! the one thing that helps.
//!
//! Each cause is a small function from the evidence to a finding with its severity; here they are put together. What was
//! heard a moment ago outweighs whatever is odd: then it works.

mod claude;
mod commands;
mod downstream;
mod endpoint;
mod environment;
mod facts;
mod network;
mod switch;
mod variables;

use self::{
    claude::{interval_too_long, intervals, is_managed, known_bad_version, managed_settings},
    downstream::{dropped_data, explain_silence, not_running, other_tags_clause, stores_unreachable},
    environment::{Fault, faults, missing_tags},
    facts::{AgentFacts, Finding, Severity, fix_without_command},
    switch::{disabled, forced_on},
};
use super::{AgentContainer, Cause, CauseCode, FixKind, StackEvidence, Verdict};
use crate::{agent_environment::baked, timestamp::Timestamp};

pub use network::check_new_agents;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// How its telemetry stands.
    pub verdict: Verdict,
    /// Why, the weightiest first. Of those that keep data from arriving, the ones come first whose fix goes deepest, so
    /// that whoever follows the first is seldom in for a second.
    pub causes: Vec<Cause>,
    /// When it was heard last; this container, not an earlier one of the same name.
    pub last_seen: Option<Timestamp>,
}

/// Judges one agent.
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
        () if facts.last_seen.is_some() => Verdict::Idle,
        () => Verdict::Waiting,
    };
    match verdict {
        // What was sent while the collector ran has arrived; what is sent now does not.
        Verdict::Reporting => findings.retain(|it| {
            matches!(it.severity, Severity::Warning | Severity::Fact) || it.cause.code == CauseCode::CollectorDown
        }),
        // How it would do if it were switched on is another question.
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
    findings.sort_by_key(|finding| (finding.severity, fix_rank(finding), finding.cause.code));
    let mut causes: Vec<Cause> = Vec::new();
    for Finding { cause, .. } in findings {
        if causes.iter().all(|known| known.code != cause.code) {
            causes.push(cause);
        }
    }
    Diagnosis { verdict, causes, last_seen: facts.last_seen }
}

/// Everything that is wrong, odd or worth knowing.
fn collect_findings(facts: &AgentFacts<'_>) -> Vec<Finding> {
    let (broken, own): (Vec<Fault>, Vec<Fault>) = faults(&facts.variables, &facts.collector, &facts.owner)
        .into_iter()
        .chain(untagged(facts))
        .partition(|fault| is_managed(facts, fault));
    let mut findings: Vec<Finding> = own.into_iter().map(|fault| finding_from_fault(facts, fault)).collect();
    findings.extend(disabled(facts));
    findings.extend(managed_settings(facts, &broken));
    findings.extend(network::network_findings(facts));
    findings.extend(known_bad_version(facts));
    findings.extend(interval_too_long(facts));
    findings.extend(forced_on(facts));
    findings.extend(dropped_data(facts));
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

/// A container that is not Clawker's and has no tags at all cannot be told from others.
fn untagged(facts: &AgentFacts<'_>) -> Option<Fault> {
    let name = variables::RESOURCE_ATTRIBUTES;
    let nobody = facts.owner.project.is_none() && facts.owner.agent.is_none();
    nobody.then(|| missing_tags(format!("`{name}` sets neither `project` nor `agent`")))
}

/// A fault of the container's variables, and how deep one has to go to be rid of it.
fn finding_from_fault(facts: &AgentFacts<'_>, fault: Fault) -> Finding {
    let by_file = fault.variables.iter().any(|name| facts.file.raw(name).is_some());
    let kind = match facts.next() {
        Some(next) => {
            let stays = faults(&next, &facts.collector, &facts.owner).iter().any(|other| other.code == fault.code);
            if !stays {
                FixKind::Recreate
            } else if by_file {
                FixKind::Edit
            } else {
                FixKind::Rebuild
            }
        }
        None if by_file => FixKind::Edit,
        None if fault.code == CauseCode::TagsMissing => FixKind::Recreate,
        None => FixKind::Rebuild,
    };
    let bakes = |name: &&str| facts.image.as_ref().is_some_and(|image| image.raw(name).is_some());
    let origin = match kind {
        _ if !facts.agent.managed => "",
        FixKind::Edit => "; set by `agent.env` in `.clawker.yaml`",
        FixKind::Rebuild if fault.variables.iter().any(bakes) => "; set in its image",
        FixKind::Recreate => "; a new container would have the correct value",
        _ => "",
    };
    let set = if facts.agent.managed { String::new() } else { manual_setting(facts, &fault.variables) };
    let arrives = if fault.code == CauseCode::TagsMissing { other_tags_clause(facts) } else { String::new() };
    let severity = if fault.blocking { Severity::Blocking } else { Severity::Warning };
    Finding::new(severity, fault.code, format!("{}{origin}{set}{arrives}", fault.evidence), facts.recreate_fix(kind))
}

/// For a container that is made by hand: what to set where that is done.
fn manual_setting(facts: &AgentFacts<'_>, names: &[&str]) -> String {
    let beside_host = facts.agent.networks.iter().any(|network| network == "host");
    let wanted = baked(&facts.stack.settings).into_iter().filter(|variable| names.contains(&variable.name.as_str()));
    let lines: Vec<String> = wanted.map(|variable| format!("`{}={}`", variable.name, variable.value)).collect();
    match () {
        () if names.contains(&variables::RESOURCE_ATTRIBUTES) => {
            format!("; set `{}=project=…,agent=…`", variables::RESOURCE_ATTRIBUTES)
        }
        // Beside the host the collector has another address, that of its published port.
        () if lines.is_empty() || beside_host => String::new(),
        () => format!("; set {}", lines.join(" and ")),
    }
}

/// Seconds within which something must have arrived.
const RECENT: u64 = 120;
/// However rarely it sends, seconds after which nobody calls it reporting.
const RECENT_AT_MOST: u64 = 600;

fn is_reporting(facts: &AgentFacts<'_>) -> bool {
    let longest = intervals(facts).into_iter().map(|(_, seconds)| seconds).max().unwrap_or_default();
    let recent = longest.saturating_mul(3).clamp(RECENT, RECENT_AT_MOST);
    facts.runs() && facts.last_seen.is_some_and(|seen| facts.stack.now.seconds_since(seen) <= recent)
}

/// Of things that block, those that go deepest come first; of reasons, the one for which nothing is known.
fn fix_rank(finding: &Finding) -> u8 {
    if finding.severity != Severity::Blocking {
        return u8::from(finding.cause.code != CauseCode::StoresUnreachable);
    }
    match finding.cause.fix.kind {
        FixKind::Edit => 0,
        FixKind::Rebuild => 1,
        FixKind::Recreate => 2,
        FixKind::Start => 3,
        FixKind::Wait | FixKind::None => 4,
    }
}

#[cfg(test)]
mod tests;
