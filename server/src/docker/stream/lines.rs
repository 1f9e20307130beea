//! Pieces of a log to whole lines.

use std::mem;

use bollard::container::LogOutput;
use monitor_core::timestamp::Timestamp;

/// A line is cut here, so that a program that never ends its line cannot fill the memory.
const LONGEST_LINE_BYTES: usize = 256 * 1024;

/// Lines that have begun, one a stream: what a program writes to stdout and stderr arrives interleaved.
#[derive(Default)]
pub(super) struct Lines {
    standard_output: Vec<u8>,
    standard_error: Vec<u8>,
}

impl Lines {
    /// Takes a piece in, and gives the lines that it completes.
    pub(super) fn take_in(&mut self, piece: LogOutput) -> Vec<String> {
        let (begun, bytes) = match piece {
            LogOutput::StdErr { message } => (&mut self.standard_error, message),
            LogOutput::StdOut { message } | LogOutput::StdIn { message } | LogOutput::Console { message } => {
                (&mut self.standard_output, message)
            }
        };
        // The Engine cuts lines at 16 KiB and puts the moment in front of every part.
        let bytes = if begun.is_empty() { &bytes[..] } else { without_moment(&bytes) };
        begun.extend_from_slice(bytes);
        let mut complete = Vec::new();
        while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
            let rest = begun.split_off(end + 1);
            complete.push(text(mem::replace(begun, rest)));
        }
        if begun.len() > LONGEST_LINE_BYTES {
            complete.push(text(mem::take(begun)));
        }
        complete
    }

    /// What never came to an end.
    pub(super) fn rest(&mut self) -> Vec<String> {
        [mem::take(&mut self.standard_output), mem::take(&mut self.standard_error)]
            .into_iter()
            .filter(|begun| !begun.is_empty())
            .map(text)
            .collect()
    }
}

fn text(line: Vec<u8>) -> String {
    let text = String::from_utf8_lossy(&line);
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// The piece without `2026-11-22T07:12:56.123456789Z ` in front of it.
fn without_moment(piece: &[u8]) -> &[u8] {
    let space = piece.iter().take(40).position(|byte| *byte == b' ');
    let is_moment = |space: usize| {
        std::str::from_utf8(&piece[..space]).is_ok_and(|moment| Timestamp::from_rfc3339(moment).is_some())
    };
    match space.filter(|space| is_moment(*space)) {
        Some(space) => &piece[space + 1..],
        None => piece,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: &str = "2026-11-22T07:12:56.123456789Z ";

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut { message: text.to_owned().into() }
    }
    fn err(text: &str) -> LogOutput {
        LogOutput::StdErr { message: text.to_owned().into() }
    }

    /// Every line that these pieces make, the rest included.
    fn joined(pieces: Vec<LogOutput>) -> Vec<String> {
        let mut lines = Lines::default();
        let mut complete: Vec<String> = pieces.into_iter().flat_map(|piece| lines.take_in(piece)).collect();
        complete.extend(lines.rest());
        complete
    }

    #[test]
    fn a_piece_is_a_line_or_several_or_a_part() {
        assert_eq!(joined(vec![out("one\n")]), ["one"]);
        assert_eq!(joined(vec![out("one\ntwo\nthr"), out("ee\n")]), ["one", "two", "three"]);
        assert_eq!(joined(vec![out("no end")]), ["no end"]);
        assert_eq!(joined(vec![out("\n"), out("")]), [""]);
    }

    #[test]
    fn a_long_lines_later_parts_lose_their_moments() {
        let parts = vec![out(&format!("{MOMENT}abc")), out(&format!("{MOMENT}def")), out(&format!("{MOMENT}ghi\n"))];
        assert_eq!(joined(parts), [format!("{MOMENT}abcdefghi")]);
        // What is no moment belongs to the line.
        assert_eq!(joined(vec![out("abc"), out("yesterday it rained\n")]), ["abcyesterday it rained"]);
    }

    #[test]
    fn the_two_streams_do_not_mix_within_a_line() {
        assert_eq!(joined(vec![out("ou"), err("er"), out("t\n"), err("r\n")]), ["out", "err"]);
    }

    #[test]
    fn a_letter_that_is_cut_in_two_is_whole_again() {
        let (first, second) = "é\n".as_bytes().split_at(1);
        let piece = |bytes: &[u8]| LogOutput::Console { message: bytes.to_vec().into() };
        assert_eq!(joined(vec![piece(first), piece(second)]), ["é"]);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let endless = vec![out(&"x".repeat(LONGEST_LINE_BYTES)), out("yy"), out("z\n")];
        let lines = joined(endless);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [LONGEST_LINE_BYTES + 2, 1]);
    }
}
