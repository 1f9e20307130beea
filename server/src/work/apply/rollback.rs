//! Records the state before settings are applied, and restores it.

use std::collections::BTreeSet;

use futures::future::join_all;
use monitor_core::{
    error::StackError,
    lifecycle::{Observed, ObservedContainer, ServiceAction, plan_up},
    service::Service,
    stack::{StackSpec, service_config_hash},
};

use super::{Prepared, WrittenChanges, mounts_one_of, running};
use crate::{
    installation::Installation,
    jobs::JobContext,
    lifecycle,
    readiness::{Answer, Readiness},
};

/// The stack before anything was changed.
pub(super) struct PreviousState {
    /// The stack that the files were written from; `None` if unknown. Nothing can be rolled back then.
    stack: Option<StackSpec>,
    /// The state of the Engine. Empty if it was unreachable.
    pub(super) observed: Observed,
    /// Services that were running.
    running: BTreeSet<Service>,
    /// Services that were ready.
    pub(super) ready: BTreeSet<Service>,
}

impl PreviousState {
    pub(super) async fn observe(
        readiness: &dyn Readiness,
        old: Option<StackSpec>,
        new: &StackSpec,
        observed: Observed,
    ) -> PreviousState {
        let stack = old.as_ref().unwrap_or(new);
        let asked = running(stack, &observed).filter_map(|(service, container)| {
            let spec = stack.service(service)?;
            Some(async move { (readiness.ask(spec, &container.ports).await == Answer::Ready).then_some(service) })
        });
        let ready = join_all(asked).await.into_iter().flatten().collect();
        let running = running(stack, &observed).map(|(service, _)| service).collect();
        PreviousState { stack: old, observed, running, ready }
    }

    pub(super) fn stack_runs(&self) -> bool {
        !self.running.is_empty()
    }
}

impl Prepared {
    /// Rolls settings, files and containers back. `true` if all of it succeeded.
    pub(super) async fn roll_back(&self, written: &WrittenChanges, job: &JobContext) -> bool {
        let Some(old) = &self.before.stack else { return false };
        if *old == self.new && written.changed.is_empty() {
            // The configuration that failed is the previous one, so there is nothing to roll back to.
            return false;
        }
        let files_are_back = {
            let (this, written) = (self.clone(), written.clone());
            job.run_blocking(move || this.roll_files_back(&written)).await
        };
        self.apply.installation.configuration.notify_changed();
        // A service that was not ready before may remain so. Only its container has to be the same.
        if let Err(error) = self.bring_back(old, &written.changed, job).await {
            tracing::warn!(%error, "rolling back to the old configuration");
        }
        files_are_back && self.containers_are_back(old).await.unwrap_or_default()
    }

    /// Rolls settings and generated files back. `true` if all of it succeeded.
    pub(super) fn roll_files_back(&self, written: &WrittenChanges) -> bool {
        let configuration = &self.apply.installation.configuration;
        let files = written.files.as_ref().map_or(Ok(()), |files| configuration.restore_files(files));
        let settings = written.saved.as_ref().map_or(Ok(()), |saved| configuration.undo_save(saved));
        for error in [&files, &settings].into_iter().filter_map(|outcome| outcome.as_ref().err()) {
            tracing::warn!(%error, "a file could not be restored");
        }
        files.and(settings).is_ok()
    }

    async fn bring_back(
        &self,
        old: &StackSpec,
        changed: &BTreeSet<String>,
        job: &JobContext,
    ) -> Result<(), StackError> {
        let Installation { engine, readiness, .. } = &self.apply.installation;
        // Containers created in the meantime may mount a file that was replaced again, although their definition is the same.
        let observed = engine.observe(old).await?;
        let is_stale = |service: Service, container: &ObservedContainer| {
            let Some(spec) = old.service(service) else { return false };
            let is_new = self.before.observed.containers.iter().all(|known| known.id != container.id);
            let is_kept = container.compose_label("config-hash") == Some(service_config_hash(spec).as_str());
            is_new && is_kept && mounts_one_of(spec, changed)
        };
        let stale = running(old, &observed).filter(|(service, container)| is_stale(*service, container));
        let stale = stale.map(|(service, container)| (service, container.id.clone())).collect();
        lifecycle::remove_all(engine.as_ref(), stale).await?;
        let report = |progress| job.report(progress);
        lifecycle::up(engine.as_ref(), readiness.as_ref(), self.apply.wait, old, &report).await
    }

    async fn containers_are_back(&self, old: &StackSpec) -> Result<bool, StackError> {
        let plan = plan_up(old, &self.apply.installation.engine.observe(old).await?)?;
        let is_back = |planned: &monitor_core::lifecycle::ServicePlan| {
            matches!(planned.action, ServiceAction::Keep { .. }) || !self.before.running.contains(&planned.service)
        };
        Ok(plan.services.iter().all(is_back))
    }
}
