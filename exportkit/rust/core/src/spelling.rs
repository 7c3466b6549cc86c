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
    match Plain::of(value) {
        Some(plain) => plain.write_ion(out),
        None => value.decimal().write_ion(out),
    }
}

/// Appends the payload of a number's canonical encoding.
pub fn write_canonical_number(out: &mut Vec<u8>, value: Number<'_>) {
    match Plain::of(value) {
        Some(plain) => plain.write_canonical(out),
        None => value.decimal().write_canonical(out),
    }
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

/// A number written without an exponent, as nearly all are: its digits can be copied.
struct Plain<'a> {
    negative: bool,
    /// The digits before the point, without leading zeros, and without trailing ones if there is no fraction.
    whole: &'a [u8],
    /// Zeros that stand behind `whole`; none if there is a fraction.
    zeros: u8,
    /// The digits behind the point, without trailing zeros.
    fraction: &'a [u8],
}

/// Bytes of the longest text that is read so; no number of as many digits is out of range.
const MAX_PLAIN: usize = 38;

impl<'a> Plain<'a> {
    fn of(value: Number<'a>) -> Option<Self> {
        let Number::Text(text) = value else { return None };
        let (negative, body) = match text {
            [b'-', body @ ..] => (true, body),
            [b'+', body @ ..] | body => (false, body),
        };
        if body.len() > MAX_PLAIN {
            return None;
        }
        let digits = body.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (whole, fraction) = match body.split_at(digits) {
            (whole, []) => (whole, &[][..]),
            (whole, [b'.', fraction @ ..]) if fraction.iter().all(u8::is_ascii_digit) => (whole, fraction),
            _ => return None,
        };
        let whole = &whole[leading_zeros(whole)..];
        let fraction = without_trailing_zeros(fraction);
        if !fraction.is_empty() {
            return Some(Self {
                negative,
                whole,
                zeros: 0,
                fraction,
            });
        }
        let stripped = without_trailing_zeros(whole);
        let zeros = u8::try_from(whole.len() - stripped.len()).ok()?;
        Some(Self {
            negative,
            whole: stripped,
            zeros,
            fraction,
        })
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    fn write_ion(&self, out: &mut Vec<u8>) {
        if self.is_zero() {
            return out.extend_from_slice(b"0.");
        }
        if self.negative {
            out.push(b'-');
        }
        if self.zeros > 0 {
            out.extend_from_slice(self.whole);
            write_exponent(out, b"d", self.zeros);
        } else if !self.whole.is_empty() || leading_zeros(self.fraction) < 6 {
            out.extend_from_slice(if self.whole.is_empty() { b"0" } else { self.whole });
            out.push(b'.');
            out.extend_from_slice(self.fraction);
        } else {
            out.extend_from_slice(&self.fraction[leading_zeros(self.fraction)..]);
            write_exponent(out, b"d-", u8::try_from(self.fraction.len()).unwrap_or(u8::MAX));
        }
    }

    fn write_canonical(&self, out: &mut Vec<u8>) {
        if self.is_zero() {
            return out.push(b'0');
        }
        let exponent = i16::from(self.zeros) - i16::try_from(self.fraction.len()).unwrap_or(i16::MAX);
        out.push(if self.negative { b'-' } else { b'+' });
        out.extend_from_slice(&exponent.to_be_bytes());
        out.extend_from_slice(self.whole);
        let zeros = if self.whole.is_empty() {
            leading_zeros(self.fraction)
        } else {
            0
        };
        out.extend_from_slice(&self.fraction[zeros..]);
    }
}

fn leading_zeros(digits: &[u8]) -> usize {
    digits.iter().take_while(|&&digit| digit == b'0').count()
}

fn without_trailing_zeros(digits: &[u8]) -> &[u8] {
    &digits[..digits
        .iter()
        .rposition(|&digit| digit != b'0')
        .map_or(0, |last| last + 1)]
}

/// Appends an exponent below 100.
fn write_exponent(out: &mut Vec<u8>, before: &[u8], exponent: u8) {
    out.extend_from_slice(before);
    if exponent >= 10 {
        out.push(b'0' + exponent / 10);
    }
    out.push(b'0' + exponent % 10);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Decimal;

    fn written(write: fn(&mut Vec<u8>, Number<'_>), number: Number<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, number);
        out
    }

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
                        let number = Number::Text(text.as_bytes());
                        assert_eq!(written(write_number, number), spelled, "{text}");
                        let mut ion = Vec::new();
                        value.write_ion(&mut ion);
                        assert_eq!(written(write_ion_number, number), ion, "{text}");
                        let mut canonical = Vec::new();
                        value.write_canonical(&mut canonical);
                        assert_eq!(written(write_canonical_number, number), canonical, "{text}");
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
