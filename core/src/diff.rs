//! The difference between two texts. Only the data; the server computes it.

use serde::{Deserialize, Serialize};

/// The changes in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiff {
    /// The file's name or path as displayed.
    pub name: String,
    /// The changed places from top to bottom; empty if nothing changes.
    pub hunks: Vec<Hunk>,
}

impl FileDiff {
    /// Number of added and of removed lines.
    pub fn counts(&self) -> (usize, usize) {
        let count = |tag| self.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.tag == tag).count();
        (count(LineTag::Added), count(LineTag::Removed))
    }
}

/// One changed place with surrounding unchanged lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// The lines; removed lines come before those that replace them.
    pub lines: Vec<DiffLine>,
}

/// One line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// Whether the line is unchanged, removed, or added.
    pub tag: LineTag,
    /// Line number in the old text, counted from 1; `None` for an added line.
    pub old_line: Option<u32>,
    /// Line number in the new text, counted from 1; `None` for a removed line.
    pub new_line: Option<u32>,
    /// The text without its line ending.
    pub text: String,
}

/// The kind of a line in a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineTag {
    /// Unchanged.
    Kept,
    /// Removed.
    Removed,
    /// Added.
    Added,
}

impl LineTag {
    /// The marker before the line in a unified diff.
    pub const fn sign(self) -> char {
        match self {
            LineTag::Kept => ' ',
            LineTag::Removed => '-',
            LineTag::Added => '+',
        }
    }
}

/// Prints a unified diff like `diff -u`, without the two file name lines.
impl std::fmt::Display for FileDiff {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for hunk in &self.hunks {
            let (old, new) = (span(hunk, |line| line.old_line), span(hunk, |line| line.new_line));
            writeln!(formatter, "@@ -{},{} +{},{} @@", old.0, old.1, new.0, new.1)?;
            for line in &hunk.lines {
                writeln!(formatter, "{}{}", line.tag.sign(), line.text)?;
            }
        }
        Ok(())
    }
}

/// The first line number and the number of lines on one side; 0 and 0 if that side is empty.
fn span(hunk: &Hunk, side: impl Fn(&DiffLine) -> Option<u32>) -> (u32, usize) {
    let mut numbers = hunk.lines.iter().filter_map(side);
    let first = numbers.next();
    (first.unwrap_or(0), usize::from(first.is_some()) + numbers.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(tag: LineTag, old_line: Option<u32>, new_line: Option<u32>, text: &str) -> DiffLine {
        DiffLine { tag, old_line, new_line, text: text.to_owned() }
    }

    #[test]
    fn hunks_print_as_a_unified_diff() {
        let hunk = Hunk {
            lines: vec![
                line(LineTag::Kept, Some(3), Some(3), "monitoring:"),
                line(LineTag::Removed, Some(4), None, "  grafana_port: 3000"),
                line(LineTag::Added, None, Some(4), "  grafana_port: 3001"),
                line(LineTag::Added, None, Some(5), "  loki_port: 3101"),
            ],
        };
        let new_file = Hunk { lines: vec![line(LineTag::Added, None, Some(1), "monitoring: {}")] };
        let diff = FileDiff { name: "settings.yaml".to_owned(), hunks: vec![hunk, new_file] };
        assert_eq!(diff.counts(), (3, 1));
        insta::assert_snapshot!(diff, @"
        @@ -3,2 +3,3 @@
         monitoring:
        -  grafana_port: 3000
        +  grafana_port: 3001
        +  loki_port: 3101
        @@ -0,0 +1,1 @@
        +monitoring: {}
        ");
    }
}
