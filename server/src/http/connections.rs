//! Serves connections, and limits what clients can hold: how long a request may take to arrive, how long a connection may be
//! idle, and how many connections one address may have. A response takes as long as it takes: a live stream has no end.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Limits on connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a request's head may take to arrive, and how long a connection may wait for its next request.
    pub head: Duration,
    /// How many connections one address may have. A browser has six; behind a proxy, everybody has the same address.
    pub per_address: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { head: Duration::from_secs(30), per_address: 512 }
    }
}

/// How long to wait after a connection could not be accepted, for example because this process may open no more files.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a client may take to read why it is refused.
const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// Serves `router` until `shutdown` is canceled, and then until the open connections are done.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, shutdown: CancellationToken) {
    let connections = Connections::default();
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut was_refused = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Said once, or a full table of files would fill the log too.
                if !std::mem::replace(&mut was_refused, true) {
                    tracing::warn!(%error, "can't accept a connection");
                }
                sleep(PAUSE).await;
                continue;
            }
        };
        was_refused = false;
        let Some(place) = connections.enter(client.ip(), limits.per_address) else {
            tracing::debug!(client = %client.ip(), "refused a connection: too many are open");
            tokio::spawn(timeout(REFUSAL_TIME, refuse(stream, limits.per_address)));
            continue;
        };
        // Events are small, and are to arrive at once.
        stream.set_nodelay(true).ok();
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // What clients do wrong is theirs to know.
            if let Err(error) = connection.await {
                tracing::debug!(%error, client = %client.ip(), "a connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn refuse(mut stream: TcpStream, limit: usize) {
    let reason = format!("{limit} connections from this address are open. Close some of them first.\n");
    let response = format!(
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\n\r\n{reason}",
        reason.len()
    );
    if stream.write_all(response.as_bytes()).await.is_ok() {
        stream.shutdown().await.ok();
    }
}

/// How many connections each address has.
#[derive(Debug, Clone, Default)]
struct Connections {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection's place, given up when it is dropped.
#[derive(Debug)]
struct Place {
    connections: Connections,
    address: IpAddr,
}

impl Connections {
    /// `None` if the address has as many as it may have.
    fn enter(&self, address: IpAddr, limit: usize) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Place { connections: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{io::AsyncReadExt, time::Instant};

    use super::*;

    async fn started(limits: Limits) -> (std::net::SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let shutdown = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "hello" }));
        let serving = tokio::spawn(serve(listener, router, limits, shutdown.clone()));
        (address, shutdown, serving)
    }

    /// What the server sends until it closes the connection.
    async fn all_of(stream: &mut TcpStream) -> String {
        let mut bytes = Vec::new();
        let end = timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await;
        assert!(end.is_ok(), "the connection stays open");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[tokio::test]
    async fn a_connection_that_sends_no_request_is_closed() {
        let limits = Limits { head: Duration::from_millis(200), ..Limits::default() };
        let (address, _shutdown, _serving) = started(limits).await;
        for sent in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"] {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            stream.write_all(sent.as_bytes()).await.expect("it reads");
            let begun = Instant::now();
            let answer = all_of(&mut stream).await;
            assert!(begun.elapsed() >= Duration::from_millis(150), "{sent:?} was given no time");
            assert_eq!(answer.ends_with("hello"), sent.ends_with("\r\n\r\n"), "{sent:?}: {answer}");
        }
    }

    #[tokio::test]
    async fn an_address_has_only_so_many_connections_until_some_are_closed() {
        let limits = Limits { per_address: 3, ..Limits::default() };
        let (address, shutdown, serving) = started(limits).await;
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(TcpStream::connect(address).await.expect("it listens"));
        }
        let mut refused = TcpStream::connect(address).await.expect("it listens");
        let answer = all_of(&mut refused).await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("3 connections"), "{answer}");

        open.clear();
        let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let begun = Instant::now();
        loop {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            stream.write_all(request).await.ok();
            if all_of(&mut stream).await.ends_with("hello") {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "closed connections still count");
        }
        shutdown.cancel();
        serving.await.expect("it ends");
    }
}
