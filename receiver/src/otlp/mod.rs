//! OTLP, the telemetry protocol: its messages, and how they are encoded and decoded. Used by every sender and receiver of
//! telemetry. Knows nothing about agents, and nothing about where data is kept.

mod encode;
mod json;
pub mod messages;
pub mod metrics;
pub mod responses;
pub mod traces;
mod wire;

use prost::Message;

pub use responses::rejected_count;
pub use wire::{MAX_DEPTH, MAX_MESSAGES, Refused};

use self::{messages::LogsRequest, metrics::MetricsRequest, traces::TracesRequest};

/// The three kinds of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Events and logs.
    Logs,
    /// Metrics.
    Metrics,
    /// Spans.
    Traces,
}

/// The two encodings of a request over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

/// A decoded request.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Events and logs.
    Logs(LogsRequest),
    /// Metrics.
    Metrics(MetricsRequest),
    /// Spans.
    Traces(TracesRequest),
}

/// Why a request could not be decoded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// It exceeds a limit, or is malformed in a way that is seen before decoding.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// It is not the message that it should be. Holds the decoder's words.
    #[error("the request can't be decoded: {0}")]
    Malformed(String),
}

/// Decodes the body of a request. Size, depth and number of messages are limited; an empty body is an empty request in
/// protobuf, and malformed in JSON.
///
/// # Errors
/// The limit it exceeds, or what is malformed.
pub fn decode(signal: Signal, encoding: Encoding, body: &[u8]) -> Result<Request, DecodeError> {
    match encoding {
        Encoding::Protobuf => {
            wire::check(body, signal)?;
            match signal {
                Signal::Logs => LogsRequest::decode(body).map(Request::Logs),
                Signal::Metrics => MetricsRequest::decode(body).map(Request::Metrics),
                Signal::Traces => TracesRequest::decode(body).map(Request::Traces),
            }
            .map_err(|error| DecodeError::Malformed(error.to_string()))
        }
        Encoding::Json => {
            json::check(body)?;
            match signal {
                Signal::Logs => serde_json::from_slice(body).map(Request::Logs),
                Signal::Metrics => serde_json::from_slice(body).map(Request::Metrics),
                Signal::Traces => serde_json::from_slice(body).map(Request::Traces),
            }
            .map_err(|error| DecodeError::Malformed(error.to_string()))
        }
    }
}
