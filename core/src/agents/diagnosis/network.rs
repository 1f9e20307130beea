//! Checks the path to the collector: the agent's network, the collector's container, and Clawker's own check of it.
//!
//! Source: Clawker v0.8.0, `IsMonitoringActive`: a running container whose name contains `otel-collector`, with the
//! label `dev.clawker.managed=true`, on the network `clawker-net`.

use super::super::{Cause, CauseCode, CollectorEvidence, FixKind, NewAgents, StackEvidence, Weight};
use super::facts::{AgentFacts, Finding, Severity, start_stack};
use super::variables::backticked;
use crate::stack::NETWORK;

const LABEL: &str = "dev.clawker.managed=true";

impl CollectorEvidence {
    /// Whether Clawker's own check finds it.
    pub(super) fn is_detected(&self) -> bool {
        self.running && self.labelled && self.on_network
    }

    fn name(&self) -> &str {
        self.container.as_deref().unwrap_or("otel-collector")
    }

    fn down_clause(&self) -> String {
        match &self.container {
            Some(name) => format!("{} is not running", backticked(name)),
            None => "no container is named `otel-collector`".to_owned(),
        }
    }
}

/// Why Clawker's check ignores a running collector; each a clause about it.
pub(super) fn detection_failures(collector: &CollectorEvidence) -> Vec<(CauseCode, String)> {
    let unlabelled =
        (CauseCode::CollectorUnlabelled, format!("does not have the label `{LABEL}` that Clawker looks for"));
    let elsewhere = (CauseCode::CollectorNotOnNetwork, format!("is not on `{NETWORK}`"));
    [(!collector.labelled).then_some(unlabelled), (!collector.on_network).then_some(elsewhere)]
        .into_iter()
        .flatten()
        .collect()
}

/// Everything that keeps the agent's data from reaching the collector.
pub(super) fn network_findings(facts: &AgentFacts<'_>) -> Vec<Finding> {
    if facts.sends_elsewhere() {
        return Vec::new();
    }
    let agent = facts.agent;
    let collector = &facts.stack.collector;
    let beside_host = agent.networks.iter().any(|network| network == "host") && !agent.managed;
    let mut findings = Vec::new();
    let blocking = |code, evidence, fix| Finding::new(Severity::Blocking, code, evidence, fix);
    if !facts.is_on_network() && !beside_host {
        let on: Vec<String> = agent.networks.iter().map(|network| backticked(network)).collect();
        let on = if on.is_empty() { "on no network".to_owned() } else { format!("on {}", on.join(", ")) };
        let by_hand = if agent.managed {
            String::new()
        } else {
            format!("; connect it with `docker network connect {NETWORK} {}`", agent.container)
        };
        let evidence = format!("it is {on}, but the collector is on `{NETWORK}`{by_hand}");
        findings.push(blocking(CauseCode::NotOnNetwork, evidence, facts.recreate_fix(FixKind::Recreate)));
    }
    // For a container that is not running, the collector does not matter.
    if agent.state.is_up() && !collector.running {
        findings.push(blocking(CauseCode::CollectorDown, collector.down_clause(), start_stack()));
    } else if agent.state.is_up() && !collector.on_network && !beside_host {
        let evidence = format!("{} is running but is not on `{NETWORK}`", backticked(collector.name()));
        findings.push(blocking(CauseCode::CollectorNotOnNetwork, evidence, start_stack()));
    }
    findings
}

/// Whether new agents will report: what Clawker's own check would find now.
pub fn check_new_agents(stack: &StackEvidence) -> NewAgents {
    let collector = &stack.collector;
    if collector.is_detected() {
        let evidence =
            format!("{} is running on `{NETWORK}` and has the label `{LABEL}`", backticked(collector.name()));
        return NewAgents { would_report: true, evidence, causes: Vec::new() };
    }
    let reasons = if collector.running {
        detection_failures(collector)
            .into_iter()
            .map(|(code, ails)| (code, format!("{} is running but {ails}", backticked(collector.name()))))
            .collect()
    } else {
        vec![(CauseCode::CollectorDown, collector.down_clause())]
    };
    let causes: Vec<Cause> = reasons
        .into_iter()
        .map(|(code, evidence)| Cause { code, weight: Weight::Reason, evidence, fix: start_stack(), advice: None })
        .collect();
    let evidence = causes.iter().map(|cause| cause.evidence.as_str()).collect::<Vec<_>>().join("; ");
    NewAgents { would_report: false, evidence, causes }
}
