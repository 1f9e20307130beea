//! The gate: binds each request to its caller, and checks the caller's permission before every action.
//!
//! **Invariant:** routes, pages and server functions reach the panel only through `GuardedPanel`, and each of its methods
//! names an action.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    extract::{Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use futures::{StreamExt, stream::BoxStream};
use monitor_app::control_plane::{ControlPlane, EventBatch, PageNeeds};
use monitor_core::{
    access::{Action, Caller},
    agent_page::{AgentPage, AgentPageUpdate},
    error::StackError,
    file_view::FileView,
    job::Job,
    live::{LiveEvent, Snapshot},
    logs::LogLine,
    service::Service,
    settings_page::{PortUse, Preview, SettingsForm, SettingsPage},
    telemetry::{Numbers, Range},
};
use tokio::time::Instant;

use crate::{
    agents,
    background::in_background,
    deadline::PAGE_WAITS_FOR_STORES,
    panel::{Panel, only_listed},
    settings_page, site,
};

/// How many lines of a log a page may ask for.
const MOST_PAGE_LINES: u32 = 5_000;
/// How many lines of a log a download has.
const DOWNLOAD_LINES: u32 = 100_000;

/// Identifies the caller of a request.
pub type Identify = Arc<dyn Fn(&Parts) -> Caller + Send + Sync>;

/// The panel behind the gate, in a request's extensions.
pub type BoundControlPlane = Arc<dyn ControlPlane>;

/// Admits callers to the panel.
#[derive(Clone)]
pub struct Gate {
    panel: Arc<Panel>,
    identify: Identify,
}

impl Gate {
    /// A gate that identifies callers with `identify`.
    pub fn new(panel: Arc<Panel>, identify: Identify) -> Gate {
        Gate { panel, identify }
    }

    /// A gate without sign-in: everyone who can reach the panel may do everything.
    pub fn open(panel: Arc<Panel>) -> Gate {
        Gate::new(panel, Arc::new(|_| Caller::Local))
    }

    /// The panel with the permissions of this caller.
    pub fn admit(&self, caller: Caller) -> BoundControlPlane {
        Arc::new(GuardedPanel { panel: Arc::clone(&self.panel), caller, waited_for_stores: Mutex::default() })
    }
}

/// Puts the panel, bound to the request's caller, into the request.
pub async fn bind_caller(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let plane = gate.admit((gate.identify)(&parts));
    parts.extensions.insert(plane);
    next.run(Request::from_parts(parts, body)).await
}

struct GuardedPanel {
    panel: Arc<Panel>,
    caller: Caller,
    /// How long the request has waited for stores so far.
    waited_for_stores: Mutex<Duration>,
}

impl GuardedPanel {
    /// How much longer the request's page may wait for stores.
    fn remaining_wait(&self) -> Duration {
        let waited = *self.waited_for_stores.lock().unwrap_or_else(PoisonError::into_inner);
        PAGE_WAITS_FOR_STORES.saturating_sub(waited)
    }

    /// The only way to the panel.
    fn for_action(&self, action: Action) -> Result<&Panel, StackError> {
        if self.caller.may(action) {
            Ok(&self.panel)
        } else {
            tracing::warn!(%action, "refused: the caller isn't allowed to");
            Err(StackError::NotAllowed { action })
        }
    }
}

#[async_trait]
impl ControlPlane for GuardedPanel {
    fn snapshot(&self) -> Result<Snapshot, StackError> {
        Ok(self.for_action(Action::ViewState)?.hub.snapshot())
    }

    fn build(&self) -> String {
        site::build_id().to_owned()
    }

    async fn refresh(&self, needs: PageNeeds) -> Result<(), StackError> {
        let panel = self.for_action(Action::ViewState)?;
        let numbers = if let PageNeeds::Agents(range) = needs { Some(range) } else { None };
        // The page asks for them next; requesting them now saves the time until then.
        if let Some(range) = numbers.filter(|_| self.caller.may(Action::ViewNumbers)) {
            let telemetry = Arc::clone(&panel.installation.telemetry);
            tokio::spawn(async move { telemetry.numbers(range).await });
        }
        let waited = panel.refresh(self.remaining_wait(), numbers.is_some()).await;
        *self.waited_for_stores.lock().unwrap_or_else(PoisonError::into_inner) += waited;
        Ok(())
    }

