//! From what bollard reports to what can be said: is the Engine gone, or did it refuse?

use std::{error::Error as _, io};

use bollard::errors::Error;
use monitor_core::{error::StackError, service::Service};

use super::connect::{Address, Endpoint};

/// Why a request came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// There was no answer. Holds the error to hand on.
    NoAnswer(StackError),
    /// The Engine said no, or said something that cannot be understood.
    Refused {
        /// The HTTP status; 200 where the answer began well and went wrong later.
        status: u16,
        /// The Engine's words.
        message: String,
    },
}

impl Failure {
    /// The Engine has no such thing.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Failure::Refused { status: 404, .. })
    }

    /// Something is in the way: a name that is taken, a volume in use, a removal under way.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Failure::Refused { status: 409, .. })
    }

    /// The Engine's words; none where it did not answer.
    pub(super) fn words(&self) -> String {
        match self {
            Failure::NoAnswer(_) => String::new(),
            Failure::Refused { message, .. } => message.clone(),
        }
    }

    /// What was known about the Engine holds no longer.
    pub(super) fn ends_connection(&self) -> bool {
        match self {
            Failure::NoAnswer(_) => true,
            Failure::Refused { status, message } => *status == 400 && message.starts_with("client version"),
        }
    }

    /// As an error about no service in particular; `what` follows "refused to".
    pub(super) fn or_refused(self, what: &str) -> StackError {
        self.or(|detail| StackError::EngineRefused { what: what.to_owned(), detail })
    }

    /// As an error about a service; `verb` follows "could not be".
    pub(super) fn or_service_refused(self, service: Service, verb: &str) -> StackError {
        self.or(|detail| StackError::Refused { service, verb: verb.to_owned(), detail })
    }

    /// As the error that is made from the Engine's words, unless it did not answer at all.
    pub(super) fn or(self, refused: impl FnOnce(String) -> StackError) -> StackError {
        match self {
            Failure::NoAnswer(error) => error,
            Failure::Refused { message, .. } => refused(message),
        }
    }
}

/// Reads an error of a request to that Engine.
pub(super) fn failure(error: Error, endpoint: &Endpoint) -> Failure {
    let unreachable =
        |detail: String| Failure::NoAnswer(StackError::EngineUnreachable { endpoint: endpoint.to_string(), detail });
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            Failure::Refused { status: status_code, message: message.trim().to_owned() }
        }
        Error::DockerStreamError { error } => Failure::Refused { status: 200, message: error.trim().to_owned() },
        Error::RequestTimeoutError => unreachable("no answer in time".into()),
        Error::SocketNotFoundError(_) => unreachable("the socket does not exist".into()),
        Error::IOError { .. } | Error::HyperResponseError { .. } | Error::HyperLegacyError { .. } => {
            let denied = io_kind(&error) == Some(io::ErrorKind::PermissionDenied);
            match &endpoint.address {
                Address::Unix(_) if denied => {
                    Failure::NoAnswer(StackError::EnginePermission { endpoint: endpoint.to_string() })
                }
                _ => unreachable(root_cause(&error)),
            }
        }
        other => Failure::Refused { status: 200, message: other.to_string() },
    }
}

/// The kind of the system's error beneath, where there is one.
fn io_kind(error: &Error) -> Option<io::ErrorKind> {
    // bollard passes an I/O error's source on as its own, so the I/O error itself is not in the chain.
    if let Error::IOError { err } = error {
        return Some(err.kind());
    }
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        next = error.source();
    }
    None
}

/// The innermost words: `Connection refused (os error 111)` says more than `client error`.
fn root_cause(error: &Error) -> String {
    let mut innermost = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        innermost = error.to_string();
        next = error.source();
    }
    innermost
}
