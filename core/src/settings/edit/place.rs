//! Finds a key in the syntax tree, or the place to add it.

use yaml_edit::{Mapping, MappingEntry, YamlNode};

use super::Edit;
use crate::problem::Problem;

/// Where a key is, or where it belongs.
pub(super) enum Place {
    /// The key exists, with a scalar or no value.
    There {
        /// The enclosing sections with the entry of each, from the outside in.
        sections: Vec<(Mapping, MappingEntry)>,
    },
    /// The key or one of its sections is missing.
    Missing {
        /// The section that lacks it.
        section: Mapping,
        /// The first missing name, as an index into the path.
        from: usize,
    },
    /// The section exists and is empty, without even `{}`.
    Empty {
        /// The mapping that contains the section.
        parent: Mapping,
        /// The entry of the section.
        entry: MappingEntry,
        /// The first missing name, as an index into the path.
        from: usize,
    },
}

/// Follows the path from the root of the document. `text` is the text of the tree.
pub(super) fn find(root: &Mapping, edit: &Edit, text: &str) -> Result<Place, Problem> {
    let path = edit.path();
    let mut section = root.clone();
    let mut sections = Vec::new();
    for (index, name) in path.iter().enumerate() {
        let Some(entry) = section.find_entry_by_key(*name) else {
            return Ok(Place::Missing { section, from: index });
        };
        let walked = path[..=index].join(".");
        let refuse = |message: &str| {
            let start = entry.byte_range().start as usize;
            Problem { field: walked.clone(), message: message.into(), file: None, line: line_at(text, start) }
        };
        let value = entry.value_node();
        match value {
            Some(YamlNode::Alias(_)) => return Err(refuse(ALIAS)),
            Some(YamlNode::TaggedNode(_)) => return Err(refuse(TAG)),
            _ if has_anchor(&entry, text) => return Err(refuse(ANCHOR)),
            _ => {}
        }
        sections.push((section.clone(), entry.clone()));
        let is_last = index + 1 == path.len();
        match value {
            Some(YamlNode::Mapping(next)) if !is_last => section = next,
            None => return Ok(empty(sections, is_last, index)),
            Some(YamlNode::Scalar(scalar)) if scalar.is_null() => return Ok(empty(sections, is_last, index)),
            Some(YamlNode::Scalar(_)) if is_last => return Ok(Place::There { sections }),
            Some(_) if is_last => return Err(refuse("expected a single value")),
            Some(_) => return Err(refuse("expected a section with keys")),
        }
    }
    Ok(Place::There { sections })
}

fn empty(mut sections: Vec<(Mapping, MappingEntry)>, is_last: bool, index: usize) -> Place {
    match sections.pop() {
        Some((parent, entry)) if !is_last => Place::Empty { parent, entry, from: index + 1 },
        last => {
            sections.extend(last);
            Place::There { sections }
        }
    }
}

const ALIAS: &str = "is an alias (`*…`) for a value elsewhere in the file; replace it with the value first";
const ANCHOR: &str = "has an anchor (`&…`), so a change could affect other parts of the file; edit the file directly";
const TAG: &str = "has a tag (`!…`) that controls how its value is read; edit the file directly";

/// Whether there is an anchor before the key or between the key and its value.
fn has_anchor(entry: &MappingEntry, text: &str) -> bool {
    let (Some(key), whole) = (entry.key_node(), entry.byte_range()) else { return true };
    let key = key.byte_range();
    let value = entry.value_node().map_or(whole.end, |value| value.byte_range().start);
    [whole.start..key.start, key.end..value].into_iter().any(|between| {
        let between = text.get(between.start as usize..between.end as usize).unwrap_or_default();
        // A comment ends with its line.
        let bare = between.lines().map(|line| line.split_once('#').map_or(line, |(bare, _)| bare));
        bare.into_iter().any(|line| line.contains('&'))
    })
}

/// The line of a byte offset, counted from 1.
pub(super) fn line_at(text: &str, offset: usize) -> Option<u32> {
    let before = text.get(..offset)?;
    u32::try_from(before.matches('\n').count() + 1).ok()
}
