//! Values of attributes, as far as Claude Code uses them.

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A floating-point number.
    Decimal(f64),
    /// A boolean.
    Truth(bool),
    /// An array of strings.
    List(Vec<String>),
    /// A time in milliseconds of simulated time; sent as RFC 3339 text in wall-clock time.
    Moment(u64),
}

/// Attributes in the order in which they are sent.
pub type Attributes = Vec<(&'static str, Value)>;

impl Value {
    /// The value as a number, also if it is sent as text.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Text(text) => text.parse().ok(),
            Value::Whole(number) => Some(*number as f64),
            Value::Decimal(number) => Some(*number),
            Value::Truth(_) | Value::List(_) | Value::Moment(_) => None,
        }
    }

    /// The value as text.
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

/// The value with this key.
pub(super) fn find<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a Value> {
    attributes.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}
