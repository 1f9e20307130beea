//! HTTP, as little as is needed: one request a connection, answered and logged.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::{
    fault::Fault,
    journal::{Journal, Level},
    listeners::Endpoint,
    role::Role,
};

/// Answers at an address from now on, on threads of its own.
pub fn listen(role: Role, journal: Journal, endpoint: Endpoint, fault: Option<Fault>) -> Result<()> {
    let listener = TcpListener::bind(&endpoint.address).with_context(|| format!("listen tcp {}", endpoint.address))?;
    journal.write(Level::Info, &format!("listening on {}", endpoint.address));
    let started = Instant::now();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let endpoint = endpoint.clone();
            std::thread::spawn(move || {
                let ready = match fault {
                    None | Some(Fault::Exit(_)) => true,
                    Some(Fault::NeverReady) => false,
                    Some(Fault::SlowReady(wait)) => started.elapsed() >= wait,
                };
                // A client that hangs up is its own affair.
                let _ = converse(role, journal, &endpoint, ready, connection);
            });
        }
    });
    Ok(())
}

struct Reply {
    status: &'static str,
    content_type: &'static str,
    body: String,
}

fn converse(
    role: Role,
    journal: Journal,
    endpoint: &Endpoint,
    ready: bool,
    mut connection: TcpStream,
) -> std::io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut first = String::new();
    reader.by_ref().take(8192).read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.by_ref().take(8192).read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let path = target.split('?').next().unwrap_or(target);
    let reply = reply(role, endpoint, ready, method, path);
    let level = if reply.status.starts_with('5') { Level::Warn } else { Level::Info };
    journal.write(level, &format!("{method} {path} {}", reply.status));
    write!(
        connection,
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        reply.status,
        reply.content_type,
        reply.body.len(),
        if method == "HEAD" { "" } else { &reply.body }
    )
}

fn reply(role: Role, endpoint: &Endpoint, ready: bool, method: &str, path: &str) -> Reply {
    let text = |status, body: &str| Reply { status, content_type: "text/plain; charset=utf-8", body: body.to_owned() };
    let asks_whether_ready = path == role.ready_path() || endpoint.otlp_paths.iter().any(|known| known == path);
    if asks_whether_ready && !ready {
        return text("503 Service Unavailable", "not ready: waiting for the end of a fault");
    }
    if !endpoint.otlp_paths.is_empty() {
        return match endpoint.otlp_paths.iter().any(|known| known == path) {
            true if method == "POST" => {
                Reply { status: "200 OK", content_type: "application/json", body: "{\"partialSuccess\":{}}".to_owned() }
            }
            true => text("405 Method Not Allowed", "405 method not allowed, supported: [POST]"),
            false => text("404 Not Found", "404 page not found"),
        };
    }
    match path {
        "/api/health" if role == Role::Grafana => Reply {
            status: "200 OK",
            content_type: "application/json",
            body: "{\"database\":\"ok\",\"version\":\"12.4.2\"}".to_owned(),
        },
        "/" => Reply {
            status: "200 OK",
            content_type: "text/html; charset=utf-8",
            body: format!(
                "<!doctype html><html lang=\"en\"><title>{name}</title><h1>{name}</h1><p>A stand-in for {name}.</p>",
                name = role.name()
            ),
        },
        _ if path == role.ready_path() => text("200 OK", "ready"),
        _ => text("404 Not Found", "404 page not found"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(role: Role, otlp: &[&str], ready: bool, method: &str, path: &str) -> &'static str {
        let otlp_paths = otlp.iter().map(|path| (*path).to_owned()).collect();
        reply(role, &Endpoint { address: String::new(), otlp_paths }, ready, method, path).status
    }

    #[test]
    fn readiness_is_answered_where_the_real_one_answers_it() {
        assert_eq!(status(Role::Loki, &[], true, "GET", "/ready"), "200 OK");
        assert_eq!(status(Role::Loki, &[], false, "GET", "/ready"), "503 Service Unavailable");
        assert_eq!(status(Role::Prometheus, &[], true, "GET", "/-/ready"), "200 OK");
        assert_eq!(status(Role::Prometheus, &[], true, "GET", "/ready"), "404 Not Found");
        assert_eq!(status(Role::Jaeger, &[], false, "GET", "/"), "503 Service Unavailable");
        assert_eq!(status(Role::Grafana, &[], true, "GET", "/api/health"), "200 OK");
    }

    #[test]
    fn the_collector_takes_data_only_at_its_configured_paths() {
        assert_eq!(status(Role::OtelCollector, &["/l"], true, "POST", "/l"), "200 OK");
        assert_eq!(status(Role::OtelCollector, &["/l"], true, "GET", "/l"), "405 Method Not Allowed");
        assert_eq!(status(Role::OtelCollector, &["/l"], true, "POST", "/v1/logs"), "404 Not Found");
    }
}
