//! The stylesheet and the views use the same class names.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::{super::tally::Tally, rust_files};
use crate::{paths::Paths, site::style};

pub fn check_all(tally: &mut Tally, paths: &Paths) {
    let wall = "every class has a rule or a test, and every rule has an element";
    let sheet = match style::bundle(&paths.root.join("style")) {
        Ok(sheet) => sheet,
        Err(error) => return tally.fail(wall, &format!("{error:#}")),
    };
    let views = text_of(rust_files(&paths.root.join("app/src")));
    let journeys = fs::read_dir(paths.end2end().join("journeys")).into_iter().flatten().flatten();
    let tests = text_of(journeys.map(|entry| entry.path()).collect());
    let problems = mismatches(&sheet, &views, &tests);
    if problems.is_empty() {
        tally.pass(wall);
    } else {
        tally.fail(wall, &problems.join("\n"));
    }
}

fn text_of(files: Vec<PathBuf>) -> String {
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect()
}

fn mismatches(sheet: &str, views: &str, tests: &str) -> Vec<String> {
    let styled = classes_in_sheet(sheet);
    let used = classes_in_views(views);
    let mut problems = Vec::new();
    for class in &styled {
        // A class that is chosen at run time is a string of its own.
        if !used.contains(class.as_str()) && !views.contains(&format!("\"{class}\"")) {
            problems.push(format!("no view uses `.{class}`"));
        }
    }
    for class in used {
        if !styled.contains(class) && !tests.contains(&format!(".{class}")) {
            problems.push(format!("neither the stylesheet nor a browser test uses the class `{class}`"));
        }
    }
    problems
}

fn classes_in_sheet(sheet: &str) -> BTreeSet<String> {
    let without_comments: String = sheet.split("*/").filter_map(|piece| piece.split("/*").next()).collect();
    let mut classes = BTreeSet::new();
    for piece in without_comments.split('{') {
        // Up to a `{`, a selector or an at-rule follows the last declaration or block.
        let selector = piece.rsplit([';', '}']).next().unwrap_or(piece).trim();
        if selector.starts_with('@') {
            continue;
        }
        for part in selector.split('.').skip(1) {
            let end = part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(part.len());
            classes.insert(part[..end].to_owned());
        }
    }
    classes
}

/// The words in every `class="…"`.
fn classes_in_views(views: &str) -> BTreeSet<&str> {
    let attributes = views.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next());
    attributes.flat_map(str::split_whitespace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = "/* .gone */ @layer pages {\n  .card > .name:hover { margin: 0.5rem; }\n  \
                         @container page (inline-size < 34.5rem) { .c { color: red; } }\n}\n";

    #[test]
    fn classes_are_read_from_selectors_only() {
        assert_eq!(classes_in_sheet(SHEET).into_iter().collect::<Vec<_>>(), ["c", "card", "name"]);
    }

    #[test]
    fn a_rule_without_an_element_and_a_class_without_a_rule_are_reported() {
        let views = r#"view! { <p class="card title">"x"</p> } span("c", text)"#;
        assert_eq!(
            mismatches(SHEET, views, ""),
            ["no view uses `.name`", "neither the stylesheet nor a browser test uses the class `title`",]
        );
        let views = r#"view! { <p class="card name title">"x"</p> } span("c", text)"#;
        assert_eq!(mismatches(SHEET, views, "page.locator(\".title\")"), [""; 0]);
    }
}
