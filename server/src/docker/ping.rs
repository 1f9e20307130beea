//! The Engine's fastest request, which also tells the newest API version it supports.
//!
//! `/version` says more, but Docker asks containerd and runs two programs to answer it, which takes 6 to 8 ms instead of
//! 0.4 ms (Engine 20.10). bollard has the request too, but not the header of its response.

use std::time::Duration;

use reqwest::redirect::Policy;
use serde::Deserialize;

use super::connect::{Address, Endpoint};
use crate::body::beginning;

/// What came back.
pub(super) enum Pong {
    /// The newest API version that the Engine supports, for example `1.41`.
    Version(String),
    /// Nothing within the time.
    Silence,
    /// Something else; `/version` then gives the reason.
    Unclear,
}

/// Sends the request.
pub(super) async fn ping(endpoint: &Endpoint, timeout: Duration) -> Pong {
    match tokio::time::timeout(timeout, newest_version(endpoint)).await {
        Ok(Some(version)) => Pong::Version(version),
        Ok(None) => Pong::Unclear,
        Err(_elapsed) => Pong::Silence,
    }
}

/// The Engine's answer about its version.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Versions {
    pub(super) version: Option<String>,
    pub(super) api_version: Option<String>,
    #[serde(rename = "MinAPIVersion")]
    pub(super) min_api_version: Option<String>,
    #[serde(default)]
    pub(super) components: Vec<Component>,
}

/// A part of the Engine.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Component {
    /// For example `Podman Engine`.
    pub(super) name: String,
}

/// Larger answers about the version are not read to their end. A real one has 1 kB.
const VERSION_BYTES: usize = 64 * 1024;

/// Asks for the version. Until it is known that this is an Engine, its answers are read up to a limit, which bollard does not
/// do. `None` if there was no answer; bollard's error then has the reason.
///
/// # Errors
/// The status and the message of a refusal.
pub(super) async fn versions(endpoint: &Endpoint) -> Option<Result<Versions, (u16, String)>> {
    let answer = get(endpoint, "version").await?;
    let status = answer.status();
    let body = beginning(answer, VERSION_BYTES).await;
    if status.is_success() {
        // What is no such document names no version, and so no Engine.
        return Some(Ok(serde_json::from_slice(&body).unwrap_or_default()));
    }
    let message = serde_json::from_slice::<Refusal>(&body).map(|refusal| refusal.message);
    Some(Err((status.as_u16(), message.unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned()))))
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

async fn newest_version(endpoint: &Endpoint) -> Option<String> {
    let answer = get(endpoint, "_ping").await?.error_for_status().ok()?;
    let version = answer.headers().get("api-version")?.to_str().ok()?.to_owned();
    // `OK`. Read, so that the connection is not closed while the Engine still writes.
    beginning(answer, 1024).await;
    Some(version)
}

/// The response to a `GET` without bollard.
pub(super) async fn get(endpoint: &Endpoint, path: &str) -> Option<reqwest::Response> {
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).redirect(Policy::none());
    let (client, url) = match &endpoint.address {
        // The Engine ignores the host in the URL.
        Address::Unix(socket) => (client.unix_socket(socket.as_str()), format!("http://docker/{path}")),
        Address::Tcp { host, port } => (client, format!("http://{host}:{port}/{path}")),
    };
    client.build().ok()?.get(url).send().await.ok()
}
