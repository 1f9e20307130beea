//! Reads the `monitoring` section of a `settings.yaml` and ignores the rest of the file.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use super::{KEYS, RawValue, RawValues, Settings};
use crate::problem::Problem;

/// Parses the settings in the text of a `settings.yaml`. `file` is the path to name in problems. Empty text gives the
/// defaults, and unknown keys are ignored.
///
/// # Errors
/// All problems, sorted by line.
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

/// The values of all known keys as they are written, valid or not; the input of `Settings::from_values`. `file` is the
/// path to name in problems.
///
/// # Errors
/// The text is not YAML, or has a section or list in place of a value.
pub fn read_values(text: &str, file: &str) -> Result<RawValues, Vec<Problem>> {
    let in_file = |problem: Problem| Problem { file: Some(file.to_owned()), ..problem };
    match values_in(text) {
        Ok((values, problems)) if problems.is_empty() => Ok(values),
        Ok((_, problems)) => Err(problems.into_iter().map(in_file).collect()),
        Err(problem) => Err(vec![in_file(problem)]),
    }
}

/// The values of all known keys, and problems with sections or lists in place of values. Fails if the text is not YAML.
pub(super) fn values_in(text: &str) -> Result<(RawValues, Vec<Problem>), Problem> {
    let whole_file = |message: String, line| Problem { field: String::new(), message, file: None, line };
    // Some editors write a byte order mark; it is not part of the document.
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
    // One wrong section (`telemetry: 3`) affects all its keys; report it once.
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
