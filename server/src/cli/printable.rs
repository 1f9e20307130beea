//! Text that a terminal shows as it is written.
//!
//! Names, labels, log lines, readiness answers, and errors of other programs may hold control characters that move the
//! cursor or set the title, and marks that reorder the text. **Invariant:** only a `Printable` is written to a terminal, and
//! none holds such a character.

use std::fmt::{self, Write};

/// One line of text, or a JSON document, in which nothing controls the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Printable(String);

impl Printable {
    /// One line. Line breaks are escaped too, so that foreign text can't begin a line of its own.
    pub(super) fn line(text: &str) -> Printable {
        Printable::escaped(
            text,
            |letter| letter != '\t' && is_control(letter),
            |out, letter| write!(out, "{}", letter.escape_unicode()),
        )
    }

    /// A JSON document, which means the same afterwards: strings hold what is escaped, and the escapes are JSON's.
    pub(super) fn json(document: &str) -> Printable {
        Printable::escaped(
            document,
            |letter| letter != '\n' && is_control(letter),
            |out, letter| letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}")),
        )
    }

    fn escaped(
        text: &str,
        is_escaped: impl Fn(char) -> bool,
        escape: impl Fn(&mut String, char) -> fmt::Result,
    ) -> Printable {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            // Writing to a string does not fail.
            let _ = if is_escaped(letter) { escape(&mut out, letter) } else { out.write_char(letter) };
        }
        Printable(out)
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Control characters (C0 with escape, C1, delete), line and paragraph separators, marks that change the direction of
/// text, and characters that are invisible.
pub(super) fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{61c}' | '\u{180e}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text that would take over a terminal.
    const HOSTILE: &str =
        "a\u{1b}[31mb\u{1b}]0;t\u{7}c\rd\u{8}e\u{7f}f\u{9b}2Jg\u{202e}h\u{2066}i\u{200b}j\u{2028}k\u{e0041}l\nm\0";

    #[test]
    fn a_line_holds_nothing_that_controls_a_terminal() {
        let line = Printable::line(HOSTILE);
        assert_eq!(
            line.to_string(),
            r"a\u{1b}[31mb\u{1b}]0;t\u{7}c\u{d}d\u{8}e\u{7f}f\u{9b}2Jg\u{202e}h\u{2066}i\u{200b}j\u{2028}k\u{e0041}l\u{a}m\u{0}"
        );
        assert_eq!(Printable::line(&line.to_string()), line, "cleaning twice changes nothing");
        for harmless in ["", "plain", "a\tb", "Grüße, 한글, 😀", "\\u{1b}", "`x` → y"] {
            assert_eq!(Printable::line(harmless).to_string(), harmless);
        }
    }

    #[test]
    fn a_json_document_stays_the_same_document() {
        let document = serde_json::json!({ HOSTILE: [HOSTILE, "\"\\", "Grüße 😀"] });
        for text in [document.to_string(), serde_json::to_string_pretty(&document).expect("JSON")] {
            let printed = Printable::json(&text);
            assert!(!printed.to_string().chars().any(|letter| letter != '\n' && is_control(letter)), "{printed}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&printed.to_string()).expect("JSON"), document);
        }
    }
}
