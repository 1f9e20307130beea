//! What an attribute can hold, as far as Claude Code uses it.

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A double.
    Decimal(f64),
    /// A boolean.
    Truth(bool),
    /// An array of strings.
    List(Vec<String>),
    /// A moment in milliseconds of simulated time; sent as text, RFC 3339 of the wall's clock.
    Moment(u64),
}

/// Attributes in the order in which they are sent.
pub type Attributes = Vec<(&'static str, Value)>;

impl Value {
    /// The number in it, also where it is written as text.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Text(text) => text.parse().ok(),
            Value::Whole(number) => Some(*number as f64),
            Value::Decimal(number) => Some(*number),
            Value::Truth(_) | Value::List(_) | Value::Moment(_) => None,
        }
    }

    /// The text in it.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Truth(truth)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Whole(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// A number that Claude Code sends as text.
pub(super) fn as_text(number: u64) -> Value {
    Value::Text(number.to_string())
}

/// The value of a key.
pub(super) fn find<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a Value> {
    attributes.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}
