//! The Engine's fastest request, which also tells the newest API version it supports.
//!
//! `/version` says more, but Docker asks containerd and runs two programs to answer it, which takes 6 to 8 ms instead of
//! 0.4 ms (Engine 20.10). bollard has the request too, but not the header of its response.

use std::time::Duration;

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

async fn newest_version(endpoint: &Endpoint) -> Option<String> {
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
    let (client, url) = match &endpoint.address {
        // The Engine ignores the host in the URL.
        Address::Unix(path) => (client.unix_socket(path.as_str()), "http://docker/_ping".to_owned()),
        Address::Tcp { host, port } => (client, format!("http://{host}:{port}/_ping")),
    };
    let answer = client.build().ok()?.get(url).send().await.ok()?.error_for_status().ok()?;
    let version = answer.headers().get("api-version")?.to_str().ok()?.to_owned();
    // `OK`. Read, so that the connection is not closed while the Engine still writes.
    beginning(answer, 1024).await;
    Some(version)
}
