//! Applies settings: saves them, writes the generated files anew, and makes anew the services that this concerns. Where
//! one of those does not come up, everything is put back as it was.
//!
//! **Invariant:** of the settings file only what was saved here is ever taken back.

mod restore;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use monitor_core::{
    error::StackError,
    file_view::FileState,
    job::{FileAction, Phase, Progress},
    lifecycle::{Observed, ObservedContainer, ServiceAction, plan_up},
    service::Service,
    settings::{Change, Settings},
    stack::{Mount, ServiceSpec, StackSpec},
};
use tokio::sync::Notify;

use self::restore::Before;
use crate::{
    background::in_background,
    configuration::{Configuration, FilesBefore, Overwrite, Saved},
    engine::ContainerEngine,
    jobs::Sink,
    lifecycle::{self, Patience},
    readiness::Readiness,
};

/// What is to be applied, and with what.
#[derive(Clone)]
pub struct Apply {
    /// The Engine.
    pub engine: Arc<dyn ContainerEngine>,
    /// How services are asked.
    pub readiness: Arc<dyn Readiness>,
    /// Files and settings.
    pub configuration: Configuration,
    /// How long to wait for services.
    pub patience: Patience,
    /// Rung when files or settings were changed.
    pub changed: Arc<Notify>,
    /// The changes to save first, and the `base` of the file that they are meant for. None: the settings as they are.
    pub edit: Option<(Vec<Change>, String)>,
    /// Generated files that were edited by hand are replaced as well.
    pub replace_edited: bool,
}

/// What is to be done, and how everything was before.
#[derive(Clone)]
pub struct Prepared {
    apply: Apply,
    new: StackSpec,
    before: Arc<Before>,
}

/// What the files say.
struct Read {
    /// The settings that the stack was started with, as far as that is known.
    old: Option<Settings>,
    /// Those to be applied.
    new: Settings,
    /// `compose.yaml` was edited by hand and is to be kept.
    keeps_compose_file: bool,
}

impl Apply {
    /// Looks at everything, and refuses what cannot be done. Changes nothing.
    pub async fn prepare(self) -> Result<Prepared, StackError> {
        let apply = self.clone();
        let Read { old, new, keeps_compose_file } = in_background(move || apply.read()).await?;
        let facts = self.configuration.facts();
        let new = StackSpec::new(&new, &facts);
        let old = old.map(|old| StackSpec::new(&old, &facts));
        // Without an Engine nothing runs as far as anybody can see; settings and files are written all the same.
        let observed = self.engine.observe(&new).await.unwrap_or_default();
        let before = Before::look(self.readiness.as_ref(), old, &new, observed).await;
        if before.stack_runs() && keeps_compose_file {
            // It stands for the settings themselves: services that follow the settings while it says something else would
            // be made anew by the next `docker compose up`.
            return Err(StackError::FilesDiffer { files: vec!["compose.yaml".into()], directory: new.directory });
        }
        Ok(Prepared { apply: self, new, before: Arc::new(before) })
    }

    fn read(&self) -> Result<Read, StackError> {
        let configuration = &self.configuration;
        let file = configuration.settings_text()?;
        let text = match &self.edit {
            None => file.text.clone(),
            Some((_, base)) if *base != file.base => {
                return Err(StackError::SettingsChanged { file: configuration.settings_file() });
            }
            Some((changes, _)) => configuration.edited(&file.text, changes)?,
        };
        let new = configuration.settings_in(&text)?;
        let unchanged = || configuration.settings_in(&file.text).ok().filter(|_| self.edit.is_some());
        let is_kept = |file: &crate::configuration::ComparedFile| {
            file.file.name == "compose.yaml" && file.state == FileState::Edited && !self.replace_edited
        };
        let keeps_compose_file = configuration.is_initialized() && configuration.files_under(&new)?.iter().any(is_kept);
        Ok(Read { old: configuration.written_from().or_else(unchanged), new, keeps_compose_file })
    }
}

/// What was written, so that it can be put back.
#[derive(Clone)]
struct Written {
    saved: Option<Saved>,
    /// The generated files before; `None` where there are none.
    files: Option<FilesBefore>,
    /// Names of the generated files that are others now.
    changed: BTreeSet<String>,
}

impl Prepared {
    /// Whether services will be worked on, which takes long.
    pub fn stack_runs(&self) -> bool {
        self.before.stack_runs() && self.apply.configuration.is_initialized()
    }

