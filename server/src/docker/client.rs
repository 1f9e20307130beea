//! The Engine's address and the negotiated API version. Determined at the first request, and discarded when the Engine
//! becomes unreachable.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::Uri;
use bollard::{API_DEFAULT_VERSION, BollardRequest, ClientVersion, Docker, errors::Error};
use monitor_core::{doctor::PassedOver, error::StackError};

use super::{
    connect::Endpoint,
    error::{Failure, failure},
    ping::{self, Pong, Versions},
    transport,
};
use crate::{background::in_background, engine::EngineInfo};

/// Docker Engine 20.10, the oldest version whose responses are tested.
const MIN_API_VERSION: ClientVersion = ClientVersion { major_version: 1, minor_version: 41 };
/// How long the Engine may take to begin a response. Stopping a container takes 10 s, a slow registry much longer.
pub(super) const REQUEST_TIMEOUT_SECONDS: u64 = 120;
/// How long a question may take that the Engine answers by reading. Listing hundreds of containers takes it seconds.
pub(super) const QUESTION_TIMEOUT: Duration = Duration::from_secs(15);
/// The Engine answers a version request from memory, so one that takes longer is stuck.
const NEGOTIATION_TIMEOUT: Duration = Duration::from_secs(5);

type FindEndpoint = dyn Fn() -> Result<Endpoint, StackError> + Send + Sync;

/// A client of the Engine. Cheap to clone. Clones share the connection.
#[derive(Clone)]
pub(super) struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    find_endpoint: Box<FindEndpoint>,
    connection: Mutex<Option<Connection>>,
    /// Held by the request that negotiates while others wait for its result. Holds the last failure and its time.
    negotiation: tokio::sync::Mutex<Option<(Instant, StackError)>>,
}

/// An Engine whose API version is known. No socket stays open between requests.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) docker: Docker,
    pub(super) endpoint: Endpoint,
    /// The negotiated API version.
    pub(super) version: ClientVersion,
    client: Client,
}

impl Client {
    pub(super) fn new(find_endpoint: impl Fn() -> Result<Endpoint, StackError> + Send + Sync + 'static) -> Client {
        let find_endpoint = Box::new(find_endpoint);
        Client { shared: Arc::new(Shared { find_endpoint, connection: Mutex::default(), negotiation: <_>::default() }) }
    }

    /// The current connection. Negotiates one if there is none.
    pub(super) async fn connection(&self) -> Result<Connection, StackError> {
        let current = self.current().clone();
        if let Some(connection) = current {
            return Ok(connection);
        }
        let asked_at = Instant::now();
        let mut last_failure = self.shared.negotiation.lock().await;
        let current = self.current().clone();
        match (current, &*last_failure) {
            (Some(connection), _) => Ok(connection),
            (None, Some((failed_at, error))) if *failed_at > asked_at => Err(error.clone()),
            _ => {
                let outcome = self.reconnect().await;
                *last_failure = outcome.as_ref().err().map(|error| (Instant::now(), error.clone()));
                outcome
            }
        }
    }

    /// Finds the Engine and negotiates the API version again.
    pub(super) async fn reconnect(&self) -> Result<Connection, StackError> {
        *self.current() = None;
        let endpoint = (self.shared.find_endpoint)()?;
        match ping::ping(&endpoint, NEGOTIATION_TIMEOUT).await {
            Pong::Version(newest) => self.connect(endpoint.clone(), negotiate_version(Some(&newest), None, &endpoint)?),
            Pong::Silence => Err(no_answer(&endpoint, NEGOTIATION_TIMEOUT)),
            // The full answer, or the error, says why.
            Pong::Unclear => Ok(self.ask_version(endpoint).await?.0),
        }
    }

    /// Checks that the Engine answers. A connection stays as it is.
    pub(super) async fn check(&self) -> Result<(), StackError> {
        let Some(connection) = self.current().clone() else { return self.reconnect().await.map(drop) };
        match ping::ping(&connection.endpoint, NEGOTIATION_TIMEOUT).await {
            Pong::Version(_) => Ok(()),
            Pong::Silence => Err(no_answer(&connection.endpoint, NEGOTIATION_TIMEOUT)),
            Pong::Unclear => self.reconnect().await.map(drop),
        }
    }

    /// Negotiates the API version again, and returns what the Engine reports about itself.
    pub(super) async fn info(&self) -> Result<EngineInfo, StackError> {
        *self.current() = None;
        Ok(self.ask_version((self.shared.find_endpoint)()?).await?.1)
    }

    /// What was passed over on the way to the Engine that is used, or would be.
    pub(super) async fn passed_over(&self) -> Vec<PassedOver> {
        let current = self.current().as_ref().map(|connection| connection.endpoint.clone());
        let shared = Arc::clone(&self.shared);
        let found = match current {
            Some(endpoint) => Ok(endpoint),
            None => in_background(move || (shared.find_endpoint)()).await,
        };
        found.map(|endpoint| endpoint.passed_over().to_vec()).unwrap_or_default()
    }

