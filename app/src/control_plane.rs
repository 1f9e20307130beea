//! Everything the panel may ask of the server. The server implements it; server functions find it in their context.

use async_trait::async_trait;
use monitor_core::{
    agent_page::AgentPage,
    error::StackError,
    file_view::FileView,
    job::Job,
    live::Snapshot,
    logs::LogLine,
    service::Service,
    settings_page::{PortUse, Preview, SettingsForm, SettingsPage},
    telemetry::{Numbers, Range},
};

/// What the panel may ask. Requests that change something answer with the job that does it; a job that is already at
/// work is answered instead of a second one.
#[async_trait]
pub trait ControlPlane: Send + Sync {
    /// What is known right now. Never waits for the Engine.
    fn snapshot(&self) -> Snapshot;
    /// Changes with every build of the server.
    fn build(&self) -> String;
    /// Writes the files that are missing; with `replace`, also those that differ, keeping backups.
    async fn initialize(&self, replace: bool) -> Result<Job, StackError>;
    /// Starts the stack.
    async fn start_stack(&self) -> Result<Job, StackError>;
    /// Stops the stack and removes its containers; data and network stay.
    async fn stop_stack(&self) -> Result<Job, StackError>;
    /// As `stop_stack`, and removes the volumes with all recorded data.
    async fn remove_stack_and_data(&self) -> Result<Job, StackError>;
    /// Asks the running job to stop where it is. Without one, nothing happens.
    async fn cancel_job(&self) -> Result<(), StackError>;
    /// Looks again at what may stand in the stack's way, and puts it into the snapshot.
    async fn check_up(&self) -> Result<(), StackError>;
    /// Everything that the settings page shows.
    async fn settings_page(&self) -> Result<SettingsPage, StackError>;
    /// Who has that port of the host, and a free one nearby.
    async fn look_at_port(&self, port: u16) -> Result<PortUse, StackError>;
    /// What would happen if that form were applied. Changes nothing.
    async fn preview_settings(&self, form: SettingsForm) -> Result<Preview, StackError>;
    /// Saves the form's changes, writes the files anew (those edited by hand only with `replace_edited`) and makes anew
    /// what that concerns. Refused where the settings file is no longer the one that `base` names.
    async fn apply_settings(&self, form: SettingsForm, base: String, replace_edited: bool) -> Result<Job, StackError>;
    /// Replaces the whole text of a settings file that is broken. Refused like `apply_settings`.
    async fn mend_settings(&self, text: String, base: String) -> Result<(), StackError>;
    /// Everybody's numbers. A store that does not answer is told of in the numbers.
    async fn agent_numbers(&self, range: Range) -> Numbers;
    /// One agent, by its container's name, looked at closely.
    async fn agent_page(&self, container: String, range: Range) -> Result<AgentPage, StackError>;
    /// The generated files, on disk and as they should be.
    async fn files(&self) -> Result<Vec<FileView>, StackError>;
    /// The last lines of a service's log, oldest first.
    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError>;
}