    /// Does it.
    pub async fn carry_out(self, report: Sink) -> Result<(), StackError> {
        let stack_runs = self.stack_runs();
        let written = {
            let (this, report) = (self.clone(), Arc::clone(&report));
            in_background(move || this.write(&report)).await?
        };
        self.apply.changed.notify_one();
        if !stack_runs {
            return Ok(());
        }
        let failed = Arc::new(Mutex::new(BTreeSet::new()));
        let watched = watching(Arc::clone(&failed), Arc::clone(&report));
        let Err(error) = self.bring_up(&written, &watched).await else { return Ok(()) };
        let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.is_to_blame(&error, &failed) && self.put_back(&written, &report).await {
            report(Progress::Restored);
        }
        self.apply.changed.notify_one();
        Err(error)
    }

    /// Settings and files. Where that fails half way, what was written is put back.
    fn write(&self, report: &Sink) -> Result<Written, StackError> {
        let configuration = &self.apply.configuration;
        let files = configuration.is_initialized().then(|| configuration.remember_files()).transpose()?;
        let saved = match &self.apply.edit {
            Some((changes, base)) => Some(configuration.save_settings(changes, base)?),
            None => None,
        };
        if let Some(saved) = &saved {
            report(Progress::File(saved.outcome.clone()));
        }
        let mut written = Written { saved, files, changed: BTreeSet::new() };
        if written.files.is_none() {
            return Ok(written);
        }
        let overwrite = if self.apply.replace_edited { Overwrite::Everything } else { Overwrite::Outdated };
        let outcome = configuration.write(overwrite, |outcome| {
            if !matches!(outcome.action, FileAction::Unchanged | FileAction::Kept) {
                written.changed.insert(outcome.name.clone());
            }
            report(Progress::File(outcome));
        });
        if outcome.is_err() && self.put_files_back(&written) {
            report(Progress::Restored);
        }
        outcome.map(|()| written)
    }

    async fn bring_up(&self, written: &Written, report: &Sink) -> Result<(), StackError> {
        let Apply { engine, readiness, patience, .. } = &self.apply;
        for (service, id) in self.unaware(&written.changed) {
            engine.stop_container(service, &id).await?;
            engine.remove_container(service, &id).await?;
        }
        lifecycle::up(engine.as_ref(), readiness.as_ref(), *patience, &self.new, report.as_ref()).await
    }

    /// Containers that would be kept though a file that they mount is another one now: one that was edited by hand or
    /// removed, and is as it had been again. A container goes on seeing the file that it was started with.
    fn unaware(&self, changed: &BTreeSet<String>) -> Vec<(Service, String)> {
        let plan = plan_up(&self.new, &self.before.observed).map(|plan| plan.services).unwrap_or_default();
        let kept = plan.into_iter().filter_map(|planned| match planned.action {
            ServiceAction::Keep { id } | ServiceAction::Start { id } => Some((planned.service, id)),
            _ => None,
        });
        kept.filter(|(service, _)| self.new.service(*service).is_some_and(|spec| mounts_one_of(spec, changed)))
            .collect()
    }

    /// Whether the failure comes of what was applied. A service that was not ready before, and that this does not concern,
    /// must not keep anybody from changing a setting; an Engine that went away says nothing of the settings.
    fn is_to_blame(&self, error: &StackError, failed: &BTreeSet<Service>) -> bool {
        use StackError::{Cancelled, EnginePermission, EngineUnreachable, Internal};
        if matches!(error, EngineUnreachable { .. } | EnginePermission { .. } | Cancelled | Internal { .. }) {
            return false;
        }
        let plan = plan_up(&self.new, &self.before.observed).map(|plan| plan.services).unwrap_or_default();
        let is_kept = |service: &Service| {
            plan.iter().any(|it| it.service == *service && matches!(it.action, ServiceAction::Keep { .. }))
        };
        failed.is_empty() || failed.iter().any(|service| !is_kept(service) || self.before.ready.contains(service))
    }
}

/// The stack's containers that run, in this observation.
pub fn running<'a>(
    stack: &'a StackSpec,
    observed: &'a Observed,
) -> impl Iterator<Item = (Service, &'a ObservedContainer)> {
    observed
        .containers
        .iter()
        .filter(|container| container.state.is_up())
        .filter_map(|container| Some((container.service_of(&stack.directory)?, container)))
}

fn mounts_one_of(spec: &ServiceSpec, names: &BTreeSet<String>) -> bool {
    spec.mounts.iter().any(|mount| match mount {
        Mount::File { source, .. } => source.rsplit('/').next().is_some_and(|name| names.contains(name)),
        Mount::Volume { .. } => false,
    })
}

/// Passes reports on, and keeps who failed.
fn watching(failed: Arc<Mutex<BTreeSet<Service>>>, report: Sink) -> Sink {
    Arc::new(move |progress| {
        if let Progress::Step { service, phase } = &progress {
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            match phase {
                Phase::Failed => failed.insert(*service),
                _ => failed.remove(service),
            };
        }
        report(progress);
    })
}
