//! Claude Code's `settings.json`: puts variables into its `env` and takes them out again, and changes nothing else.
//!
//! **Invariant:** taking out what was put in gives the same bytes as before, unless somebody changed the file meanwhile.

mod json;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::json::{Object, object, quoted, replaced};

/// The member of the settings with the variables.
const ENV: &str = "env";

/// What has to be known to take the variables out again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// There was no file.
    pub was_missing: bool,
    /// The whole text, if it was an object without members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_text: Option<String>,
    /// There was no `env`.
    pub env_was_missing: bool,
    /// The text of `env`, if it was an object without members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_env: Option<String>,
    /// By variable.
    pub values: BTreeMap<String, RememberedValue>,
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedValue {
    /// What was written, as JSON: the last value, and the one before, which is still there if writing the last one failed.
    pub written: Vec<String>,
    /// What was there before, as JSON; `None` if it was not set.
    pub before: Option<String>,
}

impl RememberedValue {
    fn is_ours(&self, found: &str) -> bool {
        // Claude Code writes the file again when it saves a setting, and may escape texts in another way.
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        self.written.iter().any(|written| value(written) == value(found))
    }
}

/// One variable that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedVariable {
    /// Its name.
    pub name: String,
    /// Its value before, as JSON; `None` if it is not set.
    pub before: Option<String>,
    /// Its value afterwards.
    pub after: Option<String>,
}

/// The settings with the variables put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The new text.
    pub text: String,
    /// What to remember.
    pub remembered: Remembered,
    /// What differs; empty if nothing does.
    pub changes: Vec<ChangedVariable>,
    /// Other variables in `env` that are about telemetry.
    pub other_variables: Vec<String>,
}

/// The settings with the variables taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnected {
    /// The new text; `None` if nothing is left of a file that was created for the variables.
    pub text: Option<String>,
    /// What differs.
    pub changes: Vec<ChangedVariable>,
    /// Variables that somebody changed since.
    pub left_alone: Vec<String>,
}

/// Puts variables into a file's text. `text` is `None` if there is no file.
///
/// # Errors
/// Why the file can't be edited, as a clause.
pub fn connect(
    text: Option<&str>,
    variables: &[(String, String)],
    remembered: Option<Remembered>,
) -> Result<Connected, String> {
    let before = Document::read(text.unwrap_or("{}"))?;
    let is_empty = before.top.members.is_empty();
    let mut remembered = remembered.unwrap_or_else(|| Remembered {
        was_missing: text.is_none(),
        empty_text: text.filter(|_| is_empty).map(str::to_owned),
        env_was_missing: before.env.is_none(),
        empty_env: before.env.as_ref().filter(|env| env.members.is_empty()).map(|env| before.part(env).to_owned()),
        values: BTreeMap::new(),
    });
    let mut changes = Vec::new();
    let mut after = if is_empty { String::new() } else { before.text.to_owned() };
    // The last one first, because each becomes the first.
    for (name, value) in variables.iter().rev() {
        let (found, wanted) = (before.value(name), quoted(value));
        let known = remembered.values.get(name);
        let ours = found.filter(|found| known.is_some_and(|known| known.is_ours(found)));
        let remembered_value = RememberedValue {
            written: ours
                .filter(|ours| **ours != *wanted)
                .map(str::to_owned)
                .into_iter()
                .chain([wanted.clone()])
                .collect(),
            before: match (ours, known) {
                (Some(_), Some(known)) => known.before.clone(),
                _ => found.map(str::to_owned),
            },
        };
        remembered.values.insert(name.clone(), remembered_value);
        if found != Some(&wanted) {
            after = with_variable(&after, name, &wanted)?;
            let found = found.map(str::to_owned);
            changes.insert(0, ChangedVariable { name: name.clone(), before: found, after: Some(wanted) });
        }
    }
    let names = before.env.iter().flat_map(|env| &env.members).map(|member| &member.name);
    let is_other = |name: &&String| {
        crate::agent_environment::is_telemetry(name) && !variables.iter().any(|(known, _)| known == *name)
    };
    let other_variables = names.filter(is_other).cloned().collect();
    if changes.is_empty() {
        after = before.text.to_owned();
    }
    Ok(Connected { text: after, remembered, changes, other_variables })
}

