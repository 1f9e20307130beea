//! Checks the variables that control exporting: exporter, protocol, endpoint, tags.
//!
//! The same checks run on what Claude Code sees and on what it would see in a new container; if only the former has a
//! fault, recreating the container helps.

use super::super::{
    CauseCode,
    attributes::{attribute, owner_of, voiding_attribute},
    release::{ATTRIBUTE_QUOTES_KEPT, Behavior, NEEDS_PROTOCOL, Release, release_clause},
};
use super::endpoint::{Collector, Signal, fault as endpoint_fault};
use super::quotes::values_in_quotes;
use super::variables::{
    ENABLE, METRICS_INTERVAL, RESOURCE_ATTRIBUTES, TRACES_BETA, Variables, backticked, is_on, leading_integer,
    variable_is,
};
use crate::{
    agent_environment::{shown, shown_attribute},
    telemetry::Owner,
};

/// A problem with one or more variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: CauseCode,
    /// It affects events, which identify an agent. An agent without metrics still reports.
    pub blocking: bool,
    /// The variables that cause it.
    pub variables: Vec<String>,
    pub evidence: String,
    /// Short form of the evidence, for a second signal with the same problem.
    pub likewise: String,
}

impl Fault {
    pub fn new(code: CauseCode, signal: Signal, variable: &str, evidence: String, likewise: String) -> Fault {
        Fault { code, blocking: signal == Signal::Logs, variables: vec![variable.to_owned()], evidence, likewise }
    }
}

/// All faults, one per code. `owner` is the expected owner of the data; missing tags are not a fault if it has none.
pub(super) fn faults(
    variables: &Variables,
    collector: &Collector,
    owner: &Owner,
    release: Option<Release>,
) -> Vec<Fault> {
    // Quotes are one fault, and what is inside of them is checked like the rest.
    let plain = variables.without_quotes();
    let mut faults: Vec<Fault> = values_in_quotes(variables).into_iter().collect();
    let signals = [Signal::Logs, Signal::Metrics];
    let of_signals = signals.into_iter().flat_map(|signal| signal_faults(&plain, signal, collector, release));
    for fault in of_signals.chain(unknown_for_traces(&plain, collector, release)) {
        match faults.iter_mut().find(|known| known.code == fault.code) {
            Some(known) => known.absorb(fault),
            None => faults.push(fault),
        }
    }
    faults.extend(check_interval(&plain));
    faults.extend(check_tags(&plain, owner, release));
    faults
}

