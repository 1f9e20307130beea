//! Sends bollard's requests, each over a connection of its own, and limits how much of the answer is read.
//!
//! bollard reads an answer whole before it looks at it, so one without an end would fill the memory. Its streams, which
//! have no end, are read piece by piece.

use std::{
    error::Error as StdError,
    fmt, io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::http::{HeaderValue, Response, Uri, header::HOST};
use bollard::{BollardRequest, errors::Error};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

use super::connect::Address;

/// The longest list that is read, in bytes. A container takes 1 to 2 kB.
const LONGEST_LIST: u64 = 64 << 20;
/// The longest other answer that is read, in bytes. A container or an image takes some 10 kB.
const LONGEST_ANSWER: u64 = 4 << 20;

/// Sends a request to the Engine at this address. Dropping the answer closes the connection.
pub(super) async fn send(address: Address, mut request: BollardRequest) -> Result<Response<Incoming>, Error> {
    let limits = Limits::of(request.uri().path());
    let unlimited = Arc::new(AtomicBool::new(false));
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map(Uri::from).unwrap_or_default();
    request.headers_mut().insert(HOST, host_header(&address));
    let stream: Box<dyn Stream> = match &address {
        Address::Unix(path) => Box::new(UnixStream::connect(path).await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::SocketNotFoundError(path.clone()),
            _ => error.into(),
        })?),
        Address::Tcp { host, port } => Box::new(TcpStream::connect((host.trim_matches(['[', ']']), *port)).await?),
    };
    let stream = Limited { stream, limit: limits.bytes, read: 0, unlimited: Arc::clone(&unlimited) };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends when the answer was read or dropped.
    tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    // bollard reads an error whole, also in place of a stream.
    unlimited.store(limits.is_stream && response.status().is_success(), Ordering::Relaxed);
    Ok(response)
}

/// The Engine ignores it, but HTTP requires it.
fn host_header(address: &Address) -> HeaderValue {
    let host = match address {
        Address::Unix(_) => "docker".to_owned(),
        Address::Tcp { host, port } => format!("{host}:{port}"),
    };
    HeaderValue::from_str(&host).unwrap_or(HeaderValue::from_static("docker"))
}

/// How much of an answer is read.
#[derive(Debug, PartialEq, Eq)]
struct Limits {
    /// In bytes, with the headers.
    bytes: u64,
    /// Whether the answer, unless it is an error, is read piece by piece.
    is_stream: bool,
}

impl Limits {
    /// By the path of the request, without its query.
    fn of(path: &str) -> Limits {
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_list = path.ends_with("/containers/json") || matches!(last, "volumes" | "networks");
        let is_stream = path.ends_with("/images/create") || matches!(last, "events" | "logs" | "stats" | "archive");
        Limits { bytes: if is_list { LONGEST_LIST } else { LONGEST_ANSWER }, is_stream }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection from which no more than `limit` bytes can be read, until it is unlimited.
struct Limited {
    stream: Box<dyn Stream>,
    limit: u64,
    read: u64,
    unlimited: Arc<AtomicBool>,
}

impl AsyncRead for Limited {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.read += (buffer.filled().len() - before) as u64;
        if self.read > self.limit && !self.unlimited.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::Error::other(TooLong { limit: self.limit })));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Limited {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// An answer is longer than `limit` bytes.
#[derive(Debug)]
pub(super) struct TooLong {
    limit: u64,
}

impl fmt::Display for TooLong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the answer is longer than {} MiB", self.limit >> 20)
    }
}

impl StdError for TooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_whole_is_limited() {
        for (path, bytes, is_stream) in [
            ("/v1.41/containers/json", LONGEST_LIST, false),
            ("/v1.41/volumes", LONGEST_LIST, false),
            ("/v1.41/containers/loki/json", LONGEST_ANSWER, false),
            ("/v1.41/containers/create", LONGEST_ANSWER, false),
            ("/v1.41/containers/loki/logs", LONGEST_ANSWER, true),
            ("/v1.41/images/create", LONGEST_ANSWER, true),
            ("/v1.41/events", LONGEST_ANSWER, true),
        ] {
            assert_eq!(Limits::of(path), Limits { bytes, is_stream }, "{path}");
        }
    }
}
