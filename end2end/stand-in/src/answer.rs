//! A minimal HTTP server: one request per connection, answered and logged.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{
    fault::Fault,
    listeners::Endpoint,
    log::{Level, ServiceLog},
    loki::Loki,
    prometheus::Prometheus,
    promtail::Promtail,
    request::{Reply, Request},
    role::Role,
};

/// In bytes; the rest of a longer body is not read.
const MAX_BODY: u64 = 128 * 1024 * 1024;

/// What tests sent, shared by all listeners.
#[derive(Debug, Default)]
pub struct Stores {
    pub loki: Loki,
    prometheus: Prometheus,
    /// Only of Promtail.
    pub promtail: Option<Promtail>,
}

impl Stores {
    /// `loki` is the address of Loki among Prometheus' scrape targets.
    pub fn new(loki: Option<String>) -> Stores {
        Stores { prometheus: Prometheus::reading_events_from(loki), ..Stores::default() }
    }
}

/// Listens on an address and answers in background threads.
pub fn listen(
    role: Role,
    log: ServiceLog,
    endpoint: Endpoint,
    fault: Option<Fault>,
    stores: Arc<Stores>,
) -> Result<()> {
    let listener = TcpListener::bind(&endpoint.address).with_context(|| format!("listen tcp {}", endpoint.address))?;
    log.write(Level::Info, &format!("listening on {}", endpoint.address));
    let started = Instant::now();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let (endpoint, stores) = (endpoint.clone(), Arc::clone(&stores));
            std::thread::spawn(move || {
                let ready = match fault {
                    None | Some(Fault::Exit(_)) => role != Role::Loki || started.elapsed() >= stores.loki.ready_after(),
                    Some(Fault::NeverReady) => false,
                    Some(Fault::SlowReady(wait)) => started.elapsed() >= wait,
                };
                // The client may hang up at any time.
                let _ = serve_connection(role, log, &endpoint, &stores, ready, connection);
            });
        }
    });
    Ok(())
}

fn serve_connection(
    role: Role,
    log: ServiceLog,
    endpoint: &Endpoint,
    stores: &Stores,
    ready: bool,
    mut connection: TcpStream,
) -> std::io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut first = String::new();
    reader.by_ref().take(8192).read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.by_ref().take(8192).read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let length: u64 = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length.min(MAX_BODY)).read_to_end(&mut body)?;
    let request = Request { headers, ..Request::new(method, target, body) };
    let reply = reply(role, endpoint, stores, ready, &request);
    let level = if reply.status.starts_with('5') { Level::Warn } else { Level::Info };
    log.write(level, &format!("{method} {} {}", request.path, reply.status));
    let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        connection,
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n{}",
        reply.status,
        reply.content_type,
        reply.body.len(),
        if method == "HEAD" { "" } else { &reply.body }
    )
}

fn reply(role: Role, endpoint: &Endpoint, stores: &Stores, ready: bool, request: &Request) -> Reply {
    let (method, path) = (request.method.as_str(), request.path.as_str());
    let is_readiness_probe = path == role.ready_path() || endpoint.otlp_paths.iter().any(|known| known == path);
    if is_readiness_probe && !ready {
        return Reply::text("503 Service Unavailable", not_ready(role));
    }
    if !endpoint.otlp_paths.is_empty() {
        return if !endpoint.otlp_paths.iter().any(|known| known == path) {
            Reply::text("404 Not Found", "404 page not found")
        } else if method == "POST" {
            Reply::json("{\"partialSuccess\":{}}")
        } else {
            Reply::text("405 Method Not Allowed", "405 method not allowed, supported: [POST]")
        };
    }
    let store_reply = match role {
        Role::Loki => stores.loki.handle(request),
        Role::Prometheus => stores.prometheus.handle(request),
        Role::Promtail => stores.promtail.as_ref().and_then(|promtail| promtail.handle(request)),
        _ => None,
    };
    if let Some(reply) = store_reply {
        return reply;
    }
    match path {
        // Prometheus scrapes these, and a target that does not answer is down.
        "/metrics" if matches!(role, Role::Grafana | Role::Promtail) => {
            Reply::new("200 OK", "text/plain; version=0.0.4; charset=utf-8", metrics(role))
        }
        "/api/health" if role == Role::Grafana => Reply::json("{\"database\":\"ok\",\"version\":\"12.4.2\"}"),
        _ if path == role.ready_path() && role != Role::Jaeger => Reply::text("200 OK", "ready"),
        "/" => page(role, path),
        _ if role == Role::Grafana
            && ["/d/", "/d-solo/", "/explore", "/login"].iter().any(|own| path.starts_with(own)) =>
        {
            page(role, path)
        }
        _ => Reply::text("404 Not Found", "404 page not found"),
    }
}

