//! How pairs of name and value are spelt in an address, after `?`, as a browser writes a form that is sent by `get`.

/// The pairs as an address bears them, without the `?`.
pub fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
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

/// A part of an address's path, as the name of a container.
pub fn segment(text: &str) -> String {
    let mut segment = String::new();
    encode(text, &mut segment);
    segment.replace('/', "%2F")
}

/// What is not a letter, a digit or one of `-._~/:` goes as `%XX`. A space must not go as `+`: some readers keep it.
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

/// The text that a browser spelt like that, `+` for a space included.
pub fn decoded(text: &str) -> String {
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
    fn every_text_comes_back_from_an_address_and_needs_no_escaping_there() {
        for text in ["", "clawker.shop.dev", "a b&c=d#e?f/g%h+i", "ß \"'`<>", "%4", "100%"] {
            let query = write([("q", text)]);
            let spelt = query.strip_prefix("q=").expect("the name comes first");
            assert!(spelt.bytes().all(|byte| byte.is_ascii_graphic() && !b"+&#?\"<>`'".contains(&byte)), "{spelt}");
            assert_eq!(decoded(spelt), text);
            assert_eq!(decoded(&segment(text)), text);
            assert!(!segment(text).contains('/'));
        }
        assert_eq!(decoded("a+b%2"), "a b%2", "a browser's own spelling is read, and half an escape is what it is");
    }
}
