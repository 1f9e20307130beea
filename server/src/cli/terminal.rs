//! What the terminal can do, and a writer for the log, through which nothing else controls it.

use std::io::{self, IsTerminal, Write};

use super::printable::is_control;

/// Whether the terminal can move its cursor. `TERM=dumb` says that it can't.
pub(super) fn is_capable() -> bool {
    std::env::var("TERM").map_or(true, |name| name != "dumb")
}

/// Whether the log on standard error may be colored (no-color.org).
pub(super) fn is_log_colored() -> bool {
    let is_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && is_capable() && !is_forbidden
}

/// The width of the terminal on standard output, in columns. `None` if it is no terminal.
pub(super) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Standard error for the log. Of control sequences, only colors are let through.
pub(super) struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(cleaned(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The text with everything escaped but colors. The formatter escapes the escape character in what it is given, so that
/// colors are its own.
fn cleaned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = color_length(rest).unwrap_or_else(|| letter.len_utf8());
        let (piece, after) = rest.split_at(length);
        if length == letter.len_utf8() && is_control(letter) && !matches!(letter, '\n' | '\t') {
            out.extend(letter.escape_unicode());
        } else {
            out.push_str(piece);
        }
        rest = after;
    }
    out
}

/// The length of the color sequence (`ESC [ 1 ; 31 m`) that the text begins with.
fn color_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    parameters[end..].starts_with('m').then_some(end + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colors_reach_the_terminal() {
        for (text, expected) in [
            ("\u{1b}[1;31mred\u{1b}[0m \u{1b}[m\n", "\u{1b}[1;31mred\u{1b}[0m \u{1b}[m\n"),
            ("\u{1b}[2J\u{1b}]0;x\u{7}", r"\u{1b}[2J\u{1b}]0;x\u{7}"),
            ("a\u{202e}b\r\u{1b}[31", "a\\u{202e}b\\u{d}\\u{1b}[31"),
            ("plain\t한글\n", "plain\t한글\n"),
        ] {
            assert_eq!(cleaned(text), expected);
        }
    }
}
