//! The parts of a request that the stand-in uses, and its reply.

use std::{borrow::Cow, collections::BTreeMap};

#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Query parameters, decoded.
    pub parameters: BTreeMap<String, String>,
    /// Headers by their name in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body as it was sent.
    pub bytes: Vec<u8>,
}

impl Request {
    /// `target` is the path and query of the request line.
    pub fn new(method: &str, target: &str, body: Vec<u8>) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            parameters: pairs.map(|(name, value)| (name.to_owned(), decode(value))).collect(),
            headers: BTreeMap::new(),
            bytes: body,
        }
    }

    /// The body as text.
    pub fn body(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, hex.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[derive(Debug)]
pub struct Reply {
    pub status: &'static str,
    pub content_type: &'static str,
    /// Additional headers as name and value.
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn new(status: &'static str, content_type: &'static str, body: impl Into<String>) -> Reply {
        Reply { status, content_type, headers: Vec::new(), body: body.into() }
    }

    pub fn text(status: &'static str, body: impl Into<String>) -> Reply {
        Reply::new(status, "text/plain; charset=utf-8", body)
    }

    pub fn json(body: impl Into<String>) -> Reply {
        Reply::new("200 OK", "application/json", body)
    }
}

/// The text as a JSON string, with quotes.
pub fn json_string(text: &str) -> String {
    let mut json = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            letter if letter.is_control() => json.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => json.push(letter),
        }
    }
    json + "\""
}

/// The pairs as a JSON object of strings.
pub fn json_object<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, text)| format!("{}:{}", json_string(name), json_string(text))).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_parameters_are_decoded() {
        let request = Request::new("GET", "/a?query=%7Bx%3D%22%C3%A9+1%22%7D&limit=5&odd=100%", Vec::new());
        assert_eq!(request.path, "/a");
        assert_eq!(request.parameter("query"), "{x=\"é 1\"}");
        assert_eq!((request.parameter("limit"), request.parameter("odd")), ("5", "100%"));
    }

    #[test]
    fn json_strings_are_escaped() {
        assert_eq!(json_string("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000ad\"");
    }
}
