//! Applies settings: saves them, updates the generated files, and recreates the affected services. If one of them does not
//! become ready, everything is rolled back.
//!
//! **Invariant:** only changes to the settings file that were saved here are undone.

mod rollback;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use monitor_core::{
    error::StackError,
    file_view::FileState,
    job::{FileAction, Phase, Progress},
    lifecycle::{Observed, ObservedContainer, ServiceAction, containers_of, plan_up},
    service::Service,
    settings::{Change, Settings},
    stack::{Mount, ServiceSpec, StackSpec},
};

use self::rollback::PreviousState;
use super::start::warn_of_override;
use crate::{
    background::in_background,
    configuration::{ComparedFile, FilesBackup, Overwrite, SavedSettings},
    installation::Installation,
    jobs::JobContext,
    lifecycle::{self, ReadinessWait},
    receiving,
};

/// A request to apply settings.
#[derive(Clone)]
pub struct Apply {
    /// The installation to apply them to.
    pub installation: Installation,
    /// How long to wait for services.
    pub wait: ReadinessWait,
    /// Changes to save first, with the `base` of the file that they were made for. `None` applies the file as it is.
    pub edit: Option<(Vec<Change>, String)>,
    /// Also replaces generated files that were edited by hand.
    pub replace_edited: bool,
}

/// An `Apply` that can be carried out, with the state before it.
#[derive(Clone)]
pub struct Prepared {
    apply: Apply,
    new: StackSpec,
    before: Arc<PreviousState>,
}

/// Old and new settings, read from the files.
struct SettingsRead {
    /// The settings that the stack was started with. `None` if unknown.
    old: Option<Settings>,
    /// The settings to apply.
    new: Settings,
    /// `compose.yaml` was edited by hand and has to be kept.
    keeps_compose_file: bool,
}

impl Apply {
    /// Checks whether the settings can be applied, and records the state before. Changes nothing.
    pub async fn prepare(self) -> Result<Prepared, StackError> {
        let apply = self.clone();
        let SettingsRead { old, new, keeps_compose_file } = in_background(move || apply.read_settings()).await?;
        let Installation { engine, readiness, configuration, .. } = &self.installation;
        let facts = configuration.host_facts();
        let new = StackSpec::new(&new, &facts);
        let old = old.map(|old| StackSpec::new(&old, &facts));
        // Without an Engine, nothing counts as running. Settings and files can still be written.
        let observed = engine.observe(&new).await.unwrap_or_default();
        let before = PreviousState::observe(readiness.as_ref(), old, &new, observed).await;
        if before.stack_runs() && keeps_compose_file {
            // Services that follow the settings while `compose.yaml` says something else would be recreated by the next
            // `docker compose up`.
            return Err(StackError::FilesDiffer { files: vec!["compose.yaml".into()], directory: new.directory });
        }
        Ok(Prepared { apply: self, new, before: Arc::new(before) })
    }

    fn read_settings(&self) -> Result<SettingsRead, StackError> {
        let configuration = &self.installation.configuration;
        let file = configuration.settings_text()?;
        let text = match &self.edit {
            None => file.text.clone(),
            Some((_, base)) if *base != file.base => {
                return Err(StackError::SettingsChanged { file: configuration.settings_file() });
            }
            Some((changes, _)) => configuration.edit_text(&file.text, changes)?,
        };
        let new = configuration.settings_in(&text)?;
        let unchanged = || configuration.settings_in(&file.text).ok().filter(|_| self.edit.is_some());
        let is_kept = |file: &ComparedFile| {
            file.file.name == "compose.yaml" && file.state == FileState::Edited && !self.replace_edited
        };
        let keeps_compose_file = configuration.is_initialized() && configuration.files_for(&new)?.iter().any(is_kept);
        Ok(SettingsRead { old: configuration.written_from().or_else(unchanged), new, keeps_compose_file })
    }
}

/// What was written, so that it can be rolled back.
#[derive(Clone)]
struct WrittenChanges {
    saved: Option<SavedSettings>,
    /// The previous generated files. `None` if there were none.
    files: Option<FilesBackup>,
    /// Names of the generated files that changed.
    changed: BTreeSet<String>,
}

impl Prepared {
    /// Whether services will be recreated, which takes a while.
    pub fn stack_runs(&self) -> bool {
        self.before.stack_runs() && self.apply.installation.configuration.is_initialized()
    }

    /// Applies the settings. Canceled while files are written, it restores them; canceled later, it keeps completed steps.
    pub async fn carry_out(self, job: JobContext) -> Result<(), StackError> {
        let stack_runs = self.stack_runs();
        if stack_runs {
            warn_of_override(&self.apply.installation.configuration, &job).await;
        }
        let written = {
            let (this, writer) = (self.clone(), job.clone());
            job.run_blocking(move || this.write(&writer)).await?
        };
        if !stack_runs {
            return Ok(());
        }
        let failed = Arc::new(Mutex::new(BTreeSet::new()));
        let observed = job.clone().observed_by(note_failures(Arc::clone(&failed)));
        let Err(error) = self.bring_up(&written, &observed).await else { return Ok(()) };
        let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.is_cause_of(&error, &failed) && self.roll_back(&written, &job).await {
            job.report(Progress::Restored);
        }
        self.apply.installation.configuration.notify_changed();
        Err(error)
    }

