//! Parses the edited text and compares all of it with what was intended. Editing and verifying use different YAML
//! parsers, so that a bug in either can't write a wrong file.

use saphyr::Yaml;

use super::Edit;
use crate::{
    problem::Problem,
    settings::{RawValues, read::values_in},
    yaml::document::all_documents,
};

/// Fails if the edited text does not have the intended values, or changed anything else.
pub(super) fn verify(before: &str, after: &str, edits: &[Edit], intended: &RawValues) -> Result<(), Problem> {
    let texts = |values: &RawValues| -> Vec<(String, String)> {
        values.iter().map(|(path, raw)| (path.clone(), raw.text.clone())).collect()
    };
    let read_back = values_in(after).ok().map(|(values, _)| texts(&values));
    let as_intended = read_back.is_some_and(|values| values == texts(intended));
    let others = |text: &str| other_leaves(text, edits);
    if as_intended && others(before).is_some_and(|leaves| Some(leaves) == others(after)) {
        Ok(())
    } else {
        let keys: Vec<String> = edits.iter().map(|edit| format!("`monitoring.{}`", edit.key.path)).collect();
        Err(Problem {
            field: String::new(),
            message: format!(
                "the file is written in a way in which {} cannot be changed alone; change it in an editor",
                keys.join(", ")
            ),
            file: None,
            line: None,
        })
    }
}

/// A value of the file with the keys and indices that lead to it.
type Leaf = (Vec<String>, String);

/// All values except the edited ones and the sections that contain them.
fn other_leaves(text: &str, edits: &[Edit]) -> Option<Vec<Leaf>> {
    let documents = all_documents(text).ok()?;
    let mut leaves = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        collect(document, &mut vec![index.to_string()], &mut leaves);
    }
    let paths: Vec<Vec<&str>> = edits.iter().map(|edit| std::iter::once("0").chain(edit.path()).collect()).collect();
    let concerned = |leaf: &[String]| {
        paths.iter().any(|path| leaf.len() <= path.len() && leaf.iter().zip(path).all(|(a, b)| a == b))
    };
    leaves.retain(|(path, _)| !concerned(path));
    Some(leaves)
}

fn collect(node: &Yaml<'_>, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    match node {
        Yaml::Mapping(mapping) if !mapping.is_empty() => {
            for (key, value) in mapping {
                path.push(key.as_str().map_or_else(|| format!("{key:?}"), str::to_owned));
                collect(value, path, leaves);
                path.pop();
            }
        }
        Yaml::Sequence(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                collect(item, path, leaves);
                path.pop();
            }
        }
        leaf => leaves.push((path.clone(), format!("{leaf:?}"))),
    }
}
