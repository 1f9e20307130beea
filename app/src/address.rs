//! Percent-encoding of the parts of an address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Encodes pairs as the query of an address, without the `?`.
pub fn encode_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(utf8_percent_encode(name, QUERY));
        query.push('=');
        query.extend(utf8_percent_encode(value, QUERY));
    }
    query
}

/// Encodes a segment of a path, such as the name of a container.
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Everything except letters, digits, and `-._~/:`. A space is encoded as `%20`, not as `+`, which not every decoder
/// understands.
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');
/// The same, and the slash, which would end a segment of a path.
const SEGMENT: &AsciiSet = &QUERY.add(b'/');

/// Decodes a value as browsers encode it, including `+` for a space.
pub fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_round_trips_and_needs_no_escaping_in_html() {
        for text in ["", "clawker.shop.dev", "a b&c=d#e?f/g%h+i", "ß \"'`<>", "%4", "100%"] {
            let query = encode_query([("q", text)]);
            let encoded = query.strip_prefix("q=").expect("the name comes first");
            assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic() && !b"+&#?\"<>`'".contains(&byte)), "{encoded}");
            assert_eq!(decode(encoded), text);
            assert_eq!(decode(&encode_segment(text)), text);
            assert!(!encode_segment(text).contains('/'));
        }
        assert_eq!(decode("a+b%2"), "a b%2", "a plus is a space, and an incomplete escape is kept");
    }
}
