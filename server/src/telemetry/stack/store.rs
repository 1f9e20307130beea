//! The address of a store and requests to it, with limits on time, concurrency and size of the answer.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use axum::http::HeaderMap;
use monitor_core::{
    service::Service,
    status::{ContainerState, ServiceStatus},
    telemetry::stores::answers::refusal,
};
use tokio::sync::Semaphore;

use super::NoAnswer;
use crate::{descriptors::why_no_answer, readiness::reachable_host, status::describe_state};

/// The largest response that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// The longest error message that is passed on, in characters.
const MAX_ERROR_CHARS: usize = 200;

/// How long a request may take, including the wait for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Repeated every few seconds: 2 s, and never queued behind requests about long ranges.
    Quick,
    /// Requests about long ranges: 8 s.
    Slow,
}

impl Priority {
    const fn timeout(self) -> Duration {
        match self {
            Priority::Quick => Duration::from_secs(2),
            Priority::Slow => Duration::from_secs(8),
        }
    }
}

/// The address of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Location {
    /// Why the store can't be reached, in one clause.
    Unknown(NoAnswer),
    /// Host and port, reachable from this process.
    At { host: String, port: u16 },
}

/// A store over HTTP.
#[derive(Debug)]
pub struct Store {
    service: Service,
    /// The Engine's host, or `None` for this machine.
    remote_host: Option<String>,
    client: reqwest::Client,
    location: RwLock<Location>,
    /// Limits on concurrent requests, six in total.
    quick: Semaphore,
    patient: Semaphore,
}

impl Store {
    pub fn new(service: Service, remote_host: Option<String>, client: reqwest::Client) -> Store {
        let nowhere = Location::Unknown("not located yet".into());
        Store {
            service,
            remote_host,
            client,
            location: RwLock::new(nowhere),
            quick: Semaphore::new(2),
            patient: Semaphore::new(4),
        }
    }

    /// Sets the store's address. `true` if it has changed.
    pub fn locate(&self, services: &[ServiceStatus]) -> bool {
        let status = services.iter().find(|status| status.service == self.service);
        let found = location(self.service, status, self.remote_host.as_deref());
        let mut known = self.location.write().unwrap_or_else(PoisonError::into_inner);
        let moved = *known != found;
        *known = found;
        moved
    }

    /// Whether the store is running and can be reached.
    pub fn is_located(&self) -> bool {
        self.why_not_located().is_none()
    }

    /// Why the store can't be reached; `None` if it can.
    pub fn why_not_located(&self) -> Option<NoAnswer> {
        match &*self.location.read().unwrap_or_else(PoisonError::into_inner) {
            Location::Unknown(why) => Some(why.clone()),
            Location::At { .. } => None,
        }
    }

    /// The body of a response.
    ///
    /// # Errors
    /// The reason in one clause.
    pub async fn ask(&self, path: &str, query: &[(&str, String)], priority: Priority) -> Result<Vec<u8>, NoAnswer> {
        self.request(path, query, priority, async |port, response| {
            let status = response.status();
            let body = read(response, port).await?;
            if status.is_success() { Ok(body) } else { Err(refused(status.as_u16(), &body)) }
        })
        .await
    }

    /// The headers of a response with any status.
    ///
    /// # Errors
    /// The same as for `ask`.
    pub async fn headers(&self, path: &str) -> Result<HeaderMap, NoAnswer> {
        self.request(path, &[], Priority::Quick, async |_, response| Ok(response.headers().clone())).await
    }

    async fn request<T>(
        &self,
        path: &str,
        query: &[(&str, String)],
        priority: Priority,
        read_answer: impl AsyncFnOnce(u16, reqwest::Response) -> Result<T, NoAnswer>,
    ) -> Result<T, NoAnswer> {
        let location = self.location.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (host, port) = match location {
            Location::Unknown(why) => return Err(why),
            Location::At { host, port } => (host, port),
        };
        let no_answer = |error: reqwest::Error| why_no_answer(&error, port);
        let mut url = reqwest::Url::parse(&format!("http://{host}:{port}{path}"))
            .map_err(|_| format!("`{host}` is not a valid host"))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let slots = match priority {
            Priority::Quick => &self.quick,
            Priority::Slow => &self.patient,
        };
        let answer = async {
            let _permit = slots.acquire().await.map_err(|_| "no more requests are sent".to_owned())?;
            read_answer(port, self.client.get(url).send().await.map_err(no_answer)?).await
        };
        let too_late = |_| format!("no answer on port {port} within {} s", priority.timeout().as_secs());
        tokio::time::timeout(priority.timeout(), answer).await.map_err(too_late)?
    }
}

