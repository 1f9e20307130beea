//! How attributes are kept: names as numbers, values in as few bytes as their kind needs. A day of 200 agents is a few
//! hundred thousand events, most of whose bytes are the same names and words over and over.
//!
//! An attribute is the number of its name (0 for a name that is spelled out), a tag, and what the tag asks for.

use std::borrow::Cow;

use monitor_core::timestamp::Timestamp;
use prost::Message as _;

use crate::{
    Nanoseconds,
    otlp::messages::{AnyValue, KeyValue, Value},
};

/// The numbers of names and words.
pub trait Words {
    /// The number of a word, from 1; `None` if there are already too many.
    fn number(&mut self, word: &str) -> Option<u64>;
}

/// Attributes whose values are a few words, which are kept as numbers like names.
const FEW_VALUES: [&str; 26] = [
    "agent.name",
    "agent_type",
    "decision",
    "decision_source",
    "decision_type",
    "effort",
    "error_type",
    "event.name",
    "host.arch",
    "hook_event",
    "hook_name",
    "invocation_trigger",
    "language",
    "mcp_server.name",
    "model",
    "os.type",
    "os.version",
    "permission_mode",
    "plugin.name",
    "query_source",
    "service.version",
    "skill.name",
    "source",
    "speed",
    "tool_name",
    "tool_source",
];
/// The longest word in bytes.
const LONGEST_WORD: usize = 64;

const NOTHING: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const WHOLE: u8 = 3;
const DOUBLE: u8 = 4;
const TEXT: u8 = 5;
const WORD: u8 = 6;
const UUID: u8 = 7;
const HEXADECIMAL: u8 = 8;
const DIGITS: u8 = 9;
const OTHER: u8 = 10;
const TIME: u8 = 11;
/// A text of `tag - SHORT_TEXT` bytes.
const SHORT_TEXT: u8 = 16;

/// Encodes attributes of a record of this time.
pub fn encode(attributes: &[KeyValue], at: Nanoseconds, words: &mut impl Words) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    for attribute in attributes {
        match words.number(&attribute.key) {
            Some(number) => put_varint(&mut bytes, number),
            None => {
                put_varint(&mut bytes, 0);
                put_bytes(&mut bytes, attribute.key.as_bytes());
            }
        }
        put_value(&mut bytes, attribute, at, words);
    }
    bytes
}

fn put_value(bytes: &mut Vec<u8>, attribute: &KeyValue, at: Nanoseconds, words: &mut impl Words) {
    let Some(value) = attribute.value.as_ref().and_then(|value| value.value.as_ref()) else {
        bytes.push(NOTHING);
        return;
    };
    match value {
        Value::Bool(truth) => bytes.push(if *truth { TRUE } else { FALSE }),
        Value::Int(number) => {
            bytes.push(WHOLE);
            put_varint(bytes, ((number << 1) ^ (number >> 63)) as u64);
        }
        Value::Double(number) => {
            bytes.push(DOUBLE);
            bytes.extend(number.to_bits().to_le_bytes());
        }
        Value::String(text) => put_text(bytes, &attribute.key, text, at, words),
        Value::Array(_) | Value::Map(_) | Value::Bytes(_) => {
            bytes.push(OTHER);
            put_bytes(bytes, &AnyValue { value: Some(value.clone()) }.encode_to_vec());
        }
    }
}

fn put_text(bytes: &mut Vec<u8>, key: &str, text: &str, at: Nanoseconds, words: &mut impl Words) {
    if key == "event.timestamp" && text == time_text(at) {
        return bytes.push(TIME);
    }
    if text.len() <= LONGEST_WORD
        && FEW_VALUES.contains(&key)
        && let Some(number) = words.number(text)
    {
        bytes.push(WORD);
        return put_varint(bytes, number);
    }
    if let Some(number) = digits(text) {
        bytes.push(DIGITS);
        return put_varint(bytes, number);
    }
    if let Some(id) = uuid(text) {
        bytes.push(UUID);
        return bytes.extend(id);
    }
    if text.len() >= 16
        && text.len().is_multiple_of(2)
        && let Some(digits) = hexadecimal(text.as_bytes())
    {
        bytes.push(HEXADECIMAL);
        return put_bytes(bytes, &digits);
    }
    match u8::try_from(text.len()).ok().and_then(|length| length.checked_add(SHORT_TEXT)) {
        Some(tag) => {
            bytes.push(tag);
            bytes.extend(text.as_bytes());
        }
        None => {
            bytes.push(TEXT);
            put_bytes(bytes, text.as_bytes());
        }
    }
}

/// Decodes what `encode` wrote for a record of this time. `word` gives the word of a number. What can't be read ends the
/// list: the file was damaged.
pub fn decode<'w>(mut bytes: &[u8], at: Nanoseconds, word: impl Fn(u64) -> Option<Cow<'w, str>>) -> Vec<KeyValue> {
    let mut attributes = Vec::new();
    while !bytes.is_empty() {
        let Some(attribute) = take_attribute(&mut bytes, at, &word) else { break };
        attributes.push(attribute);
    }
    attributes
}

