//! Tabs that Go's reader refuses and saphyr accepts: in the indentation of a line, and between dashes and what follows,
//! other than in braces, brackets and texts of several lines.

use saphyr::YamlData;
use saphyr_parser::{Marker, ScanError};

use super::document::Node;

/// Finds the first such tab.
///
/// # Errors
/// Where it is.
pub(crate) fn refuse_indentation(documents: &[Node], text: &str) -> Result<(), ScanError> {
    if !text.contains('\t') {
        return Ok(());
    }
    let lines: Vec<&str> = text.split('\n').collect();
    // Lines that continue what began on an earlier one.
    let mut continued = vec![false; lines.len() + 2];
    for document in documents {
        mark_continued(document, &lines, &mut continued);
    }
    let refused =
        lines.iter().enumerate().find(|(index, line)| !continued[index + 1] && indentation(line).contains('\t'));
    match refused {
        Some((index, _)) => {
            let words = "the line is indented with a tab; use spaces";
            Err(ScanError::new_str(Marker::new(0, index + 1, 0), words))
        }
        None => Ok(()),
    }
}

/// The indentation of a line: everything before the first token that is not a dash.
pub(crate) fn indentation(line: &str) -> &str {
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        match rest.strip_prefix('-').filter(|after| after.starts_with([' ', '\t'])) {
            Some(after) => rest = after,
            None => return &line[..line.len() - rest.len()],
        }
    }
}

/// Marks all lines but the first of each text and of all in braces and brackets.
fn mark_continued(node: &Node, lines: &[&str], continued: &mut [bool]) {
    let (start, end) = (node.span.start, node.span.end);
    let first = lines.get(start.line().saturating_sub(1)).and_then(|line| line.chars().nth(start.col()));
    let is_flow = matches!(first, Some('{' | '['));
    match &node.data {
        YamlData::Mapping(entries) if !is_flow => {
            for (key, value) in entries {
                mark_continued(key, lines, continued);
                mark_continued(value, lines, continued);
            }
        }
        YamlData::Sequence(items) if !is_flow => items.iter().for_each(|item| mark_continued(item, lines, continued)),
        YamlData::Tagged(_, inner) => mark_continued(inner, lines, continued),
        _ => {
            let last = end.line().min(continued.len() - 1);
            (start.line() + 1..=last).for_each(|line| continued[line] = true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::readable;

    /// As gopkg.in/yaml.v3 3.0.1 read them.
    #[test]
    fn tabs_are_refused_where_go_refuses_them() {
        for (text, is_accepted) in [
            ("a:\n \tb: 1\n", false),
            ("a:\n\tb: 1\n", false),
            ("\ta: 1\n", false),
            ("a:\n  - 1\n\t- 2\n", false),
            ("a:\n\t# c\n  b: 1\n", false),
            ("a:\n\t\n  b: 1\n", false),
            ("a: {\n\tb: 1}\n", true),
            ("a: [\n\t1,\n\t2]\n", true),
            ("a: x\n \ty\nb: 1\n", true),
            ("a:\n \tx\n", false),
            ("a:\t1\n", true),
            ("- \ta: 1\n", false),
            ("a:\n  - \tb\n", false),
            ("a: 1\n\t\n", false),
            ("a: 1\n\t# c\n", false),
            ("a: {b: 1,\n\tc: 2}\nd:\n  e: 1\n", true),
            ("a: 1 \t# c\r\nb: 2\r\n", true),
            ("a: |\n  x\n  \ty\nb: 1\n", true),
            ("a: !!str\tx\n", true),
            ("- - \ta\n", false),
        ] {
            assert_eq!(readable(text).is_ok(), is_accepted, "{text:?}");
        }
    }
}
