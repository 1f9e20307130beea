//! The same messages in OTLP's JSON: names in camel case, 64-bit numbers as strings or numbers, ids in hexadecimal.

use serde_json::Value as Json;

use super::messages::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, LogRecord, LogsRequest, Resource, ResourceLogs, Scope, ScopeLogs,
    Value,
};

/// Reads the body of a request. Fields that are missing have their default, as in protobuf.
pub fn read(body: &[u8]) -> Result<LogsRequest, String> {
    let json: Json = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(LogsRequest { resource_logs: list(&json["resourceLogs"], resource_logs) })
}

fn list<T>(json: &Json, read: impl Fn(&Json) -> T) -> Vec<T> {
    json.as_array().into_iter().flatten().map(read).collect()
}

fn resource_logs(json: &Json) -> ResourceLogs {
    let attributes = list(&json["resource"]["attributes"], key_value);
    ResourceLogs { resource: Some(Resource { attributes }), scope_logs: list(&json["scopeLogs"], scope_logs) }
}

fn scope_logs(json: &Json) -> ScopeLogs {
    let scope = &json["scope"];
    let scope = Scope {
        name: string(&scope["name"]),
        version: string(&scope["version"]),
        attributes: list(&scope["attributes"], key_value),
    };
    ScopeLogs { scope: Some(scope), log_records: list(&json["logRecords"], log_record) }
}

fn log_record(json: &Json) -> LogRecord {
    LogRecord {
        time_unix_nano: number(&json["timeUnixNano"]),
        severity_number: i32::try_from(number(&json["severityNumber"])).unwrap_or_default(),
        severity_text: string(&json["severityText"]),
        body: json.get("body").map(any_value),
        attributes: list(&json["attributes"], key_value),
        flags: u32::try_from(number(&json["flags"])).unwrap_or_default(),
        trace_id: hexadecimal(&json["traceId"]),
        span_id: hexadecimal(&json["spanId"]),
        observed_time_unix_nano: number(&json["observedTimeUnixNano"]),
        event_name: string(&json["eventName"]),
    }
}

fn key_value(json: &Json) -> KeyValue {
    KeyValue { key: string(&json["key"]), value: json.get("value").map(any_value) }
}

fn any_value(json: &Json) -> AnyValue {
    let first = json.as_object().and_then(|object| object.iter().next());
    let value = first.and_then(|(kind, value)| match kind.as_str() {
        "stringValue" => Some(Value::String(string(value))),
        "boolValue" => value.as_bool().map(Value::Bool),
        "intValue" => value.as_i64().or_else(|| value.as_str()?.parse().ok()).map(Value::Int),
        "doubleValue" => value.as_f64().map(Value::Double),
        "arrayValue" => Some(Value::Array(ArrayValue { values: list(&value["values"], any_value) })),
        "kvlistValue" => Some(Value::Map(KeyValueList { values: list(&value["values"], key_value) })),
        _ => None,
    });
    AnyValue { value }
}

fn string(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn number(json: &Json) -> u64 {
    json.as_u64().or_else(|| json.as_str()?.parse().ok()).unwrap_or_default()
}

fn hexadecimal(json: &Json) -> Vec<u8> {
    let text = json.as_str().unwrap_or_default();
    text.as_bytes().chunks(2).filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
