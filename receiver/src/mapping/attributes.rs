//! Attributes: reading their values, and their limits.

use std::borrow::Cow;

use prost::Message as _;

use super::{MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, MAX_NUMBER};
use crate::otlp::messages::{AnyValue, KeyValue, Value};

/// The value of an attribute; `None` if it is absent or has no value.
pub fn find<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()
}

/// An attribute as text; empty if it is absent.
pub fn find_text(attributes: &[KeyValue], key: &str) -> String {
    find(attributes, key).map(|value| text_of(value).into_owned()).unwrap_or_default()
}

/// A value as text, as the other stores show it: lists and maps as JSON.
pub fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        Value::Int(number) => number.to_string().into(),
        Value::Double(number) => number.to_string().into(),
        Value::Array(_) | Value::Map(_) | Value::Bytes(_) => json_of(value).to_string().into(),
    }
}

/// A value as JSON: bytes as hexadecimal text.
pub fn json_of(value: &Value) -> serde_json::Value {
    let inner = |value: &AnyValue| value.value.as_ref().map_or(serde_json::Value::Null, json_of);
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::Array(list) => list.values.iter().map(inner).collect(),
        Value::Map(map) => {
            let pair = |pair: &KeyValue| (pair.key.clone(), pair.value.as_ref().map_or(serde_json::Value::Null, inner));
            serde_json::Value::Object(map.values.iter().map(pair).collect())
        }
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
    }
}

/// A number that can be added up. Claude Code before 2.1.122 sends numbers as text.
pub fn decimal(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Double(number) => *number,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    // NaN is not less than anything.
    (number.abs() <= MAX_NUMBER).then_some(number)
}

/// Checks the number and the size of a record's attributes.
///
/// # Errors
/// The limit that they exceed.
pub fn check(attributes: &[KeyValue], body: Option<&AnyValue>) -> Result<(), String> {
    if attributes.len() > MAX_ATTRIBUTES {
        return Err(format!("it has {} attributes, and at most {MAX_ATTRIBUTES} are kept", attributes.len()));
    }
    let size = |attribute: &KeyValue| match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::String(text)) => attribute.key.len() + text.len(),
        _ => attribute.encoded_len(),
    };
    let bytes: usize = attributes.iter().map(size).sum::<usize>() + body.map_or(0, AnyValue::encoded_len);
    if bytes > MAX_ATTRIBUTE_BYTES {
        return Err(format!("it has {bytes} bytes of attributes, and at most {MAX_ATTRIBUTE_BYTES} are kept"));
    }
    Ok(())
}
