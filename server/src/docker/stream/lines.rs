//! Joins pieces of a log into complete lines.

use std::mem;

use bollard::container::LogOutput;
use monitor_core::timestamp::Timestamp;

/// Longer lines are split, so that a program that never ends its line can't fill the memory.
const MAX_LINE_BYTES: usize = 256 * 1024;

/// One incomplete line for each stream, because a program's stdout and stderr arrive interleaved.
#[derive(Default)]
pub(super) struct Lines {
    standard_output: Vec<u8>,
    standard_error: Vec<u8>,
}

impl Lines {
    /// Adds a piece and returns the lines that it completes.
    pub(super) fn push(&mut self, piece: LogOutput) -> Vec<String> {
        let (incomplete, bytes) = match piece {
            LogOutput::StdErr { message } => (&mut self.standard_error, message),
            LogOutput::StdOut { message } | LogOutput::StdIn { message } | LogOutput::Console { message } => {
                (&mut self.standard_output, message)
            }
        };
        // The Engine splits lines at 16 KiB and puts a timestamp in front of every part.
        let bytes = if incomplete.is_empty() { &bytes[..] } else { without_timestamp(&bytes) };
        incomplete.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = incomplete.iter().position(|byte| *byte == b'\n') {
            let rest = incomplete.split_off(end + 1);
            complete.push(text(mem::replace(incomplete, rest)));
        }
        if incomplete.len() > MAX_LINE_BYTES {
            complete.push(text(mem::take(incomplete)));
        }
        complete
    }

    /// Returns the incomplete lines.
    pub(super) fn flush(&mut self) -> Vec<String> {
        [mem::take(&mut self.standard_output), mem::take(&mut self.standard_error)]
            .into_iter()
            .filter(|line| !line.is_empty())
            .map(text)
            .collect()
    }
}

fn text(line: Vec<u8>) -> String {
    let text = String::from_utf8_lossy(&line);
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// The piece without `2026-11-22T07:12:56.123456789Z ` in front of it.
fn without_timestamp(piece: &[u8]) -> &[u8] {
    let space = piece.iter().take(40).position(|byte| *byte == b' ');
    let is_timestamp =
        |space: usize| std::str::from_utf8(&piece[..space]).is_ok_and(|text| Timestamp::from_rfc3339(text).is_some());
    match space.filter(|space| is_timestamp(*space)) {
        Some(space) => &piece[space + 1..],
        None => piece,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMESTAMP: &str = "2026-11-22T07:12:56.123456789Z ";

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut { message: text.to_owned().into() }
    }
    fn err(text: &str) -> LogOutput {
        LogOutput::StdErr { message: text.to_owned().into() }
    }

    /// All lines of these pieces, including incomplete ones.
    fn joined(pieces: Vec<LogOutput>) -> Vec<String> {
        let mut lines = Lines::default();
        let mut complete: Vec<String> = pieces.into_iter().flat_map(|piece| lines.push(piece)).collect();
        complete.extend(lines.flush());
        complete
    }

    #[test]
    fn a_piece_is_one_line_or_several_or_part_of_one() {
        assert_eq!(joined(vec![out("one\n")]), ["one"]);
        assert_eq!(joined(vec![out("one\ntwo\nthr"), out("ee\n")]), ["one", "two", "three"]);
        assert_eq!(joined(vec![out("no end")]), ["no end"]);
        assert_eq!(joined(vec![out("\n"), out("")]), [""]);
    }

    #[test]
    fn the_parts_of_a_long_line_are_joined_without_their_timestamps() {
        let parts =
            vec![out(&format!("{TIMESTAMP}abc")), out(&format!("{TIMESTAMP}def")), out(&format!("{TIMESTAMP}ghi\n"))];
        assert_eq!(joined(parts), [format!("{TIMESTAMP}abcdefghi")]);
        // Other text is part of the line.
        assert_eq!(joined(vec![out("abc"), out("yesterday it rained\n")]), ["abcyesterday it rained"]);
    }

    #[test]
    fn the_two_streams_do_not_mix_within_a_line() {
        assert_eq!(joined(vec![out("ou"), err("er"), out("t\n"), err("r\n")]), ["out", "err"]);
    }

    #[test]
    fn a_character_that_is_split_between_pieces_is_restored() {
        let (first, second) = "é\n".as_bytes().split_at(1);
        let piece = |bytes: &[u8]| LogOutput::Console { message: bytes.to_vec().into() };
        assert_eq!(joined(vec![piece(first), piece(second)]), ["é"]);
    }

    #[test]
    fn an_endless_line_is_split() {
        let endless = vec![out(&"x".repeat(MAX_LINE_BYTES)), out("yy"), out("z\n")];
        let lines = joined(endless);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [MAX_LINE_BYTES + 2, 1]);
    }
}
