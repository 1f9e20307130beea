//! A line of a service's log, its level, and what a log says about a failure.

#[cfg(feature = "engine")]
mod reason;

use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
pub use self::reason::failure_reason;
use crate::timestamp::Timestamp;

/// The level of a log line, as far as the line shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `error`, `fatal`, `panic`, `critical`.
    Error,
    /// `warn`, `warning`.
    Warn,
    /// `info`.
    Info,
    /// `debug`, `trace`.
    Debug,
    /// No recognizable level.
    Plain,
}

impl Level {
    /// The name on the wire and in `data-level` attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Plain => "plain",
        }
    }

    /// Parses the level of a line in any of the formats that the six services use: logfmt (`level=warn`), JSON
    /// (`"level":"warn"`), and tab-separated zap (`2026-…Z<tab>warn<tab>…`).
    pub fn of(line: &str) -> Level {
        let after_key = line
            .find("level=")
            .map(|at| &line[at + 6..])
            .or_else(|| line.find("\"level\":").map(|at| line[at + 8..].trim_start()));
        let word = match after_key {
            Some(rest) => rest.trim_start_matches('"'),
            None => match line.split('\t').nth(1) {
                Some(second) => second,
                None => return Level::Plain,
            },
        };
        let word: String =
            word.chars().take_while(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()).collect();
        match word.as_str() {
            "error" | "err" | "eror" | "fatal" | "panic" | "dpanic" | "crit" | "critical" => Level::Error,
            "warn" | "warning" => Level::Warn,
            "info" => Level::Info,
            "debug" | "dbug" | "trace" => Level::Debug,
            _ => Level::Plain,
        }
    }
}

/// One line of a container's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When Docker received the line; `None` if unknown.
    pub at: Option<Timestamp>,
    /// The line's level.
    pub level: Level,
    /// The text without its line ending and terminal color codes.
    pub text: String,
}

impl LogLine {
    /// Parses a line as Docker returns it with `timestamps=true`: an RFC 3339 time, a space, the text.
    pub fn from_engine(line: &str) -> LogLine {
        let (at, text) = match line.split_once(' ') {
            Some((moment, rest)) => match Timestamp::from_rfc3339(moment) {
                Some(at) => (Some(at), rest),
                None => (None, line),
            },
            None => match Timestamp::from_rfc3339(line) {
                Some(at) => (Some(at), ""),
                None => (None, line),
            },
        };
        let text = without_colour_codes(text.trim_end_matches(['\r', '\n']));
        LogLine { at, level: Level::of(&text), text }
    }
}

/// Removes `ESC [ … letter` sequences, which a browser would show as garbage.
fn without_colour_codes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            kept.push(character);
        } else if characters.next() == Some('[') {
            characters.by_ref().find(|next| ('@'..='~').contains(next));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_the_formats_of_the_six_services() {
        for (line, level) in [
            ("ts=2026-11-22T07:12:56Z level=warn caller=main.go msg=x", Level::Warn),
            ("logger=http.server t=2026 level=info msg=\"HTTP Server Listen\"", Level::Info),
            (r#"{"level":"error","ts":1795.1,"msg":"x"}"#, Level::Error),
            (r#"{"level": "INFO"}"#, Level::Info),
            ("2026-11-22T07:12:56.1Z\tdebug\tservice@v0.148.0\tx", Level::Debug),
            ("level=fatal msg=x", Level::Error),
            ("plain words with no level", Level::Plain),
            ("", Level::Plain),
        ] {
            assert_eq!(Level::of(line), level, "{line}");
        }
    }

    #[test]
    fn dockers_timestamp_is_split_off_and_color_codes_are_removed() {
        let line = LogLine::from_engine("2026-11-22T07:12:56.123456789Z \u{1b}[33mlevel=warn\u{1b}[0m slow\r\n");
        assert_eq!(line.text, "level=warn slow");
        assert_eq!(line.level, Level::Warn);
        assert_eq!(line.at.map(Timestamp::to_rfc3339).as_deref(), Some("2026-11-22T07:12:56.123Z"));
    }

    #[test]
    fn a_line_without_a_timestamp_is_kept_unchanged() {
        let line = LogLine::from_engine("no moment here");
        assert_eq!((line.at, line.text.as_str()), (None, "no moment here"));
    }
}
