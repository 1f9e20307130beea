//! What a receiver answers, and how the answer is read. Source: opentelemetry-proto 1.x, the collector's services, and
//! `google/rpc/status.proto`.

use bytes::Bytes;
use prost::Message;
use serde::Serialize;

/// The body of the response to a request that was accepted, at least in part.
#[derive(Clone, PartialEq, Message)]
pub struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    pub partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
pub struct PartialSuccess {
    /// How many points or records were rejected.
    #[prost(int64, tag = "1")]
    pub rejected: i64,
    #[prost(string, tag = "2")]
    pub error_message: String,
}

/// The body of the response to a request that was refused: `google.rpc.Status`.
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct Status {
    /// A code of gRPC, as `StatusCode` has them.
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
}

/// How many points or records of an accepted request the receiver rejected, according to the body of its response. An
/// unreadable body counts as a full success: the status has already said that the request was accepted.
pub fn rejected_count(body: Bytes) -> u64 {
    let partial = ExportResponse::decode(body).unwrap_or_default().partial_success.unwrap_or_default();
    u64::try_from(partial.rejected).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_partial_success_with_a_positive_count_rejects_anything() {
        let body = |rejected| {
            let partial_success = Some(PartialSuccess { rejected, error_message: "too old".into() });
            Bytes::from(ExportResponse { partial_success }.encode_to_vec())
        };
        assert_eq!(rejected_count(body(7)), 7);
        assert_eq!(rejected_count(body(-1)), 0);
        assert_eq!(rejected_count(Bytes::new()), 0);
        assert_eq!(rejected_count(Bytes::from_static(b"not protobuf")), 0);
    }
}
