//! Changes the syntax tree. A new section is inserted as text, so that it is indented like the rest of the file.

use yaml_edit::{Mapping, MappingEntry, ScalarStyle, ScalarValue, YamlFile, YamlNode};

use super::{
    Edit,
    place::{Place, find},
};
use crate::{
    problem::Problem,
    settings::{Key, Kind},
    yaml::{document::syntax_tree, double_quoted, is_plain, single_quoted},
};

/// Applies the edits, additions first: a section is only empty if nothing was added to it.
pub(super) fn write(text: &str, edits: &[Edit]) -> Result<String, Vec<Problem>> {
    let mut file = parse(text).map_err(|problem| vec![problem])?;
    let problems: Vec<Problem> = match root(&file) {
        Some(root) => edits.iter().filter_map(|edit| find(&root, edit, text).err()).collect(),
        None => check_empty(text).err().into_iter().collect(),
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let (set, unset): (Vec<&Edit>, Vec<&Edit>) = edits.iter().partition(|edit| edit.value.is_some());
    for edit in set.into_iter().chain(unset) {
        // A tree whose text was changed is parsed again; otherwise it is changed in place.
        if let Some(text) = apply(&file, edit).map_err(|problem| vec![problem])? {
            file = parse(&text).map_err(|problem| vec![problem])?;
        }
    }
    Ok(file.to_string())
}

/// Applies one edit. Returns the new text if the edit changed the text instead of the tree.
fn apply(file: &YamlFile, edit: &Edit) -> Result<Option<String>, Problem> {
    let text = file.to_string();
    let path = edit.path();
    let Some(root) = root(file) else {
        return Ok(edit.value.as_ref().map(|value| append(&text, &block(&path, edit.key, value, "", "  "))));
    };
    let step = indentation_step(&root, &text);
    match (find(&root, edit, &text)?, &edit.value) {
        (Place::There { sections }, None) => Ok(remove(file, &text, &sections)),
        (_, None) => Ok(None),
        (Place::There { sections }, Some(value)) => {
            if let Some((section, entry)) = sections.last() {
                replace(section, entry, edit.key, value);
            }
            Ok(None)
        }
        (Place::Missing { section, from }, Some(value)) => {
            let last = section.entries().last();
            if from + 1 < path.len()
                && let Some(at) = last.and_then(|last| line_end(&section, &last, &text))
                && let Some(indent) = section.entries().next().and_then(|first| indentation(&first, &text))
            {
                return Ok(Some(insert(&text, at, &block(&path[from..], edit.key, value, &indent, &step))));
            }
            add(&section, &path[from..], edit.key, value);
            Ok(None)
        }
        (Place::Empty { parent, entry, from }, Some(value)) => {
            if value_is_absent(&entry)
                && let Some(at) = line_end(&parent, &entry, &text)
                && let Some(indent) = indentation(&entry, &text)
            {
                let indent = format!("{indent}{step}");
                return Ok(Some(insert(&text, at, &block(&path[from..], edit.key, value, &indent, &step))));
            }
            add(&parent, &path[from - 1..], edit.key, value);
            Ok(None)
        }
    }
}

/// Replaces a value. Only the text of the value changes.
fn replace(section: &Mapping, entry: &MappingEntry, key: &Key, value: &str) {
    match entry.value_node() {
        Some(YamlNode::Scalar(scalar)) if !scalar.is_null() => {
            scalar.set_value(&styled_scalar(&scalar.value(), key, value))
        }
        _ => section.set(last_name(key), scalar(key, value)),
    }
}

/// Adds the missing part of the path through the tree; for flow mappings and unusual layouts.
fn add(section: &Mapping, missing: &[&str], key: &Key, value: &str) {
    let (sections, _) = missing.split_at(missing.len() - 1);
    let mut section = section.clone();
    for name in sections {
        section = section.entry(*name).or_insert_mapping();
    }
    section.set(last_name(key), scalar(key, value));
}

/// Removes the key, and enclosing sections that become empty.
fn remove(file: &YamlFile, text: &str, sections: &[(Mapping, MappingEntry)]) -> Option<String> {
    let mut going = sections.len() - 1;
    // Comments in a section may be about keys that will be added again.
    let has_comments = |outer: &MappingEntry, inner: &MappingEntry| {
        let (outer, inner) = (outer.byte_range(), inner.byte_range());
        let around = [outer.start..inner.start, inner.end..outer.end];
        around.into_iter().any(|part| text.get(part.start as usize..part.end as usize).unwrap_or("#").contains('#'))
    };
    while going > 0 && sections[going].0.len() == 1 && !has_comments(&sections[going - 1].1, &sections[going].1) {
        going -= 1;
    }
    if going == 0 && sections[0].0.len() == 1 {
        // The last key of the file: without it there is no mapping. A text of comments alone means the same, but not if
        // another document follows.
        let (root, entry) = &sections[0];
        if !root.is_flow_style() && file.documents().count() == 1 {
            let range = entry.byte_range();
            return Some(format!("{}{}", &text[..range.start as usize], &text[range.end as usize..]));
        }
        going = 1;
    }
    let (section, entry) = &sections[going];
    if section.is_flow_style() {
        return Some(cut_from_flow(section, entry, text));
    }
    if let Some(name) = entry.key_node() {
        section.remove(name);
    }
    None
}

/// The text without this entry of a flow mapping and without the comma that separated it.
fn cut_from_flow(section: &Mapping, entry: &MappingEntry, text: &str) -> String {
    // Up to the end of the value: the tree counts the comma as part of an entry.
    let range = |entry: &MappingEntry| {
        let end = entry.value_node().map_or(entry.byte_range().end, |value| value.byte_range().end);
        entry.byte_range().start as usize..end as usize
    };
    let here = range(entry);
    let entries: Vec<_> = section.entries().map(|entry| range(&entry)).collect();
    let place = entries.iter().position(|other| *other == here).unwrap_or_default();
    let end_with_comma = match text[here.end..].trim_start().strip_prefix(',') {
        Some(rest) => text.len() - rest.len(),
        None => here.end,
    };
    let before = place.checked_sub(1).and_then(|before| entries.get(before));
    let braces = section.byte_range();
    let inside = braces.start as usize + 1..(braces.end as usize).saturating_sub(1);
    let cut = match (before, entries.get(place + 1)) {
        // A closing brace on its own line may need a preceding entry.
        (None, None) if text.get(inside.clone()).is_some_and(|inside| !inside.contains('#')) => inside,
        (_, Some(next)) => here.start..next.start,
        // A comment between two entries belongs to the remaining one; a comma may stay before a closing brace.
        (Some(before), None) if !text[before.end..here.start].contains('#') => before.end..here.end,
        _ => here.start..end_with_comma,
    };
    format!("{}{}", &text[..cut.start], &text[cut.end..])
}

/// The value as a scalar in the style of the one it replaces.
fn styled_scalar(old: &str, key: &Key, value: &str) -> String {
    let single = || old.starts_with('\'').then(|| single_quoted(value)).flatten();
    if old.starts_with('"') || !plain(key, value) {
        double_quoted_or(single(), value)
    } else {
        single().unwrap_or_else(|| value.to_owned())
    }
}

fn double_quoted_or(single: Option<String>, value: &str) -> String {
    single.unwrap_or_else(|| double_quoted(value))
}

/// Numbers, switches, and retentions can't be misread; all other values are text and must be parsed as text.
fn plain(key: &Key, value: &str) -> bool {
    matches!(key.kind, Kind::Port | Kind::Milliseconds | Kind::Switch | Kind::Retention) || is_plain(value)
}

/// The value for the tree to write, quoted like its neighbors if no quotes are required.
fn scalar(key: &Key, value: &str) -> ScalarValue {
    match key.kind {
        // `plain` would quote text that looks like a number.
        Kind::Port | Kind::Milliseconds | Kind::Switch => ScalarValue::parse(value),
        _ if plain(key, value) => ScalarValue::string(value),
        _ => ScalarValue::with_style(value, ScalarStyle::DoubleQuoted),
    }
}

/// The lines of nested sections, down to the key.
fn block(names: &[&str], key: &Key, value: &str, indent: &str, step: &str) -> Vec<String> {
    let mut indent = indent.to_owned();
    let mut lines = Vec::new();
    for (index, name) in names.iter().enumerate() {
        lines.push(if index + 1 == names.len() {
            format!("{indent}{name}: {}", styled_scalar("", key, value))
        } else {
            format!("{indent}{name}:")
        });
        indent.push_str(step);
    }
    lines
}

/// Inserts whole lines at the start of a line, or at the end of a text without a final line break, which is then still
/// missing.
fn insert(text: &str, at: usize, lines: &[String]) -> String {
    let ending = line_ending(text);
    let (before, after) = text.split_at(at);
    let lines = lines.join(ending);
    if before.is_empty() || before == "\u{feff}" || before.ends_with(['\n', '\r']) {
        format!("{before}{lines}{ending}{after}")
    } else {
        format!("{before}{ending}{lines}{after}")
    }
}

fn append(text: &str, lines: &[String]) -> String {
    insert(text, text.len(), lines)
}

/// Where a line can be added after the entry; `None` if the entry does not end with its line.
fn line_end(section: &Mapping, entry: &MappingEntry, text: &str) -> Option<usize> {
    let end = entry.byte_range().end as usize;
    let ends = end == text.len() || text.get(..end)?.ends_with(['\n', '\r']);
    (!section.is_flow_style() && ends).then_some(end)
}

/// The indentation of the entry; `None` if there is more than white space before it, as in `- a: 1`.
fn indentation(entry: &MappingEntry, text: &str) -> Option<String> {
    let before = text.get(..entry.byte_range().start as usize)?;
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default().trim_start_matches('\u{feff}');
    line.bytes().all(|byte| byte == b' ').then(|| line.to_owned())
}

/// The indentation step of the file: that of its first section, otherwise two spaces.
fn indentation_step(root: &Mapping, text: &str) -> String {
    let sections = root.entries().filter_map(|entry| match entry.value_node() {
        Some(YamlNode::Mapping(section)) if !section.is_flow_style() => section.entries().next(),
        _ => None,
    });
    let mut steps = sections.filter_map(|first| indentation(&first, text)).filter(|step| !step.is_empty());
    steps.next().unwrap_or_else(|| "  ".to_owned())
}

/// The line ending of the first line.
fn line_ending(text: &str) -> &'static str {
    match text.find(['\n', '\r']).map(|at| &text[at..]) {
        Some(rest) if rest.starts_with("\r\n") => "\r\n",
        Some(rest) if rest.starts_with('\r') => "\r",
        _ => "\n",
    }
}

