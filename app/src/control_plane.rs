//! Everything the panel may ask of the server. The server implements it; server functions find it in their context.

use async_trait::async_trait;
use monitor_core::{error::StackError, file_view::FileView, job::Job, live::Snapshot, logs::LogLine, service::Service};

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
    /// The generated files, on disk and as they should be.
    async fn files(&self) -> Result<Vec<FileView>, StackError>;
    /// The last lines of a service's log, oldest first.
    async fn recent_logs(&self, service: Service, lines: u32) -> Result<Vec<LogLine>, StackError>;
}
