//! The difference between two texts, as the panel shows it before anything is written. Only the data: what finds the
//! difference is the server's.

use serde::{Deserialize, Serialize};

/// What would change in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDiff {
    /// The file's name or path, as people are to read it.
    pub name: String,
    /// The changed places, from top to bottom; none where nothing changes.
    pub hunks: Vec<Hunk>,
}

impl FileDiff {
    /// How many lines are added and how many removed.
    pub fn counts(&self) -> (usize, usize) {
        let count = |tag| self.hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.tag == tag).count();
        (count(LineTag::Added), count(LineTag::Removed))
    }
}

/// One changed place, with lines around it that stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// The lines, a removed one before what replaces it.
    pub lines: Vec<DiffLine>,
}

/// One line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// What becomes of it.
    pub tag: LineTag,
    /// Its number in the old text, counted from 1; `None` for an added line.
    pub old_line: Option<u32>,
    /// Its number in the new text, counted from 1; `None` for a removed line.
    pub new_line: Option<u32>,
    /// The line without its line ending.
    pub text: String,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineTag {
    /// It stays.
    Kept,
    /// It goes.
    Removed,
    /// It is new.
    Added,
}

impl LineTag {
    /// The mark before the line in a unified diff.
    pub const fn sign(self) -> char {
        match self {
            LineTag::Kept => ' ',
            LineTag::Removed => '-',
            LineTag::Added => '+',
        }
    }
}

/// As `diff -u` prints it, without the lines that name the two files.
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

/// The first line on one side, and how many there are; 0 and 0 where that side has none.
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
    fn it_is_printed_as_a_unified_diff() {
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
