//! Answers: in the request's own encoding, with `google.rpc.Status` for what is refused.

use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{self, HeaderValue},
};
use prost::Message as _;
use serde_json::json;

use crate::{
    otlp::{
        Encoding, Signal,
        responses::{ExportResponse, PartialSuccess, Status},
    },
    records::Rejected,
};

/// A request that was stored, at least in part.
#[derive(Debug)]
pub struct Accepted {
    pub signal: Signal,
    pub rejected: Rejected,
    /// Something that the sender should know although nothing was rejected.
    pub note: Option<&'static str>,
}

/// A request that was refused as a whole.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    /// A sentence without a period.
    pub reason: String,
    /// After how many seconds it is worth trying again.
    pub retry_after: Option<u32>,
}

impl Refusal {
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Refusal {
        Refusal { status, reason: reason.into(), retry_after: None }
    }

    pub fn busy() -> Refusal {
        let reason = "too many requests at once";
        Refusal { retry_after: Some(1), ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, reason) }
    }

    pub fn unavailable(reason: &str, retry_after: u32) -> Refusal {
        Refusal { retry_after: Some(retry_after), ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason) }
    }

    pub fn too_large(limit: usize) -> Refusal {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the request is larger than {limit} bytes"))
    }

    /// The code of gRPC for this status.
    pub fn code(&self) -> i32 {
        match self.status {
            StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => 3,
            StatusCode::REQUEST_TIMEOUT => 4,
            StatusCode::NOT_FOUND => 5,
            StatusCode::FORBIDDEN => 7,
            StatusCode::PAYLOAD_TOO_LARGE => 8,
            StatusCode::METHOD_NOT_ALLOWED => 12,
            _ => 14,
        }
    }

    pub fn to_status(&self) -> Status {
        Status { code: self.code(), message: self.reason.clone() }
    }
}

impl Accepted {
    /// The body of the answer; without `partial_success` if all was stored.
    pub fn to_message(&self) -> ExportResponse {
        let error_message = match self.note {
            _ if self.rejected.count > 0 => self.rejected.reason.clone(),
            Some(note) => note.to_owned(),
            None => return ExportResponse { partial_success: None },
        };
        let rejected = i64::try_from(self.rejected.count).unwrap_or(i64::MAX);
        ExportResponse { partial_success: Some(PartialSuccess { rejected, error_message }) }
    }

    fn to_json(&self) -> String {
        let count = match self.signal {
            Signal::Logs => "rejectedLogRecords",
            Signal::Metrics => "rejectedDataPoints",
            Signal::Traces => "rejectedSpans",
        };
        match self.to_message().partial_success {
            None => "{}".to_owned(),
            Some(partial) => {
                let partial = json!({count: partial.rejected.to_string(), "errorMessage": partial.error_message});
                json!({ "partialSuccess": partial }).to_string()
            }
        }
    }
}

/// The answer over HTTP.
pub fn response(outcome: Result<Accepted, Refusal>, encoding: Encoding) -> Response<Full<Bytes>> {
    let (status, retry_after, body) = match (&outcome, encoding) {
        (Ok(accepted), Encoding::Protobuf) => (StatusCode::OK, None, accepted.to_message().encode_to_vec()),
        (Ok(accepted), Encoding::Json) => (StatusCode::OK, None, accepted.to_json().into_bytes()),
        (Err(refusal), Encoding::Protobuf) => {
            (refusal.status, refusal.retry_after, refusal.to_status().encode_to_vec())
        }
        (Err(refusal), Encoding::Json) => {
            let body = serde_json::to_vec(&refusal.to_status()).unwrap_or_default();
            (refusal.status, refusal.retry_after, body)
        }
    };
    let kind = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}
