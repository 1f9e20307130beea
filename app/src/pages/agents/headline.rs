//! The state of all agents in one sentence. Pure.

use monitor_core::{
    agents::{Agent, AgentKind, Verdict},
    live::{EngineState, Snapshot},
};

/// The top of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// The state in a sentence.
    pub title: String,
    /// What to know or do. Literals are in backticks. May be empty.
    pub text: String,
}

/// Describes the agents of the snapshot.
pub fn headline(snapshot: &Snapshot) -> Headline {
    let headline = |title: &str, text: &str| Headline { title: title.into(), text: text.into() };
    match &snapshot.engine {
        EngineState::Connecting => {
            return headline("Connecting to Docker.", "This page updates automatically.");
        }
        EngineState::Unreachable { .. } if snapshot.agents.is_empty() => {
            return headline(
                "Can't reach Docker.",
                "The list of agents is unavailable. The numbers show the data that arrived.",
            );
        }
        EngineState::Unreachable { .. } => {
            let listed = of_agents(snapshot);
            return headline(&listed.title, "Agents in containers are not listed, because Docker can't be reached.");
        }
        EngineState::Connected { .. } => {}
    }
    of_agents(snapshot)
}

/// Describes the agents that are listed.
fn of_agents(snapshot: &Snapshot) -> Headline {
    let headline = |title: &str, text: &str| Headline { title: title.into(), text: text.into() };
    let agents: Vec<&Agent> = snapshot.agents.iter().filter(|agent| agent.kind.is_counted()).collect();
    let has = |kind: AgentKind| snapshot.agents.iter().any(|agent| agent.kind == kind);
    let count = |verdict| agents.iter().filter(|agent| agent.verdict == verdict).count();
    let (all, not_reporting, reporting, unknown) =
        (agents.len(), count(Verdict::Dark), count(Verdict::Reporting), count(Verdict::Unknown));
    match () {
        () if all == 0 && has(AgentKind::Untagged) => headline(
            "Only untagged data arrives.",
            "It belongs to no agent. Set `OTEL_RESOURCE_ATTRIBUTES=project=…,agent=…` where Claude Code runs.",
        ),
        () if all == 0 && has(AgentKind::Simulated) => headline(
            "Only simulated agents are listed.",
            "Start one with `clawker run -it --agent dev @` and it appears here.",
        ),
        () if all == 0 => {
            headline("No agents yet.", "Start one with `clawker run -it --agent dev @` and it appears here.")
        }
        () if not_reporting > 0 => headline(
            &describe_share(not_reporting, all, "is", "are", "not reporting"),
            "The cause and the fix are listed below.",
        ),
        () if unknown > 0 => headline(
            &describe_share(unknown, all, "has", "have", "an unknown status"),
            "The stores that keep their data can't be reached.",
        ),
        () if reporting == all => headline(&describe_share(all, all, "is", "are", "reporting"), ""),
        () if reporting > 0 => headline(
            &describe_share(reporting, all, "is", "are", "reporting"),
            "The others are idle, waiting, or turned off. No action needed.",
        ),
        () => headline("No agents are reporting.", describe_quiet(&agents)),
    }
}

fn describe_quiet(agents: &[&Agent]) -> &'static str {
    if agents.iter().any(|agent| agent.verdict == Verdict::Waiting) {
        "Data will appear after an agent's next prompt."
    } else {
        "They are idle, stopped, or turned off. No action needed."
    }
}

/// `2 of 5 agents are not reporting.`, `The agent is not reporting.`, `All 5 agents are reporting.`
fn describe_share(some: usize, all: usize, is: &str, are: &str, what: &str) -> String {
    match (some, all) {
        (1, 1) => format!("The agent {is} {what}."),
        (2, 2) => format!("Both agents {are} {what}."),
        (some, all) if some == all => format!("All {all} agents {are} {what}."),
        (1, all) => format!("1 of {all} agents {is} {what}."),
        (some, all) => format!("{some} of {all} agents {are} {what}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::agents::tests::{agent, snapshot};

    #[test]
    fn the_headline_mentions_agents_that_are_not_reporting_first() {
        use Verdict::{Dark, Idle, Off, Reporting, Unknown, Waiting};
        for (verdicts, title) in [
            (&[][..], "No agents yet."),
            (&[Dark], "The agent is not reporting."),
            (&[Dark, Reporting, Unknown], "1 of 3 agents is not reporting."),
            (&[Dark, Dark, Reporting], "2 of 3 agents are not reporting."),
            (&[Dark, Dark], "Both agents are not reporting."),
            (&[Unknown, Reporting], "1 of 2 agents has an unknown status."),
            (&[Reporting, Reporting], "Both agents are reporting."),
            (&[Reporting, Idle, Off], "1 of 3 agents is reporting."),
            (&[Waiting, Off], "No agents are reporting."),
        ] {
            let agents = verdicts.iter().enumerate();
            let agents = agents.map(|(index, verdict)| agent(&format!("a{index}"), *verdict)).collect();
            assert_eq!(headline(&snapshot(agents)).title, title, "{verdicts:?}");
        }
    }

    #[test]
    fn who_reports_without_a_container_counts_and_simulated_data_does_not() {
        let of = |kind| Agent { kind, ..agent("a", Verdict::Reporting) };
        for (kinds, title) in [
            (&[AgentKind::NoContainer][..], "The agent is reporting."),
            (&[AgentKind::Container, AgentKind::NoContainer, AgentKind::Simulated], "Both agents are reporting."),
            (&[AgentKind::Untagged, AgentKind::Simulated], "Only untagged data arrives."),
            (&[AgentKind::Simulated], "Only simulated agents are listed."),
        ] {
            let agents = kinds.iter().map(|kind| of(*kind)).collect();
            assert_eq!(headline(&snapshot(agents)).title, title, "{kinds:?}");
        }
    }
}