/// Loki's words, because it is the only one that is not ready without a fault.
fn not_ready(role: Role) -> &'static str {
    if role == Role::Loki {
        "Ingester not ready: waiting for 15s after being ready"
    } else {
        "not ready (simulated fault)"
    }
}

/// In Prometheus' text format.
fn metrics(role: Role) -> String {
    format!("# TYPE stand_in_info gauge\nstand_in_info{{service=\"{}\"}} 1\n", role.name())
}

/// A page of the service. Grafana's headers say which sites may embed it, set by the variables that Grafana reads.
fn page(role: Role, path: &str) -> Reply {
    let name = role.name();
    let mut page = Reply::new(
        "200 OK",
        "text/html; charset=utf-8",
        format!(
            "<!doctype html><html lang=\"en\"><title>{name}</title><h1>{name}</h1><p>A stand-in for {name}, at <code>{path}</code>.</p>"
        ),
    );
    if role == Role::Grafana {
        let is = |variable: &str| std::env::var(variable).is_ok_and(|value| value == "true");
        if !is("GF_SECURITY_ALLOW_EMBEDDING") {
            page.headers.push(("X-Frame-Options", "deny".to_owned()));
        }
        if is("GF_SECURITY_CONTENT_SECURITY_POLICY")
            && let Ok(policy) = std::env::var("GF_SECURITY_CONTENT_SECURITY_POLICY_TEMPLATE")
        {
            page.headers.push(("Content-Security-Policy", policy));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(role: Role, otlp: &[&str], ready: bool, method: &str, path: &str) -> &'static str {
        let otlp_paths = otlp.iter().map(|path| (*path).to_owned()).collect();
        let request = Request::new(method, path, Vec::new());
        reply(role, &Endpoint { address: String::new(), otlp_paths }, &Stores::default(), ready, &request).status
    }

    #[test]
    fn readiness_probes_have_the_real_services_paths() {
        assert_eq!(status(Role::Loki, &[], true, "GET", "/ready"), "200 OK");
        assert_eq!(status(Role::Loki, &[], false, "GET", "/ready"), "503 Service Unavailable");
        assert_eq!(status(Role::Prometheus, &[], true, "GET", "/-/ready"), "200 OK");
        assert_eq!(status(Role::Prometheus, &[], true, "GET", "/ready"), "404 Not Found");
        assert_eq!(status(Role::Jaeger, &[], false, "GET", "/"), "503 Service Unavailable");
        assert_eq!(status(Role::Grafana, &[], true, "GET", "/api/health"), "200 OK");
    }

    #[test]
    fn loki_and_prometheus_are_stores_and_grafana_has_pages() {
        assert_eq!(status(Role::Loki, &[], true, "POST", "/stand-in/events"), "204 No Content");
        assert_eq!(status(Role::Prometheus, &[], true, "GET", "/api/v1/query?query=up"), "200 OK");
        assert_eq!(status(Role::Jaeger, &[], true, "POST", "/stand-in/events"), "404 Not Found");
        assert_eq!(status(Role::Grafana, &[], true, "GET", "/d-solo/x/y?panelId=2"), "200 OK");
        // Embedding is off unless a variable allows it.
        assert_eq!(page(Role::Grafana, "/").headers, [("X-Frame-Options", "deny".to_owned())]);
    }

    #[test]
    fn the_collector_accepts_data_only_at_its_configured_paths() {
        assert_eq!(status(Role::OtelCollector, &["/l"], true, "POST", "/l"), "200 OK");
        assert_eq!(status(Role::OtelCollector, &["/l"], true, "GET", "/l"), "405 Method Not Allowed");
        assert_eq!(status(Role::OtelCollector, &["/l"], true, "POST", "/v1/logs"), "404 Not Found");
    }
}
