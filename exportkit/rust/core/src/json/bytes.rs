//! The smallest pieces of DynamoDB JSON: white space, strings, numbers, base64.
//!
//! Each takes the bytes from its start on and returns what follows it. None crosses a line feed.

use crate::events::{ShortNumber, ShortText, Spelling, Text};
use crate::simd::{BLOCK, Block, base64_run, quotes, quotes_and_non_digits, quotes_and_odd, string_run};
use std::num::NonZeroU32;

/// What follows white space.
#[inline(always)]
pub(super) fn skip_space(rest: &[u8]) -> &[u8] {
    match rest {
        [b' ' | b'\t' | b'\r', ..] => skip_more_space(rest),
        _ => rest,
    }
}

#[cold]
fn skip_more_space(rest: &[u8]) -> &[u8] {
    let space = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
        .count();
    rest.get(space..).unwrap_or_default()
}

/// Reads a string from behind its opening quote; None where it is no JSON string.
#[inline(always)]
pub(super) fn string(rest: &[u8]) -> Option<(Text<'_>, &[u8])> {
    if let Some(window) = rest.first_chunk::<{ 2 * BLOCK }>() {
        let (blocks, _) = window.as_chunks::<BLOCK>();
        let (quotes, odd) = quotes_and_odd(&blocks[0]);
        if let Some(quotes) = NonZeroU32::new(quotes) {
            if odd & before(quotes) == 0 {
                let at = quotes.trailing_zeros() as usize;
                return Some((Text::plain(&window[..at]), &rest[at + 1..]));
            }
        } else if odd == 0 {
            let (quotes, odd) = quotes_and_odd(&blocks[1]);
            if let Some(quotes) = NonZeroU32::new(quotes)
                && odd & before(quotes) == 0
            {
                let at = BLOCK + quotes.trailing_zeros() as usize;
                return Some((Text::plain(&window[..at]), &rest[at + 1..]));
            }
        }
    }
    // Field by field: a struct with gaps, copied whole, would take a detour through memory.
    let (Text { raw, spelling }, after) = long_string(rest)?;
    Some((Text { raw, spelling }, after))
}

/// Reads a string that is short and plain, from behind its opening quote; None where it may be another, or none.
#[inline(always)]
pub(super) fn short_string(rest: &[u8]) -> Option<(ShortText<'_>, &[u8])> {
    let length = short_length(rest)?;
    let window = rest.first_chunk()?;
    Some((ShortText { window, length }, &rest[length + 1..]))
}

/// Bytes up to the next quote, if it is near and no backslash before it.
#[inline(always)]
fn short_length(rest: &[u8]) -> Option<usize> {
    let (quotes, odd) = quotes_and_odd(rest.first_chunk()?);
    let quotes = NonZeroU32::new(quotes)?;
    (odd & before(quotes) == 0).then_some(quotes.trailing_zeros() as usize)
}

/// Bytes up to the next quote, if it is near: a name, where the bytes are known to begin with a plain one.
#[inline(always)]
pub(super) fn near_quote(rest: &[u8]) -> Option<usize> {
    let quotes = NonZeroU32::new(quotes(rest.first_chunk()?))?;
    Some(quotes.trailing_zeros() as usize)
}

/// Where the first bit stands.
#[inline(always)]
fn first_bit(mask: NonZeroU32) -> u8 {
    #[allow(clippy::cast_possible_truncation, reason = "at most 31")]
    let at = mask.trailing_zeros() as u8;
    at
}

/// The bits below the first.
#[inline(always)]
fn before(mask: NonZeroU32) -> u32 {
    !mask.get() & (mask.get() - 1)
}

/// As [`string`], for any string.
#[inline(never)]
fn long_string(text: &[u8]) -> Option<(Text<'_>, &[u8])> {
    let mut spelling = Spelling::Plain;
    let mut at = 0;
    loop {
        at += string_run(text.get(at..)?);
        match text.get(at)? {
            b'"' => {
                return Some((
                    Text {
                        raw: text.get(..at)?,
                        spelling,
                    },
                    text.get(at + 1..)?,
                ));
            }
            b'\\' => {
                spelling = Spelling::Json;
                at += escape(text.get(at..)?)?;
            }
            _ => return None,
        }
    }
}