fn location(service: Service, status: Option<&ServiceStatus>, remote_host: Option<&str>) -> Location {
    let unknown = |why: String| Location::Unknown(why);
    let Some(status) = status.filter(|status| status.state != ContainerState::Missing) else {
        return unknown(format!("`{service}` is not running"));
    };
    if status.state != ContainerState::Running {
        return unknown(format!("`{}` {}", status.container, describe_state(status.state)));
    }
    // A container that was not created by this stack may publish more ports than the one that answers.
    let usual = match service {
        Service::Loki => 3100,
        Service::Prometheus => 9090,
        _ => 3000,
    };
    let page = status.url.as_deref().map(|url| url.trim_end_matches('/'));
    let is_page = |port: u16| page.is_some_and(|url| url.ends_with(&format!(":{port}")));
    let chosen = status.ports.iter().min_by_key(|port| (!is_page(port.host), port.container != usual));
    match chosen {
        None => unknown(format!("`{}` publishes no port", status.container)),
        Some(port) => Location::At {
            host: remote_host.map_or_else(|| reachable_host(&port.bind), str::to_owned),
            port: port.host,
        },
    }
}

async fn read(mut response: reqwest::Response, port: u16) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| format!("the answer on port {port} was cut off"))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(format!("an answer of more than {} MiB", MAX_ANSWER_BYTES / 1024 / 1024));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The store's error message: `HTTP 400: parse error at line 1, col 15: …`.
fn refused(status: u16, body: &[u8]) -> NoAnswer {
    let said = refusal(body).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let first_line: String = said.lines().next().unwrap_or_default().trim().chars().take(MAX_ERROR_CHARS).collect();
    if first_line.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {first_line}") }
}

#[cfg(test)]
mod tests {
    use monitor_core::status::PublishedPort;

    use super::*;

    fn status(service: Service, state: ContainerState, ports: &[(u16, u16)]) -> ServiceStatus {
        let port = |(host, container): &(u16, u16)| PublishedPort {
            bind: "0.0.0.0".into(),
            host: *host,
            container: *container,
        };
        ServiceStatus {
            service,
            container: service.name().into(),
            state,
            ready: true,
            image: String::new(),
            version: None,
            started_at: None,
            ports: ports.iter().map(port).collect(),
            url: None,
            waiting_for: None,
            checked_at: None,
            problem: None,
            usage: None,
        }
    }

    fn at(host: &str, port: u16) -> Location {
        Location::At { host: host.into(), port }
    }

    #[test]
    fn a_store_is_reached_at_its_published_port_unless_it_is_stopped() {
        let found = |status: &ServiceStatus, remote| location(status.service, Some(status), remote);
        let running = |ports: &[(u16, u16)]| status(Service::Loki, ContainerState::Running, ports);
        assert_eq!(found(&running(&[(13100, 13100)]), None), at("127.0.0.1", 13100));
        assert_eq!(found(&running(&[(13100, 13100)]), Some("engine.example")), at("engine.example", 13100));
        assert_eq!(found(&running(&[(9095, 9095), (13100, 3100)]), None), at("127.0.0.1", 13100));
        let url = Some("http://127.0.0.1:13000/".to_owned());
        let with_page = ServiceStatus { url, ..running(&[(3100, 3100), (13000, 1)]) };
        assert_eq!(found(&with_page, None), at("127.0.0.1", 13000));
        for (status, why) in [
            (running(&[]), "`loki` publishes no port"),
            (status(Service::Loki, ContainerState::Exited, &[(1, 1)]), "`loki` has exited"),
            (status(Service::Loki, ContainerState::Missing, &[]), "`loki` is not running"),
        ] {
            assert_eq!(found(&status, None), Location::Unknown(why.into()));
        }
        assert_eq!(location(Service::Loki, None, None), Location::Unknown("`loki` is not running".into()));
    }

    #[test]
    fn an_error_contains_the_stores_own_message() {
        assert_eq!(
            refused(400, b"parse error at line 1, col 15: syntax error\nmore"),
            "HTTP 400: parse error at line 1, col 15: syntax error"
        );
        assert_eq!(refused(422, br#"{"status":"error","error":"too many samples"}"#), "HTTP 422: too many samples");
        assert_eq!(refused(502, b""), "HTTP 502");
        assert_eq!(refused(500, "é".repeat(999).as_bytes()).chars().count(), 10 + 200);
    }
}
