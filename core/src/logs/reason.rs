//! Finds what a failed service's log says about why, and puts it in one sentence.
//!
//! The formats are those of the six services: zap as JSON (Jaeger) and as tab-separated columns (collector), logfmt
//! (Prometheus, Loki, Promtail, Grafana), the panics of the Go runtime, and what a program prints when its command line
//! or configuration can't be read.

use serde_json::{Map, Value};

use super::Level;

/// The longest sentence, in characters.
const LONGEST: usize = 400;
/// How many lines a message can continue on.
const CONTINUATION_LINES: usize = 4;

/// How surely a line says why the program ended. The last line with the highest certainty is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Certainty {
    /// A line of the level `error`. The program may have continued.
    Error,
    /// A panic of the Go runtime.
    Panic,
    /// A line of the level `fatal`, or the error that a program returns at its end.
    Fatal,
}

/// The sentence of a log that says why the program failed, without a trailing period. `lines` are the log's last lines,
/// oldest first. `None` if no line does.
pub fn failure_reason<Line: AsRef<str>>(lines: &[Line]) -> Option<String> {
    let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    let mut best: Option<(Certainty, String)> = None;
    let mut error_before = None;
    for (index, line) in lines.iter().enumerate() {
        let found = reason_in(line.trim(), &lines[index + 1..]);
        if let Some((certainty, text)) = &found
            && best.as_ref().is_none_or(|(known, _)| certainty >= known)
        {
            // A program that panics on purpose has logged the error just before, in more detail.
            let text = error_before.take().filter(|_| *certainty == Certainty::Panic).unwrap_or_else(|| text.clone());
            best = Some((*certainty, text));
        }
        error_before = found.filter(|(certainty, _)| *certainty == Certainty::Error).map(|(_, text)| text);
    }
    let text = best.map(|(_, text)| text).or_else(|| last_words(&lines))?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_end_matches('.');
    (!text.is_empty()).then(|| shortened(text))
}

fn reason_in(line: &str, following: &[&str]) -> Option<(Certainty, String)> {
    if let Some(rest) = line.strip_prefix("panic: ").or_else(|| line.strip_prefix("fatal error: ")) {
        return Some((Certainty::Panic, continued(rest, following)));
    }
    if let Some(rest) = line.strip_prefix("Error: ") {
        // Grafana puts a cross in front of it.
        return Some((Certainty::Fatal, continued(rest.trim_start_matches("✗ "), following)));
    }
    let (level, message, error) = columns_of(line)?;
    let certainty = match level.to_ascii_lowercase().as_str() {
        "fatal" | "panic" | "dpanic" | "crit" | "critical" => Certainty::Fatal,
        "error" | "err" | "eror" => Certainty::Error,
        _ => return None,
    };
    let text = match (message, error) {
        (Some(message), Some(error)) if !message.contains(&error) => format!("{message}: {error}"),
        (Some(text), _) | (None, Some(text)) => text,
        (None, None) => return None,
    };
    Some((certainty, text))
}

/// Level, message and error of a structured line.
fn columns_of(line: &str) -> Option<(String, Option<String>, Option<String>)> {
    if line.starts_with('{') {
        let fields: Map<String, Value> = serde_json::from_str(line).ok()?;
        let field = |names: [&str; 2]| names.iter().find_map(|name| Some(fields.get(*name)?.as_str()?.to_owned()));
        return Some((field(["level", "lvl"])?, field(["msg", "message"]), field(["error", "err"])));
    }
    let columns: Vec<&str> = line.split('\t').collect();
    if let [_, level, _, message, rest @ ..] = &columns[..] {
        let fields = rest.last().and_then(|last| serde_json::from_str::<Map<String, Value>>(last).ok());
        let error = fields.and_then(|fields| Some(fields.get("error")?.as_str()?.to_owned()));
        return Some(((*level).to_owned(), Some((*message).to_owned()), error));
    }
    let fields = logfmt_fields(line);
    let field = |names: [&str; 2]| {
        names.iter().find_map(|name| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    };
    Some((field(["level", "lvl"])?, field(["msg", "message"]), field(["err", "error"])))
}

/// The fields of a logfmt line, with Go's quoting removed. Empty if it isn't one.
fn logfmt_fields(line: &str) -> Vec<(&str, String)> {
    let mut fields = Vec::new();
    let mut rest = line.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        if name.contains(char::is_whitespace) {
            break;
        }
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, after) = after.split_once(' ').unwrap_or((after, ""));
                (value.to_owned(), after)
            }
        };
        fields.push((name, value));
        rest = after.trim_start();
    }
    fields
}

/// The text up to the closing quote, and what follows it.
fn unquoted(quoted: &str) -> (String, &str) {
    let mut text = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, &quoted[at + 1..]),
            '\\' => match characters.next() {
                Some((_, 'n' | 't' | 'r')) => text.push(' '),
                Some((_, escaped)) => text.push(escaped),
                None => {}
            },
            other => text.push(other),
        }
    }
    (text, "")
}

/// A message that ends in a colon continues on the next line that isn't empty.
fn continued(message: &str, following: &[&str]) -> String {
    let mut text = message.trim().to_owned();
    let mut following = following.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    for _ in 0..CONTINUATION_LINES {
        match following.next().filter(|_| text.ends_with(':')) {
            Some(next) => text = format!("{text} {next}"),
            None => break,
        }
    }
    text
}

/// The end of a log in no known format, for example of a program that can't read its configuration: the last line, with
/// the lines before it while it is indented. `None` if the last line has a level, because that is lower than `error`.
fn last_words(lines: &[&str]) -> Option<String> {
    let last = lines.iter().rposition(|line| line.contains(char::is_alphabetic))?;
    if Level::of(lines[last]) != Level::Plain {
        return None;
    }
    let first = lines[..=last].iter().rposition(|line| !line.starts_with(char::is_whitespace)).unwrap_or(last);
    Some(without_date(&lines[first..=last].join(" ")).to_owned())
}

/// Removes the `2026/11/28 22:02:55 ` of Go's simplest logger.
fn without_date(line: &str) -> &str {
    let is_date = |text: &str| text.chars().all(|letter| letter.is_ascii_digit() || "/:. ".contains(letter));
    match line.split_at_checked(20) {
        Some((date, rest)) if is_date(date) && date.ends_with(' ') => rest,
        _ => line,
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "reason_tests.rs"]
mod tests;
