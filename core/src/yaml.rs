//! Reads YAML as Clawker does (`document`), within `limits`, and writes text as a scalar that all parsers read as the same
//! text: Go's, which still follows parts of YAML 1.1, and those of YAML 1.2.

#[cfg(feature = "engine")]
pub(crate) mod document;
#[cfg(feature = "engine")]
pub(crate) mod limits;
#[cfg(feature = "engine")]
mod tabs;

/// Whether the text needs no quotes. No parser takes such a text for a number, a boolean, a comment, or a structure,
/// not even in a flow mapping. When in doubt, text is quoted, which is always correct.
#[cfg(any(feature = "engine", test))]
pub(crate) fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "_./@:-".contains(letter);
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '.')
        && !text.starts_with(".inf")
        && !text.ends_with(':')
        && text.chars().all(fine)
        && (text.starts_with("./") || !text.starts_with('.'))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A double-quoted scalar for any text. JSON's escapes are valid in YAML.
pub(crate) fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            special if needs_escape(special) => quoted.push_str(&format!("\\u{:04x}", u32::from(special))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// A single-quoted scalar; `None` if only a double-quoted one can represent the text.
#[cfg(feature = "engine")]
pub(crate) fn single_quoted(text: &str) -> Option<String> {
    (!text.contains(needs_escape)).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// Characters that break a line or that parsers drop.
fn needs_escape(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_text_is_not_plain() {
        for text in ["grafana/grafana:12.4.2", "./otel-config.yaml", "/v1/metrics", "otel-collector", "http://x:4318"] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "", "::1", "0.0.0.0", "yes", "No", "OFF", "y", "null", "~", "1e3", "010", "0x1f", ".5", ".inf", "ends:",
            "a b", "a, b", "{a}", "[a]", "#a", "a #b", "&a", "*a", "!a", "%a", "- a", "é",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn quotes_and_line_breaks_are_escaped() {
        assert_eq!(double_quoted("a\"b\\c\nd\u{2028}"), r#""a\"b\\c\u000ad\u2028""#);
    }

    #[cfg(feature = "engine")]
    #[test]
    fn single_quotes_hold_what_fits_on_a_line() {
        assert_eq!(single_quoted("o'neil"), Some("'o''neil'".to_owned()));
        assert_eq!(single_quoted("a\nb"), None);
    }
}
