//! Data points of metrics.

use std::borrow::Cow;

use super::{
    MAX_LABEL_BYTES, MAX_NUMBER, Rules,
    attributes::{check, text_of},
    context::Contexts,
};
use crate::{
    Nanoseconds,
    otlp::{
        messages::KeyValue,
        metrics::{CUMULATIVE, DELTA, Metric, MetricsRequest, NumberDataPoint},
    },
    records::{Batch, Point, Series, Temporality},
};

pub fn map(request: MetricsRequest, rules: &Rules, batch: &mut Batch) {
    for of_resource in request.resource_metrics {
        for of_scope in of_resource.scope_metrics {
            let mut contexts = Contexts::new(&of_resource.resource, &of_scope.scope, rules);
            for metric in of_scope.metrics {
                for given in read(metric) {
                    match point(given, &mut contexts, rules) {
                        Ok(point) => batch.points.push(point),
                        Err(reason) => batch.rejected.add(|| format!("a data point was rejected: {reason}")),
                    }
                }
            }
        }
    }
}

/// A point of any kind of metric.
struct Given {
    metric: String,
    start: u64,
    at: u64,
    value: Option<f64>,
    /// `None` if the sender does not say it.
    temporality: Option<Temporality>,
    attributes: Vec<KeyValue>,
}

/// The points of a metric. A histogram has two of each: number and sum.
fn read(metric: Metric) -> Vec<Given> {
    let name = metric.name;
    let number = |point: NumberDataPoint, temporality| Given {
        metric: name.clone(),
        start: point.start_time_unix_nano,
        at: point.time_unix_nano,
        value: point.as_double.or(point.as_int.map(|number| number as f64)),
        temporality,
        attributes: point.attributes,
    };
    let mut points = Vec::new();
    for point in metric.gauge.into_iter().flat_map(|gauge| gauge.data_points) {
        points.push(number(point, Some(Temporality::Gauge)));
    }
    if let Some(sum) = metric.sum {
        let temporality = match temporality(sum.aggregation_temporality) {
            // It goes up and down, so it is a state.
            Some(Temporality::Cumulative) if !sum.is_monotonic => Some(Temporality::Gauge),
            other => other,
        };
        points.extend(sum.data_points.into_iter().map(|point| number(point, temporality)));
    }
    let mut add_histogram = |start, at, count: u64, sum: Option<f64>, temporality, attributes: Vec<KeyValue>| {
        for (suffix, value) in [("count", Some(count as f64)), ("sum", sum)] {
            if value.is_some() || suffix == "count" {
                let metric = format!("{name}.{suffix}");
                points.push(Given { metric, start, at, value, temporality, attributes: attributes.clone() });
            }
        }
    };
    if let Some(histogram) = metric.histogram {
        let temporality = temporality(histogram.aggregation_temporality);
        for of in histogram.data_points {
            add_histogram(of.start_time_unix_nano, of.time_unix_nano, of.count, of.sum, temporality, of.attributes);
        }
    }
    if let Some(histogram) = metric.exponential_histogram {
        let temporality = temporality(histogram.aggregation_temporality);
        for of in histogram.data_points {
            add_histogram(of.start_time_unix_nano, of.time_unix_nano, of.count, of.sum, temporality, of.attributes);
        }
    }
    points
}

fn temporality(code: i32) -> Option<Temporality> {
    match code {
        DELTA => Some(Temporality::Delta),
        CUMULATIVE => Some(Temporality::Cumulative),
        _ => None,
    }
}

fn point(given: Given, contexts: &mut Contexts<'_>, rules: &Rules) -> Result<Point, String> {
    let Given { metric, start, at, value, temporality, mut attributes } = given;
    if metric.is_empty() || metric.len() > MAX_LABEL_BYTES {
        return Err("the metric has no name, or one that is too long".into());
    }
    let value = value.ok_or_else(|| format!("`{metric}` has no value"))?;
    // NaN is not in any range.
    if !(-MAX_NUMBER..=MAX_NUMBER).contains(&value) {
        return Err(format!("`{metric}` is not a number, or one beyond {MAX_NUMBER:e}"));
    }
    let temporality =
        temporality.ok_or_else(|| format!("`{metric}` does not say whether it is delta or cumulative"))?;
    check(&attributes, None)?;
    let at = rules.time(&[at])?;
    let context = contexts.take(&mut attributes);
    let text = |attribute: KeyValue| {
        let text = attribute.value.and_then(|value| value.value).map(|value| text_of(&value).into_owned());
        (Cow::Owned(attribute.key), text.unwrap_or_default())
    };
    let labels: Vec<(Cow<'static, str>, String)> = attributes.into_iter().map(text).collect();
    if labels.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > MAX_LABEL_BYTES {
        return Err(format!("`{metric}` has more than {MAX_LABEL_BYTES} bytes of attributes"));
    }
    let start = Nanoseconds::try_from(start).unwrap_or_default();
    Ok(Point { at, start, context, series: Series::new(metric, labels), temporality, value })
}