fn value_is_absent(entry: &MappingEntry) -> bool {
    match entry.value_node() {
        None => true,
        Some(YamlNode::Scalar(scalar)) => scalar.value().is_empty(),
        Some(_) => false,
    }
}

fn last_name(key: &Key) -> &'static str {
    key.path.rsplit('.').next().unwrap_or(key.path)
}

fn parse(text: &str) -> Result<YamlFile, Problem> {
    syntax_tree(text).map_err(|error| Problem {
        field: String::new(),
        message: format!("this YAML can't be changed here ({error}); edit the file directly"),
        file: None,
        line: None,
    })
}

fn root(file: &YamlFile) -> Option<Mapping> {
    file.document()?.as_mapping()
}

/// A key can only be added to a file without keys if a new line at its end belongs to its first document.
fn check_empty(text: &str) -> Result<(), Problem> {
    let text = text.trim_start_matches('\u{feff}');
    let mut starts = 0;
    let odd = text.lines().position(|line| match line.trim() {
        "" => false,
        "---" => {
            starts += 1;
            starts > 1
        }
        line => !line.starts_with('#'),
    });
    match odd {
        None => Ok(()),
        Some(index) => Err(Problem {
            field: String::new(),
            message: "the file has no keys but is not empty; clear it first".into(),
            file: None,
            line: u32::try_from(index + 1).ok(),
        }),
    }
}