    fn live_events(&self) -> Result<BoxStream<'static, LiveEvent>, StackError> {
        Ok(self.for_action(Action::ViewState)?.live_events().boxed())
    }

    async fn initialize(&self, replace: bool) -> Result<Job, StackError> {
        Ok(self.for_action(Action::OperateStack)?.initialize(replace).await)
    }

    async fn start_stack(&self) -> Result<Job, StackError> {
        Ok(self.for_action(Action::OperateStack)?.start_stack().await)
    }

    async fn stop_stack(&self) -> Result<Job, StackError> {
        Ok(self.for_action(Action::OperateStack)?.stop_stack(false).await)
    }

    async fn remove_stack_and_data(&self) -> Result<Job, StackError> {
        Ok(self.for_action(Action::RemoveData)?.stop_stack(true).await)
    }

    async fn dismiss_job(&self) -> Result<(), StackError> {
        let panel = self.for_action(Action::OperateStack)?;
        panel.dismiss_job();
        Ok(())
    }

    async fn cancel_job(&self) -> Result<(), StackError> {
        self.for_action(Action::OperateStack)?.jobs.cancel();
        Ok(())
    }

    async fn check_up(&self) -> Result<(), StackError> {
        self.for_action(Action::OperateStack)?.check_up().await;
        Ok(())
    }

    async fn settings_page(&self) -> Result<SettingsPage, StackError> {
        let installation = &self.for_action(Action::ViewSettings)?.installation;
        settings_page::gather(installation.engine.as_ref(), &installation.configuration).await
    }

    async fn look_at_port(&self, port: u16) -> Result<PortUse, StackError> {
        let installation = &self.for_action(Action::ViewSettings)?.installation;
        Ok(settings_page::check_port(installation.engine.as_ref(), &installation.configuration, port).await)
    }

    async fn preview_settings(&self, form: SettingsForm) -> Result<Preview, StackError> {
        let installation = &self.for_action(Action::ViewSettings)?.installation;
        settings_page::preview(installation.engine.as_ref(), &installation.configuration, form).await
    }

    async fn apply_settings(&self, form: SettingsForm, base: String, replace_edited: bool) -> Result<Job, StackError> {
        self.for_action(Action::ChangeSettings)?.apply_settings(form, base, replace_edited).await
    }

    async fn mend_settings(&self, text: String, base: String) -> Result<(), StackError> {
        self.for_action(Action::ChangeSettings)?.replace_settings_text(text, base).await
    }

    async fn agent_numbers(&self, range: Range) -> Result<Numbers, StackError> {
        let panel = self.for_action(Action::ViewNumbers)?;
        let deadline = Instant::now() + self.remaining_wait();
        let numbers = agents::numbers_until(deadline, &panel.installation.telemetry, range).await;
        Ok(only_listed(numbers, &panel.hub))
    }

    fn number_changes(&self, range: Range) -> Result<BoxStream<'static, Numbers>, StackError> {
        Ok(self.for_action(Action::ViewNumbers)?.number_changes(range).boxed())
    }

    async fn agent_page(&self, container: String, range: Range) -> Result<AgentPage, StackError> {
        let panel = self.for_action(Action::ViewAgentDetails)?;
        agents::page(&panel.installation, &panel.agent_files, &container, range, self.remaining_wait()).await
    }

    async fn agent_changes(
        &self,
        container: String,
        range: Range,
    ) -> Result<BoxStream<'static, AgentPageUpdate>, StackError> {
        Ok(self.for_action(Action::ViewAgentDetails)?.agent_changes(&container, range).await?.boxed())
    }

    async fn agent_events(&self, container: String) -> Result<BoxStream<'static, EventBatch>, StackError> {
        Ok(self.for_action(Action::ViewAgentDetails)?.agent_events(&container).await?.boxed())
    }

    async fn files(&self) -> Result<Vec<FileView>, StackError> {
        let configuration = self.for_action(Action::ViewFiles)?.installation.configuration.clone();
        in_background(move || configuration.files_to_show()).await
    }

    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError> {
        let engine = &self.for_action(Action::ViewLogs)?.installation.engine;
        engine.recent_logs(service, lines.min(MOST_PAGE_LINES)).await
    }

    fn download_logs(&self, service: Service) -> Result<BoxStream<'static, Result<LogLine, StackError>>, StackError> {
        Ok(self.for_action(Action::ViewLogs)?.installation.engine.read_logs(service, DOWNLOAD_LINES))
    }

    fn follow_logs(
        &self,
        service: Service,
        tail: u32,
    ) -> Result<BoxStream<'static, Result<LogLine, StackError>>, StackError> {
        let engine = &self.for_action(Action::ViewLogs)?.installation.engine;
        Ok(engine.follow_logs(service, tail.min(MOST_PAGE_LINES)))
    }
}
