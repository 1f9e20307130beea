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

    /// Of an answer, 64 kB are read (`simulate::sender`). Within them, nothing nests or allocates without end.
    #[test]
    fn a_hostile_body_counts_as_a_full_success() {
        const LENGTH: usize = 64 * 1024;
        // The tags of field 1 as a message and of an unknown field 3 as a message and as the start of a group.
        let [message, unknown, group] = [0x0a, 0x1a, 0x1b];
        let nested = |tag: u8| {
            let mut body = Vec::new();
            for depth in 0..2000_usize {
                let length = (2000 - depth) * 4;
                body.extend([
                    tag,
                    0x80 | (length & 0x7f) as u8,
                    0x80 | (length >> 7 & 0x7f) as u8,
                    (length >> 14) as u8,
                ]);
            }
            body
        };
        let claims = |tag: u8| [&[tag][..], &[0xff; 9], &[0x01]].concat();
        let bodies = [
            vec![group; LENGTH],
            vec![0xff; LENGTH],
            [vec![message, 0x80, 0x80, 0x04], vec![group; LENGTH]].concat(),
            nested(message),
            nested(unknown),
            claims(message),
            claims(unknown),
            // A text that is said to be as long, in the partial success.
            [&[message, 0x0b][..], &claims(0x12)].concat(),
            vec![message; LENGTH],
        ];
        for body in bodies {
            assert_eq!(rejected_count(Bytes::from(body.clone())), 0, "{:x?}", &body[..8]);
        }
        // Any two bytes, followed by every single one.
        for first in 0..=u16::MAX {
            let [one, two] = first.to_be_bytes();
            rejected_count(Bytes::from(vec![one, two, two, one]));
        }
    }
}
