//! Parses the JSON answers of Loki and Prometheus. Both encode numbers as text, including `NaN` and `+Inf`.

use serde::Deserialize;
use serde_json::Value;

use crate::telemetry::{
    event::EventRecord,
    series::{Labels, Sample, Series},
};

#[derive(Deserialize)]
struct Body<T> {
    data: Option<Data<T>>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Data<T> {
    result: Vec<T>,
}

#[derive(Deserialize)]
struct OneValue {
    metric: Labels,
    value: (f64, String),
}

#[derive(Deserialize)]
struct ManyValues {
    metric: Labels,
    values: Vec<(f64, String)>,
}

#[derive(Deserialize)]
struct Stream {
    stream: Labels,
    /// Time in nanoseconds, the line, and since Loki 3 optionally an object of metadata.
    values: Vec<Vec<Value>>,
}

/// Parses a vector: one number per series.
///
/// # Errors
/// The reason in a clause, if the body is not a valid answer.
pub fn samples(body: &[u8]) -> Result<Vec<Sample>, String> {
    let series: Vec<OneValue> = results(body)?;
    let sample = |OneValue { metric, value: (_, text) }| Some(Sample { labels: metric, value: number(&text)? });
    Ok(series.into_iter().filter_map(sample).collect())
}

/// Parses a matrix: numbers over time for each series.
///
/// # Errors
/// As for `samples`.
pub fn series(body: &[u8]) -> Result<Vec<Series>, String> {
    let series: Vec<ManyValues> = results(body)?;
    let of = |ManyValues { metric, values }| Series {
        labels: metric,
        values: values.iter().filter_map(|(time, text)| Some((*time, number(text)?))).collect(),
    };
    Ok(series.into_iter().map(of).collect())
}

/// Parses streams: log lines with their labels and metadata, in no particular order.
///
/// # Errors
/// As for `samples`.
pub fn lines(body: &[u8]) -> Result<Vec<EventRecord>, String> {
    let mut lines = Vec::new();
    for Stream { stream, values } in results(body)? {
        for value in values {
            let Some(at) = value.first().and_then(Value::as_str).and_then(|text| text.parse().ok()) else {
                return Err("a log line without a timestamp".to_owned());
            };
            let mut labels = stream.clone();
            if let Some(metadata) =
                value.get(2).and_then(|value| value.get("structuredMetadata").unwrap_or(value).as_object())
            {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                labels.extend(metadata.iter().map(|(name, value)| (name.clone(), text(value))));
            }
            lines.push(EventRecord { at, labels });
        }
    }
    Ok(lines)
}

/// The error message in a JSON answer to a refused query. Loki answers in plain text instead.
pub fn refusal(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Body<Value>>(body).ok()?.error
}

fn results<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<Vec<T>, String> {
    let body: Body<T> = serde_json::from_slice(body).map_err(|error| format!("unexpected response: {error}"))?;
    match (body.data, body.error) {
        (Some(data), _) => Ok(data.result),
        (None, Some(error)) => Err(error),
        (None, None) => Err("unexpected response: no `data` field".to_owned()),
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{Owner, series::label};

    macro_rules! recorded {
        ($name:literal) => {
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../server/tests/fixtures/loki/", $name))
        };
    }

    #[test]
    fn answers_of_loki_3_7_0_are_parsed() {
        let cost = samples(recorded!("instant-cost-by-agent.json")).expect("a vector");
        assert_eq!((cost.len(), cost[0].value), (1, 0.140482));
        assert_eq!(Owner::from_labels(&cost[0].labels), Owner::new(Some("demo"), Some("dev")));
        assert_eq!(samples(recorded!("instant-empty.json")), Ok(Vec::new()));
        let over_time = series(recorded!("range-cost-matrix.json")).expect("a matrix");
        assert_eq!(over_time[0].values[1], (1_795_330_320.0, 0.022586999999999996));
        let lines = lines(recorded!("range-streams-tool-events.json")).expect("streams");
        assert_eq!((lines.len(), lines[0].at), (5, 1_795_330_258_129_000_000));
        assert_eq!(label(&lines[0].labels, "tool_name"), Some("Write"));
    }

    #[test]
    fn values_that_are_not_finite_are_dropped() {
        let of = |value: &str| format!(r#"{{"data":{{"result":[{{"metric":{{}},"value":[1,"{value}"]}}]}}}}"#);
        assert_eq!(samples(of("1e-3").as_bytes()).expect("a vector")[0].value, 0.001);
        for value in ["NaN", "+Inf", "-Inf", "", "soon"] {
            assert_eq!(samples(of(value).as_bytes()), Ok(Vec::new()), "{value}");
        }
    }

    #[test]
    fn invalid_answers_have_a_reason() {
        assert!(samples(b"<html>").is_err_and(|error| error.starts_with("unexpected response: ")));
        assert_eq!(samples(br#"{"status":"error","error":"too many"}"#), Err("too many".into()));
        assert_eq!(refusal(br#"{"status":"error","error":"parse error: x"}"#).as_deref(), Some("parse error: x"));
        assert_eq!(refusal(b"parse error at line 1"), None);
    }

    #[test]
    fn metadata_of_a_line_is_read() {
        let body =
            br#"{"data":{"result":[{"stream":{"a":"1"},"values":[["7","x",{"structuredMetadata":{"b":"2"}}]]}]}}"#;
        assert_eq!(lines(body).expect("streams")[0].labels["b"], "2");
    }
}