    /// Writes settings and files. If that fails or is canceled half way, what was written is rolled back.
    fn write(&self, job: &JobContext) -> Result<WrittenChanges, StackError> {
        let configuration = &self.apply.installation.configuration;
        let files = configuration.is_initialized().then(|| configuration.back_up_files()).transpose()?;
        let saved = match &self.apply.edit {
            Some((changes, base)) => Some(configuration.save_settings(changes, base)?),
            None => None,
        };
        if let Some(saved) = &saved {
            job.report(Progress::File(saved.outcome.clone()));
        }
        let mut written = WrittenChanges { saved, files, changed: BTreeSet::new() };
        if written.files.is_none() {
            return Ok(written);
        }
        let overwrite = if self.apply.replace_edited { Overwrite::Everything } else { Overwrite::Outdated };
        let outcome = configuration.write_files(overwrite, |outcome| {
            if !matches!(outcome.action, FileAction::Unchanged | FileAction::Kept) {
                written.changed.insert(outcome.name.clone());
            }
            job.report(Progress::File(outcome));
            job.stop_if_canceled()
        });
        if outcome.is_err() && self.roll_files_back(&written) {
            job.report(Progress::Restored);
        }
        outcome.map(|()| written)
    }

    async fn bring_up(&self, written: &WrittenChanges, job: &JobContext) -> Result<(), StackError> {
        let Installation { engine, readiness, configuration, .. } = &self.apply.installation;
        receiving::wait_until_way_is_made(configuration).await;
        lifecycle::remove_all(engine.as_ref(), self.containers_with_stale_files(&written.changed)).await?;
        let report = |progress| job.report(progress);
        lifecycle::up(engine.as_ref(), readiness.as_ref(), self.apply.wait, &self.new, &report).await
    }

    /// Containers that would be kept although a file that they mount was replaced: it had been edited or removed, and now is
    /// what their definition expects again. A running container still sees the old file.
    fn containers_with_stale_files(&self, changed: &BTreeSet<String>) -> Vec<(Service, String)> {
        let plan = plan_up(&self.new, &self.before.observed).map(|plan| plan.services).unwrap_or_default();
        let kept = plan.into_iter().filter_map(|planned| match planned.action {
            ServiceAction::Keep { id } | ServiceAction::Start { id } => Some((planned.service, id)),
            _ => None,
        });
        kept.filter(|(service, _)| self.new.service(*service).is_some_and(|spec| mounts_one_of(spec, changed)))
            .collect()
    }

    /// Whether the new settings caused the failure. A service that was not ready before and is not affected must not
    /// prevent a change; an Engine that became unreachable says nothing about the settings.
    fn is_cause_of(&self, error: &StackError, failed: &BTreeSet<Service>) -> bool {
        use StackError::{Cancelled, EnginePermission, EngineSilent, EngineUnreachable, Internal, TooManyOpenFiles};
        let is_no_answer = matches!(
            error,
            EngineUnreachable { .. } | EngineSilent { .. } | EnginePermission { .. } | TooManyOpenFiles
        );
        if is_no_answer || matches!(error, Cancelled | Internal { .. }) {
            return false;
        }
        let plan = plan_up(&self.new, &self.before.observed).map(|plan| plan.services).unwrap_or_default();
        let is_kept = |service: &Service| {
            plan.iter().any(|it| it.service == *service && matches!(it.action, ServiceAction::Keep { .. }))
        };
        failed.is_empty() || failed.iter().any(|service| !is_kept(service) || self.before.ready.contains(service))
    }
}

/// The stack's running containers.
pub fn running<'a>(
    stack: &'a StackSpec,
    observed: &'a Observed,
) -> impl Iterator<Item = (Service, &'a ObservedContainer)> {
    let of_service = |spec: &'a ServiceSpec| {
        let (container, _) = containers_of(&observed.containers, &stack.directory, spec.service);
        Some((spec.service, container.filter(|container| container.state.is_up())?))
    };
    stack.services.iter().filter_map(of_service)
}

fn mounts_one_of(spec: &ServiceSpec, names: &BTreeSet<String>) -> bool {
    spec.mounts.iter().any(|mount| match mount {
        Mount::File { source, .. } => source.rsplit('/').next().is_some_and(|name| names.contains(name)),
        Mount::Volume { .. } => false,
    })
}

/// Collects the services that failed and were not started again.
fn note_failures(failed: Arc<Mutex<BTreeSet<Service>>>) -> impl Fn(&Progress) + Send + Sync {
    move |progress| {
        if let Progress::Step { service, phase } = progress {
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            match phase {
                Phase::Failed => failed.insert(*service),
                _ => failed.remove(service),
            };
        }
    }
}
