//! What events add to the derived metrics. The same rules as `core::files::derived_metrics`, by which the collector of
//! the stack derives them, so that a change of backend changes no number.

use std::borrow::Cow;

use super::attributes::{decimal, find, find_text};
use crate::{
    otlp::messages::KeyValue,
    records::{Count, Series},
};

/// The fields of a request with a number of tokens, and the types that Claude Code's own metric has for them.
const TOKENS: [(&str, &str); 4] = [
    ("input_tokens", "input"),
    ("output_tokens", "output"),
    ("cache_read_tokens", "cacheRead"),
    ("cache_creation_tokens", "cacheCreation"),
];
/// Buckets of durations for each doubling.
const BUCKETS_PER_DOUBLING: f64 = 4.0;

/// What an event with this name and these attributes adds.
pub fn counts(name: &str, attributes: &[KeyValue]) -> Vec<Count> {
    if name.is_empty() {
        return Vec::new();
    }
    let event = Attributes(attributes);
    let mut counts = vec![Count { series: Series::new("clawker.events", vec![label("event.name", name)]), value: 1.0 }];
    match name {
        "api_request" => {
            counts.extend(event.sum("clawker.request.cost_usd", "cost_usd", &["model"]));
            for (field, kind) in TOKENS {
                counts.extend(event.sum("clawker.request.tokens", field, &["model"]).map(|mut count| {
                    count.series.labels.push(label("type", kind));
                    count
                }));
            }
            counts.extend(event.durations());
        }
        "api_error" => {
            counts.push(event.count("clawker.request.errors", &["model", "status_code"]));
            counts.extend(event.sum("clawker.request.attempts", "attempt", &["model", "status_code"]));
        }
        "tool_result" => {
            counts.push(event.count("clawker.tool.calls", &["success", "tool_name"]));
            counts.extend(event.sum("clawker.tool.duration", "duration_ms", &["tool_name"]));
        }
        "tool_decision" => counts.push(event.count("clawker.tool.decisions", &["decision", "tool_name"])),
        _ => {}
    }
    counts
}

/// The gauge of reports on managed settings; its value is their time.
pub const MANAGED_SETTINGS: &str = "clawker.managed_settings";

/// The report on managed settings that an event with this name is.
pub fn report(name: &str, attributes: &[KeyValue]) -> Option<Series> {
    let by = ["managed_settings.sources", "managed_settings.helper.applied"];
    (name == "managed_settings_resolved").then(|| Attributes(attributes).count(MANAGED_SETTINGS, &by).series)
}

struct Attributes<'a>(&'a [KeyValue]);

impl Attributes<'_> {
    fn number(&self, field: &str) -> Option<f64> {
        find(self.0, field).and_then(decimal)
    }

    fn count(&self, metric: &'static str, by: &[&'static str]) -> Count {
        let labels = by.iter().map(|key| (Cow::Borrowed(*key), find_text(self.0, key)));
        Count { series: Series::new(metric, labels.filter(|(_, value)| !value.is_empty()).collect()), value: 1.0 }
    }

    fn sum(&self, metric: &'static str, field: &str, by: &[&'static str]) -> Option<Count> {
        self.number(field).map(|value| Count { value, ..self.count(metric, by) })
    }

    /// A histogram of durations in milliseconds: number, sum, and the number in each bucket.
    fn durations(&self) -> Vec<Count> {
        let Some(milliseconds) = self.number("duration_ms").filter(|number| *number >= 0.0) else { return Vec::new() };
        let bucket = (milliseconds.max(1.0).log2() * BUCKETS_PER_DOUBLING).ceil() as i64;
        let mut in_bucket = self.count("clawker.request.duration.bucket", &["model"]);
        in_bucket.series = Series::new(
            in_bucket.series.metric,
            [in_bucket.series.labels, vec![label("bucket", &bucket.to_string())]].concat(),
        );
        vec![Count { value: milliseconds, ..self.count("clawker.request.duration.sum", &["model"]) }, in_bucket]
    }
}

/// The upper bound of a bucket of `clawker.request.duration.bucket` in milliseconds; the lower bound is that of the bucket
/// before.
pub fn bucket_upper_bound(bucket: i32) -> f64 {
    (f64::from(bucket) / BUCKETS_PER_DOUBLING).exp2()
}

fn label(key: &'static str, value: &str) -> (Cow<'static, str>, String) {
    (Cow::Borrowed(key), value.to_owned())
}
