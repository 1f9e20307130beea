//! Labelled numbers, as every store of metrics and events answers with them.

use std::collections::BTreeMap;

/// A series' labels, or a line's labels and metadata.
pub type Labels = BTreeMap<String, String>;

/// One number. Always finite: what is none says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What it is of.
    pub labels: Labels,
    /// The number.
    pub value: f64,
}

/// Numbers over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What they are of.
    pub labels: Labels,
    /// Seconds since 1970, and the number then.
    pub values: Vec<(f64, f64)>,
}

/// A label that is there and not empty.
pub fn label<'a>(labels: &'a Labels, name: &str) -> Option<&'a str> {
    labels.get(name).map(String::as_str).filter(|value| !value.is_empty())
}
