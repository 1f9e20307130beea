//! The errors of server functions: a closed enum with HTTP status and hint.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use monitor_core::error::StackError;
use serde::{Deserialize, Serialize};

/// Why a server function failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// The error of the stack.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The request did not reach the server, or the response did not arrive.
    #[error("can't reach the panel's server")]
    Unreachable,
    /// The request or the response could not be parsed.
    #[error("the panel's server and this page are different versions")]
    Misunderstood,
    /// The server has no control plane: a bug in the panel.
    #[error("the panel's server is not ready")]
    Unavailable,
}

impl ApiError {
    /// The next step.
    pub fn hint(&self) -> String {
        match self {
            ApiError::Stack(error) => error.hint(),
            ApiError::Unreachable => "check that `clawker-monitor` is still running, then reload the page".into(),
            ApiError::Misunderstood => "reload the page; the server may have been updated".into(),
            ApiError::Unavailable => "restart `clawker-monitor`".into(),
        }
    }

    /// The last log lines of the service that failed, where the error has them.
    pub fn log(&self) -> &[String] {
        match self {
            ApiError::Stack(error) => error.log(),
            _ => &[],
        }
    }

    /// The HTTP status for this error. `api::respond` puts it on the response.
    #[cfg(feature = "ssr")]
    pub fn status(&self) -> u16 {
        match self {
            ApiError::Stack(
                StackError::EngineUnreachable { .. }
                | StackError::EngineSilent { .. }
                | StackError::EnginePermission { .. }
                | StackError::TooManyOpenFiles,
            ) => 503,
            ApiError::Stack(StackError::NoContainer { .. } | StackError::UnknownAgent { .. }) => 404,
            ApiError::Stack(StackError::NotAllowed { .. }) => 403,
            ApiError::Stack(
                StackError::Internal { .. }
                | StackError::File { .. }
                | StackError::CannotStart { .. }
                | StackError::TelemetryFile { .. },
            ) => 500,
            ApiError::Stack(StackError::SettingsInvalid { .. } | StackError::ChangeRefused { .. }) => 422,
            ApiError::Stack(_) => 409,
            ApiError::Misunderstood => 400,
            ApiError::Unreachable | ApiError::Unavailable => 503,
        }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => ApiError::Unreachable,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => ApiError::Misunderstood,
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_) => ApiError::Unavailable,
        }
    }
}
