//! Labeled numbers, as every store of metrics and events returns them.

use std::collections::BTreeMap;

/// Labels by name. For an event, its attributes as well.
pub type Labels = BTreeMap<String, String>;

/// One labeled number. Always finite; values such as `NaN` are dropped when an answer is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The labels of the series.
    pub labels: Labels,
    /// The number, in the unit of the query.
    pub value: f64,
}

/// A series of numbers over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The labels of the series.
    pub labels: Labels,
    /// Pairs of time (seconds since 1970) and number, in order of time.
    pub values: Vec<(f64, f64)>,
}

/// The value of a label; `None` if it is missing or empty.
pub fn label<'a>(labels: &'a Labels, name: &str) -> Option<&'a str> {
    labels.get(name).map(String::as_str).filter(|value| !value.is_empty())
}