fn take_attribute<'w>(
    bytes: &mut &[u8],
    at: Nanoseconds,
    word: &impl Fn(u64) -> Option<Cow<'w, str>>,
) -> Option<KeyValue> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let key = match take_varint(bytes)? {
        0 => text(take_bytes(bytes)?)?,
        number => word(number)?.into_owned(),
    };
    let tag = take(bytes, 1)?[0];
    let value = match tag {
        NOTHING => return Some(KeyValue { key, value: None }),
        FALSE | TRUE => Value::Bool(tag == TRUE),
        WHOLE => {
            let number = take_varint(bytes)?;
            Value::Int((number >> 1) as i64 ^ -((number & 1) as i64))
        }
        DOUBLE => Value::Double(f64::from_le_bytes(take(bytes, 8)?.try_into().ok()?)),
        TEXT => Value::String(text(take_bytes(bytes)?)?),
        WORD => Value::String(word(take_varint(bytes)?)?.into_owned()),
        UUID => Value::String(uuid_text(take(bytes, 16)?)),
        HEXADECIMAL => Value::String(hexadecimal_text(take_bytes(bytes)?)),
        DIGITS => Value::String(take_varint(bytes)?.to_string()),
        OTHER => AnyValue::decode(take_bytes(bytes)?).ok()?.value?,
        TIME => Value::String(time_text(at)),
        short if short >= SHORT_TEXT => Value::String(text(take(bytes, usize::from(short - SHORT_TEXT))?)?),
        _ => return None,
    };
    Some(KeyValue { key, value: Some(value.into()) })
}

fn time_text(at: Nanoseconds) -> String {
    Timestamp::from_unix_milliseconds(at.div_euclid(1_000_000)).to_rfc3339()
}

/// A number whose text is exactly this one.
fn digits(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

/// The bytes of lower-case hexadecimal digits.
fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn hexadecimal_text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

const DASHES: [usize; 4] = [8, 13, 18, 23];

fn uuid(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 || DASHES.iter().any(|place| bytes[*place] != b'-') {
        return None;
    }
    let digits: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'-').collect();
    if digits.len() == 32 { hexadecimal(&digits) } else { None }
}

fn uuid_text(bytes: &[u8]) -> String {
    let mut text = hexadecimal_text(bytes);
    DASHES.iter().for_each(|place| text.insert(*place, '-'));
    text
}

fn put_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_bytes(bytes: &mut Vec<u8>, more: &[u8]) {
    put_varint(bytes, more.len() as u64);
    bytes.extend(more);
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_varint(bytes)?).ok()?;
    take(bytes, length)
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::messages::{ArrayValue, KeyValueList};

    #[derive(Default)]
    struct List(Vec<String>);

    impl Words for List {
        fn number(&mut self, word: &str) -> Option<u64> {
            if word == "unknown" {
                return None;
            }
            if !self.0.iter().any(|known| known == word) {
                self.0.push(word.to_owned());
            }
            self.0.iter().position(|known| known == word).map(|place| place as u64 + 1)
        }
    }

    fn all() -> Vec<KeyValue> {
        let text = |text: &str| AnyValue::from(text.to_owned());
        let values = [
            text(""),
            text("plain"),
            text(&"x".repeat(239)),
            text(&"y".repeat(240)),
            text(&"é".repeat(100_000)),
            text("0"),
            text("012"),
            text("18446744073709551615"),
            text("18446744073709551616"),
            text("10adfe03-ff02-4ccc-a6ab-0f887433ffbb"),
            text("10ADFE03-ff02-4ccc-a6ab-0f887433ffbb"),
            text("----------------------------------ab"),
            text("7937cb28a2ae59e2ee54dd0baf0eb8e743c7fbb3"),
            text("7937CB28A2AE59E2"),
            true.into(),
            false.into(),
            i64::MIN.into(),
            i64::MAX.into(),
            (-1).into(),
            0.1.into(),
            f64::NEG_INFINITY.into(),
            vec!["a".to_owned(), "b".to_owned()].into(),
            Value::Bytes(vec![0, 255]).into(),
            Value::Map(KeyValueList { values: vec![KeyValue::new("k", 1)] }).into(),
            Value::Array(ArrayValue { values: vec![AnyValue { value: None }] }).into(),
        ];
        let mut all: Vec<KeyValue> =
            values.into_iter().enumerate().map(|(place, value)| KeyValue::new(&format!("k{place}"), value)).collect();
        all.push(KeyValue { key: "empty".into(), value: None });
        all.push(KeyValue::new("unknown", text("a")));
        all.push(KeyValue::new("model", text("claude-sonnet-4-5")));
        all.push(KeyValue::new("model", text(&"m".repeat(65))));
        all.push(KeyValue::new("model", text("unknown")));
        all.push(KeyValue::new("event.timestamp", text("2026-11-22T06:50:57.396Z")));
        all.push(KeyValue::new("event.timestamp", text("2026-11-22T06:50:57Z")));
        all
    }

    const AT: Nanoseconds = 1_795_330_257_396_000_000;

    #[test]
    fn every_value_comes_back_as_it_was() {
        let mut words = List::default();
        let bytes = encode(&all(), AT, &mut words);
        let word = |number: u64| words.0.get(number as usize - 1).map(|word| Cow::Borrowed(word.as_str()));
        assert_eq!(decode(&bytes, AT, word), all());
    }

    #[test]
    fn a_damaged_list_ends_early() {
        let mut words = List::default();
        let bytes = encode(&all()[..14], AT, &mut words);
        let word =
            |number: u64| words.0.get((number as usize).wrapping_sub(1)).map(|word| Cow::Borrowed(word.as_str()));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end], AT, word).len() <= 14);
        }
        for place in 0..bytes.len().min(2000) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0xff;
            decode(&damaged, AT, word);
        }
    }
}
