//! Reads the `monitoring` section of a `settings.yaml` as Clawker does, and ignores the rest of the file.

mod misspelled;
mod number;

use saphyr::YamlData;

use super::{KEYS, Key, Kind, RawValue, RawValues, Settings};
use crate::{
    problem::Problem,
    yaml::{
        document::{Node, first_document, is_null, member, merges_only_mappings, readable, scalar},
        limits::Refusal,
    },
};

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
/// The text is not YAML, or has something in place of a value that can't be read.
pub fn read_values(text: &str, file: &str) -> Result<RawValues, Vec<Problem>> {
    let in_file = |problem: Problem| Problem { file: Some(file.to_owned()), ..problem };
    match values_in(text) {
        Ok((values, problems)) if problems.is_empty() => Ok(values),
        Ok((_, problems)) => Err(problems.into_iter().map(in_file).collect()),
        Err(problem) => Err(vec![in_file(problem)]),
    }
}

/// Fails if the text is too large or too deeply nested to be read at all. Other problems can be fixed one by one in a file
/// that has them; a file that is never read can't be. `file` is the path to name in the problem.
///
/// # Errors
/// The limit that is exceeded.
pub fn check_limits(text: &str, file: &str) -> Result<(), Vec<Problem>> {
    match readable(text) {
        Err(refusal @ Refusal::TooMuch { .. }) => {
            Err(vec![Problem { file: Some(file.to_owned()), ..unreadable(&refusal) }])
        }
        Ok(_) | Err(Refusal::Invalid(_)) => Ok(()),
    }
}

/// Unknown keys that look like misspelled settings, sorted by line. They are warnings: nothing is refused because of
/// them. Empty if the text is not YAML.
pub fn misspelled_keys(text: &str, file: &str) -> Vec<Problem> {
    let root = first_document(text).ok().flatten();
    let found = root.as_ref().map(misspelled::misspelled).unwrap_or_default();
    found.into_iter().map(|problem| Problem { file: Some(file.to_owned()), ..problem }).collect()
}

/// The values of all known keys, and problems with what is in place of values. Fails if the text is not YAML.
pub(super) fn values_in(text: &str) -> Result<(RawValues, Vec<Problem>), Problem> {
    let root = first_document(text).map_err(|refusal| unreadable(&refusal))?;
    let mut found = (RawValues::new(), Vec::new());
    let Some(root) = root.filter(|root| !is_null(root)) else { return Ok(found) };
    if !root.data.is_mapping() {
        return Err(whole_file("the file is not a mapping of keys to values".into(), root.span.start.line()));
    }
    let Some(section) = member(&root, "monitoring") else { return Ok(found) };
    for key in KEYS {
        collect(section, key, &mut found);
    }
    // One wrong section (`telemetry: 3`) affects all its keys; report it once.
    found.1.dedup();
    Ok(found)
}

fn unreadable(refusal: &Refusal) -> Problem {
    let message = match refusal {
        Refusal::Invalid(error) => format!("not valid YAML: {} (column {})", error.info(), error.marker().col() + 1),
        Refusal::TooMuch { of, .. } => of.to_string(),
    };
    whole_file(message, refusal.line())
}

fn whole_file(message: String, line: usize) -> Problem {
    Problem { field: String::new(), message, file: None, line: line_of(line) }
}

fn collect(section: &Node, key: &Key, (values, problems): &mut (RawValues, Vec<Problem>)) {
    let problem = |node: &Node, field: &str, message: String| Problem {
        field: field.to_owned(),
        message,
        file: None,
        line: line_of(node.span.start.line()),
    };
    let mut node = section;
    let mut walked = String::from("monitoring");
    for name in key.path.split('.') {
        if is_null(node) {
            return;
        }
        if !node.data.is_mapping() {
            problems.push(problem(node, &walked, "expected a section with keys".into()));
            return;
        }
        if !merges_only_mappings(node) {
            problems.push(problem(node, &walked, "`<<` expects a section, or a list of sections".into()));
            return;
        }
        let Some(next) = member(node, name) else { return };
        walked = format!("{walked}.{name}");
        node = next;
    }
    if is_null(node) {
        return;
    }
    match scalar(node).map(|(text, can_be_a_number)| text_of_value(key.kind, text, can_be_a_number)) {
        Some(Ok(text)) => {
            values.insert(key.path.to_owned(), RawValue { text, line: line_of(node.span.start.line()) });
        }
        Some(Err(message)) => problems.push(problem(node, &walked, message)),
        None => {
            let message = match node.data {
                YamlData::BadValue => "the alias (`*…`) names nothing".into(),
                _ => "expected a single value".into(),
            };
            problems.push(problem(node, &walked, message));
        }
    }
}

/// Numbers as decimal digits, everything else as it is written.
fn text_of_value(kind: Kind, text: &str, can_be_a_number: bool) -> Result<String, String> {
    match kind {
        Kind::Port | Kind::Milliseconds if can_be_a_number => number::whole_number(text),
        _ => Ok(text.to_owned()),
    }
}

fn line_of(line: usize) -> Option<u32> {
    u32::try_from(line).ok()
}
