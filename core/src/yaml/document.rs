//! Parses YAML the way Clawker does, whose reader is gopkg.in/yaml.v3.

use std::borrow::Cow;

use saphyr::{LoadableYamlNode, MarkedYaml, ScalarStyle, Yaml, YamlData, YamlLoader};
use saphyr_parser::{BufferedInput, Parser};
use yaml_edit::YamlFile;

use super::{
    limits::{self, Refusal},
    tabs,
};

/// A node of the file. Its scalars are not interpreted yet.
pub(crate) type Node = MarkedYaml<'static>;

/// The first document; `None` if there is none. Clawker reads only that one.
#[expect(clippy::disallowed_methods, reason = "the text was checked")]
pub(crate) fn first_document(text: &str) -> Result<Option<Node>, Refusal> {
    let text = readable(text)?;
    let mut loader: YamlLoader<'static, Node> = YamlLoader::default();
    loader.early_parse(false);
    Parser::new(BufferedInput::new(text.chars())).load(&mut loader, true).map_err(Refusal::Invalid)?;
    Ok(loader.into_documents().into_iter().next())
}

/// All documents with their values interpreted.
#[expect(clippy::disallowed_methods, reason = "the text was checked")]
pub(crate) fn all_documents(text: &str) -> Result<Vec<Yaml<'static>>, Refusal> {
    Yaml::load_from_str(&readable(text)?).map_err(Refusal::Invalid)
}

/// The syntax tree, by another parser, for changing the text.
///
/// # Errors
/// What the parser does not understand, or why the text is not read.
#[expect(clippy::disallowed_methods, reason = "the text was checked")]
pub(crate) fn syntax_tree(text: &str) -> Result<YamlFile, String> {
    readable(text).map_err(|refusal| match refusal {
        Refusal::Invalid(error) => error.to_string(),
        Refusal::TooMuch { of, .. } => of.to_string(),
    })?;
    YamlFile::parse(text).to_result().map_err(|error| error.to_string())
}

/// The text in a form that saphyr can read: without a byte order mark, and with spaces for tabs between tokens, which
/// Go's reader allows.
pub(crate) fn readable(text: &str) -> Result<Cow<'_, str>, Refusal> {
    // Some editors write a byte order mark; it is not part of the document.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match check(text) {
        Ok(()) => Ok(Cow::Borrowed(text)),
        Err(refusal @ Refusal::TooMuch { .. }) => Err(refusal),
        Err(Refusal::Invalid(_)) => {
            let spaced = with_spaces_between_tokens(text);
            check(&spaced).map(|()| Cow::Owned(spaced))
        }
    }
}

/// Fails if the text exceeds a limit, is not YAML, or has the same key twice, whether quoted or not.
#[expect(clippy::disallowed_methods, reason = "the limits come first")]
fn check(text: &str) -> Result<(), Refusal> {
    limits::check(text)?;
    let documents = Node::load_from_str(text).map_err(Refusal::Invalid)?;
    tabs::refuse_indentation(&documents, text).map_err(Refusal::Invalid)
}

/// Replaces every tab after the indentation of its line, and the indentation itself inside of braces and brackets, where
/// it has no meaning. Positions stay the same. Braces in quotes are counted too, which at worst accepts a tab that Go's
/// reader refuses.
fn with_spaces_between_tokens(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for line in text.split_inclusive('\n') {
        let indentation = tabs::indentation(line);
        let content = &line[indentation.len()..];
        if depth > 0 {
            spaced.push_str(&indentation.replace('\t', " "));
        } else {
            spaced.push_str(indentation);
        }
        spaced.push_str(&content.replace('\t', " "));
        for letter in content.chars() {
            match letter {
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    spaced
}

/// The value of a key. Like Go's reader, falls back to the mappings that are merged with `<<`: the key's own value comes
/// first, then the first mapping that has the key.
pub(crate) fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    own_member(node, name).or_else(|| {
        let merged = own_member(node, MERGE)?;
        match &merged.data {
            YamlData::Sequence(mappings) => mappings.iter().find_map(|mapping| member(mapping, name)),
            _ => member(merged, name),
        }
    })
}

/// The key that merges other mappings.
pub(crate) const MERGE: &str = "<<";

/// Whether `<<` of this mapping, if it exists, names mappings.
pub(crate) fn merges_only_mappings(node: &Node) -> bool {
    own_member(node, MERGE).is_none_or(|merged| match &merged.data {
        YamlData::Sequence(mappings) => mappings.iter().all(|mapping| mapping.data.is_mapping()),
        merged => merged.is_mapping(),
    })
}

fn own_member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    entries(node).find(|entry| entry.name == name).map(|entry| entry.value)
}

/// A key of a mapping and its value.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub name: &'a str,
    /// The line of the key, counted from 1.
    pub line: usize,
    pub value: &'a Node,
}

