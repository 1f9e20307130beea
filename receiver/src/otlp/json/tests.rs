use super::*;
use crate::otlp::{
    DecodeError, Encoding, Request, Signal, decode,
    messages::{LogRecord, LogsRequest, Value},
    metrics::MetricsRequest,
};

fn logs(record: &str) -> Result<LogRecord, DecodeError> {
    let text = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{record}]}}]}}]}}"#);
    match decode(Signal::Logs, Encoding::Json, text.as_bytes())? {
        Request::Logs(LogsRequest { mut resource_logs }) => {
            Ok(resource_logs.remove(0).scope_logs.remove(0).log_records.remove(0))
        }
        other => panic!("not logs: {other:?}"),
    }
}

fn value(text: &str) -> Option<Value> {
    let record = logs(&format!(r#"{{"attributes":[{{"key":"k","value":{text}}}]}}"#)).expect("it is well-formed");
    record.attributes[0].value.clone().and_then(|value| value.value)
}

#[test]
fn numbers_ids_and_unknown_names() {
    let record = logs(
        r#"{"timeUnixNano":"1795330257383000000","observedTimeUnixNano":1795330257383000001,"severityNumber":9,
            "traceId":"5B8EFFF798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","later":{"a":[1,{"b":null}]},
            "body":null,"droppedAttributesCount":0}"#,
    )
    .expect("it is well-formed");
    assert_eq!((record.time_unix_nano, record.observed_time_unix_nano), (1795330257383000000, 1795330257383000001));
    assert_eq!(record.trace_id[..2], [0x5b, 0x8e]);
    assert_eq!((record.trace_id.len(), record.span_id.len(), record.body), (16, 8, None));
}

#[test]
fn every_kind_of_value() {
    assert_eq!(value(r#"{"stringValue":"a\u00e9\"b"}"#), Some(Value::String("aé\"b".into())));
    assert_eq!(value(r#"{"boolValue":true}"#), Some(Value::Bool(true)));
    assert_eq!(value(r#"{"intValue":"-9223372036854775808"}"#), Some(Value::Int(i64::MIN)));
    assert_eq!(value(r#"{"intValue":1e3}"#), Some(Value::Int(1000)));
    assert_eq!(value(r#"{"doubleValue":"0.25"}"#), Some(Value::Double(0.25)));
    assert_eq!(value(r#"{"doubleValue":7}"#), Some(Value::Double(7.0)));
    assert!(matches!(value(r#"{"doubleValue":"NaN"}"#), Some(Value::Double(number)) if number.is_nan()));
    assert_eq!(value(r#"{"bytesValue":"AP8B"}"#), Some(Value::Bytes(vec![0, 255, 1])));
    assert!(
        matches!(value(r#"{"arrayValue":{"values":[{"intValue":1},{}]}}"#), Some(Value::Array(of)) if of.values.len() == 2)
    );
    assert!(
        matches!(value(r#"{"kvlistValue":{"values":[{"key":"x"}]}}"#), Some(Value::Map(of)) if of.values[0].key == "x")
    );
    assert_eq!(value("{}"), None);
    assert_eq!(value("null"), None);
}

#[test]
fn malformed_json_is_an_error() {
    for record in [
        r#"{"timeUnixNano":-1}"#,
        r#"{"timeUnixNano":"x"}"#,
        r#"{"timeUnixNano":1.5}"#,
        r#"{"traceId":"abc"}"#,
        r#"{"traceId":"zz"}"#,
        r#"{"attributes":{}}"#,
        r#"{"attributes":[1]}"#,
        r#"{"attributes":[{"key":1}]}"#,
        "[]",
        "{",
    ] {
        assert!(matches!(logs(record), Err(DecodeError::Malformed(_))), "{record}");
    }
    for text in ["", "[]", "null", "{}x", "\u{feff}{}"] {
        assert!(decode(Signal::Logs, Encoding::Json, text.as_bytes()).is_err(), "{text:?}");
    }
    let invalid_utf8 = b"{\"resourceLogs\":[{\"schemaUrl\":\"\xff\"}]}";
    let utf8 = decode(
        Signal::Traces,
        Encoding::Json,
        b"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"\xff\"}]}]}]}",
    );
    assert!(utf8.is_err());
    // What is skipped is not looked at.
    assert!(decode(Signal::Logs, Encoding::Json, invalid_utf8).is_ok());
    assert_eq!(decode(Signal::Logs, Encoding::Json, b"{}"), Ok(Request::Logs(LogsRequest::default())));
}

#[test]
fn depth_and_number_of_values_are_limited() {
    let deep = format!("{}{}", "[".repeat(2 * MAX_DEPTH + 1), "]".repeat(2 * MAX_DEPTH + 1));
    assert_eq!(check(deep.as_bytes()), Err(Refused::TooDeep));
    assert_eq!(check(format!("[{}", "{},".repeat(MAX_MESSAGES)).as_bytes()), Err(Refused::TooMany));
    assert_eq!(check(format!("{{\"a\":\"{}\\\"{{{{\"}}", "[".repeat(1000)).as_bytes()), Ok(()));
    assert_eq!(check(b"\"\\"), Ok(()));
}

#[test]
fn points_are_floating_or_whole() {
    let text = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","sum":{"aggregationTemporality":1,
        "isMonotonic":true,"dataPoints":[{"asDouble":1.5},{"asInt":"7"},{"asInt":8},{}]}}]}]}]}"#;
    let Ok(Request::Metrics(MetricsRequest { resource_metrics })) =
        decode(Signal::Metrics, Encoding::Json, text.as_bytes())
    else {
        panic!("it is well-formed");
    };
    let sum = resource_metrics[0].scope_metrics[0].metrics[0].sum.clone().expect("it is a sum");
    let values: Vec<_> = sum.data_points.iter().map(|point| (point.as_double, point.as_int)).collect();
    assert_eq!(values, [(Some(1.5), None), (None, Some(7)), (None, Some(8)), (None, None)]);
    assert!(sum.is_monotonic && sum.aggregation_temporality == 1);
}