/// Takes variables out of a file's text, and restores what they had replaced. `text` is `None` if there is no file.
///
/// # Errors
/// Why the file can't be edited, as a clause.
pub fn disconnect(text: Option<&str>, remembered: &Remembered) -> Result<Disconnected, String> {
    let mut undone = Disconnected { text: text.map(str::to_owned), changes: Vec::new(), left_alone: Vec::new() };
    let Some(text) = text else { return Ok(undone) };
    let before = Document::read(text)?;
    let mut after = text.to_owned();
    for (name, value) in &remembered.values {
        let found = before.value(name);
        match found {
            Some(found) if value.is_ours(found) => {
                after = match &value.before {
                    Some(old) => with_variable(&after, name, old)?,
                    None => without_variable(&after, name)?,
                };
                if found != value.before.as_deref().unwrap_or_default() {
                    let change = (Some(found.to_owned()), value.before.clone());
                    undone.changes.push(ChangedVariable { name: name.clone(), before: change.0, after: change.1 });
                }
            }
            found if found == value.before.as_deref() => {}
            _ => undone.left_alone.push(name.clone()),
        }
    }
    after = without_empty_env(&after, remembered)?;
    let is_empty = Document::read(&after)?.top.members.is_empty();
    undone.text = match (is_empty && !undone.changes.is_empty(), remembered.was_missing) {
        (true, true) => None,
        (true, false) => Some(remembered.empty_text.clone().unwrap_or(after)),
        (false, _) => Some(after),
    };
    Ok(undone)
}

/// A text that was looked through.
struct Document<'a> {
    text: &'a str,
    top: Object,
    env: Option<Object>,
}

impl<'a> Document<'a> {
    fn read(text: &'a str) -> Result<Document<'a>, String> {
        if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
            return Err(format!("it is not valid JSON ({error})"));
        }
        let top = object(text, 0).ok_or("it is not a JSON object")?;
        let env = match top.member(ENV) {
            Some(member) => Some(object(text, member.value.start).ok_or("its `env` is not an object")?),
            None => None,
        };
        for object in std::iter::once(&top).chain(&env) {
            if let Some(member) = object.repeated() {
                let line = text[..member.key.start].matches('\n').count() + 1;
                return Err(format!("it has `{}` twice (again in line {line})", member.name));
            }
        }
        Ok(Document { text, top, env })
    }

    fn part(&self, object: &Object) -> &'a str {
        &self.text[object.place.clone()]
    }

    /// A variable's value as JSON.
    fn value(&self, name: &str) -> Option<&'a str> {
        let member = self.env.as_ref()?.member(name)?;
        Some(&self.text[member.value.clone()])
    }
}

/// Not expected: the text was valid before.
const LOST: &str = "its structure is not understood";

/// Sets a variable. The value is JSON. An empty text gets a layout of its own.
fn with_variable(text: &str, name: &str, value: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(format!("{{\n  \"{ENV}\": {{\n    {}: {value}\n  }}\n}}\n", quoted(name)));
    }
    let document = Document::read(text)?;
    let changed = match (&document.env, document.top.members.first()) {
        (Some(env), _) if env.members.is_empty() => {
            // Laid out like the other members.
            let key = document.top.member(ENV).ok_or(LOST)?.key.start;
            let lead = &text[text[..key].rfind(['{', ',']).map_or(0, |at| at + 1)..key];
            replaced(text, env.place.clone(), &new_object(lead, name, value))
        }
        (Some(env), _) => match env.member(name) {
            Some(member) => replaced(text, member.value.clone(), value),
            None => env.with_first(text, name, value),
        },
        (None, Some(first)) => {
            let lead = &text[document.top.place.start + 1..first.key.start];
            document.top.with_first(text, ENV, &new_object(lead, name, value))
        }
        (None, None) => return with_variable("", name, value),
    };
    changed.ok_or_else(|| LOST.to_owned())
}

/// An object with one member. `lead` is the space before the member that the object is the value of.
fn new_object(lead: &str, name: &str, value: &str) -> String {
    // One level deeper: the indentation again, as members of the outermost object have one level.
    let indentation = lead.rsplit('\n').next().filter(|_| lead.contains('\n')).unwrap_or_default();
    format!("{{{lead}{indentation}{}: {value}{lead}}}", quoted(name))
}

fn without_variable(text: &str, name: &str) -> Result<String, String> {
    let document = Document::read(text)?;
    let env = document.env.as_ref().ok_or(LOST)?;
    env.without(text, name).ok_or_else(|| LOST.to_owned())
}

/// Restores an `env` in which nothing is left.
fn without_empty_env(text: &str, remembered: &Remembered) -> Result<String, String> {
    let document = Document::read(text)?;
    let Some(env) = document.env.as_ref().filter(|env| env.members.is_empty()) else { return Ok(text.to_owned()) };
    let restored = match &remembered.empty_env {
        Some(before) => replaced(text, env.place.clone(), before),
        None if remembered.env_was_missing => document.top.without(text, ENV),
        None => Some(text.to_owned()),
    };
    restored.ok_or_else(|| LOST.to_owned())
}
