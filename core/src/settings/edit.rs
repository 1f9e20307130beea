//! Changes values in the text of a `settings.yaml` and nothing else in it.
//!
//! Comments, order, quotes, unknown keys, line endings and a byte order mark stay as they are. What cannot be changed
//! without touching more is refused. Three parts: `place` finds a key in the syntax tree, `write` changes the tree,
//! and `verify` reads the result with the reader that everybody else uses and compares.

mod place;
#[cfg(test)]
mod tests;
mod verify;
mod write;

use super::{Change, Key, RawValue, RawValues, Settings, read::values_in};
use crate::problem::Problem;

/// The text with the changes made.
///
/// - A value that the file has already, in whatever spelling, stays as it is spelt.
/// - A scalar keeps its style of quotes. A new one is quoted where a reader might take it for something else.
/// - A missing key goes to the end of its section, a missing section to the end of the section around it. A default
///   is not written into a file that lacks the key, unless `Change::write_default` asks for it.
/// - Removing a key removes its line with the comment on it; comments above it stay. A section that becomes empty by
///   that goes too, unless there are comments in it: then it stays as `{}`, which says the same.
/// - Of several YAML documents the first counts, for Clawker too; the others are left alone.
/// - The last of several changes of one key counts.
///
/// Refused, with all problems at once: keys that are not known; values that are not allowed; settings that would
/// contradict one another; a text that is not YAML (tabs, duplicate keys); sections that are none; anchors, aliases
/// and tags on the way to a key, because a change there could change something else as well. Problems that the text
/// has elsewhere do not stand in the way, so that one can be mended after the other.
///
/// Problems name no file; their lines are those of `text`.
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

/// A change that is valid by itself and not done already.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    key: &'static Key,
    /// As it is to be read back; `None` removes the key.
    value: Option<String>,
}

impl Edit {
    /// The names on the way to the key, from the top of the file.
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

/// Whether the file says so already. A removal is left to the tree: it also sees keys without a value.
fn is_done(key: &Key, value: Option<&str>, write_default: bool, before: &RawValues) -> bool {
    match (value, before.get(key.path)) {
        (None, _) => false,
        (Some(value), Some(raw)) => key.canonical(&raw.text).as_deref() == Ok(value),
        (Some(value), None) => value == key.default && !write_default,
    }
}

/// The values as they are to be afterwards. Fails where a change makes settings contradict one another.
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

/// A problem with the key of that path below `monitoring`.
fn problem(path: &str, message: String, line: Option<u32>) -> Problem {
    Problem { field: format!("monitoring.{path}"), message, file: None, line }
}
