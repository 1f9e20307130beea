//! Accepts connections, so many at once, and serves them until the receiver stops.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{
    Request,
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::Receiver;

/// How long to wait after a connection could not be accepted, for example because this process may open no more files.
const PAUSE: Duration = Duration::from_millis(500);
/// How long requests may still take after the receiver was told to stop.
const STOP: Duration = Duration::from_secs(10);
/// The most bytes of a request's head.
const HEAD_BYTES: usize = 32 << 10;
/// How many calls one connection of gRPC may have at once.
const CALLS: u32 = 32;
/// How many bytes of a call are sent before the receiver takes them.
const WINDOW: u32 = 1 << 20;

/// Serves OTLP over HTTP/1.1 until `stop` is canceled, and then until what was begun is answered.
pub async fn serve_http(listener: TcpListener, receiver: Arc<Receiver>, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(receiver.limits.idle).max_buf_size(HEAD_BYTES.max(64 << 10));
    accept(listener, &receiver, &stop, |stream| {
        let receiver = receiver.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let receiver = receiver.clone();
            async move { Ok::<_, Infallible>(receiver.answer(request).await) }
        });
        graceful.watch(builder.serve_connection(TokioIo::new(stream), service))
    })
    .await;
    // What takes longer is aborted with the process; its sender sends it again.
    let _ = timeout(STOP, graceful.shutdown()).await;
}

/// Serves OTLP over gRPC until `stop` is canceled, and then until what was begun is answered.
pub async fn serve_grpc(listener: TcpListener, receiver: Arc<Receiver>, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(CALLS)
        .max_header_list_size(HEAD_BYTES as u32)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(4 * WINDOW)
        .keep_alive_interval(Some(receiver.limits.idle / 2))
        .keep_alive_timeout(receiver.limits.pause);
    accept(listener, &receiver, &stop, |stream| {
        let receiver = receiver.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let receiver = receiver.clone();
            async move { Ok::<_, Infallible>(receiver.answer_grpc(request).await) }
        });
        graceful.watch(builder.serve_connection(TokioIo::new(stream), service))
    })
    .await;
    let _ = timeout(STOP, graceful.shutdown()).await;
}

async fn accept<F>(listener: TcpListener, receiver: &Receiver, stop: &CancellationToken, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = hyper::Result<()>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(receiver.limits.connections));
    let mut was_refused = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                // A connection beyond the limit is closed; its sender tries again.
                let Ok(place) = places.clone().try_acquire_owned() else { continue };
                stream.set_nodelay(true).ok();
                was_refused = false;
                let connection = serve(stream);
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a sender's connection ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                // Said once, or a full table of files would fill the log too.
                if !std::mem::replace(&mut was_refused, true) {
                    tracing::warn!(%error, "can't accept a connection");
                }
                sleep(PAUSE).await;
            }
        }
    }
}
