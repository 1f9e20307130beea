//! Builds messages from plain values.

use super::messages::{AnyValue, ArrayValue, KeyValue, Value};

impl KeyValue {
    /// One attribute.
    pub fn new(key: &str, value: impl Into<AnyValue>) -> KeyValue {
        KeyValue { key: key.to_owned(), value: Some(value.into()) }
    }
}

impl From<Value> for AnyValue {
    fn from(value: Value) -> AnyValue {
        AnyValue { value: Some(value) }
    }
}

impl From<String> for AnyValue {
    fn from(text: String) -> AnyValue {
        Value::String(text).into()
    }
}

impl From<bool> for AnyValue {
    fn from(truth: bool) -> AnyValue {
        Value::Bool(truth).into()
    }
}

impl From<i64> for AnyValue {
    fn from(number: i64) -> AnyValue {
        Value::Int(number).into()
    }
}

impl From<f64> for AnyValue {
    fn from(number: f64) -> AnyValue {
        Value::Double(number).into()
    }
}

impl From<Vec<String>> for AnyValue {
    fn from(texts: Vec<String>) -> AnyValue {
        Value::Array(ArrayValue { values: texts.into_iter().map(AnyValue::from).collect() }).into()
    }
}
