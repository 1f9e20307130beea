//! One connection's worth of knowledge: where the Engine is and which API version was agreed on. Made at the first
//! request and forgotten when the Engine goes away.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::Uri;
use bollard::{API_DEFAULT_VERSION, BollardRequest, ClientVersion, Docker};
use monitor_core::error::StackError;

use super::{
    connect::{Address, Endpoint},
    error::{Failure, failure},
};
use crate::engine::EngineInfo;

/// Docker Engine 20.10; the oldest whose answers are known to be understood.
const OLDEST_API: ClientVersion = ClientVersion { major_version: 1, minor_version: 41 };
/// Seconds until the Engine has to begin an answer. Stopping takes ten; a slow registry much longer.
const ANSWER_WITHIN_SECONDS: u64 = 120;
/// Who are you is answered from memory, so an Engine that takes longer hangs.
const INTRODUCTION_WITHIN: Duration = Duration::from_secs(5);

type Find = dyn Fn() -> Result<Endpoint, StackError> + Send + Sync;

/// The way to the Engine. Cheap to clone; clones share what was found out.
#[derive(Clone)]
pub(super) struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    find: Box<Find>,
    connection: Mutex<Option<Connection>>,
}

/// An Engine that answered. Nothing stays open between requests.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) docker: Docker,
    pub(super) endpoint: Endpoint,
    client: Client,
}

impl Client {
    pub(super) fn new(find: impl Fn() -> Result<Endpoint, StackError> + Send + Sync + 'static) -> Client {
        Client { shared: Arc::new(Shared { find: Box::new(find), connection: Mutex::new(None) }) }
    }

    /// What was agreed on before, or else an introduction now.
    pub(super) async fn connection(&self) -> Result<Connection, StackError> {
        let known = self.known().clone();
        match known {
            Some(connection) => Ok(connection),
            None => Ok(self.introduce().await?.0),
        }
    }

    /// Asks the Engine who it is, and agrees on a version anew.
    pub(super) async fn negotiate(&self) -> Result<EngineInfo, StackError> {
        Ok(self.introduce().await?.1)
    }

    async fn introduce(&self) -> Result<(Connection, EngineInfo), StackError> {
        *self.known() = None;
        let endpoint = (self.shared.find)()?;
        // Without a version: an Engine refuses even this question in a version that it does not speak.
        let docker = open(&endpoint, None)?;
        let answer = tokio::time::timeout(INTRODUCTION_WITHIN, docker.version())
            .await
            .map_err(|_elapsed| StackError::EngineUnreachable {
                endpoint: endpoint.to_string(),
                detail: format!("no answer within {} s", INTRODUCTION_WITHIN.as_secs()),
            })?
            .map_err(|error| failure(error, &endpoint).or_refused("say its version"))?;
        let agreed = agree(answer.api_version.as_deref(), answer.min_api_version.as_deref(), &endpoint)?;
        let docker = open(&endpoint, Some(agreed))?;
        let connection = Connection { docker, endpoint, client: self.clone() };
        let info = EngineInfo {
            version: answer.version.unwrap_or_default(),
            api_version: agreed.to_string(),
            endpoint: connection.endpoint.to_string(),
        };
        *self.known() = Some(connection.clone());
        Ok((connection, info))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<Connection>> {
        self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Reads an error. One that says that the Engine is gone, or is another one now, makes the next request begin with
    /// an introduction.
    pub(super) fn failure(&self, error: bollard::errors::Error) -> Failure {
        let failure = failure(error, &self.endpoint);
        if failure.ends_connection() {
            *self.client.known() = None;
        }
        failure
    }
}

/// The newest version that both sides speak.
fn agree(newest: Option<&str>, oldest: Option<&str>, endpoint: &Endpoint) -> Result<ClientVersion, StackError> {
    let newest_text = newest.unwrap_or_default();
    let newest = version(newest_text).ok_or_else(|| StackError::EndpointUnsupported {
        endpoint: endpoint.to_string(),
        detail: format!("what answers there is no Docker Engine (API version `{newest_text}`)"),
    })?;
    if newest < OLDEST_API {
        return Err(StackError::EngineTooOld { version: newest.to_string() });
    }
    let agreed = if newest < *API_DEFAULT_VERSION { newest } else { *API_DEFAULT_VERSION };
    match oldest.and_then(version) {
        Some(oldest) if agreed < oldest => Err(StackError::EndpointUnsupported {
            endpoint: endpoint.to_string(),
            detail: format!("the Engine there speaks API {oldest} and later, and this program {agreed} and earlier"),
        }),
        _ => Ok(agreed),
    }
}

/// Reads `1.41`.
fn version(text: &str) -> Option<ClientVersion> {
    let (major, minor) = text.split_once('.')?;
    Some(ClientVersion { major_version: major.parse().ok()?, minor_version: minor.parse().ok()? })
}

/// Prepares requests; opens nothing yet.
fn open(endpoint: &Endpoint, agreed: Option<ClientVersion>) -> Result<Docker, StackError> {
    let assumed = agreed.unwrap_or(*API_DEFAULT_VERSION);
    let docker = match &endpoint.address {
        Address::Unix(path) => Docker::connect_with_unix(path, ANSWER_WITHIN_SECONDS, &assumed),
        Address::Tcp { host, port } => {
            Docker::connect_with_http(&format!("tcp://{host}:{port}"), ANSWER_WITHIN_SECONDS, &assumed)
        }
    };
    let prefix = agreed.map(|version| format!("/v{version}")).unwrap_or_default();
    docker
        .map(|docker| docker.with_request_modifier(move |request| with_prefix(request, &prefix)))
        .map_err(|error| failure(error, endpoint).or_refused("be reached"))
}

/// Puts the agreed version, or none, in front of the path. bollard 0.21 leaves the version out of what it sends,
/// whatever was negotiated (its `Uri::parse` joins an absolute path), so that an Engine newer than its models would
/// answer in words that they do not know; should a later bollard put it in, it is replaced.
fn with_prefix(mut request: BollardRequest, prefix: &str) -> BollardRequest {
    let uri = request.uri();
    let path = format!("{prefix}{}", without_version(uri.path_and_query().map_or("/", |both| both.as_str())));
    let mut parts = uri.clone().into_parts();
    if let Ok(path) = path.parse() {
        parts.path_and_query = Some(path);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// `/v1.53/info` to `/info`.
fn without_version(path: &str) -> &str {
    let versioned = path.strip_prefix("/v").filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    match versioned.and_then(|rest| rest.find('/').map(|slash| &rest[slash..])) {
        Some(rest) => rest,
        None => path,
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