/// Setting up the reader of metrics fails with such an interval, and with it everything else. Intervals of events do not
/// matter.
fn check_interval(variables: &Variables) -> Option<Fault> {
    let value = variables.get(METRICS_INTERVAL)?;
    if leading_integer(value).is_none_or(|interval| interval > 0)
        || check_exporter(variables, Signal::Metrics).is_some()
    {
        return None;
    }
    let evidence = format!(
        "{}; with an interval below 1 ms, Claude Code sends nothing at all, events included",
        variable_is(METRICS_INTERVAL, value)
    );
    let fault = Fault::new(CauseCode::IntervalInvalid, Signal::Metrics, METRICS_INTERVAL, evidence, String::new());
    Some(Fault { blocking: true, ..fault })
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

/// The faults of one signal.
pub(super) fn signal_faults(
    variables: &Variables,
    signal: Signal,
    collector: &Collector,
    release: Option<Release>,
) -> Vec<Fault> {
    if let Some(fault) = check_exporter(variables, signal) {
        return vec![fault];
    }
    let said = variables.first(signal.protocol());
    let protocol = match said {
        None => check_missing_protocol(variables, signal, release),
        Some((_, "grpc" | "http/json" | "http/protobuf")) => None,
        Some((name, value)) => {
            let said = variable_is(name, value);
            let evidence = format!(
                "{said}; Claude Code supports `grpc`, `http/json`, and `http/protobuf`, and sends nothing at all with \
                 any other"
            );
            let fault = Fault::new(CauseCode::ProtocolInvalid, signal, name, evidence, format!("{said} as well"));
            Some(Fault { blocking: true, ..fault })
        }
    };
    let (by, spoken) = said.unwrap_or((signal.protocol()[1], "http/protobuf"));
    protocol.into_iter().chain(endpoint_fault(variables, signal, (by, spoken), collector)).collect()
}

/// Older releases have no default protocol.
fn check_missing_protocol(variables: &Variables, signal: Signal, release: Option<Release>) -> Option<Fault> {
    let [own, common] = signal.protocol();
    let behavior = NEEDS_PROTOCOL.behavior(release);
    let follows = match behavior {
        Behavior::New if has_web_endpoint(variables, signal) => return None,
        Behavior::New => format!(
            "Claude Code from `{}` on then uses `http/protobuf` only if the endpoint for {} is a URL, and sends nothing \
             at all otherwise",
            NEEDS_PROTOCOL.new_from,
            signal.words()
        ),
        Behavior::Old => format!("Claude Code up to `{}` then sends nothing", NEEDS_PROTOCOL.old_until),
        Behavior::NotTested | Behavior::Unknown => format!(
            "Claude Code up to `{}` then sends nothing, from `{}` on it uses `http/protobuf`, and {}",
            NEEDS_PROTOCOL.old_until,
            NEEDS_PROTOCOL.new_from,
            release_clause(release)
        ),
    };
    let evidence = format!("neither `{own}` nor `{common}` is set; {follows}");
    // Both signals lack the common variable; report it once.
    let fault = Fault::new(CauseCode::ProtocolMissing, signal, common, evidence, String::new());
    Some(Fault { blocking: matches!(behavior, Behavior::Old | Behavior::New), ..fault })
}

/// Whether the endpoint of this signal is a URL of HTTP.
fn has_web_endpoint(variables: &Variables, signal: Signal) -> bool {
    let endpoint = variables.first(signal.endpoint()).map(|(_, endpoint)| endpoint.to_ascii_lowercase());
    endpoint.is_some_and(|endpoint| endpoint.starts_with("http://") || endpoint.starts_with("https://"))
}

/// What is unknown to Claude Code about traces, if they are on: it then sends nothing at all.
fn unknown_for_traces(variables: &Variables, collector: &Collector, release: Option<Release>) -> Vec<Fault> {
    if !are_traces_on(variables) {
        return Vec::new();
    }
    let stops_all = |fault: &Fault| match fault.code {
        CauseCode::ExporterInvalid | CauseCode::ProtocolInvalid => true,
        CauseCode::ProtocolMissing => fault.blocking,
        _ => false,
    };
    signal_faults(variables, Signal::Traces, collector, release).into_iter().filter(stops_all).collect()
}

/// Whether Claude Code would export traces.
pub(super) fn are_traces_on(variables: &Variables) -> bool {
    let is_true = |name: &str| variables.raw(name).is_some_and(is_on);
    is_true(ENABLE) && is_true(TRACES_BETA) && variables.get(Signal::Traces.exporter()).is_some()
}

/// Checks that `otlp` is among the exporters, and that Claude Code knows all of them.
fn check_exporter(variables: &Variables, signal: Signal) -> Option<Fault> {
    let name = signal.exporter();
    let value = variables.get(name);
    let listed: Vec<&str> = value.unwrap_or_default().split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    let (said, likewise) = match value {
        Some(value) => (variable_is(name, value), format!("{} as well", variable_is(name, value))),
        None if variables.raw(name).is_some() => (format!("`{name}` is empty"), format!("`{name}` is empty")),
        None => (format!("`{name}` is not set"), format!("`{name}` is not set either")),
    };
    if !listed.iter().all(|one| signal.exporters().contains(one)) {
        let known: Vec<String> = signal.exporters().iter().map(|one| format!("`{one}`")).collect();
        let evidence = format!(
            "{said}; for {}, Claude Code knows {}, and it sends nothing at all with any other",
            signal.words(),
            known.join(", ")
        );
        let fault = Fault::new(CauseCode::ExporterInvalid, signal, name, evidence, likewise);
        return Some(Fault { blocking: true, ..fault });
    }
    if listed.contains(&"otlp") {
        return None;
    }
    let follows = match signal {
        Signal::Logs => "so no events are sent",
        Signal::Metrics => "so no metrics are sent (active time, lines, commits)",
        Signal::Traces => "so no traces are sent",
    };
    Some(Fault::new(CauseCode::ExporterNone, signal, name, format!("{said}, {follows}"), likewise))
}

fn check_tags(variables: &Variables, owner: &Owner, release: Option<Release>) -> Option<Fault> {
    if *owner == Owner::default() {
        return None;
    }
    let value = variables.get(RESOURCE_ATTRIBUTES);
    let found = owner_of(value.unwrap_or_default());
    let lacks: Vec<String> = [("project", &owner.project, found.project), ("agent", &owner.agent, found.agent)]
        .into_iter()
        .filter(|(_, wanted, found)| wanted.is_some() && *wanted != found)
        .filter_map(|(name, wanted, _)| Some(backticked(&format!("{name}={}", wanted.as_ref()?))))
        .collect();
    if let Some(value) = value.filter(|_| !lacks.is_empty())
        && owner_of(&value.replace(['"', '\''], "")) == *owner
    {
        let evidence = format!(
            "{}; the quotes are part of the values; write {}",
            variable_is(RESOURCE_ATTRIBUTES, value),
            backticked(&format!(
                "{RESOURCE_ATTRIBUTES}={}",
                shown(RESOURCE_ATTRIBUTES, &value.replace(['"', '\''], ""))
            ))
        );
        let is_kept = value.contains('\'') || ATTRIBUTE_QUOTES_KEPT.behavior(release) != Behavior::Old;
        return is_kept.then(|| Fault { code: CauseCode::ValueInQuotes, ..missing_tags(evidence) });
    }
    if !lacks.is_empty() {
        let said = value.map_or_else(
            || format!("`{RESOURCE_ATTRIBUTES}` is not set"),
            |value| variable_is(RESOURCE_ATTRIBUTES, value),
        );
        return Some(missing_tags(format!("{said}; it does not include {}", lacks.join(" and "))));
    }
    let voiding = voiding_attribute(value.unwrap_or_default(), release)?;
    let write = voiding.instead.map_or_else(
        || "remove it".to_owned(),
        |instead| match shown_attribute(&instead) {
            shown if shown == instead => format!("percent-encode it: {}", backticked(&shown)),
            // The value is not shown.
            _ => "percent-encode its value".to_owned(),
        },
    );
    let depends = if voiding.depends { format!("; {}", release_clause(release)) } else { String::new() };
    let evidence = format!(
        "{} in `{RESOURCE_ATTRIBUTES}` {}{depends}; {write}",
        backticked(&shown_attribute(&voiding.pair)),
        voiding.what
    );
    Some(Fault { blocking: voiding.certain, ..missing_tags(evidence) })
}

/// The fault of data without its tags.
pub(super) fn missing_tags(evidence: String) -> Fault {
    let variables = vec![RESOURCE_ATTRIBUTES.to_owned()];
    Fault { code: CauseCode::TagsMissing, blocking: true, variables, evidence, likewise: String::new() }
}

/// The service name of its data, and the variable that sets it; `None` if it is Claude Code's own.
pub(super) fn other_service_name(variables: &Variables) -> Option<(&'static str, String)> {
    const NAME: &str = "OTEL_SERVICE_NAME";
    let own = variables.get(NAME).map(|name| (NAME, name.to_owned()));
    let found = own.or_else(|| {
        let attributes = variables.get(RESOURCE_ATTRIBUTES)?;
        Some((RESOURCE_ATTRIBUTES, attribute(attributes, "service.name").filter(|name| !name.is_empty())?))
    })?;
    (found.1 != "claude-code").then_some(found)
}
