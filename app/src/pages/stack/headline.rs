//! What is going on, in one sentence, and the one next step. Pure: from the snapshot to words.

use monitor_core::{
    error::StackError,
    job::JobKind,
    live::{EngineState, Snapshot},
    service::Service,
    status::{ContainerState, StackState},
};

use super::checks;
use crate::{
    components::Tone,
    jobs::{JobHeadline, job_headline},
    words,
};

/// The step that is offered first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing to press: it changes by itself, or outside the panel.
    None,
    /// Write the files.
    Initialize,
    /// Start what does not run.
    Start,
    /// Stop the job at work.
    Cancel,
    /// Open Grafana at that address.
    Open(String),
}

/// The opening of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// How it feels.
    pub tone: Tone,
    /// The state in a word or two.
    pub word: &'static str,
    /// The state in a sentence.
    pub title: String,
    /// What follows from it; literals in backticks.
    pub text: String,
    /// The one next step.
    pub step: Step,
}

/// What may be done besides the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offers {
    /// `Stop stack`.
    pub stop: bool,
    /// `Remove stack and data`.
    pub remove: bool,
}

/// Reads the opening off the snapshot.
pub fn headline(snapshot: &Snapshot) -> Headline {
    let initialize_first = match snapshot.configuration.initialized {
        true => Step::None,
        false => Step::Initialize,
    };
    if let Some(job) = snapshot.running_job() {
        let JobHeadline { word, title, text } = job_headline(job);
        let step = if job.kind == JobKind::Initialize { Step::None } else { Step::Cancel };
        return Headline { tone: Tone::Busy, word, title, text, step };
    }
    if of_another_generation(snapshot) {
        return Headline {
            tone: Tone::Warn,
            word: "Left alone",
            title: "The folder holds another stack.".into(),
            text: "A later Clawker keeps its own monitoring there. Nothing of it is changed from here.".into(),
            step: Step::None,
        };
    }
    match &snapshot.engine {
        EngineState::Connecting => Headline {
            tone: Tone::Busy,
            word: "Connecting",
            title: "Asking the Docker Engine.".into(),
            text: "The page changes by itself when it answers.".into(),
            step: initialize_first,
        },
        EngineState::Unreachable { .. } => Headline {
            tone: Tone::Bad,
            word: "No Engine",
            title: "No Docker Engine answers.".into(),
            text: match initialize_first {
                Step::Initialize => {
                    "Without it nothing can be started. The files can be written already, and looked at.".into()
                }
                _ => "Without it nothing can be started, and nothing is known about the services.".into(),
            },
            step: initialize_first,
        },
        EngineState::Connected { .. } => at_rest(snapshot),
    }
}

/// Reads off the snapshot what else may be done.
pub fn offers(snapshot: &Snapshot) -> Offers {
    let free = snapshot.running_job().is_none()
        && matches!(snapshot.engine, EngineState::Connected { .. })
        && !of_another_generation(snapshot);
    let alive = matches!(snapshot.stack, StackState::Running | StackState::Partial);
    Offers { stop: free && alive, remove: free && (alive || snapshot.stack == StackState::Stopped) }
}

fn of_another_generation(snapshot: &Snapshot) -> bool {
    matches!(snapshot.configuration.error, Some(StackError::OtherGeneration { .. }))
}

fn at_rest(snapshot: &Snapshot) -> Headline {
    match snapshot.stack {
        StackState::Running => Headline {
            tone: Tone::Ok,
            word: "Running",
            title: "All six services are ready.".into(),
            text: "Agents that start now are watched.".into(),
            step: match snapshot.service(Service::Grafana).and_then(|grafana| grafana.url.clone()) {
                Some(url) => Step::Open(url),
                None => Step::None,
            },
        },
        StackState::Partial => partial(snapshot),
        StackState::Stopped => Headline {
            tone: Tone::Off,
            word: "Stopped",
            title: "The stack is stopped.".into(),
            text: match checks::comes_first(snapshot) {
                true => "A start would not come far. The checks below say what is in the way.".into(),
                false => "Starting it fetches the images that are missing, then starts six services and waits until \
                          each answers."
                    .into(),
            },
            step: Step::Start,
        },
        StackState::NotInitialized | StackState::EngineUnreachable => Headline {
            tone: Tone::Off,
            word: "Not set up",
            title: "Nothing is set up yet.".into(),
            text: format!(
                "The first step writes the configuration files to `{}`. Nothing is started by it.",
                snapshot.configuration.directory
            ),
            step: Step::Initialize,
        },
    }
}

fn partial(snapshot: &Snapshot) -> Headline {
    let ready = snapshot.services.iter().filter(|status| status.ready).count();
    let titles = |wanted: fn(ContainerState) -> bool| -> Vec<&str> {
        snapshot
            .services
            .iter()
            .filter(|status| !status.ready && wanted(status.state))
            .map(|status| status.service.title())
            .collect()
    };
    let down = titles(|state| state != ContainerState::Running);
    let slow = titles(|state| state == ContainerState::Running);
    let (runs, run) = (if down.len() == 1 { "does" } else { "do" }, if slow.len() == 1 { "runs" } else { "run" });
    let text = match (down.is_empty(), slow.is_empty()) {
        (false, true) => format!("{} {runs} not run. Starting the stack leaves the others alone.", words::list(&down)),
        (true, _) => format!("{} {run} and did not say yet that it is ready.", words::list(&slow)),
        (false, false) => format!(
            "{} {runs} not run; {} {run} and did not say yet that it is ready.",
            words::list(&down),
            words::list(&slow)
        ),
    };
    Headline {
        tone: Tone::Warn,
        word: "Partly running",
        title: match ready {
            0 => "No service is ready.".into(),
            _ => words::ready_of(ready, 6),
        },
        text,
        step: if down.is_empty() { Step::None } else { Step::Start },
    }
}