/// Bytes of the escape that starts here, a surrogate pair as one; None where it is none.
fn escape(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => match code_unit(text)? {
            0xD800..0xDC00 => match text.get(6..)? {
                second @ [b'\\', b'u', ..] => matches!(code_unit(second)?, 0xDC00..0xE000).then_some(12),
                _ => None,
            },
            0xDC00..0xE000 => None,
            _ => Some(6),
        },
        _ => None,
    }
}

/// The value of `\uXXXX`.
fn code_unit(text: &[u8]) -> Option<u32> {
    let digits = text.get(2..6)?;
    digits
        .iter()
        .try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
}

/// Reads a number that is short and plain, from behind its opening quote: perhaps `-`, digits, perhaps with a point
/// among them, the closing quote. None says nothing: it may be another number, or none.
///
/// What fits in a block has neither too many digits nor too large an exponent.
#[inline(always)]
pub(super) fn short_number(rest: &[u8]) -> Option<(ShortNumber<'_>, &[u8])> {
    let block: &Block = rest.first_chunk()?;
    let (quotes, non_digits) = quotes_and_non_digits(block);
    let quotes = NonZeroU32::new(quotes)?;
    let length = first_bit(quotes);
    let at = usize::from(length);
    let mut marks = non_digits & before(quotes);
    let mut digits = length;
    if marks & 1 == 1 && block[0] == b'-' {
        marks &= marks - 1;
        digits -= 1;
    }
    let mut point = length;
    if let Some(marks) = NonZeroU32::new(marks) {
        point = first_bit(marks);
        if marks.get() & (marks.get() - 1) != 0 || block[usize::from(point) % BLOCK] != b'.' {
            return None;
        }
        digits -= 1;
    }
    let number = ShortNumber {
        window: block,
        length,
        point,
    };
    (digits > 0).then(|| (number, &rest[at + 1..]))
}

/// Reads `true` or `false`, without a branch on which it is.
#[inline(always)]
pub(super) fn boolean(rest: &[u8]) -> Option<(bool, &[u8])> {
    let word = rest.first_chunk().copied().unwrap_or_else(|| padded(rest));
    let word = u64::from_le_bytes(word);
    let is_true = word & 0xFFFF_FFFF == u64::from(u32::from_le_bytes(*b"true"));
    let is_false = word & 0xFF_FFFF_FFFF == u64::from_le_bytes(*b"false\0\0\0");
    (is_true | is_false).then(|| (is_true, &rest[4 + usize::from(is_false)..]))
}

/// The last few bytes of a line, with zeros behind them.
#[cold]
fn padded(rest: &[u8]) -> [u8; 8] {
    let mut word = [0; 8];
    word.iter_mut().zip(rest).for_each(|(place, &byte)| *place = byte);
    word
}

