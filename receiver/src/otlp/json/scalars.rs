//! Scalars as they are written in JSON: numbers as text, ids in hexadecimal, bytes in base64.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// A whole number, written as a number or as text.
pub struct Whole<T>(pub T);

/// A floating-point number, written as a number, as text, or as `NaN`, `Infinity`, `-Infinity`.
pub struct Decimal(pub f64);

/// An id in hexadecimal, in either case.
pub struct Hexadecimal(pub Vec<u8>);

/// Bytes in base64, of either alphabet, with or without padding.
pub struct Base64(pub Vec<u8>);

struct NumberVisitor;

/// A number before its type is known.
enum Number {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
}

impl de::Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number, or text with a number")
    }

    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        Ok(Number::Signed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        Ok(Number::Unsigned(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
        Ok(Number::Float(value))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
        let whole = text.parse().map(Number::Signed).or_else(|_| text.parse().map(Number::Unsigned));
        // `NaN` and `Infinity` are among the forms that Rust reads.
        whole
            .or_else(|_| text.parse().map(Number::Float))
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl<'de, T: TryFrom<i64> + TryFrom<u64>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match deserializer.deserialize_any(NumberVisitor)? {
            Number::Signed(number) => T::try_from(number).ok(),
            Number::Unsigned(number) => T::try_from(number).ok(),
            // Protobuf's JSON allows `1e3` and `1.0`. Above 2^63, the conversion would not be exact.
            Number::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e18 => T::try_from(number as i64).ok(),
            Number::Float(_) => None,
        };
        number.map(Whole).ok_or_else(|| de::Error::custom("a whole number is out of range"))
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Decimal(match deserializer.deserialize_any(NumberVisitor)? {
            Number::Signed(number) => number as f64,
            Number::Unsigned(number) => number as f64,
            Number::Float(number) => number,
        }))
    }
}

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits: Option<Vec<u8>> =
            text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
        let digits = digits.filter(|digits| digits.len().is_multiple_of(2));
        let digits = digits.ok_or_else(|| de::Error::custom("an id is not hexadecimal"))?;
        Ok(Hexadecimal(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (mut bytes, mut bits, mut count) = (Vec::with_capacity(text.len() * 3 / 4), 0u32, 0);
        for symbol in text.trim_end_matches('=').bytes() {
            let value = match symbol {
                b'A'..=b'Z' => symbol - b'A',
                b'a'..=b'z' => symbol - b'a' + 26,
                b'0'..=b'9' => symbol - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                _ => return Err(de::Error::custom("bytes are not in base64")),
            };
            bits = bits << 6 | u32::from(value);
            count += 6;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count & 0xff) as u8);
            }
        }
        Ok(Base64(bytes))
    }
}
