//! Percent-encoding of the parts of an address.

/// Encodes pairs as the query of an address, without the `?`.
pub fn encode_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        encode(name, &mut query);
        query.push('=');
        encode(value, &mut query);
    }
    query
}

/// Encodes a segment of a path, such as the name of a container.
pub fn encode_segment(text: &str) -> String {
    let mut segment = String::new();
    encode(text, &mut segment);
    segment.replace('/', "%2F")
}

/// Encodes everything except letters, digits, and `-._~/:` as `%XX`. A space is not encoded as `+`, which not every decoder
/// understands.
fn encode(text: &str, query: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                query.push(char::from(byte));
            }
            _ => {
                query.push('%');
                query.push(char::from(DIGITS[usize::from(byte >> 4)]));
                query.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
}

/// Decodes a value as browsers encode it, including `+` for a space.
pub fn decode(text: &str) -> String {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match digit(*high).zip(digit(*low)) {
                Some((high, low)) => {
                    rest = after;
                    high << 4 | low
                }
                None => b'%',
            },
            _ => *first,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
