//! Builds URLs, and strings within the query languages in them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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
        self.text.extend(utf8_percent_encode(value, ENCODED));
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

/// All characters except those that RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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
