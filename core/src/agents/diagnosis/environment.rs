//! Checks the variables that control exporting: exporter, protocol, endpoint, tags.
//!
//! The same checks run on the container's variables and on those a new container would get; if only the former have a
//! fault, recreating the container helps.

use super::super::CauseCode;
use super::endpoint::{Collector, Signal, fault as endpoint_fault};
use super::variables::{RESOURCE_ATTRIBUTES, Variables, backticked, variable_is};
use crate::telemetry::Owner;

/// A problem with one or more variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: CauseCode,
    /// It affects events, which identify an agent. An agent without metrics still reports.
    pub blocking: bool,
    /// The variables that cause it.
    pub variables: Vec<&'static str>,
    pub evidence: String,
    /// Short form of the evidence, for a second signal with the same problem.
    pub likewise: String,
}

impl Fault {
    pub fn new(code: CauseCode, signal: Signal, variable: &'static str, evidence: String, likewise: String) -> Fault {
        Fault { code, blocking: signal == Signal::Logs, variables: vec![variable], evidence, likewise }
    }
}

/// All faults, one per code. `owner` is the expected owner of the data; missing tags are not a fault if it has none.
pub(super) fn faults(variables: &Variables, collector: &Collector, owner: &Owner) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for fault in Signal::ALL.into_iter().flat_map(|signal| signal_faults(variables, signal, collector)) {
        match faults.iter_mut().find(|known| known.code == fault.code) {
            Some(known) => known.absorb(fault),
            None => faults.push(fault),
        }
    }
    faults.extend(check_tags(variables, owner));
    faults
}

impl Fault {
    fn absorb(&mut self, other: Fault) {
        self.blocking |= other.blocking;
        if !other.variables.iter().all(|name| self.variables.contains(name)) {
            self.evidence.push_str("; ");
            self.evidence.push_str(&other.likewise);
        }
        self.variables.extend(other.variables);
    }
}

fn signal_faults(variables: &Variables, signal: Signal, collector: &Collector) -> Vec<Fault> {
    if let Some(fault) = check_exporter(variables, signal) {
        return vec![fault];
    }
    let said = variables.first(signal.protocol());
    let protocol = match said {
        None => {
            let [own, common] = signal.protocol();
            let evidence = format!("neither `{own}` nor `{common}` is set");
            // Both signals lack the common variable; report it once.
            Some(Fault::new(CauseCode::ProtocolMissing, signal, common, evidence, String::new()))
        }
        Some((_, "grpc" | "http/json" | "http/protobuf")) => None,
        Some((name, value)) => {
            let said = variable_is(name, value);
            let evidence = format!("{said}; Claude Code supports `grpc`, `http/json`, and `http/protobuf`");
            Some(Fault::new(CauseCode::ProtocolInvalid, signal, name, evidence, format!("{said} as well")))
        }
    };
    let (by, spoken) = said.unwrap_or((signal.protocol()[1], "http/protobuf"));
    protocol.into_iter().chain(endpoint_fault(variables, signal, (by, spoken), collector)).collect()
}

/// Checks that `otlp` is among the exporters. Without it for events, Claude Code sends nothing at all
/// (anthropics/claude-code#38454).
fn check_exporter(variables: &Variables, signal: Signal) -> Option<Fault> {
    let name = signal.exporter();
    let value = variables.get(name);
    if value.is_some_and(|value| value.split(',').any(|one| one.trim() == "otlp")) {
        return None;
    }
    let (said, likewise) = match value {
        Some(value) => (variable_is(name, value), format!("{} as well", variable_is(name, value))),
        None => (format!("`{name}` is not set"), format!("`{name}` is not set either")),
    };
    let follows = match signal {
        Signal::Logs => {
            "so no events are sent, and Claude Code then sends no metrics either (`anthropics/claude-code#38454`)"
        }
        Signal::Metrics => "so no metrics are sent (active time, lines, commits)",
    };
    Some(Fault::new(CauseCode::ExporterNone, signal, name, format!("{said}, {follows}"), likewise))
}

fn check_tags(variables: &Variables, owner: &Owner) -> Option<Fault> {
    let found = owner_in_attributes(variables);
    let lacks: Vec<String> = [("project", &owner.project, found.project), ("agent", &owner.agent, found.agent)]
        .into_iter()
        .filter(|(_, wanted, found)| wanted.is_some() && *wanted != found)
        .filter_map(|(name, wanted, _)| Some(backticked(&format!("{name}={}", wanted.as_ref()?))))
        .collect();
    if lacks.is_empty() {
        return None;
    }
    let value = variables.get(RESOURCE_ATTRIBUTES);
    let said = value
        .map_or_else(|| format!("`{RESOURCE_ATTRIBUTES}` is not set"), |value| variable_is(RESOURCE_ATTRIBUTES, value));
    let evidence = format!("{said}; it does not include {}", lacks.join(" and "));
    Some(missing_tags(evidence))
}

/// The fault of data without its tags.
pub(super) fn missing_tags(evidence: String) -> Fault {
    let variables = vec![RESOURCE_ATTRIBUTES];
    Fault { code: CauseCode::TagsMissing, blocking: true, variables, evidence, likewise: String::new() }
}

/// The owner in the resource attributes.
pub(super) fn owner_in_attributes(variables: &Variables) -> Owner {
    let attributes = variables.get(RESOURCE_ATTRIBUTES).unwrap_or_default();
    let value = |key: &str| {
        let pairs = attributes.split(',').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| name.trim() == key).map(|(_, value)| value.trim()).next_back()
    };
    Owner::new(value("project"), value("agent"))
}
