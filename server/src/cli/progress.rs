//! Progress of a job on the command line: bars on a terminal, plain lines in a pipe.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use monitor_core::{
    job::{FileAction, FileOutcome, JobKind, Phase, Progress, Pull},
    service::Service,
};

use super::output;

/// Shows a job's progress on standard error.
pub(super) struct Show {
    bars: MultiProgress,
    state: Mutex<State>,
    silent: bool,
    replaces: &'static str,
}

#[derive(Default)]
struct State {
    services: BTreeMap<Service, (Phase, ProgressBar)>,
    pulls: BTreeMap<String, (bool, ProgressBar)>,
}

impl Show {
    /// `silent`: standard output carries JSON and people look elsewhere.
    pub(super) fn new(kind: JobKind, silent: bool) -> Show {
        let bars = MultiProgress::with_draw_target(match silent {
            true => ProgressDrawTarget::hidden(),
            // Draws nothing where standard error is no terminal; `report` prints lines there.
            false => ProgressDrawTarget::stderr(),
        });
        let replaces = if kind == JobKind::Apply { "--replace-edited" } else { "--force" };
        Show { bars, state: Mutex::default(), silent, replaces }
    }

    /// Takes one report.
    pub(super) fn report(&self, progress: Progress) {
        if self.silent {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Step { service, phase } => self.step(&mut state, service, phase),
            Progress::Pull(pull) => self.pull(&mut state, &pull),
            Progress::File(outcome) => output::note(&file_words(&outcome, self.replaces)),
            Progress::Restored => output::note("the old configuration was restored"),
        }
    }

    /// Leaves what was drawn, and stops drawing.
    pub(super) fn end(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let services = state.services.values().map(|(_, bar)| bar);
        services.chain(state.pulls.values().map(|(_, bar)| bar)).for_each(ProgressBar::abandon);
    }

    fn step(&self, state: &mut State, service: Service, phase: Phase) {
        let (known, bar) = state.services.entry(service).or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new_spinner().with_style(style("{prefix:.bold} {spinner} {msg}")));
            bar.set_prefix(format!("{:<10}", service.title()));
            (Phase::Waiting, bar)
        });
        let news = *known != phase;
        *known = phase;
        bar.set_message(phase_words(phase));
        match phase {
            Phase::Ready | Phase::Removed | Phase::Failed => bar.abandon(),
            Phase::Waiting => {}
            _ => bar.enable_steady_tick(Duration::from_millis(120)),
        }
        if news && self.bars.is_hidden() {
            output::note(&format!("{}: {}", service.title(), phase_words(phase)));
        }
    }

    fn pull(&self, state: &mut State, pull: &Pull) {
        let (complete, bar) = state.pulls.entry(pull.image.clone()).or_insert_with(|| {
            let bar = self.bars.insert(0, ProgressBar::new(0));
            bar.set_style(style("{prefix} {bar:24} {bytes} of {total_bytes}").progress_chars("━━─"));
            bar.set_prefix(short_name(&pull.image));
            (false, bar)
        });
        bar.set_length(pull.total_bytes);
        bar.set_position(pull.fetched_bytes);
        if pull.complete && !*complete {
            *complete = true;
            bar.abandon();
            if self.bars.is_hidden() {
                output::note(&format!("{}: fetched, {} bytes", short_name(&pull.image), pull.fetched_bytes));
            }
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// An image reference without its digest.
fn short_name(image: &str) -> String {
    image.split('@').next().unwrap_or(image).to_owned()
}

fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Waiting => "waiting",
        Phase::Pulling => "fetching the image",
        Phase::Creating => "creating",
        Phase::Starting => "starting",
        Phase::AwaitingReadiness => "started, waiting until it is ready",
        Phase::Ready => "ready",
        Phase::Stopping => "stopping",
        Phase::Removed => "removed",
        Phase::Failed => "failed",
    }
}

/// `replaces`: the option that would replace a file that is kept.
fn file_words(outcome: &FileOutcome, replaces: &str) -> String {
    let name = &outcome.name;
    match &outcome.action {
        FileAction::Written => format!("{name}: written"),
        FileAction::Unchanged => format!("{name}: unchanged"),
        FileAction::Updated => format!("{name}: written anew"),
        FileAction::Kept => format!("{name}: kept, though it differs; {replaces} replaces it"),
        FileAction::Replaced { backup } => format!("{name}: replaced; the old one is {backup}"),
    }
}
