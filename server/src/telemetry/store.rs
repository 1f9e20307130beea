//! One store: where it answers, and a question to it with bounded time, bounded company and a bounded answer.

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
use crate::readiness::reachable_host;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
/// The longest refusal that is passed on, in characters.
const LONGEST_REFUSAL: usize = 200;

/// How long one waits for an answer, from the moment one would like to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// What the watch asks every few seconds: 2 s, and never behind questions about a week.
    Quick,
    /// Questions about long ranges: 8 s.
    Patient,
}

impl Pace {
    const fn patience(self) -> Duration {
        match self {
            Pace::Quick => Duration::from_secs(2),
            Pace::Patient => Duration::from_secs(8),
        }
    }
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whereabouts {
    /// Why nobody can be asked, in a clause.
    Nowhere(NoAnswer),
    /// Its host and port on this side.
    At { host: String, port: u16 },
}

/// A store over HTTP.
#[derive(Debug)]
pub struct Store {
    service: Service,
    /// Where published ports are found, when the Engine is not on this machine.
    remote_host: Option<String>,
    client: reqwest::Client,
    whereabouts: RwLock<Whereabouts>,
    /// Six at a time in all.
    quick: Semaphore,
    patient: Semaphore,
}

impl Store {
    pub fn new(service: Service, remote_host: Option<String>, client: reqwest::Client) -> Store {
        let nowhere = Whereabouts::Nowhere("nobody has looked for it yet".into());
        Store {
            service,
            remote_host,
            client,
            whereabouts: RwLock::new(nowhere),
            quick: Semaphore::new(2),
            patient: Semaphore::new(4),
        }
    }

    /// Where the store runs now. Whether that is elsewhere than before.
    pub fn follow(&self, services: &[ServiceStatus]) -> bool {
        let status = services.iter().find(|status| status.service == self.service);
        let found = whereabouts(self.service, status, self.remote_host.as_deref());
        let mut known = self.whereabouts.write().unwrap_or_else(PoisonError::into_inner);
        let moved = *known != found;
        *known = found;
        moved
    }

    /// The body of an answer.
    ///
    /// # Errors
    /// Why there is none, in one clause.
    pub async fn ask(&self, path: &str, query: &[(&str, String)], pace: Pace) -> Result<Vec<u8>, NoAnswer> {
        self.bounded(path, query, pace, async |port, response| {
            let status = response.status();
            let body = read(response, port).await?;
            match status.is_success() {
                true => Ok(body),
                false => Err(refused(status.as_u16(), &body)),
            }
        })
        .await
    }

    /// The headers of an answer, whatever its status.
    ///
    /// # Errors
    /// As `ask`.
    pub async fn headers(&self, path: &str) -> Result<HeaderMap, NoAnswer> {
        self.bounded(path, &[], Pace::Quick, async |_, response| Ok(response.headers().clone())).await
    }

