//! Changes values in the text of a `settings.yaml` and preserves everything else.
//!
//! Comments, order, quotes, unknown keys, line endings, and a byte order mark are preserved; a change that can't
//! preserve them is rejected. Three parts: `place` finds a key in the syntax tree, `write` changes the tree, and
//! `verify` parses the result with the regular reader and compares it.

mod place;
#[cfg(test)]
mod tests;
mod verify;
mod write;

use super::{Change, Key, RawValue, RawValues, Settings, read::values_in};
use crate::problem::Problem;

/// Applies the changes to the text.
///
/// - A value that is already set, in any spelling, keeps its spelling.
/// - A scalar keeps its quoting style. A new scalar is quoted if a parser could misread it.
/// - A missing key is added at the end of its section, a missing section at the end of its parent. A default is only
///   written to a file without the key if `Change::write_default` is set.
/// - Removing a key removes its line including a trailing comment; comments above it stay. A section that becomes empty
///   is removed as well, unless it has comments: then it becomes `{}`.
/// - Only the first of several YAML documents is changed, as Clawker reads only that one.
/// - If a key is changed several times, the last change counts.
///
/// # Errors
/// All problems at once: unknown keys; invalid values; contradicting settings; text that is not YAML (tabs, duplicate
/// keys); scalars in place of sections; anchors, aliases, and tags on the path to a key, because a change there could
/// affect other values. Existing problems elsewhere in the file do not matter, so they can be fixed one by one.
/// Problems do not name the file; their lines refer to `text`.
pub fn edit(text: &str, changes: &[Change]) -> Result<String, Vec<Problem>> {
    let (before, _) = values_in(text).map_err(|problem| vec![problem])?;
    let edits = parse_changes(changes, &before)?;
    let intended = intended_values(&before, &edits)?;
    if edits.is_empty() {
        return Ok(text.to_owned());
    }
    let edited = write::write(text, &edits)?;
    match verify::verify(text, &edited, &edits, &intended) {
        Ok(()) => Ok(edited),
        Err(problem) => Err(vec![problem]),
    }
}

/// A valid change that is not in the file yet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    key: &'static Key,
    /// The value to be read back; `None` removes the key.
    value: Option<String>,
}

impl Edit {
    /// The names on the path to the key, from the root of the file.
    fn path(&self) -> Vec<&'static str> {
        std::iter::once("monitoring").chain(self.key.path.split('.')).collect()
    }
}

fn parse_changes(changes: &[Change], before: &RawValues) -> Result<Vec<Edit>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut edits: Vec<Edit> = Vec::new();
    for change in changes {
        let Some(key) = Key::find(&change.key) else {
            let field = change.key.strip_prefix("monitoring.").unwrap_or(&change.key);
            problems.push(problem(field, "unknown setting".into(), None));
            continue;
        };
        edits.retain(|edit| edit.key.path != key.path);
        match change.value.as_deref().map(|value| key.canonical(value)).transpose() {
            Err(message) => problems.push(problem(key.path, message, None)),
            Ok(value) if is_done(key, value.as_deref(), change.write_default, before) => {}
            Ok(value) => edits.push(Edit { key, value }),
        }
    }
    if problems.is_empty() { Ok(edits) } else { Err(problems) }
}

/// Whether the file has this value already. Removals are left to the tree, which also sees keys without a value.
fn is_done(key: &Key, value: Option<&str>, write_default: bool, before: &RawValues) -> bool {
    match (value, before.get(key.path)) {
        (None, _) => false,
        (Some(value), Some(raw)) => key.canonical(&raw.text).as_deref() == Ok(value),
        (Some(value), None) => value == key.default && !write_default,
    }
}

/// The values after the changes.
///
/// # Errors
/// The new contradictions between settings.
fn intended_values(before: &RawValues, edits: &[Edit]) -> Result<RawValues, Vec<Problem>> {
    let mut intended = before.clone();
    for edit in edits {
        match &edit.value {
            Some(value) => {
                intended.insert(edit.key.path.to_owned(), RawValue { text: value.clone(), line: None });
            }
            None => {
                intended.remove(edit.key.path);
            }
        }
    }
    let problems_of = |values: &RawValues| Settings::from_values(values).err().unwrap_or_default();
    let old = problems_of(before);
    let is_new =
        |problem: &Problem| !old.iter().any(|old| old.field == problem.field && old.message == problem.message);
    let new: Vec<Problem> = problems_of(&intended).into_iter().filter(is_new).collect();
    if new.is_empty() { Ok(intended) } else { Err(new) }
}

/// A problem with a key below `monitoring`.
fn problem(path: &str, message: String, line: Option<u32>) -> Problem {
    Problem { field: format!("monitoring.{path}"), message, file: None, line }
}
