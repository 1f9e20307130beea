//! Escapes text as a scalar of `compose.yaml`.

use crate::yaml::{double_quoted, is_plain};

/// `text` as a scalar that Compose reads back unchanged: `$` is doubled against interpolation, and text that YAML could
/// misread is quoted.
pub(super) fn scalar(text: &str) -> String {
    let text = text.replace('$', "$$");
    if is_plain(&text) { text } else { double_quoted(&text) }
}

#[cfg(test)]
mod tests {
    use super::scalar;

    #[test]
    fn text_that_yaml_or_compose_would_misread_is_quoted() {
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
