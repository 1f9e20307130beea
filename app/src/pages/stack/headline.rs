//! The state of the stack in one sentence, and the next step. Pure: from the snapshot to text.

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

/// The primary button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// No button: the state changes by itself, or outside of the panel.
    None,
    /// Create the files.
    Initialize,
    /// Start the stopped services.
    Start,
    /// Cancel the running job.
    Cancel,
    /// Open Grafana at this address.
    Open(String),
}

/// The top of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// The color and icon of the state.
    pub tone: Tone,
    /// The state in one or two words.
    pub word: &'static str,
    /// The state in a sentence.
    pub title: String,
    /// What it means for the reader. Literals are in backticks.
    pub text: String,
    /// The next step.
    pub step: Step,
}

/// The buttons besides the primary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvailableActions {
    /// `Stop stack`.
    pub stop: bool,
    /// `Remove stack and data`.
    pub remove: bool,
}

/// Describes the snapshot.
pub fn headline(snapshot: &Snapshot) -> Headline {
    let initialize_first = if snapshot.configuration.initialized { Step::None } else { Step::Initialize };
    if let Some(job) = snapshot.running_job() {
        let JobHeadline { word, title, text } = job_headline(job);
        // Another process's job can't be canceled from here.
        let can_cancel = job.process.is_none() && job.kind != JobKind::Initialize;
        let step = if can_cancel { Step::Cancel } else { Step::None };
        return Headline { tone: Tone::Busy, word, title, text, step };
    }
    if is_other_generation(snapshot) {
        return Headline {
            tone: Tone::Warn,
            word: "Not managed",
            title: "The folder contains another stack.".into(),
            text: "It belongs to a newer version of Clawker. The panel does not change it.".into(),
            step: Step::None,
        };
    }
    match &snapshot.engine {
        EngineState::Connecting => Headline {
            tone: Tone::Busy,
            word: "Connecting",
            title: "Connecting to Docker.".into(),
            text: "This page updates automatically.".into(),
            step: initialize_first,
        },
        EngineState::Unreachable { .. } => Headline {
            tone: Tone::Bad,
            word: "No Docker",
            title: "Can't reach Docker.".into(),
            text: match initialize_first {
                Step::Initialize => {
                    "Nothing can be started without it. You can already create and view the files.".into()
                }
                _ => "Nothing can be started without it, and the state of the services is unknown.".into(),
            },
            step: initialize_first,
        },
        EngineState::Connected { .. } => describe_stack(snapshot),
    }
}

/// Returns which other buttons to show.
pub fn available_actions(snapshot: &Snapshot) -> AvailableActions {
    let free = snapshot.running_job().is_none()
        && matches!(snapshot.engine, EngineState::Connected { .. })
        && !is_other_generation(snapshot);
    let alive = matches!(snapshot.stack, StackState::Running | StackState::Partial);
    let state_allows = alive || snapshot.stack == StackState::Stopped;
    AvailableActions { stop: free && alive, remove: free && state_allows && snapshot.removable }
}

fn is_other_generation(snapshot: &Snapshot) -> bool {
    matches!(snapshot.configuration.error, Some(StackError::OtherGeneration { .. }))
}

fn describe_stack(snapshot: &Snapshot) -> Headline {
    match snapshot.stack {
        StackState::Running => Headline {
            tone: Tone::Ok,
            word: "Running",
            title: "All six services are ready.".into(),
            text: "Agents you start now are monitored.".into(),
            step: match snapshot.service(Service::Grafana).and_then(|grafana| grafana.url.clone()) {
                Some(url) => Step::Open(url),
                None => Step::None,
            },
        },
        StackState::Partial => describe_partial(snapshot),
        StackState::Stopped => Headline {
            tone: Tone::Off,
            word: "Stopped",
            title: "The stack is stopped.".into(),
            text: if checks::has_problem_to_show_first(snapshot) {
                "Starting will fail. Fix the problem below first.".into()
            } else {
                "Starting pulls missing images, then starts six services and waits until each is ready.".into()
            },
            step: Step::Start,
        },
        StackState::NotInitialized | StackState::EngineUnreachable => Headline {
            tone: Tone::Off,
            word: "Not set up",
            title: "Nothing is set up yet.".into(),
            text: format!(
                "The first step creates the configuration files in `{}`. Nothing starts yet.",
                snapshot.configuration.directory
            ),
            step: Step::Initialize,
        },
    }
}

fn describe_partial(snapshot: &Snapshot) -> Headline {
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
    let be = |names: &[&str]| if names.len() == 1 { "is" } else { "are" };
    let all_stopped = titles(|state| matches!(state, ContainerState::Restarting | ContainerState::Paused)).is_empty();
    let mut text = Vec::new();
    if !down.is_empty() {
        let them = if down.len() == 1 { "it" } else { "them" };
        let kept = if down.len() == snapshot.services.len() { "" } else { "; the others keep running" };
        let state = if all_stopped { "stopped" } else { "not running" };
        text.push(format!("{} {} {state}. Start {them}{kept}.", words::join_names(&down), be(&down)));
    }
    if !slow.is_empty() {
        text.push(format!("{} {} running but not ready yet.", words::join_names(&slow), be(&slow)));
    }
    Headline {
        tone: Tone::Warn,
        word: "Partly running",
        title: match ready {
            0 => "No service is ready.".into(),
            _ => words::ready_of(ready, 6),
        },
        text: text.join(" "),
        step: if down.is_empty() { Step::None } else { Step::Start },
    }
}
