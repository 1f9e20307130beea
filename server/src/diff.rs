//! Compares two texts line by line. Pages decide how the result is displayed.

use monitor_core::diff::{DiffLine, FileDiff, Hunk, LineTag};
use similar::{ChangeTag, TextDiff};

/// How many unchanged lines are included before and after a change.
const CONTEXT_LINES: usize = 3;

/// The changes from `old` to `new`.
pub fn diff_lines(name: &str, old: &str, new: &str) -> FileDiff {
    let diff = TextDiff::from_lines(old, new);
    let number = |index: Option<usize>| index.and_then(|index| u32::try_from(index + 1).ok());
    let hunks = diff.grouped_ops(CONTEXT_LINES).into_iter().map(|operations| Hunk {
        lines: operations
            .iter()
            .flat_map(|operation| diff.iter_changes(operation))
            .map(|change| DiffLine {
                tag: match change.tag() {
                    ChangeTag::Equal => LineTag::Kept,
                    ChangeTag::Delete => LineTag::Removed,
                    ChangeTag::Insert => LineTag::Added,
                },
                old_line: number(change.old_index()),
                new_line: number(change.new_index()),
                text: change.value().trim_end_matches(['\r', '\n']).to_owned(),
            })
            .collect(),
    });
    FileDiff { name: name.to_owned(), hunks: hunks.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distant_changes_are_separate_hunks_with_line_numbers_of_both_sides() {
        let old: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let new = old.replace("line 2\n", "line two\n").replace("line 19\n", "");
        let found = diff_lines("f", &old, &new);
        assert_eq!(found.counts(), (1, 2));
        let spans: Vec<String> =
            found.to_string().lines().filter(|line| line.starts_with("@@")).map(str::to_owned).collect();
        assert_eq!(spans, ["@@ -1,5 +1,5 @@", "@@ -16,5 +16,4 @@"]);
    }

    #[test]
    fn equal_texts_have_no_hunks_and_a_new_file_is_one_hunk_of_added_lines() {
        assert_eq!(diff_lines("f", "a\r\nb", "a\r\nb").hunks, []);
        let added = diff_lines("f", "", "a\r\nb");
        assert_eq!(added.to_string(), "@@ -0,0 +1,2 @@\n+a\n+b\n");
    }
}