/// Reads padded standard base64 from behind its opening quote; None where it is none, or spelled with escapes.
#[inline(always)]
pub(super) fn base64(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = base64_run(rest);
    let (padding, after) = match rest.get(length..)? {
        [b'"', after @ ..] => (0, after),
        [b'=', b'"', after @ ..] => (1, after),
        [b'=', b'=', b'"', after @ ..] => (2, after),
        _ => return None,
    };
    // Padding is what the last group of four lacks, and it has at least two characters.
    ((length + padding).is_multiple_of(4) && (padding == 0 || length % 4 >= 2))
        .then(|| (rest.get(..length + padding).unwrap_or_default(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls a reader with little and with much behind the text.
    fn both<T: PartialEq + std::fmt::Debug>(text: &str, read: impl Fn(&[u8]) -> T) -> T {
        let short = read(text.as_bytes());
        let long = format!("{text}{}", "\n".repeat(64));
        assert_eq!(read(long.as_bytes()), short, "{text}");
        short
    }

    fn read_string(text: &str) -> Option<(usize, bool)> {
        both(text, |bytes| {
            string(bytes).map(|(text, _)| (text.raw.len(), text.spelling == Spelling::Json))
        })
    }

    #[test]
    fn strings() {
        assert_eq!(read_string("\""), Some((0, false)));
        assert_eq!(read_string("abc\"d"), Some((3, false)));
        for length in [31, 32, 33, 63, 64, 65, 1000] {
            assert_eq!(
                read_string(&format!("{}\"", "é".repeat(length))),
                Some((2 * length, false))
            );
            assert_eq!(
                read_string(&format!("{}\\n{}\"", "a".repeat(length), "b".repeat(length))),
                Some((2 * length + 2, true))
            );
            assert_eq!(read_string(&"a".repeat(length)), None);
        }
        for good in [
            r#"\"\\\/\b\f\n\r\t""#,
            r#"\u0000\uD7FF\uE000\uffff""#,
            r#"\ud83d\ude00""#,
            r#"\uDBFF\uDFFF""#,
        ] {
            assert!(read_string(good).is_some(), "{good}");
        }
        for bad in [
            r#"\x""#,
            r#"\u12""#,
            r#"\u12g4""#,
            r#"\ud83d""#,
            r#"\ud83d\n""#,
            r#"\ud83d\u0041""#,
            r#"\ude00""#,
            r"\",
            "\t\"",
            "\u{1f}\"",
            "\0\"",
            "a\nb\"",
            r#"\ud83d\ud83d""#,
            r#"\u+123""#,
        ] {
            assert_eq!(read_string(bad), None, "{bad}");
        }
        assert_eq!(read_string("\u{7f}\u{2028}\""), Some((4, false)));
    }

    #[test]
    fn short_numbers() {
        let read = |text: &str| {
            let padded = format!("{text}\"{}", "}".repeat(64));
            short_number(padded.as_bytes()).map(|(number, _)| usize::from(number.length))
        };
        for good in [
            "0",
            "-0",
            "42",
            "-42",
            "1.5",
            "-1.5",
            ".5",
            "5.",
            "-.5",
            "007",
            &"9".repeat(31),
            &format!("-{}.1", "9".repeat(28)),
        ] {
            assert_eq!(read(good), Some(good.len()), "{good}");
            assert!(crate::number::Decimal::from_json(good.as_bytes()).is_ok());
        }
        for other in [
            "",
            "-",
            ".",
            "-.",
            "+1",
            "1e5",
            "1..2",
            "1.2.3",
            "--1",
            "1-",
            "a",
            &"9".repeat(33),
        ] {
            assert_eq!(read(other), None, "{other}");
        }
        assert!(short_number(b"42\"}").is_none());
    }

    #[test]
    fn base64_texts() {
        let read = |text: &str| {
            both(&format!("{text}\"}}"), |bytes| {
                base64(bytes).map(|(text, _)| text.len())
            })
        };
        for good in [
            "",
            "aGk=",
            "YQ==",
            "aGVs",
            "+/+/",
            "YR==",
            &"abcd".repeat(20),
            &format!("{}YQ==", "abcd".repeat(8)),
        ] {
            assert_eq!(read(good), Some(good.len()), "{good}");
        }
        for bad in [
            "a", "ab", "abc", "a===", "=", "==", "====", "ab=", "abcde", "ab==cd", "abc=d", "abcd=", "abcd==", "a-_b",
            "ab cd", "ab\\/d",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(base64(b"abcd"), None);
    }

    #[test]
    fn booleans() {
        let read = |text: &str| both(text, |bytes| boolean(bytes).map(|(value, _)| value));
        assert_eq!(read("true"), Some(true));
        assert_eq!(read("true}}}"), Some(true));
        assert_eq!(read("false"), Some(false));
        for other in ["", "t", "tru", "fals", "True", "1", "null"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn space() {
        assert_eq!(skip_space(b" \t\r x"), b"x");
        assert_eq!(skip_space(b"\n"), b"\n");
        assert_eq!(skip_space(b""), b"");
    }
}
