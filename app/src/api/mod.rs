//! All server functions, and their errors.
//!
//! **Invariant:** no other module of `app` defines a server function; this file lists everything the panel can do.

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
    use_context().ok_or(ApiError::Unavailable)
}

/// Runs a server function's request, and gives the response the HTTP status of its error.
#[cfg(feature = "ssr")]
async fn respond<T>(request: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    let result = request.await;
    if let Err(error) = &result {
        status::set_error_status(error);
    }
    result
}

/// Creates the missing files; with `replace`, also replaces those that differ and keeps backups.
#[server(endpoint = "initialize")]
pub async fn initialize(#[server(default)] replace: bool) -> Result<Job, ApiError> {
    respond(async { Ok(control_plane()?.initialize(replace).await?) }).await
}

/// Starts the stack.
#[server(endpoint = "start-stack")]
pub async fn start_stack() -> Result<Job, ApiError> {
    respond(async { Ok(control_plane()?.start_stack().await?) }).await
}

/// Stops the stack; its data is kept.
#[server(endpoint = "stop-stack")]
pub async fn stop_stack() -> Result<Job, ApiError> {
    respond(async { Ok(control_plane()?.stop_stack().await?) }).await
}

/// Stops the stack and removes its data.
#[server(endpoint = "remove-stack-and-data")]
pub async fn remove_stack_and_data() -> Result<Job, ApiError> {
    respond(async { Ok(control_plane()?.remove_stack_and_data().await?) }).await
}

/// Cancels the running job.
#[server(endpoint = "cancel-job")]
pub async fn cancel_job() -> Result<(), ApiError> {
    respond(async { Ok(control_plane()?.cancel_job().await?) }).await
}

/// Forgets how the last job ended.
#[server(endpoint = "dismiss-job")]
pub async fn dismiss_job() -> Result<(), ApiError> {
    respond(async { Ok(control_plane()?.dismiss_job().await?) }).await
}

/// Runs the checks again.
#[server(endpoint = "check-up")]
pub async fn check_up() -> Result<(), ApiError> {
    respond(async { Ok(control_plane()?.check_up().await?) }).await
}

/// Loads what the settings page shows.
#[server(endpoint = "settings")]
pub async fn load_settings() -> Result<SettingsPage, ApiError> {
    respond(async { Ok(control_plane()?.settings_page().await?) }).await
}

/// Looks up who uses a port of the host, and a free port nearby.
#[server(endpoint = "look-at-port")]
pub async fn look_at_port(port: u16) -> Result<PortUse, ApiError> {
    respond(async { Ok(control_plane()?.look_at_port(port).await?) }).await
}

/// Previews what applying the form will do. `query` is the form as the query of an address.
#[server(endpoint = "preview-settings")]
pub async fn preview_settings(query: String) -> Result<Preview, ApiError> {
    respond(async { Ok(control_plane()?.preview_settings(form_of(&query)).await?) }).await
}

/// Applies the form. A browser without JavaScript is redirected to the settings.
#[server(endpoint = "apply-settings")]
pub async fn apply_settings(
    query: String,
    base: String,
    #[server(default)] replace_edited: bool,
) -> Result<Job, ApiError> {
    let job =
        respond(async { Ok(control_plane()?.apply_settings(form_of(&query), base, replace_edited).await?) }).await?;
    status::redirect_browser_to("/settings");
    Ok(job)
}

/// Replaces the text of an invalid settings file.
#[server(endpoint = "mend-settings")]
pub async fn mend_settings(text: String, base: String) -> Result<(), ApiError> {
    respond(async { Ok(control_plane()?.mend_settings(text, base).await?) }).await
}

/// Reads a form from the query of an address.
#[cfg(feature = "ssr")]
fn form_of(query: &str) -> SettingsForm {
    SettingsForm::from_pairs(form_urlencoded::parse(query.as_bytes()).into_owned())
}

/// Loads the numbers of all agents.
#[server(endpoint = "agent-numbers")]
pub async fn load_agent_numbers(range: Range) -> Result<Numbers, ApiError> {
    respond(async { Ok(control_plane()?.agent_numbers(range).await?) }).await
}

/// Loads the page of the agent in that container.
#[server(endpoint = "agent")]
pub async fn load_agent(container: String, range: Range) -> Result<AgentPage, ApiError> {
    respond(async { Ok(control_plane()?.agent_page(container, range).await?) }).await
}

/// Loads the generated files: what is on disk, and what should be.
#[server(endpoint = "files")]
pub async fn load_files() -> Result<Vec<FileView>, ApiError> {
    respond(async { Ok(control_plane()?.files().await?) }).await
}

/// Loads the last lines of a service's log, oldest first.
#[server(endpoint = "recent-logs")]
pub async fn load_recent_logs(service: Service, lines: u32) -> Result<Vec<LogLine>, ApiError> {
    respond(async { Ok(control_plane()?.recent_logs(service, lines).await?) }).await
}
