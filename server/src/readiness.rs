//! Asks services whether they are ready, because Docker doesn't know.

use std::{net::IpAddr, time::Duration};

use async_trait::async_trait;
use futures::future::join_all;
use monitor_core::{
    stack::{Expectation, ServiceSpec},
    status::PublishedPort,
};

use crate::{body::beginning, descriptors::why_no_answer};

/// How much of an answer that is not a success is read, in bytes. Its first line says why.
const REASON_BYTES: usize = 4096;

/// A service's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The service is ready.
    Ready,
    /// The service is not ready. Holds the reason: `HTTP 503: Ingester not ready`, `no answer on port 3100`.
    NotReady(String),
}

/// Asks a service whether it is ready. Tests replace it.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Asks once. Returns within about 1.5 s. `ports` are the ports that the container publishes, which differ from those in
    /// `spec` if it was created with other settings or by Clawker itself.
    async fn ask(&self, spec: &ServiceSpec, ports: &[PublishedPort]) -> Answer;
}

/// Asks over HTTP on the published port.
#[derive(Debug, Clone)]
pub struct HttpReadiness {
    client: reqwest::Client,
    /// The Engine's host, or `None` for this machine.
    remote_host: Option<String>,
}

impl HttpReadiness {
    /// `remote_host` is the Engine's host, or `None` for this machine.
    pub fn new(remote_host: Option<String>) -> anyhow::Result<HttpReadiness> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_millis(1500))
            .pool_max_idle_per_host(0)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(HttpReadiness { client, remote_host })
    }
}

#[async_trait]
impl Readiness for HttpReadiness {
    async fn ask(&self, spec: &ServiceSpec, ports: &[PublishedPort]) -> Answer {
        let expected = ports.iter().find(|port| port.host == spec.readiness.port);
        let asked: Vec<&PublishedPort> = match expected {
            Some(port) => vec![port],
            None => ports.iter().collect(),
        };
        let answers = join_all(asked.into_iter().map(|port| self.ask_at(spec, port))).await;
        let ready = answers.iter().find(|answer| **answer == Answer::Ready).cloned();
        ready
            .or_else(|| answers.into_iter().next())
            .unwrap_or_else(|| Answer::NotReady("it publishes no port, so it can't be checked".into()))
    }
}

impl HttpReadiness {
    async fn ask_at(&self, spec: &ServiceSpec, port: &PublishedPort) -> Answer {
        let host = self.remote_host.clone().unwrap_or_else(|| reachable_host(&port.bind));
        let port = port.host;
        let url = format!("http://{host}:{port}{}", spec.readiness.path);
        let request = match spec.readiness.expect {
            Expectation::GetOk => self.client.get(url),
            Expectation::PostEmptyOtlp => self.client.post(url).header("content-type", "application/json").body("{}"),
        };
        match request.send().await {
            Ok(response) if response.status().is_success() => Answer::Ready,
            Ok(response) => {
                let status = response.status().as_u16();
                let body = beginning(response, REASON_BYTES).await;
                let body = String::from_utf8_lossy(&body);
                let first_line: String = body.lines().next().unwrap_or_default().chars().take(120).collect();
                Answer::NotReady(if first_line.is_empty() {
                    format!("HTTP {status} on port {port}")
                } else {
                    format!("HTTP {status}: {first_line}")
                })
            }
            Err(error) if error.is_timeout() => Answer::NotReady(format!("no answer on port {port} within 1.5 s")),
            Err(error) => Answer::NotReady(why_no_answer(&error, port)),
        }
    }
}

/// The host part of a URL that reaches a port published on the address `bind`.
pub fn reachable_host(bind: &str) -> String {
    match bind.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() && address.is_ipv4() => "127.0.0.1".into(),
        Ok(address) if address.is_unspecified() => "[::1]".into(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => bind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_published_on_all_interfaces_is_reached_on_the_loopback_address() {
        for (bind, host) in
            [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("fd00::1", "[fd00::1]")]
        {
            assert_eq!(reachable_host(bind), host);
        }
    }
}
