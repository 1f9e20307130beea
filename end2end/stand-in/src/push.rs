//! `POST /loki/api/v1/push` in JSON, as Promtail's stand-in sends it and as Clawker announces agents' addresses.

use saphyr::{LoadableYamlNode as _, YamlOwned};

use crate::{
    logql::Entry,
    records::{Labels, scalar},
};

/// The entries of a push. The error says what is wrong with the body.
pub fn parse_push(body: &str) -> Result<Vec<Entry>, String> {
    let documents = YamlOwned::load_from_str(body).map_err(|error| error.to_string())?;
    let streams = documents.first().and_then(|push| push.as_mapping_get("streams")).and_then(|list| list.as_sequence());
    let mut entries = Vec::new();
    for stream in streams.ok_or("`streams` is missing")? {
        let labels = pairs(stream.as_mapping_get("stream").ok_or("`stream` is missing")?);
        if labels.is_empty() {
            return Err("error at least one label pair is required per stream".to_owned());
        }
        let values = stream.as_mapping_get("values").and_then(|list| list.as_sequence());
        for value in values.ok_or("`values` is missing")? {
            let [at, line, rest @ ..] = value.as_sequence().map(Vec::as_slice).unwrap_or_default() else {
                return Err("a value is not a list of time and line".to_owned());
            };
            let at = at.as_str().and_then(|at| at.parse().ok()).ok_or("a time is not in nanoseconds")?;
            let mut labels = labels.clone();
            labels.extend(rest.first().map(pairs).unwrap_or_default());
            entries.push(Entry { at, labels, line: line.as_str().unwrap_or_default().to_owned() });
        }
    }
    Ok(entries)
}

fn pairs(mapping: &YamlOwned) -> Labels {
    let pair = |(name, value): (&YamlOwned, &YamlOwned)| Some((name.as_str()?.to_owned(), scalar(value)?));
    mapping.as_mapping().map(|pairs| pairs.iter().filter_map(pair).collect()).unwrap_or_default()
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
