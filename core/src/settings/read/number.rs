//! How Clawker reads a plain scalar as a whole number. Source: gopkg.in/yaml.v3, `resolve.go`, which uses Go's
//! `strconv.ParseInt` with base 0.

/// The decimal digits of the number. Text that is no whole number stays as it is; whoever needs a number refuses it.
///
/// # Errors
/// The number has a leading zero, which makes it octal for Clawker and decimal for people.
pub(super) fn whole_number(text: &str) -> Result<String, String> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let radix = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => Some(16),
        Some("0o") => Some(8),
        Some("0b") => Some(2),
        _ => None,
    };
    if let Some(radix) = radix {
        let number = u64::from_str_radix(digits[2..].trim_start_matches('+'), radix);
        return Ok(number.map_or_else(|_| text.to_owned(), |number| format!("{sign}{number}")));
    }
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // `3e3` and `3000.0` are whole numbers as well.
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
        let number =
            text.parse::<f64>().ok().filter(|number| is_number && number.fract() == 0.0 && number.abs() < 1e15);
        return Ok(number.map_or_else(|| text.to_owned(), |number| format!("{number:.0}")));
    }
    let decimal = digits.trim_start_matches('0');
    if digits.len() == 1 || decimal.len() == digits.len() {
        return Ok(format!("{sign}{digits}"));
    }
    let decimal = format!("{sign}{}", if decimal.is_empty() { "0" } else { decimal });
    Err(match u64::from_str_radix(digits, 8) {
        Ok(octal) => format!(
            "`{text}` has a leading zero, so Clawker reads it as an octal number ({sign}{octal}); write `{decimal}`"
        ),
        Err(_) => format!("`{text}` has a leading zero, which YAML readers understand differently; write `{decimal}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_go_reads() {
        for (text, number) in [
            ("3000", "3000"),
            ("+3000", "3000"),
            ("-1", "-1"),
            ("0", "0"),
            ("1_000", "1000"),
            ("0x0BB8", "3000"),
            ("0XBB8", "3000"),
            ("0o5670", "3000"),
            ("0b11", "3"),
            ("3e3", "3000"),
            ("3000.0", "3000"),
            // No numbers.
            ("3000.5", "3000.5"),
            ("abc", "abc"),
            ("inf", "inf"),
            ("0x", "0x"),
            ("", ""),
            ("-", "-"),
        ] {
            assert_eq!(whole_number(text).as_deref(), Ok(number), "{text}");
        }
    }

    #[test]
    fn a_leading_zero_is_an_error_that_says_what_to_write() {
        for (text, said) in [
            ("03000", "`03000` has a leading zero, so Clawker reads it as an octal number (1536); write `3000`"),
            ("-010", "`-010` has a leading zero, so Clawker reads it as an octal number (-8); write `-10`"),
            ("0_10", "`0_10` has a leading zero, so Clawker reads it as an octal number (8); write `10`"),
            ("09090", "`09090` has a leading zero, which YAML readers understand differently; write `9090`"),
            ("00", "`00` has a leading zero, so Clawker reads it as an octal number (0); write `0`"),
        ] {
            assert_eq!(whole_number(text), Err(said.to_owned()));
        }
    }
}