    async fn bounded<T>(
        &self,
        path: &str,
        query: &[(&str, String)],
        pace: Pace,
        take: impl AsyncFnOnce(u16, reqwest::Response) -> Result<T, NoAnswer>,
    ) -> Result<T, NoAnswer> {
        let whereabouts = self.whereabouts.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (host, port) = match whereabouts {
            Whereabouts::Nowhere(why) => return Err(why),
            Whereabouts::At { host, port } => (host, port),
        };
        let nobody = |_| format!("no answer on port {port}");
        let mut url = reqwest::Url::parse(&format!("http://{host}:{port}{path}"))
            .map_err(|_| format!("`{host}` is no host that can be asked"))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let company = match pace {
            Pace::Quick => &self.quick,
            Pace::Patient => &self.patient,
        };
        let asked = async {
            let _permit = company.acquire().await.map_err(|_| "nobody is asked any more".to_owned())?;
            take(port, self.client.get(url).send().await.map_err(nobody)?).await
        };
        let too_late = |_| format!("no answer on port {port} within {} s", pace.patience().as_secs());
        tokio::time::timeout(pace.patience(), asked).await.map_err(too_late)?
    }
}

fn whereabouts(service: Service, status: Option<&ServiceStatus>, remote_host: Option<&str>) -> Whereabouts {
    let nowhere = |why: String| Whereabouts::Nowhere(why);
    let Some(status) = status.filter(|status| status.state != ContainerState::Missing) else {
        return nowhere(format!("`{service}` does not run"));
    };
    if status.state != ContainerState::Running {
        return nowhere(format!("`{}` is {}", status.container, status.state.name()));
    }
    // A container of another make may publish more than the port that answers.
    let usual = match service {
        Service::Loki => 3100,
        Service::Prometheus => 9090,
        _ => 3000,
    };
    let page = status.url.as_deref().map(|url| url.trim_end_matches('/'));
    let is_page = |port: u16| page.is_some_and(|url| url.ends_with(&format!(":{port}")));
    let chosen = status.ports.iter().min_by_key(|port| (!is_page(port.host), port.container != usual));
    match chosen {
        None => nowhere(format!("`{}` publishes no port on which it could be asked", status.container)),
        Some(port) => Whereabouts::At {
            host: remote_host.map_or_else(|| reachable_host(&port.bind), str::to_owned),
            port: port.host,
        },
    }
}

async fn read(mut response: reqwest::Response, port: u16) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| format!("the answer on port {port} broke off"))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(format!("an answer of more than {} MiB", LONGEST_ANSWER / 1024 / 1024));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What the store said, in its own words: `HTTP 400: parse error at line 1, col 15: …`.
fn refused(status: u16, body: &[u8]) -> NoAnswer {
    let said = refusal(body).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let first_line: String = said.lines().next().unwrap_or_default().trim().chars().take(LONGEST_REFUSAL).collect();
    match first_line.is_empty() {
        true => format!("HTTP {status}"),
        false => format!("HTTP {status}: {first_line}"),
    }
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
            problem: None,
            usage: None,
        }
    }

    fn at(host: &str, port: u16) -> Whereabouts {
        Whereabouts::At { host: host.into(), port }
    }

    #[test]
    fn a_store_is_asked_where_it_answers_and_not_where_it_does_not_run() {
        let found = |status: &ServiceStatus, remote| whereabouts(status.service, Some(status), remote);
        let running = |ports: &[(u16, u16)]| status(Service::Loki, ContainerState::Running, ports);
        assert_eq!(found(&running(&[(13100, 13100)]), None), at("127.0.0.1", 13100));
        assert_eq!(found(&running(&[(13100, 13100)]), Some("engine.example")), at("engine.example", 13100));
        assert_eq!(found(&running(&[(9095, 9095), (13100, 3100)]), None), at("127.0.0.1", 13100));
        let url = Some("http://127.0.0.1:13000/".to_owned());
        let with_page = ServiceStatus { url, ..running(&[(3100, 3100), (13000, 1)]) };
        assert_eq!(found(&with_page, None), at("127.0.0.1", 13000));
        for (status, why) in [
            (running(&[]), "`loki` publishes no port on which it could be asked"),
            (status(Service::Loki, ContainerState::Exited, &[(1, 1)]), "`loki` is exited"),
            (status(Service::Loki, ContainerState::Missing, &[]), "`loki` does not run"),
        ] {
            assert_eq!(found(&status, None), Whereabouts::Nowhere(why.into()));
        }
        assert_eq!(whereabouts(Service::Loki, None, None), Whereabouts::Nowhere("`loki` does not run".into()));
    }

    #[test]
    fn a_refusal_is_told_in_the_stores_words() {
        assert_eq!(
            refused(400, b"parse error at line 1, col 15: syntax error\nmore"),
            "HTTP 400: parse error at line 1, col 15: syntax error"
        );
        assert_eq!(refused(422, br#"{"status":"error","error":"too many samples"}"#), "HTTP 422: too many samples");
        assert_eq!(refused(502, b""), "HTTP 502");
        assert_eq!(refused(500, "é".repeat(999).as_bytes()).chars().count(), 10 + 200);
    }
}