    /// Gives up on a question that takes too long: an Engine that hangs accepts requests and never answers.
    pub(super) async fn in_time<T>(
        &self,
        question: impl Future<Output = Result<T, StackError>>,
    ) -> Result<T, StackError> {
        tokio::time::timeout(QUESTION_TIMEOUT, question).await.unwrap_or_else(|_elapsed| {
            let endpoint = self.current().as_ref().map(|connection| connection.endpoint.to_string());
            Err(no_answer(endpoint.as_deref().unwrap_or("docker"), QUESTION_TIMEOUT))
        })
    }

    fn connect(&self, endpoint: Endpoint, agreed: ClientVersion) -> Result<Connection, StackError> {
        let docker = bollard_client(&endpoint, Some(agreed))?;
        let connection = Connection { docker, endpoint, version: agreed, client: self.clone() };
        *self.current() = Some(connection.clone());
        Ok(connection)
    }

    async fn ask_version(&self, endpoint: Endpoint) -> Result<(Connection, EngineInfo), StackError> {
        let answer = tokio::time::timeout(NEGOTIATION_TIMEOUT, versions(&endpoint))
            .await
            .map_err(|_elapsed| no_answer(&endpoint, NEGOTIATION_TIMEOUT))??;
        let agreed = negotiate_version(answer.api_version.as_deref(), answer.min_api_version.as_deref(), &endpoint)?;
        let is_podman = answer.components.iter().any(|component| component.name == "Podman Engine");
        let version = answer.version.unwrap_or_default();
        let info = EngineInfo {
            version: if is_podman { format!("Podman {version}") } else { version },
            api_version: agreed.to_string(),
            endpoint: endpoint.to_string(),
        };
        Ok((self.connect(endpoint, agreed)?, info))
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Option<Connection>> {
        self.shared.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Converts an error. If the Engine is unreachable or was replaced, the next request negotiates again.
    pub(super) fn failure(&self, error: bollard::errors::Error) -> Failure {
        let failure = failure(error, &self.endpoint);
        if failure.ends_connection() {
            *self.client.current() = None;
        }
        failure
    }
}

/// What the Engine says about its version. Without a version in the path, because an Engine refuses even this request in a
/// version it doesn't support.
async fn versions(endpoint: &Endpoint) -> Result<Versions, StackError> {
    let refused = |error| failure(error, endpoint).or_refused("report its version");
    match ping::versions(endpoint).await {
        Some(Ok(versions)) => Ok(versions),
        Some(Err((status_code, message))) => Err(refused(Error::DockerResponseServerError { status_code, message })),
        None => {
            let answer = bollard_client(endpoint, None)?.version().await.map_err(refused)?;
            Ok(Versions {
                version: answer.version,
                api_version: answer.api_version,
                min_api_version: answer.min_api_version,
                components: Vec::new(),
            })
        }
    }
}

fn no_answer(endpoint: impl ToString, limit: Duration) -> StackError {
    StackError::EngineSilent { endpoint: endpoint.to_string(), waited_seconds: limit.as_secs() }
}

/// The newest version that both sides support.
fn negotiate_version(
    newest: Option<&str>,
    oldest: Option<&str>,
    endpoint: &Endpoint,
) -> Result<ClientVersion, StackError> {
    let newest_text = newest.unwrap_or_default();
    let newest = parse_version(newest_text).ok_or_else(|| StackError::EndpointUnsupported {
        endpoint: endpoint.to_string(),
        detail: match newest_text {
            "" => "the server at this address is not a Docker Engine".into(),
            text => format!("the server at this address is not a Docker Engine (API version `{text}`)"),
        },
    })?;
    if newest < MIN_API_VERSION {
        return Err(StackError::EngineTooOld { version: newest.to_string() });
    }
    let agreed = if newest < *API_DEFAULT_VERSION { newest } else { *API_DEFAULT_VERSION };
    match oldest.and_then(parse_version) {
        Some(oldest) if agreed < oldest => Err(StackError::EndpointUnsupported {
            endpoint: endpoint.to_string(),
            detail: format!(
                "the Engine requires API version {oldest} or later, but this program supports only {agreed} and earlier"
            ),
        }),
        _ => Ok(agreed),
    }
}

/// Parses `1.41`.
fn parse_version(text: &str) -> Option<ClientVersion> {
    let (major, minor) = text.split_once('.')?;
    Some(ClientVersion { major_version: major.parse().ok()?, minor_version: minor.parse().ok()? })
}

/// A bollard client for the endpoint. Sends nothing yet.
fn bollard_client(endpoint: &Endpoint, agreed: Option<ClientVersion>) -> Result<Docker, StackError> {
    let assumed = agreed.unwrap_or(*API_DEFAULT_VERSION);
    let address = endpoint.address.clone();
    let transport = move |request| transport::send(address.clone(), request);
    let docker =
        Docker::connect_with_custom_transport(transport, Some("http://docker"), REQUEST_TIMEOUT_SECONDS, &assumed);
    let prefix = agreed.map(|version| format!("/v{version}")).unwrap_or_default();
    docker
        .map(|docker| docker.with_request_modifier(move |request| with_prefix(request, &prefix)))
        .map_err(|error| failure(error, endpoint).or_refused("accept a connection"))
}

/// Puts the negotiated version in front of the path. bollard 0.21 leaves the version out, whatever was negotiated (its
/// `Uri::parse` joins an absolute path), so an Engine that is newer than bollard's models could answer in a format that
/// they don't know. If a later bollard includes the version, it is replaced.
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
