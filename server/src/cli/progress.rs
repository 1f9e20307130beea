//! A job's progress on the command line: bars on a terminal, plain lines in a pipe.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use monitor_core::{
    job::{FileAction, FileOutcome, Job, JobKind, Phase, Progress, Pull},
    service::Service,
    timestamp::format_duration,
};

use super::{output::Output, printable::Printable, terminal};

/// Shows a job's progress on standard error.
pub(super) struct ProgressDisplay {
    bars: MultiProgress,
    state: Mutex<State>,
    output: Output,
    /// The option that replaces a file that was kept.
    replace_option: &'static str,
}

#[derive(Default)]
struct State {
    services: BTreeMap<Service, (Phase, ProgressBar)>,
    pulls: BTreeMap<String, (bool, ProgressBar)>,
}

impl ProgressDisplay {
    /// Shows nothing with `--json`.
    pub(super) fn new(kind: JobKind, output: &Output) -> ProgressDisplay {
        let bars = MultiProgress::with_draw_target(if output.is_json() || !terminal::is_capable() {
            ProgressDrawTarget::hidden()
        } else {
            // Draws nothing if standard error is not a terminal. `update` then prints lines instead.
            ProgressDrawTarget::stderr()
        });
        let replace_option = if kind == JobKind::Apply { "--replace-edited" } else { "--force" };
        ProgressDisplay { bars, state: Mutex::default(), output: output.clone(), replace_option }
    }

    pub(super) fn update(&self, progress: Progress) {
        if self.output.is_json() {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Step { service, phase } => self.update_service(&mut state, service, phase),
            Progress::Pull(pull) => self.update_pull(&mut state, &pull),
            Progress::Recreate { service, because } => {
                self.bars.suspend(|| self.output.note(&format!("{}: recreated because {because}", service.title())));
            }
            Progress::Warning(warning) => self.bars.suspend(|| self.output.note(&format!("warning: {warning}"))),
            Progress::File(outcome) => self.output.note(&describe_file(&outcome, self.replace_option)),
            Progress::ContainerRemoved => {}
            Progress::Restored => self.output.note("rolled back: the old configuration was restored"),
        }
    }

    /// Shows a line, unless silent.
    pub(super) fn note(&self, text: &str) {
        if !self.output.is_json() {
            // Printed above the bars.
            self.bars.suspend(|| self.output.note(text));
        }
    }

    /// Shows what another process's job has done since it was `before`.
    pub(super) fn show_changes(&self, before: &Job, job: &Job) {
        for warning in job.warnings.iter().skip(before.warnings.len()) {
            self.update(Progress::Warning(warning.clone()));
        }
        for step in job.steps.iter().filter(|step| !before.steps.contains(step)) {
            let known = before.steps.iter().find(|known| known.service == step.service);
            if let Some(because) = step.because.clone().filter(|_| known.is_none_or(|known| known.because.is_none())) {
                self.update(Progress::Recreate { service: step.service, because });
            }
            self.update(Progress::Step { service: step.service, phase: step.phase });
        }
        for pull in job.pulls.iter().filter(|pull| !before.pulls.contains(pull)) {
            self.update(Progress::Pull(pull.clone()));
        }
        for file in job.files.iter().skip(before.files.len()) {
            self.update(Progress::File(file.clone()));
        }
        if job.restored && !before.restored {
            self.update(Progress::Restored);
        }
    }

    /// Stops drawing and leaves the bars on the screen.
    pub(super) fn finish(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let services = state.services.values().map(|(_, bar)| bar);
        services.chain(state.pulls.values().map(|(_, bar)| bar)).for_each(ProgressBar::abandon);
    }

    fn update_service(&self, state: &mut State, service: Service, phase: Phase) {
        let (known, bar) = state.services.entry(service).or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new_spinner().with_style(style("{prefix:.bold} {spinner} {msg}")));
            bar.set_prefix(format!("{:<10}", service.title()));
            (Phase::Waiting, bar)
        });
        let is_new = *known != phase;
        *known = phase;
        bar.set_message(describe_phase(phase));
        match phase {
            Phase::Ready | Phase::Removed | Phase::Failed => bar.abandon(),
            Phase::Waiting => {}
            _ => bar.enable_steady_tick(Duration::from_millis(120)),
        }
        if is_new && self.bars.is_hidden() {
            self.output.note(&format!("{}: {}", service.title(), describe_phase(phase)));
        }
    }

    fn update_pull(&self, state: &mut State, pull: &Pull) {
        let (complete, bar) = state.pulls.entry(pull.image.clone()).or_insert_with(|| {
            let bar = self.bars.insert(0, ProgressBar::new(0));
            bar.set_style(style("{prefix} {bar:24} {bytes} of {total_bytes}").progress_chars("━━─"));
            bar.set_prefix(Printable::line(&short_name(&pull.image)).to_string());
            (false, bar)
        });
        bar.set_length(pull.total_bytes);
        bar.set_position(pull.fetched_bytes);
        if pull.silent_seconds > 0 {
            let silent = format_duration(pull.silent_seconds.into());
            let line = format!("{}: nothing has arrived from the registry for {silent}", short_name(&pull.image));
            self.bars.suspend(|| self.output.note(&line));
        }
        if pull.complete && !*complete {
            *complete = true;
            bar.abandon();
            if self.bars.is_hidden() {
                self.output.note(&format!("{}: pulled, {} bytes", short_name(&pull.image), pull.fetched_bytes));
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

fn describe_phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Waiting => "waiting",
        Phase::Pulling => "pulling image",
        Phase::Creating => "creating",
        Phase::Starting => "starting",
        Phase::AwaitingReadiness => "started, waiting to become ready",
        Phase::Ready => "ready",
        Phase::Stopping => "stopping",
        Phase::Removed => "removed",
        Phase::Failed => "failed",
    }
}

fn describe_file(outcome: &FileOutcome, replace_option: &str) -> String {
    let name = &outcome.name;
    match &outcome.action {
        FileAction::Written => format!("{name}: created"),
        FileAction::Unchanged => format!("{name}: unchanged"),
        FileAction::Updated => format!("{name}: updated"),
        FileAction::Kept => format!("{name}: kept your changes; use {replace_option} to replace it"),
        FileAction::Replaced { backup } => format!("{name}: replaced; backup in {backup}"),
    }
}
