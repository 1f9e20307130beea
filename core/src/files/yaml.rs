//! How a text becomes a scalar of `compose.yaml`, whatever is in it.

/// `text` as Compose will read it back: `$` doubled against interpolation, quoted where YAML would see something else.
pub(super) fn scalar(text: &str) -> String {
    let text = text.replace('$', "$$");
    if is_plain(&text) { text } else { quoted(&text) }
}

/// Plain scalars that no YAML reader takes for a number, a boolean, a comment or a structure. What is not certain is
/// quoted: that is never wrong.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let fine = |letter: char| letter.is_ascii_alphanumeric() || "_./@:-".contains(letter);
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/' || first == '.')
        && !text.starts_with(".inf")
        && !text.ends_with(':')
        && text.chars().all(fine)
        && (text.starts_with("./") || !text.starts_with('.'))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A double-quoted scalar. JSON's escapes are YAML's as well.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control.is_control() || matches!(control, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn what_yaml_or_compose_would_misread_is_quoted() {
        for (text, expected) in [
            ("grafana/grafana:12.4.2", "grafana/grafana:12.4.2"),
            ("./otel-config.yaml", "./otel-config.yaml"),
            ("/var/run/docker.sock", "/var/run/docker.sock"),
            ("true", "\"true\""),
            ("NO", "\"NO\""),
            ("3000", "\"3000\""),
            ("::1", "\"::1\""),
            ("", "\"\""),
            (".5", "\".5\""),
            ("/home/o'neil/my data", "\"/home/o'neil/my data\""),
            ("/odd/$HOME", "\"/odd/$$HOME\""),
            ("/odd/\"x\\y\n", "\"/odd/\\\"x\\\\y\\u000a\""),
            ("ends:", "\"ends:\""),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }
}
