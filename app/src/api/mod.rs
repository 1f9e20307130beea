//! The server functions, all of them, and the errors they answer with.
//!
//! **Invariant:** no other module of `app` defines a server function; this file is the list of what the panel can do.

mod error;
#[cfg(feature = "ssr")]
mod status;

#[cfg(feature = "ssr")]
use leptos::prelude::use_context;
use leptos::server;
use monitor_core::{file_view::FileView, job::Job, logs::LogLine, service::Service};

pub use error::ApiError;
#[cfg(feature = "ssr")]
pub use status::set_status;

#[cfg(feature = "ssr")]
pub(crate) type Plane = std::sync::Arc<dyn crate::control_plane::ControlPlane>;

#[cfg(feature = "ssr")]
fn control_plane() -> Result<Plane, ApiError> {
    use_context().ok_or_else(|| ApiError::Unavailable.answered())
}

/// Writes the files that are missing, and with `replace` also those that differ (backups are kept).
#[server(endpoint = "initialize")]
pub async fn initialize(#[server(default)] replace: bool) -> Result<Job, ApiError> {
    control_plane()?.initialize(replace).await.map_err(ApiError::from_stack)
}

/// Starts the stack.
#[server(endpoint = "start-stack")]
pub async fn start_stack() -> Result<Job, ApiError> {
    control_plane()?.start_stack().await.map_err(ApiError::from_stack)
}

/// Stops the stack; data stays.
#[server(endpoint = "stop-stack")]
pub async fn stop_stack() -> Result<Job, ApiError> {
    control_plane()?.stop_stack().await.map_err(ApiError::from_stack)
}

/// Stops the stack and removes its data.
#[server(endpoint = "remove-stack-and-data")]
pub async fn remove_stack_and_data() -> Result<Job, ApiError> {
    control_plane()?.remove_stack_and_data().await.map_err(ApiError::from_stack)
}

/// Asks the running job to stop where it is.
#[server(endpoint = "cancel-job")]
pub async fn cancel_job() -> Result<(), ApiError> {
    control_plane()?.cancel_job().await.map_err(ApiError::from_stack)
}

/// Looks again at what may stand in the stack's way.
#[server(endpoint = "check-up")]
pub async fn check_up() -> Result<(), ApiError> {
    control_plane()?.check_up().await.map_err(ApiError::from_stack)
}

/// The generated files, on disk and as they should be.
#[server(endpoint = "files")]
pub async fn load_files() -> Result<Vec<FileView>, ApiError> {
    control_plane()?.files().await.map_err(ApiError::from_stack)
}

/// The last lines of a service's log, oldest first.
#[server(endpoint = "recent-logs")]
pub async fn load_recent_logs(service: Service, lines: u32) -> Result<Vec<LogLine>, ApiError> {
    control_plane()?.recent_logs(service, lines).await.map_err(ApiError::from_stack)
}
