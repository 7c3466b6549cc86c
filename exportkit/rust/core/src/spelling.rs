//! The spellings that readers of every form share: numbers and base64.

use crate::events::{Binary, Number};

/// Appends a number as the service spells it.
pub fn write_number(out: &mut Vec<u8>, value: Number<'_>) {
    match value {
        Number::Text(text) if is_spelled(text) => out.extend_from_slice(text),
        _ => value.decimal().write(out),
    }
}

/// Appends a number as the Ion decimal that AWS's exports hold.
pub fn write_ion_number(out: &mut Vec<u8>, value: Number<'_>) {
    value.decimal().write_ion(out);
}

/// Appends base64 whose unused bits are zero.
pub fn write_base64(out: &mut Vec<u8>, value: Binary<'_>) {
    out.extend_from_slice(value.base64);
    let (place, unused) = match value.base64 {
        [.., _, b'=', b'='] => (3, 16),
        [.., _, b'='] => (2, 4),
        _ => return,
    };
    let last = out.len() - place;
    let bits = ALPHABET.iter().position(|&letter| letter == out[last]).unwrap_or(0);
    out[last] = ALPHABET[bits - bits % unused];
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Whether a number is written as the service does already, as nearly all are, so that it can be copied.
fn is_spelled(text: &[u8]) -> bool {
    let body = text.strip_prefix(b"-").unwrap_or(text);
    // One character is the point where the 39th digit could stand; longer ones take the long way.
    if body.len() > 38 {
        return false;
    }
    let fraction = match body {
        b"0" => return text.len() == 1,
        [b'0', b'.', fraction @ ..] => {
            if fraction.starts_with(b"0000000") {
                return false;
            }
            fraction
        }
        [b'1'..=b'9', rest @ ..] => {
            let Some(end) = rest.iter().position(|byte| !byte.is_ascii_digit()) else {
                return true;
            };
            match &rest[end..] {
                [b'.', fraction @ ..] => fraction,
                _ => return false,
            }
        }
        _ => return false,
    };
    matches!(fraction, [.., b'1'..=b'9']) && fraction.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Decimal;

    #[test]
    fn what_is_copied_is_spelled_as_the_service_does() {
        let mut copied = 0;
        for sign in ["", "-", "+"] {
            for whole in [
                "",
                "0",
                "00",
                "1",
                "10",
                "01",
                "9",
                "123",
                "1000000000000000000000000000000000000",
                "1_0",
            ] {
                for fraction in [
                    "",
                    ".",
                    ".0",
                    ".1",
                    ".10",
                    ".01",
                    ".0000001",
                    ".00000001",
                    ".000000",
                    ".1_0",
                ] {
                    for exponent in ["", "e0", "E5", "d2", "D-3"] {
                        let text = format!("{sign}{whole}{fraction}{exponent}");
                        let Ok(value) = Decimal::from_checked(text.as_bytes()) else {
                            continue;
                        };
                        let mut spelled = Vec::new();
                        value.write(&mut spelled);
                        if is_spelled(text.as_bytes()) {
                            assert_eq!(spelled, text.as_bytes());
                            copied += 1;
                        }
                        let mut out = Vec::new();
                        write_number(&mut out, Number::Text(text.as_bytes()));
                        assert_eq!(out, spelled, "{text}");
                    }
                }
            }
        }
        assert!(copied > 20, "{copied}");
    }

    #[test]
    fn long_numbers_are_spelled_too() {
        for (text, spelled) in [
            (
                "99999999999999999999999999999999999999".to_owned(),
                "99999999999999999999999999999999999999".to_owned(),
            ),
            (format!("1{}", "0".repeat(37)), format!("1{}", "0".repeat(37))),
            (format!("1{}", "0".repeat(38)), "1E+38".to_owned()),
            (format!("1{}.5", "0".repeat(36)), format!("1{}.5", "0".repeat(36))),
        ] {
            let mut out = Vec::new();
            write_number(&mut out, Number::Text(text.as_bytes()));
            assert_eq!(String::from_utf8(out).unwrap(), spelled);
        }
    }

    #[test]
    fn unused_bits_become_zero() {
        for (base64, written) in [
            ("", ""),
            ("AP/7", "AP/7"),
            ("AP//", "AP//"),
            ("aGk=", "aGk="),
            ("aGl=", "aGk="),
            ("aGn=", "aGk="),
            ("aA==", "aA=="),
            ("aP==", "aA=="),
            ("//==", "/w=="),
            ("////A/==", "////Aw=="),
            ("++/=", "++8="),
        ] {
            let mut out = b"x".to_vec();
            write_base64(
                &mut out,
                Binary {
                    base64: base64.as_bytes(),
                },
            );
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{written}"));
        }
    }
}
