//! Reads the `monitoring` section out of a whole `settings.yaml`. Everything else in the file is left alone.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::{KEYS, RawValue, RawValues, Settings};
use crate::problem::Problem;

/// The settings in the text of a `settings.yaml`. `file` is the path that problems name. An empty text gives the
/// defaults; unknown keys are never a problem; all problems are reported at once.
pub fn read(text: &str, file: &str) -> Result<Settings, Vec<Problem>> {
    let in_file = |problem: Problem| Problem { file: Some(file.to_owned()), ..problem };
    let (values, mut problems) = match values_in(text) {
        Ok(found) => found,
        Err(problem) => return Err(vec![in_file(problem)]),
    };
    match Settings::from_values(&values) {
        Ok(settings) if problems.is_empty() => Ok(settings),
        outcome => {
            problems.extend(outcome.err().unwrap_or_default());
            problems.sort_by_key(|problem| problem.line);
            Err(problems.into_iter().map(in_file).collect())
        }
    }
}

/// The values of the known keys in that text as they are written, right or wrong; what `Settings::from_values` takes.
/// `file` is the path that problems name. Fails where the text is not YAML, and where something that is no single value
/// stands in the place of one.
pub fn read_values(text: &str, file: &str) -> Result<RawValues, Vec<Problem>> {
    let in_file = |problem: Problem| Problem { file: Some(file.to_owned()), ..problem };
    match values_in(text) {
        Ok((values, problems)) if problems.is_empty() => Ok(values),
        Ok((_, problems)) => Err(problems.into_iter().map(in_file).collect()),
        Err(problem) => Err(vec![in_file(problem)]),
    }
}

/// Every known key's value, and what stands where a value should be but is none. Fails where the file is not YAML.
pub(super) fn values_in(text: &str) -> Result<(RawValues, Vec<Problem>), Problem> {
    let whole_file = |message: String, line| Problem { field: String::new(), message, file: None, line };
    // A byte order mark is what some editors leave; it is not part of the document.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let documents = MarkedYaml::load_from_str(text).map_err(|error| {
        let marker = error.marker();
        whole_file(format!("not valid YAML: {} (column {})", error.info(), marker.col() + 1), line_of(marker.line()))
    })?;
    let mut found = (RawValues::new(), Vec::new());
    let Some(root) = documents.first() else { return Ok(found) };
    if is_null(root) {
        return Ok(found);
    }
    if !root.data.is_mapping() {
        return Err(whole_file("the file is not a mapping of keys to values".into(), line_of(root.span.start.line())));
    }
    let Some(section) = member(root, "monitoring") else { return Ok(found) };
    for key in KEYS {
        collect(section, key.path, &mut found);
    }
    // One wrong section (`telemetry: 3`) stands in the way of all its keys; it is reported once.
    found.1.dedup();
    Ok(found)
}

fn collect(section: &MarkedYaml<'_>, path: &str, (values, problems): &mut (RawValues, Vec<Problem>)) {
    let mut node = section;
    let mut walked = String::from("monitoring");
    for name in path.split('.') {
        if is_null(node) {
            return;
        }
        if !node.data.is_mapping() {
            problems.push(Problem {
                field: walked,
                message: "expected a section with keys".into(),
                file: None,
                line: line_of(node.span.start.line()),
            });
            return;
        }
        let Some(next) = member(node, name) else { return };
        walked = format!("{walked}.{name}");
        node = next;
    }
    let line = line_of(node.span.start.line());
    let text = match &node.data {
        YamlData::Value(Scalar::Null) => return,
        YamlData::Value(Scalar::Boolean(value)) => value.to_string(),
        YamlData::Value(Scalar::Integer(value)) => value.to_string(),
        YamlData::Value(Scalar::FloatingPoint(value)) => value.to_string(),
        YamlData::Value(Scalar::String(value)) => value.to_string(),
        _ => {
            let message = "expected a single value".into();
            problems.push(Problem { field: walked, message, file: None, line });
            return;
        }
    };
    values.insert(path.to_owned(), RawValue { text, line });
}

fn member<'a, 'input>(node: &'a MarkedYaml<'input>, name: &str) -> Option<&'a MarkedYaml<'input>> {
    let mapping = node.data.as_mapping()?;
    mapping.iter().find(|(key, _)| key.data.as_str() == Some(name)).map(|(_, value)| value)
}

fn is_null(node: &MarkedYaml<'_>) -> bool {
    matches!(node.data, YamlData::Value(Scalar::Null))
}

fn line_of(line: usize) -> Option<u32> {
    u32::try_from(line).ok()
}
