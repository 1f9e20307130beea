//! Which name in JSON is which field of a message.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::scalars::{Base64, Decimal, Hexadecimal, Whole};
use crate::otlp::{
    messages::{
        AnyValue, ArrayValue, KeyValue, KeyValueList, LogRecord, LogsRequest, Resource, ResourceLogs, Scope, ScopeLogs,
        Value,
    },
    metrics::{
        ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric,
        MetricsRequest, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
    },
    traces::{ResourceSpans, ScopeSpans, Span, SpanStatus, TracesRequest},
};

/// Implements `Deserialize` for a message: each name, its field, and how the value is read. `null` is the same as nothing.
macro_rules! message {
    ($message:ident { $($name:literal => $field:ident: $kind:ident),+ $(,)? }) => {
        impl<'de> Deserialize<'de> for $message {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields;
                impl<'de> Visitor<'de> for Fields {
                    type Value = $message;

                    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                        formatter.write_str(concat!("an object (", stringify!($message), ")"))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$message, A::Error> {
                        let mut message = $message::default();
                        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                            match name.as_ref() {
                                $($name => message.$field = message!(@read map, $kind),)+
                                _ => {
                                    map.next_value::<IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(message)
                    }
                }
                deserializer.deserialize_map(Fields)
            }
        }
    };
    (@read $map:ident, plain) => { $map.next_value::<Option<_>>()?.unwrap_or_default() };
    (@read $map:ident, optional) => { $map.next_value()? };
    (@read $map:ident, whole) => { $map.next_value::<Option<Whole<_>>>()?.map(|Whole(number)| number).unwrap_or_default() };
    (@read $map:ident, optional_whole) => { $map.next_value::<Option<Whole<_>>>()?.map(|Whole(number)| number) };
    (@read $map:ident, decimal) => { $map.next_value::<Option<Decimal>>()?.map(|Decimal(number)| number) };
    (@read $map:ident, id) => { $map.next_value::<Option<Hexadecimal>>()?.map(|Hexadecimal(id)| id).unwrap_or_default() };
}

message!(LogsRequest { "resourceLogs" => resource_logs: plain });
message!(ResourceLogs { "resource" => resource: optional, "scopeLogs" => scope_logs: plain });
message!(ScopeLogs { "scope" => scope: optional, "logRecords" => log_records: plain });
message!(LogRecord {
    "timeUnixNano" => time_unix_nano: whole,
    "observedTimeUnixNano" => observed_time_unix_nano: whole,
    "severityNumber" => severity_number: whole,
    "severityText" => severity_text: plain,
    "body" => body: optional,
    "attributes" => attributes: plain,
    "flags" => flags: whole,
    "traceId" => trace_id: id,
    "spanId" => span_id: id,
    "eventName" => event_name: plain,
});
message!(Resource { "attributes" => attributes: plain });
message!(Scope { "name" => name: plain, "version" => version: plain, "attributes" => attributes: plain });
message!(KeyValue { "key" => key: plain, "value" => value: optional });
message!(ArrayValue { "values" => values: plain });
message!(KeyValueList { "values" => values: plain });

message!(MetricsRequest { "resourceMetrics" => resource_metrics: plain });
message!(ResourceMetrics { "resource" => resource: optional, "scopeMetrics" => scope_metrics: plain });
message!(ScopeMetrics { "scope" => scope: optional, "metrics" => metrics: plain });
message!(Metric {
    "name" => name: plain,
    "description" => description: plain,
    "unit" => unit: plain,
    "gauge" => gauge: optional,
    "sum" => sum: optional,
    "histogram" => histogram: optional,
    "exponentialHistogram" => exponential_histogram: optional,
});
message!(Gauge { "dataPoints" => data_points: plain });
message!(Sum {
    "dataPoints" => data_points: plain,
    "aggregationTemporality" => aggregation_temporality: whole,
    "isMonotonic" => is_monotonic: plain,
});
message!(NumberDataPoint {
    "startTimeUnixNano" => start_time_unix_nano: whole,
    "timeUnixNano" => time_unix_nano: whole,
    "asDouble" => as_double: decimal,
    "asInt" => as_int: optional_whole,
    "attributes" => attributes: plain,
});
message!(Histogram {
    "dataPoints" => data_points: plain,
    "aggregationTemporality" => aggregation_temporality: whole,
});
message!(HistogramDataPoint {
    "startTimeUnixNano" => start_time_unix_nano: whole,
    "timeUnixNano" => time_unix_nano: whole,
    "count" => count: whole,
    "sum" => sum: decimal,
    "attributes" => attributes: plain,
});
message!(ExponentialHistogram {
    "dataPoints" => data_points: plain,
    "aggregationTemporality" => aggregation_temporality: whole,
});
message!(ExponentialHistogramDataPoint {
    "startTimeUnixNano" => start_time_unix_nano: whole,
    "timeUnixNano" => time_unix_nano: whole,
    "count" => count: whole,
    "sum" => sum: decimal,
    "attributes" => attributes: plain,
});

message!(TracesRequest { "resourceSpans" => resource_spans: plain });
message!(ResourceSpans { "resource" => resource: optional, "scopeSpans" => scope_spans: plain });
message!(ScopeSpans { "scope" => scope: optional, "spans" => spans: plain });
message!(Span {
    "traceId" => trace_id: id,
    "spanId" => span_id: id,
    "parentSpanId" => parent_span_id: id,
    "name" => name: plain,
    "kind" => kind: whole,
    "startTimeUnixNano" => start_time_unix_nano: whole,
    "endTimeUnixNano" => end_time_unix_nano: whole,
    "attributes" => attributes: plain,
    "status" => status: optional,
});
message!(SpanStatus { "message" => message: plain, "code" => code: whole });

/// Of several values, the last one counts, as in protobuf.
impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = AnyValue;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object with one value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AnyValue, A::Error> {
                let mut value = None;
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let next = match name.as_ref() {
                        "stringValue" => map.next_value::<Option<String>>()?.map(Value::String),
                        "boolValue" => map.next_value::<Option<bool>>()?.map(Value::Bool),
                        "intValue" => map.next_value::<Option<Whole<i64>>>()?.map(|Whole(number)| Value::Int(number)),
                        "doubleValue" => map.next_value::<Option<Decimal>>()?.map(|Decimal(of)| Value::Double(of)),
                        "arrayValue" => map.next_value::<Option<ArrayValue>>()?.map(Value::Array),
                        "kvlistValue" => map.next_value::<Option<KeyValueList>>()?.map(Value::Map),
                        "bytesValue" => map.next_value::<Option<Base64>>()?.map(|Base64(bytes)| Value::Bytes(bytes)),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            None
                        }
                    };
                    value = next.or(value);
                }
                Ok(AnyValue { value })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
