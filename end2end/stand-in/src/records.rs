//! The data that tests send to the stores: one JSON object per line.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode as _, YamlOwned};

/// Names and values; numbers and booleans are in text form.
pub type Labels = BTreeMap<String, String>;

/// One line.
#[derive(Debug, Default)]
pub struct Record {
    /// The scalar values of the object.
    pub values: Labels,
    /// The scalar values of the object inside it.
    pub nested: Labels,
}

/// Parses every line that is not empty. The error names the first that cannot be parsed.
pub fn parse_records(text: &str) -> Result<Vec<Record>, String> {
    text.lines().filter(|line| !line.trim().is_empty()).map(parse_record).collect()
}

/// Parses with the YAML reader, because JSON is YAML.
fn parse_record(line: &str) -> Result<Record, String> {
    let documents = YamlOwned::load_from_str(line).map_err(|error| format!("{error}: {line}"))?;
    let document = documents.first().and_then(YamlOwned::as_mapping);
    let mut record = Record::default();
    for (name, value) in document.ok_or_else(|| format!("not an object: {line}"))? {
        let name = name.as_str().ok_or_else(|| format!("a key is not a string: {line}"))?.to_owned();
        match value.as_mapping() {
            Some(inner) => {
                let pair = |(name, value): (&YamlOwned, &YamlOwned)| Some((name.as_str()?.to_owned(), scalar(value)?));
                record.nested.extend(inner.iter().filter_map(pair));
            }
            None => record.values.extend(scalar(value).map(|value| (name, value))),
        }
    }
    Ok(record)
}

fn scalar(value: &YamlOwned) -> Option<String> {
    let integer = || value.as_integer().map(|number| number.to_string());
    let float = || value.as_floating_point().map(|number| number.to_string());
    let boolean = || value.as_bool().map(|boolean| boolean.to_string());
    value.as_str().map(str::to_owned).or_else(integer).or_else(float).or_else(boolean)
}

/// The text of a string, number or boolean; `None` for null, lists and objects.
pub fn json_scalar(value: &serde_json::Value) -> Option<String> {
    use serde_json::Value::{Bool, Number, String};
    match value {
        String(text) => Some(text.clone()),
        Number(number) => Some(number.to_string()),
        Bool(boolean) => Some(boolean.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_line_is_parsed_and_an_error_quotes_the_line() {
        let records = parse_records("{\"agent\":\"dev\",\"n\":3,\"fields\":{\"success\":true,\"cost_usd\":0.25}}\n\n")
            .expect("lines");
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].values["agent"].as_str(), records[0].values["n"].as_str()), ("dev", "3"));
        assert_eq!((records[0].nested["success"].as_str(), records[0].nested["cost_usd"].as_str()), ("true", "0.25"));
        assert!(parse_records("[1]").is_err_and(|problem| problem.contains("[1]")));
    }
}
