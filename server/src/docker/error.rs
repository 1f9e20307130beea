//! Converts bollard's errors: is the Engine unreachable, or did it refuse the request?

use std::{error::Error as _, io};

use bollard::errors::Error;
use monitor_core::{error::StackError, service::Service};

use super::{
    client::REQUEST_TIMEOUT_SECONDS,
    connect::{Address, Endpoint},
    transport::TooLong,
};
use crate::descriptors;

/// The ends of messages with which Podman answers if an object was removed after it was found: with status 500, while one
/// that was not found is a 404 (5.8; `libpod/define/errors.go`).
const GONE_MESSAGES: [&str; 5] =
    ["no such container", "no such volume", "no such image", "image not known", "network not found"];

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The Engine did not answer. Holds the error to return.
    NoAnswer(StackError),
    /// The Engine refused the request, or its response can't be read.
    Refused {
        /// The HTTP status. 200 if the response failed after it had started.
        status: u16,
        /// The Engine's error message.
        message: String,
    },
}

impl Failure {
    /// The object does not exist.
    pub(super) fn is_missing(&self) -> bool {
        match self {
            Failure::Refused { status: 404, .. } => true,
            Failure::Refused { status: 500, message } => {
                GONE_MESSAGES.iter().any(|gone| message.trim_end().ends_with(gone))
            }
            _ => false,
        }
    }

    /// A conflict: the name is taken, the volume is in use, or a removal is in progress.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Failure::Refused { status: 409, .. } => true,
            // Podman 5.8 answers so if a container has the name.
            Failure::Refused { status: 500, message } => message.trim_end().ends_with("that name is already in use"),
            _ => false,
        }
    }

    /// The Engine's error message. Empty if it did not answer.
    pub(super) fn message(&self) -> String {
        match self {
            Failure::NoAnswer(_) => String::new(),
            Failure::Refused { message, .. } => message.clone(),
        }
    }

    /// The connection can't be used any longer: the Engine is gone, or it has another version.
    pub(super) fn ends_connection(&self) -> bool {
        match self {
            Failure::NoAnswer(_) => true,
            Failure::Refused { status, message } => *status == 400 && message.starts_with("client version"),
        }
    }

    /// Converts to an error that is not about a service. `what` follows "refused to".
    pub(super) fn or_refused(self, what: &str) -> StackError {
        self.or_else(|detail| StackError::EngineRefused { what: what.to_owned(), detail })
    }

    /// Converts to an error about a service. `verb` follows "could not be".
    pub(super) fn or_service_refused(self, service: Service, verb: &str) -> StackError {
        self.or_else(|detail| StackError::Refused { service, verb: verb.to_owned(), detail })
    }

    /// Converts with `refused` if the Engine refused the request. It gets the Engine's message.
    pub(super) fn or_else(self, refused: impl FnOnce(String) -> StackError) -> StackError {
        match self {
            Failure::NoAnswer(error) => error,
            Failure::Refused { message, .. } => refused(message),
        }
    }
}

/// Converts an error of a request to the Engine at `endpoint`.
pub(super) fn failure(error: Error, endpoint: &Endpoint) -> Failure {
    let unreachable =
        |detail: String| Failure::NoAnswer(StackError::EngineUnreachable { endpoint: endpoint.to_string(), detail });
    match error {
        Error::DockerResponseServerError { status_code, message } => match too_old(&message) {
            Some(detail) => {
                Failure::NoAnswer(StackError::EndpointUnsupported { endpoint: endpoint.to_string(), detail })
            }
            None => Failure::Refused { status: status_code, message: shortened(&message) },
        },
        Error::DockerStreamError { error } => Failure::Refused { status: 200, message: shortened(&error) },
        Error::RequestTimeoutError => Failure::NoAnswer(StackError::EngineSilent {
            endpoint: endpoint.to_string(),
            waited_seconds: REQUEST_TIMEOUT_SECONDS,
        }),
        Error::SocketNotFoundError(_) => unreachable("the socket does not exist".into()),
        // The Engine ended a stream of documents in the middle of one.
        Error::IOError { err } if err.to_string() == CUT_OFF => {
            Failure::Refused { status: 200, message: "the answer ended in the middle".into() }
        }
        Error::IOError { .. } | Error::HyperResponseError { .. } => {
            let denied = io_kind(&error) == Some(io::ErrorKind::PermissionDenied);
            let cause = io_error(&error);
            if cause.is_some_and(|cause| descriptors::are_lacking(cause)) {
                return Failure::NoAnswer(StackError::TooManyOpenFiles);
            }
            if let Some(too_long) = cause.and_then(too_long) {
                return Failure::Refused { status: 200, message: too_long.to_string() };
            }
            match &endpoint.address {
                Address::Unix(_) if denied => {
                    Failure::NoAnswer(StackError::EnginePermission { endpoint: endpoint.to_string() })
                }
                _ => unreachable(root_cause(&error)),
            }
        }
        other => Failure::Refused { status: 200, message: shortened(&other.to_string()) },
    }
}

/// What `tokio_util`'s decoders say about it.
const CUT_OFF: &str = "bytes remaining on stream";

/// The longest message of the Engine that is passed on, in characters. A real one has a few hundred; whatever else answers
/// on that socket may send anything.
const MAX_MESSAGE_CHARS: usize = 2000;
/// The same of a web page, which some other server has sent.
const MAX_PAGE_CHARS: usize = 200;

/// The first line, up to the limit.
fn shortened(message: &str) -> String {
    let line = message.trim().lines().next().unwrap_or_default();
    let limit = if line.starts_with('<') { MAX_PAGE_CHARS } else { MAX_MESSAGE_CHARS };
    line.chars().take(limit).collect()
}

/// The Engine requires a newer API version. Its answer to a ping has only the newest one that it supports, so a request
/// may be the first to find out (moby 28, server/middleware/version.go).
fn too_old(message: &str) -> Option<String> {
    let (own, rest) =
        message.strip_prefix("client version ")?.split_once(" is too old. Minimum supported API version is ")?;
    let oldest = rest.split(',').next().unwrap_or(rest).trim();
    Some(format!("the Engine requires API version {oldest} or later, but this program supports only {own} and earlier"))
}

/// The answer was longer than it may be.
fn too_long(error: &io::Error) -> Option<&TooLong> {
    error.get_ref()?.downcast_ref()
}

/// The kind of the underlying I/O error, if there is one.
fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    io_error(error).map(io::Error::kind)
}

/// The underlying I/O error, if there is one.
fn io_error(error: &Error) -> Option<&io::Error> {
    // bollard returns an I/O error's source as its own, so the I/O error itself is not in the chain.
    if let Error::IOError { err } = error {
        return Some(err);
    }
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io);
        }
        next = error.source();
    }
    None
}

/// The message of the innermost error: `Connection refused (os error 111)` says more than `client error`.
fn root_cause(error: &Error) -> String {
    let mut innermost = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        innermost = error.to_string();
        next = error.source();
    }
    innermost
}
