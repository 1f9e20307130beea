//! The verdict: from what the Engine, the files and the stores say about one agent to how its telemetry stands, why, and
//! the one thing that helps.
//!
//! Each cause is a small function from the evidence to a finding with its weight; here they are put together. What was
//! heard a moment ago outweighs whatever is odd: then it works.

mod case;
mod claude;
mod commands;
mod downstream;
mod endpoint;
mod environment;
mod network;
mod switch;
mod variables;

use self::{
    case::{Case, Finding, Weight, without_command},
    claude::{interval_too_long, intervals, is_managed, known_bad_version, managed_settings},
    downstream::{arrives_as, not_running, refused, silence, stores_unreachable},
    environment::{Fault, faults, untold},
    switch::{forced_on, switched_off},
};
use super::{AgentContainer, Cause, Code, FixKind, Surroundings, Verdict};
use crate::{agent_environment::baked, timestamp::Timestamp};

pub use network::new_agents;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// How its telemetry stands.
    pub verdict: Verdict,
    /// Why, the weightiest first. Of those that keep data from arriving, the ones come first whose fix goes deepest, so
    /// that whoever follows the first is seldom in for a second.
    pub causes: Vec<Cause>,
    /// When it was heard last; this container, not an earlier one of the same name.
    pub last_seen: Option<Timestamp>,
}

/// Judges one agent.
pub fn judge(agent: &AgentContainer, around: &Surroundings) -> Judgement {
    let case = Case::of(agent, around);
    let mut findings = ailments(&case);
    let reporting = is_reporting(&case);
    let worst = findings.iter().map(|finding| finding.weight).min();
    let verdict = match () {
        () if reporting => Verdict::Reporting,
        () if worst == Some(Weight::Off) => Verdict::Off,
        () if worst == Some(Weight::Blocking) => Verdict::Dark,
        () if around.heard.is_err() => Verdict::Unknown,
        () if case.last_seen.is_some() => Verdict::Idle,
        () => Verdict::Waiting,
    };
    match verdict {
        // What was sent while the collector ran has arrived; what is sent now does not.
        Verdict::Reporting => findings
            .retain(|it| matches!(it.weight, Weight::Warning | Weight::Fact) || it.cause.code == Code::CollectorDown),
        // How it would do if it were switched on is another question.
        Verdict::Off => findings.retain(|it| matches!(it.weight, Weight::Off | Weight::Fact)),
        _ => {}
    }
    if verdict != Verdict::Reporting {
        findings.extend(not_running(&case));
    }
    if !matches!(verdict, Verdict::Reporting | Verdict::Off) {
        findings.extend(stores_unreachable(&case));
    }
    if matches!(verdict, Verdict::Idle | Verdict::Waiting) && case.runs() {
        findings.push(silence(&case));
    }
    findings.sort_by_key(|finding| (finding.weight, rank(finding), finding.cause.code));
    let mut causes: Vec<Cause> = Vec::new();
    for Finding { cause, .. } in findings {
        if causes.iter().all(|known| known.code != cause.code) {
            causes.push(cause);
        }
    }
    Judgement { verdict, causes, last_seen: case.last_seen }
}

/// Everything that is wrong, odd or worth knowing.
fn ailments(case: &Case<'_>) -> Vec<Finding> {
    let (broken, own): (Vec<Fault>, Vec<Fault>) = faults(&case.variables, &case.collector, &case.owner)
        .into_iter()
        .chain(untagged(case))
        .partition(|fault| is_managed(case, fault));
    let mut findings: Vec<Finding> = own.into_iter().map(|fault| of_fault(case, fault)).collect();
    findings.extend(switched_off(case));
    findings.extend(managed_settings(case, &broken));
    findings.extend(network::unreachable(case));
    findings.extend(known_bad_version(case));
    findings.extend(interval_too_long(case));
    findings.extend(forced_on(case));
    findings.extend(refused(case));
    if !case.agent.managed {
        let evidence = "it lacks the label `dev.clawker.purpose=agent`, so its telemetry is set up by hand".to_owned();
        findings.push(Finding::new(Weight::Fact, Code::NotManaged, evidence, without_command(FixKind::None)));
    }
    findings
}

/// A container that is not Clawker's and has no tags at all cannot be told from others.
fn untagged(case: &Case<'_>) -> Option<Fault> {
    let name = variables::RESOURCE_ATTRIBUTES;
    let nobody = case.owner.project.is_none() && case.owner.agent.is_none();
    nobody.then(|| untold(format!("`{name}` names neither `project` nor `agent`")))
}

/// A fault of the container's variables, and how deep one has to go to be rid of it.
fn of_fault(case: &Case<'_>, fault: Fault) -> Finding {
    let by_file = fault.variables.iter().any(|name| case.file.raw(name).is_some());
    let kind = match case.next() {
        Some(next) => {
            let stays = faults(&next, &case.collector, &case.owner).iter().any(|other| other.code == fault.code);
            if !stays {
                FixKind::Recreate
            } else if by_file {
                FixKind::Edit
            } else {
                FixKind::Rebuild
            }
        }
        None if by_file => FixKind::Edit,
        None if fault.code == Code::TagsMissing => FixKind::Recreate,
        None => FixKind::Rebuild,
    };
    let bakes = |name: &&str| case.image.as_ref().is_some_and(|image| image.raw(name).is_some());
    let origin = match kind {
        _ if !case.agent.managed => "",
        FixKind::Edit => "; `agent.env` in `.clawker.yaml` says so",
        FixKind::Rebuild if fault.variables.iter().any(bakes) => "; its image says so",
        FixKind::Recreate => "; a new container would get it right",
        _ => "",
    };
    let set = if case.agent.managed { String::new() } else { to_set(case, &fault.variables) };
    let arrives = if fault.code == Code::TagsMissing { arrives_as(case) } else { String::new() };
    let weight = if fault.blocking { Weight::Blocking } else { Weight::Warning };
    Finding::new(weight, fault.code, format!("{}{origin}{set}{arrives}", fault.evidence), case.anew(kind))
}

/// For a container that is made by hand: what to set where that is done.
fn to_set(case: &Case<'_>, names: &[&str]) -> String {
    let beside_host = case.agent.networks.iter().any(|network| network == "host");
    let wanted = baked(&case.around.settings).into_iter().filter(|variable| names.contains(&variable.name.as_str()));
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

fn is_reporting(case: &Case<'_>) -> bool {
    let longest = intervals(case).into_iter().map(|(_, seconds)| seconds).max().unwrap_or_default();
    let recent = longest.saturating_mul(3).clamp(RECENT, RECENT_AT_MOST);
    case.runs() && case.last_seen.is_some_and(|seen| case.around.now.seconds_since(seen) <= recent)
}

/// Of things that block, those that go deepest come first; of reasons, the one for which nothing is known.
fn rank(finding: &Finding) -> u8 {
    if finding.weight != Weight::Blocking {
        return u8::from(finding.cause.code != Code::StoresUnreachable);
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
