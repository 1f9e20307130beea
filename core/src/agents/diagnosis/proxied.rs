//! Checks whether events go through a proxy, which rarely reaches the collector: its name is only known in the containers'
//! network.

use super::super::{
    CauseCode, FixKind,
    release::{Behavior, IGNORES_NO_PROXY},
};
use super::endpoint::{Signal, host_and_port};
use super::facts::{AgentFacts, Finding, Severity};
use super::variables::backticked;

/// Events that are sent through a proxy. If data arrived before, the proxy passes it on.
pub(super) fn proxied(facts: &AgentFacts<'_>) -> Option<Finding> {
    let proxy = &facts.agent.proxy;
    let variable = proxy.variable?;
    let plain = facts.variables.without_quotes();
    // How gRPC treats proxies was not tried.
    if plain.first(Signal::Logs.protocol()).is_some_and(|(_, protocol)| protocol == "grpc") {
        return None;
    }
    let (_, endpoint) = plain.first(Signal::Logs.endpoint())?;
    let (host, port) = host_and_port(endpoint);
    let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let is_excepted = is_local || proxy.excepts(host, port);
    let ignores = IGNORES_NO_PROXY.behavior(facts.release) == Behavior::Old && !is_local;
    let evidence = match (is_excepted, ignores) {
        (true, false) => return None,
        (true, true) => format!(
            "`{variable}` is set, and Claude Code up to `{}` ignores `NO_PROXY`; unless the proxy reaches {}, nothing \
             arrives",
            IGNORES_NO_PROXY.old_until,
            backticked(host)
        ),
        (false, _) => format!(
            "`{variable}` is set, and `NO_PROXY` does not list {0}; unless the proxy reaches it, nothing arrives; add {0} \
             to `NO_PROXY`",
            backticked(host)
        ),
    };
    let severity = if facts.last_seen.is_none() { Severity::Warning } else { Severity::Note };
    let fix = facts.recreate_fix(FixKind::Edit);
    Some(Finding::new(severity, CauseCode::Proxied, evidence, fix))
}
