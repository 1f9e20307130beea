//! Parses the text of a settings file the way Clawker does, whose reader is gopkg.in/yaml.v3.

use std::borrow::Cow;

use saphyr::{LoadableYamlNode, MarkedYaml, ScalarStyle, ScanError, YamlData, YamlLoader};
use saphyr_parser::{BufferedInput, Parser};

/// A node of the file. Its scalars are not interpreted yet.
pub(super) type Node = MarkedYaml<'static>;

/// The first document; `None` if there is none. Clawker reads only that one.
pub(super) fn first_document(text: &str) -> Result<Option<Node>, ScanError> {
    let text = readable(text)?;
    let mut loader: YamlLoader<'static, Node> = YamlLoader::default();
    loader.early_parse(false);
    Parser::new(BufferedInput::new(text.chars())).load(&mut loader, true)?;
    Ok(loader.into_documents().into_iter().next())
}

/// The text in a form that saphyr can read: without a byte order mark, and with spaces for tabs between tokens, which
/// Go's reader allows.
pub(in crate::settings) fn readable(text: &str) -> Result<Cow<'_, str>, ScanError> {
    // Some editors write a byte order mark; it is not part of the document.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if check(text).is_ok() {
        return Ok(Cow::Borrowed(text));
    }
    let spaced = with_spaces_between_tokens(text);
    check(&spaced).map(|()| Cow::Owned(spaced))
}

/// Fails if the text is not YAML, or has the same key twice, whether quoted or not.
fn check(text: &str) -> Result<(), ScanError> {
    Node::load_from_str(text).map(drop)
}

/// Replaces every tab after the indentation of its line, and the indentation itself inside of braces and brackets, where
/// it has no meaning. Positions stay the same. Braces in quotes are counted too, which at worst accepts a tab that Go's
/// reader refuses.
fn with_spaces_between_tokens(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        let indentation = &line[..line.len() - content.len()];
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
pub(super) fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    own_member(node, name).or_else(|| {
        let merged = own_member(node, MERGE)?;
        match &merged.data {
            YamlData::Sequence(mappings) => mappings.iter().find_map(|mapping| member(mapping, name)),
            _ => member(merged, name),
        }
    })
}

/// The key that merges other mappings.
pub(super) const MERGE: &str = "<<";

/// Whether `<<` of this mapping, if it exists, names mappings.
pub(super) fn merges_only_mappings(node: &Node) -> bool {
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
pub(super) struct Entry<'a> {
    pub name: &'a str,
    /// The line of the key, counted from 1.
    pub line: usize,
    pub value: &'a Node,
}

/// The keys of a mapping that are scalars. Empty for anything else.
pub(super) fn entries(node: &Node) -> impl Iterator<Item = Entry<'_>> {
    let entries = node.data.as_mapping().into_iter().flatten();
    entries.filter_map(|(key, value)| match &key.data {
        YamlData::Representation(name, ..) => Some(Entry { name, line: key.span.start.line(), value }),
        _ => None,
    })
}

/// The text of a scalar, and whether it can be anything but text: it is neither quoted nor tagged as text.
pub(super) fn scalar(node: &Node) -> Option<(&str, bool)> {
    match &node.data {
        YamlData::Representation(text, style, tag) => {
            let is_text = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
            Some((text, *style == ScalarStyle::Plain && !is_text))
        }
        _ => None,
    }
}

pub(super) fn is_null(node: &Node) -> bool {
    matches!(scalar(node), Some(("" | "~" | "null" | "Null" | "NULL", true)))
}
