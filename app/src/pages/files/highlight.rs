//! Marks up YAML and JSON for reading. One pass, no patterns; wrong guesses cost a colour, never a character.
//!
//! **Invariant:** every character of the text ends up in the HTML, escaped, in order. So the result is safe to set as
//! HTML, and what is copied off the screen is the file.

use monitor_core::file_view::Language;

/// The text as HTML: comments, keys, strings and plain values in spans.
pub fn highlight(language: Language, text: &str) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive('\n') {
        match language {
            Language::Yaml => yaml_line(line, &mut html),
            Language::Json => json_line(line, &mut html),
        }
    }
    html
}

fn yaml_line(line: &str, html: &mut String) {
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let (indent, rest) = line.split_at(indent);
    escape(indent, html);
    if rest.starts_with('#') {
        return span("c", rest, html);
    }
    let value = match key_end(rest) {
        Some(end) => {
            let (key, after) = rest.split_at(end);
            span("k", key, html);
            after
        }
        None => rest,
    };
    let (value, comment) = value.split_at(comment_start(value));
    yaml_value(value, html);
    if !comment.is_empty() {
        span("c", comment, html);
    }
}

/// Where the key ends: at the first colon outside quotes that is followed by a space or the end.
fn key_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, ':') if text[at + 1..].chars().next().is_none_or(char::is_whitespace) => return Some(at),
            (None, '{' | '[' | '#') => return None,
            _ => {}
        }
    }
    None
}

/// Where a comment begins after a value: at a `#` after a space, outside quotes.
fn comment_start(text: &str) -> usize {
    let (mut quote, mut after_space) = (None, true);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '#') if after_space => return at,
            (None, '"' | '\'') if after_space => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        after_space = character.is_whitespace() || character == ':';
    }
    text.len()
}

fn yaml_value(value: &str, html: &mut String) {
    let word = value.trim_start_matches(':').trim();
    let class = match word.bytes().next() {
        Some(b'"' | b'\'') => "s",
        Some(first) if first.is_ascii_digit() && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => "n",
        _ if matches!(word, "true" | "false" | "null") => "n",
        _ => return escape(value, html),
    };
    let start = value.find(word).unwrap_or_default();
    escape(&value[..start], html);
    span(class, word, html);
    escape(&value[start + word.len()..], html);
}

fn json_line(line: &str, html: &mut String) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => string_end(rest),
            first if first.is_ascii_alphanumeric() || first == '-' => rest
                .find(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '.' | '-' | '+'))
                .unwrap_or(rest.len()),
            _ => {
                escape(&rest[..first.len_utf8()], html);
                rest = &rest[first.len_utf8()..];
                continue;
            }
        };
        let (token, after) = rest.split_at(end);
        match first {
            '"' if after.trim_start().starts_with(':') => span("k", token, html),
            '"' => span("s", token, html),
            _ => span("n", token, html),
        }
        rest = after;
    }
}

/// The byte after the closing quote of the string that the text begins with.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn span(class: &str, text: &str, html: &mut String) {
    html.push_str("<span class=\"");
    html.push_str(class);
    html.push_str("\">");
    escape(text, html);
    html.push_str("</span>");
}

fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readable: `<k|ports>` for a span of class `k`.
    fn marked(language: Language, text: &str) -> String {
        highlight(language, text)
            .replace("<span class=\"", "<")
            .replace("\">", "|")
            .replace("</span>", ">")
            .replace("&quot;", "\"")
    }

    #[test]
    fn yaml_is_marked_up() {
        for (line, expected) in [
            ("# why\n", "<c|# why\n>"),
            ("services:\n", "<k|services>:\n"),
            ("  - image: grafana/loki:3.7.0 # pinned\n", "  - <k|image>: grafana/loki:3.7.0 <c|# pinned\n>"),
            ("port: 3000", "<k|port>: <n|3000>"),
            ("on: true", "<k|on>: <n|true>"),
            ("a: \"x # y\"", "<k|a>: <s|\"x # y\">"),
            ("\"a: b\": 1", "<k|\"a: b\">: <n|1>"),
            ("- 127.0.0.1:3000:3000", "- 127.0.0.1:3000:3000"),
            ("command: [a, \"b: c\"]", "<k|command>: [a, \"b: c\"]"),
        ] {
            assert_eq!(marked(Language::Yaml, line), expected);
        }
    }

    #[test]
    fn json_is_marked_up() {
        let text = r#"{"id": -1.5e3, "on": true, "a\"b": ["x:y"]}"#;
        let expected = r#"{<k|"id">: <n|-1.5e3>, <k|"on">: <n|true>, <k|"a\"b">: [<s|"x:y">]}"#;
        assert_eq!(marked(Language::Json, text), expected);
    }

    #[test]
    fn no_character_is_lost_and_none_is_markup() {
        for text in ["a: <b>&\"'\r\n\tß: \"unclosed\n{\"x", "::: #", "'", "\"\\"] {
            for language in [Language::Yaml, Language::Json] {
                let html = highlight(language, text);
                let mut plain = String::new();
                let mut inside = false;
                for character in html.chars() {
                    match character {
                        '<' => inside = true,
                        '>' => inside = false,
                        other if !inside => plain.push(other),
                        _ => {}
                    }
                }
                let plain =
                    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
                assert_eq!(plain, text, "{language:?}");
            }
        }
    }
}
