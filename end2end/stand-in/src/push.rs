//! `POST /loki/api/v1/push` in JSON, as Promtail's stand-in sends it and as Clawker announces agents' addresses.

use serde_json::Value;

use crate::{
    logql::Entry,
    records::{Labels, json_scalar},
};

/// The entries of a push. The error says what is wrong with the body.
pub fn parse_push(body: &str) -> Result<Vec<Entry>, String> {
    let push: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let mut entries = Vec::new();
    for stream in push["streams"].as_array().ok_or("`streams` is missing")? {
        let labels = pairs(&stream["stream"]);
        if labels.is_empty() {
            return Err("error at least one label pair is required per stream".to_owned());
        }
        for value in stream["values"].as_array().ok_or("`values` is missing")? {
            let at = value[0].as_str().and_then(|at| at.parse().ok()).ok_or("a time is not in nanoseconds")?;
            let line = value[1].as_str().ok_or("a line is not text")?.to_owned();
            let mut labels = labels.clone();
            labels.extend(pairs(&value[2]));
            entries.push(Entry { at, labels, line });
        }
    }
    Ok(entries)
}

fn pairs(object: &Value) -> Labels {
    let pairs = object.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), json_scalar(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_metadata_of_a_pushed_line_are_both_labels_of_the_entry() {
        let pushed = r#"{"streams":[{"stream":{"service_name":"envoy","source":"agent_map"},"values":[
            ["1700000000000000000","a \"line\"",{"client_ip":"172.18.0.5"}],["1700000000000000001","b"]]}]}"#;
        let entries = parse_push(pushed).expect("a push");
        assert_eq!((entries[0].at, entries[0].line.as_str()), (1_700_000_000_000_000_000, "a \"line\""));
        assert_eq!(entries[0].labels["client_ip"], "172.18.0.5");
        assert_eq!((entries[1].labels.len(), entries[1].labels["source"].as_str()), (2, "agent_map"));
        for wrong in ["{}", r#"{"streams":[{"stream":{},"values":[]}]}"#, r#"{"streams":[{"stream":{"a":"b"}}]}"#] {
            assert!(parse_push(wrong).is_err(), "{wrong}");
        }
    }
}