/// The keys of a mapping that are scalars. Empty for anything else.
pub(crate) fn entries(node: &Node) -> impl Iterator<Item = Entry<'_>> {
    let entries = node.data.as_mapping().into_iter().flatten();
    entries.filter_map(|(key, value)| match &key.data {
        YamlData::Representation(name, ..) => Some(Entry { name, line: key.span.start.line(), value }),
        _ => None,
    })
}

/// All keys of a mapping with their values, those that are merged with `<<` included. The key's own value comes first,
/// then the first mapping that has the key.
pub(crate) fn merged_entries(node: &Node) -> Vec<(&str, &Node)> {
    let mut found: Vec<(&str, &Node)> =
        entries(node).filter(|entry| entry.name != MERGE).map(|entry| (entry.name, entry.value)).collect();
    let merged: Vec<&Node> = match own_member(node, MERGE) {
        None => Vec::new(),
        Some(merged) => match &merged.data {
            YamlData::Sequence(mappings) => mappings.iter().collect(),
            _ => vec![merged],
        },
    };
    for (name, value) in merged.into_iter().flat_map(merged_entries) {
        if found.iter().all(|(known, _)| *known != name) {
            found.push((name, value));
        }
    }
    found
}

/// The text of a scalar, and whether it can be anything but text: it is neither quoted nor tagged as text.
pub(crate) fn scalar(node: &Node) -> Option<(&str, bool)> {
    match &node.data {
        YamlData::Representation(text, style, tag) => {
            let is_text = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
            Some((text, *style == ScalarStyle::Plain && !is_text))
        }
        _ => None,
    }
}

pub(crate) fn is_null(node: &Node) -> bool {
    matches!(scalar(node), Some(("" | "~" | "null" | "Null" | "NULL", true)))
}

/// The text that Clawker gives to a program for a scalar: numbers and booleans are resolved first, so that `03000` is
/// 1536. `None` for anything else. Source: gopkg.in/yaml.v3, `resolve.go`.
pub(crate) fn text_for_a_program(node: &Node) -> Option<String> {
    let (text, can_be_other) = scalar(node)?;
    if is_null(node) {
        return Some(String::new());
    }
    Some(match text {
        text if !can_be_other => text.to_owned(),
        "true" | "True" | "TRUE" => "true".to_owned(),
        "false" | "False" | "FALSE" => "false".to_owned(),
        text => number(text).unwrap_or_else(|| text.to_owned()),
    })
}

/// A number in decimal digits; `None` if the text is none. A leading zero makes it octal, if it can be.
fn number(text: &str) -> Option<String> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let whole = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => i64::from_str_radix(&digits[2..], 16).ok(),
        Some("0o") => i64::from_str_radix(&digits[2..], 8).ok(),
        Some("0b") => i64::from_str_radix(&digits[2..], 2).ok(),
        Some(two) if two.starts_with('0') => i64::from_str_radix(digits, 8).ok(),
        _ => digits.parse().ok(),
    };
    if let Some(whole) = whole {
        return Some(format!("{sign}{whole}"));
    }
    let is_decimal = plain.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let decimal = plain.parse::<f64>().ok().filter(|number| is_decimal && number.abs() < 1e15)?;
    Some(decimal.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_what_go_resolves() {
        for (text, given) in [
            ("0", "0"),
            ("03000", "1536"),
            ("09090", "9090"),
            ("0x10", "16"),
            ("1_000", "1000"),
            ("-5", "-5"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("True", "true"),
            ("yes", "yes"),
            ("~", ""),
            ("\"0\"", "0"),
            ("'03000'", "03000"),
            ("!!str 010", "010"),
            ("http/json", "http/json"),
            ("2.1.3", "2.1.3"),
        ] {
            let root = first_document(&format!("a: {text}")).expect("YAML").expect("a document");
            assert_eq!(text_for_a_program(member(&root, "a").expect("a")).as_deref(), Some(given), "{text}");
        }
    }

    #[test]
    fn limits_hold_behind_byte_order_marks_and_tabs() {
        for before in ["", "\u{feff}", "a:\t1\n", "\u{feff}a:\t1\n"] {
            for nested in ["- ".repeat(6_000), "? ".repeat(6_000), "[".repeat(6_000)] {
                let text = format!("{before}b:\n  {nested}");
                assert!(readable(&text).is_err(), "{text:.40}");
            }
        }
    }

    #[test]
    fn merged_mappings_are_resolved_and_own_keys_win() {
        let text = "x: &x {A: 1, B: 1}\ny: &y {B: 2, C: 2}\nz:\n  <<: [*x, *y]\n  A: 3\n";
        let root = first_document(text).expect("YAML").expect("a document");
        let entries = merged_entries(member(&root, "z").expect("z"));
        let texts: Vec<_> = entries.into_iter().map(|(name, value)| (name, text_for_a_program(value))).collect();
        assert_eq!(texts, [("A", Some("3".into())), ("B", Some("1".into())), ("C", Some("2".into()))]);
    }
}
