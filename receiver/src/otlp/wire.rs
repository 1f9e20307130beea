//! Looks at the bytes of a request before they are decoded. A message of two bytes becomes a structure of a hundred, so a
//! small body could otherwise take gigabytes of memory; a deeply nested one could end the process.

use super::Signal;

/// The most messages (records, attributes, values …) in one request. 8,000 records with 50 attributes have 800,000.
pub const MAX_MESSAGES: usize = 1_000_000;
/// How deep values may be nested in a request. Claude Code needs 8 levels.
pub const MAX_DEPTH: usize = 48;

/// Why a body is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// More than `MAX_MESSAGES`.
    #[error("the request has more than {MAX_MESSAGES} records, attributes and values")]
    TooMany,
    /// Deeper than `MAX_DEPTH`.
    #[error("the request is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// Not protobuf.
    #[error("the request is not valid protobuf")]
    Malformed,
}

/// The kinds of messages that contain others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    OfResource,
    OfScope,
    Item,
    Data,
    Point,
    Attributes1,
    SpanEvent,
    KeyValue,
    AnyValue,
    Array,
    Map,
    Leaf,
}

impl Kind {
    /// What is in this field; `None` if it holds no message. All three signals share their outer levels.
    fn field(self, signal: Signal, number: u64) -> Option<Kind> {
        Some(match (self, number) {
            (Kind::Request, 1) => Kind::OfResource,
            (Kind::OfResource, 1) => Kind::Attributes1,
            (Kind::OfResource, 2) => Kind::OfScope,
            // A scope's attributes have another number; `SpanEvent` has the same.
            (Kind::OfScope, 1) => Kind::SpanEvent,
            (Kind::OfScope, 2) => Kind::Item,
            (Kind::Item, number) => match (signal, number) {
                (Signal::Logs, 5) => Kind::AnyValue,
                (Signal::Logs, 6) | (Signal::Traces, 9) => Kind::KeyValue,
                (Signal::Traces, 11) => Kind::SpanEvent,
                (Signal::Traces, 13 | 15) => Kind::Leaf,
                (Signal::Metrics, 5 | 7 | 9 | 10 | 11) => Kind::Data,
                _ => return None,
            },
            (Kind::Data, 1) => Kind::Point,
            (Kind::Point, 1 | 7 | 9) | (Kind::Attributes1, 1) | (Kind::SpanEvent, 3) | (Kind::Map, 1) => Kind::KeyValue,
            (Kind::KeyValue, 2) | (Kind::Array, 1) => Kind::AnyValue,
            (Kind::AnyValue, 5) => Kind::Array,
            (Kind::AnyValue, 6) => Kind::Map,
            _ => return None,
        })
    }
}

/// Checks the size and the depth of an encoded request.
///
/// # Errors
/// The limit that it exceeds.
pub fn check(body: &[u8], signal: Signal) -> Result<(), Refused> {
    let mut messages = 0;
    walk(body, Kind::Request, signal, 0, &mut messages)
}

fn walk(mut bytes: &[u8], kind: Kind, signal: Signal, depth: usize, messages: &mut usize) -> Result<(), Refused> {
    if depth > MAX_DEPTH {
        return Err(Refused::TooDeep);
    }
    *messages += 1;
    if *messages > MAX_MESSAGES {
        return Err(Refused::TooMany);
    }
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        match tag & 7 {
            0 => {
                varint(&mut bytes)?;
            }
            1 => skip(&mut bytes, 8)?,
            5 => skip(&mut bytes, 4)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|_| Refused::Malformed)?;
                let (inner, rest) = bytes.split_at_checked(length).ok_or(Refused::Malformed)?;
                if let Some(kind) = kind.field(signal, tag >> 3) {
                    walk(inner, kind, signal, depth + 1, messages)?;
                }
                bytes = rest;
            }
            _ => return Err(Refused::Malformed),
        }
    }
    Ok(())
}

fn skip(bytes: &mut &[u8], count: usize) -> Result<(), Refused> {
    *bytes = bytes.get(count..).ok_or(Refused::Malformed)?;
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Refused> {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Refused::Malformed)?;
        *bytes = rest;
        if shift < 64 {
            value |= u64::from(byte & 0x7f) << shift;
        }
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Refused::Malformed)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::otlp::messages::{AnyValue, ArrayValue, LogRecord, LogsRequest, ResourceLogs, ScopeLogs, Value};

    fn request(body: AnyValue, records: usize) -> Vec<u8> {
        let record = LogRecord { body: Some(body), ..LogRecord::default() };
        let scope_logs = vec![ScopeLogs { scope: None, log_records: vec![record; records] }];
        LogsRequest { resource_logs: vec![ResourceLogs { resource: None, scope_logs }] }.encode_to_vec()
    }

    fn nested(levels: usize) -> AnyValue {
        (0..levels).fold(AnyValue::from(1), |inner, _| Value::Array(ArrayValue { values: vec![inner] }).into())
    }

    #[test]
    fn size_and_depth_are_limited_before_anything_is_decoded() {
        assert_eq!(check(&request(nested(10), 3), Signal::Logs), Ok(()));
        assert_eq!(check(&request(nested(30), 1), Signal::Logs), Err(Refused::TooDeep));
        assert_eq!(check(&request(nested(0), MAX_MESSAGES / 2), Signal::Logs), Err(Refused::TooMany));
        assert_eq!(check(&[], Signal::Logs), Ok(()));
        for malformed in [&[0x0a, 0x05][..], &[0xff; 11], &[0x0b], &[0x09, 1, 2], &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff]]
        {
            assert_eq!(check(malformed, Signal::Metrics), Err(Refused::Malformed), "{malformed:?}");
        }
    }
}
