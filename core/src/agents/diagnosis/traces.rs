//! Checks where traces go, if they are turned on. Clawker's image sets no endpoint for them.

use super::super::{CauseCode, Fix, FixKind};
use super::blame::blame;
use super::endpoint::Signal;
use super::environment::{Fault, are_traces_on, signal_faults};
use super::facts::{AgentFacts, Finding, Severity};
use super::variables::Variables;

/// Traces that do not reach the collector.
pub(super) fn misdirected_traces(facts: &AgentFacts<'_>) -> Option<Finding> {
    let fault = traces_fault(facts, &facts.variables)?;
    let origin = blame(facts, &fault.variables, |next| traces_fault(facts, next).is_some());
    // Nothing that Clawker sets on its own adds a missing endpoint.
    let is_set = fault.variables.iter().any(|name| facts.variables.source(name).is_some());
    let is_next_set = facts.next().is_some_and(|next| next.first(Signal::Traces.endpoint()).is_some());
    let fix = if is_set || is_next_set {
        origin.fix
    } else {
        Fix { kind: FixKind::Edit, ..facts.recreate_fix(FixKind::Recreate) }
    };
    let evidence = format!("{}{}", fault.evidence, if is_set { origin.clause } else { String::new() });
    Some(Finding::new(Severity::Warning, CauseCode::TracesMisdirected, evidence, fix))
}

fn traces_fault(facts: &AgentFacts<'_>, variables: &Variables) -> Option<Fault> {
    let plain = variables.without_quotes();
    if !are_traces_on(&plain) {
        return None;
    }
    let faults = signal_faults(&plain, Signal::Traces, &facts.collector, facts.release);
    // What is unknown to Claude Code stops all signals, and is reported with theirs.
    let is_about_endpoint = |fault: &Fault| {
        use CauseCode::{EndpointMismatch, EndpointMissing, EndpointPathMissing};
        matches!(fault.code, EndpointMismatch | EndpointMissing | EndpointPathMissing)
    };
    let fault = faults.into_iter().find(is_about_endpoint)?;
    if fault.code != CauseCode::EndpointMissing {
        return Some(fault);
    }
    let is_grpc = plain.first(Signal::Traces.protocol()).is_some_and(|(_, protocol)| protocol == "grpc");
    let default = if is_grpc { "http://localhost:4317" } else { "http://localhost:4318" };
    let [own, _] = Signal::Traces.endpoint();
    let evidence = format!(
        "traces are turned on and go to `{default}`, because no endpoint is set for them; set `{own}={}`",
        facts.collector.address(Signal::Traces, is_grpc)
    );
    Some(Fault { evidence, ..fault })
}
