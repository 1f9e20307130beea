//! What tests feed the stores with: one JSON object a line.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode as _, YamlOwned};

/// Names and texts; numbers and truths as texts.
pub type Labels = BTreeMap<String, String>;

/// One line: its plain values by name, and those of its one object.
#[derive(Debug, Default)]
pub struct Fed {
    pub own: Labels,
    pub object: Labels,
}

/// Every line that is not empty. `Err` names the first that is not understood.
pub fn read(text: &str) -> Result<Vec<Fed>, String> {
    text.lines().filter(|line| !line.trim().is_empty()).map(one).collect()
}

/// JSON is YAML.
fn one(line: &str) -> Result<Fed, String> {
    let documents = YamlOwned::load_from_str(line).map_err(|error| format!("{error}: {line}"))?;
    let document = documents.first().and_then(YamlOwned::as_mapping);
    let mut fed = Fed::default();
    for (name, value) in document.ok_or_else(|| format!("no object: {line}"))? {
        let name = name.as_str().ok_or_else(|| format!("a name that is no text: {line}"))?.to_owned();
        match value.as_mapping() {
            Some(inner) => {
                let pair = |(name, value): (&YamlOwned, &YamlOwned)| Some((name.as_str()?.to_owned(), plain(value)?));
                fed.object.extend(inner.iter().filter_map(pair));
            }
            None => fed.own.extend(plain(value).map(|value| (name, value))),
        }
    }
    Ok(fed)
}

fn plain(value: &YamlOwned) -> Option<String> {
    let whole = || value.as_integer().map(|number| number.to_string());
    let decimal = || value.as_floating_point().map(|number| number.to_string());
    let truth = || value.as_bool().map(|truth| truth.to_string());
    value.as_str().map(str::to_owned).or_else(whole).or_else(decimal).or_else(truth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_json_is_read_and_anything_else_is_named() {
        let fed =
            read("{\"agent\":\"dev\",\"n\":3,\"fields\":{\"success\":true,\"cost_usd\":0.25}}\n\n").expect("lines");
        assert_eq!(fed.len(), 1);
        assert_eq!((fed[0].own["agent"].as_str(), fed[0].own["n"].as_str()), ("dev", "3"));
        assert_eq!((fed[0].object["success"].as_str(), fed[0].object["cost_usd"].as_str()), ("true", "0.25"));
        assert!(read("[1]").is_err_and(|problem| problem.contains("[1]")));
    }
}
