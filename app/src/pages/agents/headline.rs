//! How agents stand, in one sentence, and what follows from it. Pure.

use monitor_core::{
    agents::{Agent, Verdict},
    live::{EngineState, Snapshot},
};

use crate::words;

/// The opening of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// In a sentence.
    pub title: String,
    /// What follows; literals in backticks.
    pub text: String,
}

/// Reads it off the snapshot.
pub fn headline(snapshot: &Snapshot) -> Headline {
    let said = |title: &str, text: &str| Headline { title: title.into(), text: text.into() };
    match &snapshot.engine {
        EngineState::Connecting => {
            return said("Asking the Docker Engine.", "The page changes by itself when it answers.");
        }
        EngineState::Unreachable { .. } => {
            return said(
                "No Docker Engine answers.",
                "Without it nobody knows which agents there are. The numbers are of what arrived.",
            );
        }
        EngineState::Connected { .. } => {}
    }
    let agents = &snapshot.agents;
    let count = |verdict| agents.iter().filter(|agent| agent.verdict == verdict).count();
    let (all, dark, reporting, unknown) =
        (agents.len(), count(Verdict::Dark), count(Verdict::Reporting), count(Verdict::Unknown));
    match () {
        () if all == 0 => said(
            "There is no agent yet.",
            "An agent is a container that Clawker makes. It shows here as soon as there is one, as with \
             `clawker run -it --agent dev @`.",
        ),
        () if dark == 1 => said(
            &share(1, all, "is dark", "are dark"),
            "Something keeps its data from arriving. Below it stands why, and what helps.",
        ),
        () if dark > 1 => said(
            &share(dark, all, "is dark", "are dark"),
            "Something keeps their data from arriving. Below each stands why, and what helps.",
        ),
        () if unknown > 0 => said(
            &share(unknown, all, "cannot be judged", "cannot be judged"),
            "The stores that would know what arrived do not answer.",
        ),
        () if reporting == all => said(&share(all, all, "reports", "report"), ""),
        () if reporting > 0 => said(
            &share(reporting, all, "reports", "report"),
            "With the others nothing is wrong: they are quiet or off.",
        ),
        () => said("No agent reports, and nothing is wrong.", quiet(agents)),
    }
}

fn quiet(agents: &[Agent]) -> &'static str {
    match agents.iter().any(|agent| agent.verdict == Verdict::Waiting) {
        true => "The first data comes with an agent’s first prompt.",
        false => "They are quiet, stopped or switched off.",
    }
}

/// `Two of five agents are dark.`, `The agent is dark.`, `All five agents report.`
fn share(some: usize, all: usize, one_does: &str, many_do: &str) -> String {
    match (some, all) {
        (1, 1) => format!("The agent {one_does}."),
        (2, 2) => format!("Both agents {many_do}."),
        (some, all) if some == all => format!("All {} agents {many_do}.", words::count(all)),
        (1, all) => format!("One of {} agents {one_does}.", words::count(all)),
        (some, all) => words::sentence(&format!("{} of {} agents {many_do}", words::count(some), words::count(all))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::agents::tests::{agent, snapshot};

    #[test]
    fn one_sentence_says_how_agents_stand_and_the_dark_ones_come_first() {
        use Verdict::{Dark, Idle, Off, Reporting, Unknown, Waiting};
        for (verdicts, title) in [
            (&[][..], "There is no agent yet."),
            (&[Dark], "The agent is dark."),
            (&[Dark, Reporting, Unknown], "One of three agents is dark."),
            (&[Dark, Dark, Reporting], "Two of three agents are dark."),
            (&[Dark, Dark], "Both agents are dark."),
            (&[Unknown, Reporting], "One of two agents cannot be judged."),
            (&[Reporting, Reporting], "Both agents report."),
            (&[Reporting, Idle, Off], "One of three agents reports."),
            (&[Waiting, Off], "No agent reports, and nothing is wrong."),
        ] {
            let agents = verdicts.iter().enumerate();
            let agents = agents.map(|(index, verdict)| agent(&format!("a{index}"), *verdict)).collect();
            assert_eq!(headline(&snapshot(agents)).title, title, "{verdicts:?}");
        }
    }
}
