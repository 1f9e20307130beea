//! Everything a request may ask of the server. The server binds it to the caller of each request; pages and server
//! functions find it in their context, the other routes in the request.

use async_trait::async_trait;
use futures::stream::BoxStream;
use monitor_core::{
    agent_page::{AgentPage, AgentPageUpdate},
    error::StackError,
    file_view::FileView,
    job::Job,
    live::{LiveEvent, Snapshot},
    logs::LogLine,
    service::Service,
    settings_page::{PortUse, Preview, SettingsForm, SettingsPage},
    telemetry::{AgentEvent, Numbers, Range},
};

/// New events of one agent, oldest first, or in one clause why there are none right now.
pub type EventBatch = Result<Vec<AgentEvent>, String>;

/// What a page needs to be up to date before it is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageNeeds {
    /// Settings and generated files.
    Configuration,
    /// Also the verdicts on agents and their numbers of this range, from the stores.
    Agents(Range),
}

/// What one caller may ask. Every method fails with `StackError::NotAllowed` where the caller may not.
///
/// Requests that change something return the job that does it; if another job is running, that one is returned instead.
#[async_trait]
pub trait ControlPlane: Send + Sync {
    /// What is known right now. Reads memory only.
    fn snapshot(&self) -> Result<Snapshot, StackError>;
    /// Changes with every build of the server.
    fn build(&self) -> String;
    /// Brings the snapshot up to date for a page: reads files, and waits at most 250 ms for the stores.
    async fn refresh(&self, needs: PageNeeds) -> Result<(), StackError>;
    /// The live stream: who the server is, the snapshot, then every change.
    fn live_events(&self) -> Result<BoxStream<'static, LiveEvent>, StackError>;

    /// Writes the files that are missing; with `replace`, also those that differ, keeping backups.
    async fn initialize(&self, replace: bool) -> Result<Job, StackError>;
    /// Starts the stack.
    async fn start_stack(&self) -> Result<Job, StackError>;
    /// Stops the stack and removes its containers; data and network stay.
    async fn stop_stack(&self) -> Result<Job, StackError>;
    /// As `stop_stack`, and removes the volumes with all recorded data.
    async fn remove_stack_and_data(&self) -> Result<Job, StackError>;
    /// Asks the running job to stop. Without one, nothing happens.
    async fn cancel_job(&self) -> Result<(), StackError>;
    /// Forgets how the last job ended.
    async fn dismiss_job(&self) -> Result<(), StackError>;
    /// Runs the checks again and publishes the findings.
    async fn check_up(&self) -> Result<(), StackError>;

    /// Everything that the settings page shows.
    async fn settings_page(&self) -> Result<SettingsPage, StackError>;
    /// What uses that port of the host, and a free one nearby.
    async fn look_at_port(&self, port: u16) -> Result<PortUse, StackError>;
    /// What would happen if that form were applied. Changes nothing.
    async fn preview_settings(&self, form: SettingsForm) -> Result<Preview, StackError>;
    /// Saves the form's changes, updates the files (those edited by hand only with `replace_edited`) and recreates the
    /// services that are affected. Refused if the settings file is no longer the one that `base` names.
    async fn apply_settings(&self, form: SettingsForm, base: String, replace_edited: bool) -> Result<Job, StackError>;
    /// Replaces the whole text of a settings file that is broken. Refused like `apply_settings`.
    async fn mend_settings(&self, text: String, base: String) -> Result<(), StackError>;

    /// Everybody's numbers. A store that does not answer within 250 ms is named in them.
    async fn agent_numbers(&self, range: Range) -> Result<Numbers, StackError>;
    /// Everybody's numbers, at once and after each change.
    fn number_changes(&self, range: Range) -> Result<BoxStream<'static, Numbers>, StackError>;
    /// The page of the agent in that container, with what the stores answer within 250 ms.
    async fn agent_page(&self, container: String, range: Range) -> Result<AgentPage, StackError>;
    /// What changes on that page: its numbers and sessions, and its connections, at once and after each change.
    async fn agent_changes(
        &self,
        container: String,
        range: Range,
    ) -> Result<BoxStream<'static, AgentPageUpdate>, StackError>;
    /// That agent's events: the last hundred, then new ones as they arrive.
    async fn agent_events(&self, container: String) -> Result<BoxStream<'static, EventBatch>, StackError>;

    /// The generated files, on disk and as they should be.
    async fn files(&self) -> Result<Vec<FileView>, StackError>;
    /// The last lines of a service's log, oldest first; at most 5,000.
    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError>;
    /// The last 100,000 lines of a service's log, oldest first.
    fn download_logs(&self, service: Service) -> Result<BoxStream<'static, Result<LogLine, StackError>>, StackError>;
    /// The last `tail` lines of a service's log (at most 5,000), and every new one until its container ends.
    fn follow_logs(
        &self,
        service: Service,
        tail: u32,
    ) -> Result<BoxStream<'static, Result<LogLine, StackError>>, StackError>;
}
