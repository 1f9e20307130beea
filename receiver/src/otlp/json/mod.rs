//! OTLP in JSON. Source: opentelemetry-proto `docs/specification.md`, "JSON Protobuf Encoding": names in lowerCamelCase,
//! ids in hexadecimal, enums as numbers, 64-bit numbers as text or number, unknown names ignored.

mod fields;
mod scalars;

use super::{MAX_DEPTH, MAX_MESSAGES, Refused};

/// Checks depth and number of values before the text is parsed. Says nothing about its syntax.
///
/// # Errors
/// The limit that it exceeds.
pub fn check(text: &[u8]) -> Result<(), Refused> {
    let (mut depth, mut messages) = (0usize, 0usize);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => {
                depth += 1;
                messages += 1;
                // An object and a list for each level of a message.
                if depth > 2 * MAX_DEPTH {
                    return Err(Refused::TooDeep);
                }
                if messages > MAX_MESSAGES {
                    return Err(Refused::TooMany);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
