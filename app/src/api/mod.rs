//! The server functions, all of them, and the errors they answer with.
//!
//! **Invariant:** no other module of `app` defines a server function; this file is the list of what the panel can do.

mod error;
#[cfg(feature = "ssr")]
mod status;

#[cfg(feature = "ssr")]
use leptos::prelude::use_context;
use leptos::server;
#[cfg(feature = "ssr")]
use monitor_core::settings_page::SettingsForm;
use monitor_core::{
    agent_page::AgentPage,
    file_view::FileView,
    job::Job,
    logs::LogLine,
    service::Service,
    settings_page::{PortUse, Preview, SettingsPage},
    telemetry::{Numbers, Range},
};

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

/// Everything that the settings page shows.
#[server(endpoint = "settings")]
pub async fn load_settings() -> Result<SettingsPage, ApiError> {
    control_plane()?.settings_page().await.map_err(ApiError::from_stack)
}

/// Who has that port of the host.
#[server(endpoint = "look-at-port")]
pub async fn look_at_port(port: u16) -> Result<PortUse, ApiError> {
    control_plane()?.look_at_port(port).await.map_err(ApiError::from_stack)
}

/// What would happen if the form were applied. `query` is the form as a browser writes it into an address.
#[server(endpoint = "preview-settings")]
pub async fn preview_settings(query: String) -> Result<Preview, ApiError> {
    control_plane()?.preview_settings(form_of(&query)).await.map_err(ApiError::from_stack)
}

/// Applies the form. A browser without JavaScript is led back to the settings.
#[server(endpoint = "apply-settings")]
pub async fn apply_settings(
    query: String,
    base: String,
    #[server(default)] replace_edited: bool,
) -> Result<Job, ApiError> {
    let job = control_plane()?.apply_settings(form_of(&query), base, replace_edited).await;
    job.inspect(|_| status::lead_to("/settings")).map_err(ApiError::from_stack)
}

/// Replaces the text of a settings file that is broken.
#[server(endpoint = "mend-settings")]
pub async fn mend_settings(text: String, base: String) -> Result<(), ApiError> {
    control_plane()?.mend_settings(text, base).await.map_err(ApiError::from_stack)
}

/// Reads a form out of an address.
#[cfg(feature = "ssr")]
fn form_of(query: &str) -> SettingsForm {
    SettingsForm::from_pairs(form_urlencoded::parse(query.as_bytes()).into_owned())
}

/// Everybody's numbers.
#[server(endpoint = "agent-numbers")]
pub async fn load_agent_numbers(range: Range) -> Result<Numbers, ApiError> {
    control_plane()?.agent_numbers(range).await.map_err(ApiError::from_stack)
}

/// One agent, by its container's name, looked at closely.
#[server(endpoint = "agent")]
pub async fn load_agent(container: String, range: Range) -> Result<AgentPage, ApiError> {
    control_plane()?.agent_page(container, range).await.map_err(ApiError::from_stack)
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
