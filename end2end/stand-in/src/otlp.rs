//! Loki's OTLP receiver, `POST /otlp/v1/logs`: how log records become entries, and the limits at which the real one
//! refuses them. Source: Loki 3.7 `pkg/loghttp/push/otlp.go`, `pkg/validation/validate.go`, and what a real 3.7.0 answered.

mod json;
mod limits;
// Shared with the server.
#[path = "../../../receiver/src/otlp/messages.rs"]
mod messages;

use std::{collections::BTreeMap, io::Read as _};

use flate2::read::GzDecoder;
use prost::Message as _;

pub use limits::Limits;

use self::messages::{AnyValue, KeyValue, LogRecord, LogsRequest, Value};
use crate::{logql::Entry, records::Labels, request::Request};

/// In bytes, after decompression. Loki's own default.
const MAX_REQUEST: usize = 100 << 20;

/// Why a whole request was refused: status and body.
pub type Refusal = (&'static str, String);

/// A record that Loki discards.
#[derive(Debug, PartialEq, Eq)]
pub struct Discarded {
    /// The value of `loki_discarded_samples_total{reason}`.
    pub reason: &'static str,
    pub message: String,
}

/// What became of a request whose records could be read.
#[derive(Debug, Default)]
pub struct Received {
    pub pushed: Vec<Entry>,
    pub discarded: Vec<Discarded>,
}

/// Decodes the body of a request, which is protobuf or JSON, and may be compressed.
pub fn decode(request: &Request) -> Result<LogsRequest, Refusal> {
    let bad = |problem: String| ("400 Bad Request", problem);
    let mut decompressed = Vec::new();
    let body = match request.header("content-encoding") {
        "" | "identity" => request.bytes.as_slice(),
        "gzip" => {
            let mut reader = GzDecoder::new(request.bytes.as_slice()).take(MAX_REQUEST as u64 + 1);
            reader.read_to_end(&mut decompressed).map_err(|error| bad(error.to_string()))?;
            decompressed.as_slice()
        }
        other => return Err(bad(format!("Content-Encoding {other:?} not supported"))),
    };
    if body.len() > MAX_REQUEST {
        let message = format!("request body too large: {} bytes, limit: {MAX_REQUEST} bytes", body.len());
        return Err(("413 Request Entity Too Large", message));
    }
    let kind = request.header("content-type");
    match kind.split(';').next().unwrap_or_default() {
        "application/x-protobuf" => LogsRequest::decode(body).map_err(|error| bad(error.to_string())),
        "application/json" => json::read(body).map_err(bad),
        _ => Err(bad(format!("content type: {kind} is not supported"))),
    }
}

/// Turns records into entries and sorts out those beyond the limits. Refuses everything if what is left is larger than a
/// message between Loki's parts may be.
pub fn receive(request: LogsRequest, limits: &Limits) -> Result<Received, Refusal> {
    let mut received = Received::default();
    let mut message_bytes = 0;
    for of_resource in request.resource_logs {
        let resource = of_resource.resource.unwrap_or_default().attributes;
        let (index, about) = split_resource(&resource, limits);
        let stream = stream_name(&index);
        for of_scope in of_resource.scope_logs {
            let scope = of_scope.scope.unwrap_or_default();
            for record in of_scope.log_records {
                let line = record.body.as_ref().map(text).unwrap_or_default();
                let mut metadata = about.clone();
                metadata.extend(scope.attributes.iter().filter_map(pair));
                for (name, value) in [("scope_name", &scope.name), ("scope_version", &scope.version)] {
                    metadata.extend((!value.is_empty()).then(|| (name.to_owned(), value.clone())));
                }
                metadata.extend(of_record(&record));
                match limits.refuse(&stream, &line, &metadata) {
                    Some(discarded) => received.discarded.push(discarded),
                    None => {
                        message_bytes += size_in_message(&line, &metadata);
                        let at = if record.time_unix_nano > 0 {
                            record.time_unix_nano
                        } else {
                            record.observed_time_unix_nano
                        };
                        let labels = merge(&index, metadata);
                        received.pushed.push(Entry { at, labels, line });
                    }
                }
            }
        }
    }
    if message_bytes > limits.message_bytes {
        let message = format!(
            "rpc error: code = ResourceExhausted desc = grpc: received message larger than max ({message_bytes} vs. {})",
            limits.message_bytes
        );
        return Err(("503 Service Unavailable", message));
    }
    Ok(received)
}

/// Reads a request that was stored by `store`.
pub fn restore(stored: &[u8]) -> Option<LogsRequest> {
    LogsRequest::decode(stored).ok()
}

/// The bytes of a request, to be kept on disk.
pub fn store(request: &LogsRequest) -> Vec<u8> {
    request.encode_to_vec()
}

/// The attributes of a resource that are labels of the stream, and the others.
fn split_resource(attributes: &[KeyValue], limits: &Limits) -> (Labels, Vec<(String, String)>) {
    let is_index = |attribute: &&KeyValue| limits.index_labels.contains(&attribute.key);
    let mut index: Labels = attributes.iter().filter(is_index).filter_map(pair).collect();
    index.entry("service_name".to_owned()).or_insert_with(|| "unknown_service".to_owned());
    let others = attributes.iter().filter(|attribute| !is_index(attribute)).filter_map(pair).collect();
    (index, others)
}

fn of_record(record: &LogRecord) -> Vec<(String, String)> {
    let mut metadata: Vec<(String, String)> = record.attributes.iter().filter_map(pair).collect();
    let mut add = |name: &str, value: String| metadata.push((name.to_owned(), value));
    if record.severity_number > 0 {
        add("severity_number", record.severity_number.to_string());
    }
    if !record.severity_text.is_empty() {
        add("severity_text", record.severity_text.clone());
    }
    if record.observed_time_unix_nano > 0 {
        add("observed_timestamp", record.observed_time_unix_nano.to_string());
    }
    if record.flags > 0 {
        add("flags", record.flags.to_string());
    }
    for (name, id) in [("trace_id", &record.trace_id), ("span_id", &record.span_id)] {
        if !id.is_empty() {
            add(name, id.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    metadata
}

/// What a query sees: a name that the stream has already is `…_extracted`.
fn merge(index: &Labels, metadata: Vec<(String, String)>) -> Labels {
    let mut labels = index.clone();
    for (name, value) in metadata {
        let name = if index.contains_key(&name) { format!("{name}_extracted") } else { name };
        labels.insert(name, value);
    }
    labels.entry("detected_level".to_owned()).or_insert_with(|| "unknown".to_owned());
    labels
}

/// `{agent="dev", service_name="claude-code"}`.
fn stream_name(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// About the bytes of an entry in protobuf: each field and message has a tag and a length.
fn size_in_message(line: &str, metadata: &[(String, String)]) -> usize {
    metadata.iter().map(|(name, value)| name.len() + value.len() + 8).sum::<usize>() + line.len() + 24
}

/// An attribute under its name in Loki.
fn pair(attribute: &KeyValue) -> Option<(String, String)> {
    let name: String =
        attribute.key.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    Some((name, text(attribute.value.as_ref()?)))
}

/// A value as text, as the collector's `AsString` writes it.
fn text(value: &AnyValue) -> String {
    match &value.value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(truth)) => truth.to_string(),
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Double(number)) => number.to_string(),
        Some(Value::Array(array)) => to_json(array.values.iter().map(text), ['[', ']']),
        Some(Value::Map(map)) => {
            let pairs: BTreeMap<String, String> = map.values.iter().filter_map(pair).collect();
            to_json(pairs.into_iter().map(|(name, value)| format!("{name:?}:{value:?}")), ['{', '}'])
        }
        Some(Value::Bytes(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn to_json(items: impl Iterator<Item = String>, [open, close]: [char; 2]) -> String {
    format!("{open}{}{close}", items.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests;
