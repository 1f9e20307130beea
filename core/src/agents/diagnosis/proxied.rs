//! Checks whether events go through a proxy, which rarely reaches the collector: its name is only known in the containers'
//! network.

use super::super::{
    CauseCode, FixKind,
    proxy::EffectiveProxy,
    release::{Behavior, IGNORES_NO_PROXY},
};
use super::blame::edit_and_restart;
use super::endpoint::{Signal, host_and_port};
use super::facts::{AgentFacts, Finding, Severity};
use super::variables::{ValueSource, backticked, set_by};

/// Events that are sent through a proxy. If data arrived before, the proxy passes it on.
pub(super) fn proxied(facts: &AgentFacts<'_>) -> Option<Finding> {
    let proxy = EffectiveProxy::of(facts.agent);
    let plain = facts.variables.without_quotes();
    let over_grpc = plain.first(Signal::Logs.protocol()).is_some_and(|(_, protocol)| protocol == "grpc");
    let (variable, source) = proxy.variable(over_grpc)?;
    let (_, endpoint) = plain.first(Signal::Logs.endpoint())?;
    let (host, port) = host_and_port(endpoint);
    let is_excepted = proxy.excepts(host, port, over_grpc);
    let ignores = IGNORES_NO_PROXY.behavior(facts.release) == Behavior::Old && !over_grpc;
    let (exceptions, excepted_by) = proxy.exceptions_variable(over_grpc);
    let said = |name: &str, source: Option<&ValueSource>| match source {
        Some(source @ ValueSource::Settings { .. }) => format!("`{name}`, {}", set_by(name, source)),
        _ => format!("`{name}`"),
    };
    let is_set = match source {
        ValueSource::Settings { .. } => format!("`{variable}` is {}", set_by(variable, source)),
        _ => format!("`{variable}` is set"),
    };
    let evidence = match (is_excepted, ignores) {
        (true, false) => return None,
        (true, true) => format!(
            "{is_set}, and Claude Code up to `{}` ignores `NO_PROXY`; unless the proxy reaches {}, nothing arrives",
            IGNORES_NO_PROXY.old_until,
            backticked(host)
        ),
        (false, _) => format!(
            "{is_set}, and `{exceptions}` does not list {0}; unless the proxy reaches it, nothing arrives; add {0} to {1}",
            backticked(host),
            said(exceptions, excepted_by)
        ),
    };
    let severity = if facts.last_seen.is_none() { Severity::Warning } else { Severity::Note };
    let in_file = |source: &ValueSource| matches!(source, ValueSource::Settings { .. });
    let can_stay = in_file(source) || excepted_by.is_some_and(in_file);
    let fix = if can_stay { edit_and_restart() } else { facts.recreate_fix(FixKind::Edit) };
    Some(Finding::new(severity, CauseCode::Proxied, evidence, fix))
}
