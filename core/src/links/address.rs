//! Builds URLs, and strings within the query languages in them.

/// A URL under construction.
pub(super) struct Address {
    text: String,
    has_query: bool,
}

impl Address {
    /// Starts without a query. The path must not need encoding.
    pub fn at(base: &str, path: &str) -> Address {
        Address { text: [base, path].concat(), has_query: false }
    }

    /// Appends `name=value`; the name must not need encoding.
    pub fn pair(mut self, name: &str, value: &str) -> Address {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.push_str(name);
        self.text.push('=');
        encode(value, &mut self.text);
        self
    }

    /// Appends a value of a dashboard variable. A repeated variable has several values.
    pub fn variable(self, name: &str, value: &str) -> Address {
        self.pair(&["var-", name].concat(), value)
    }

    /// The complete URL.
    pub fn done(self) -> String {
        self.text
    }
}

/// What is not a letter, a digit or one of `-._~` goes as `%XX`, the characters that RFC 3986 calls unreserved.
fn encode(text: &str, into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => into.push(char::from(byte)),
            _ => {
                into.push('%');
                into.push(char::from(DIGITS[usize::from(byte >> 4)]));
                into.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
}

/// Quotes text as JSON. LogQL and PromQL use the same escapes, which are those of Go.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control < ' ' => {
                let digit = |number: u32| char::from_digit(number, 16).unwrap_or('0');
                let number = u32::from(control);
                quoted.extend(['\\', 'u', '0', '0', digit(number >> 4), digit(number & 15)]);
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
