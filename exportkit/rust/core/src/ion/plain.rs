//! Values as AWS writes them, found in place.
//!
//! Each function takes the bytes from where something starts and returns what follows it; what it
//! does not take, [`super::cursor`] reads. None crosses a line feed.

use super::cursor::Cursor;
use crate::events::{Number, ShortNumber, ShortText, Text, Visitor};
use crate::simd::{BLOCK, base64_run, colons, first, non_digits, non_words, string_stops};

/// Reads a field name that is bare, and its colon; None where another may stand.
#[inline(always)]
pub(super) fn name(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let block = rest.first_chunk::<BLOCK>()?;
    let length = first(non_words(block));
    if length == BLOCK || block[length] != b':' || block[0].is_ascii_digit() {
        return None;
    }
    let name = &rest[..length];
    let is_keyword = length < 6 && matches!(name, b"null" | b"true" | b"false" | b"nan" | b"");
    (!is_keyword).then(|| (name, &rest[length + 1..]))
}

/// Bytes before the next colon, if it is near: a name, where the bytes are known to begin with a bare one.
#[inline(always)]
pub(super) fn colon(rest: &[u8]) -> Option<usize> {
    Some(first(colons(rest.first_chunk()?))).filter(|&length| length < BLOCK)
}

/// Reads a string of a few plain bytes from behind its quote; None where it may be another.
#[inline(always)]
pub(super) fn short_string(rest: &[u8]) -> Option<(ShortText<'_>, &[u8])> {
    let window = rest.first_chunk::<BLOCK>()?;
    let length = first(string_stops(window));
    (length < BLOCK && window[length] == b'"').then(|| (ShortText { window, length }, &rest[length + 1..]))
}

/// Reads a string from behind its quote; None where it is none.
#[inline]
pub(super) fn long_string(rest: &[u8]) -> Option<(Text<'_>, &[u8])> {
    let mut cursor = Cursor::new(rest);
    let quoted = cursor.short_string().ok()?;
    Some((quoted.text(), cursor.rest()))
}

/// Reads a decimal or integer of so few digits that it is in range.
///
/// None says nothing: it may be another number, or none.
#[inline(always)]
pub(super) fn decimal(rest: &[u8]) -> Option<(Decimal<'_>, &[u8])> {
    let block = rest.first_chunk::<BLOCK>()?;
    let sign = usize::from(block[0] == b'-');
    let stops = non_digits(block) & !u32::from(block[0] == b'-');
    let whole = first(stops);
    if whole == BLOCK || whole == sign || (block[sign] == b'0' && whole > sign + 1) {
        return None;
    }
    let end = if block[whole] == b'.' {
        first(stops & stops.wrapping_sub(1))
    } else {
        whole
    };
    let number = |length| ShortNumber {
        window: block,
        length: small(length),
        point: small(whole),
    };
    let (mark, after) = (block.get(end)?, &rest[end..]);
    if matches!(mark, b',' | b'}' | b']') {
        // A point that nothing follows tells nothing.
        let length = if end == whole + 1 { whole } else { end };
        return Some((Decimal::Short(number(length)), after));
    }
    match after {
        [b'd', zeros @ b'1'..=b'9', after @ ..]
            if end == whole && whole < BLOCK - 10 && matches!(after, [b',' | b'}' | b']', ..]) =>
        {
            let zeros = zeros - b'0';
            let digits = number(whole);
            let text = &block[..whole + 2];
            Some((Decimal::Zeros { text, digits, zeros }, after))
        }
        [b'd', exponent @ ..] => {
            let (text, after) = rest.split_at(end + 1 + exponent_length(exponent)?);
            Some((Decimal::Long(text), after))
        }
        _ => None,
    }
}

/// A place in a block.
#[inline(always)]
fn small(at: usize) -> u8 {
    #[allow(clippy::cast_possible_truncation, reason = "less than a block has")]
    let at = at as u8;
    at
}

/// What [`decimal`] found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decimal<'a> {
    /// Without exponent; no point is its last character.
    Short(ShortNumber<'a>),
    /// Whole, with an exponent: so many `zeros` follow its `digits`.
    Zeros {
        text: &'a [u8],
        digits: ShortNumber<'a>,
        zeros: u8,
    },
    /// With any other exponent.
    Long(&'a [u8]),
}

impl<'a> Decimal<'a> {
    #[inline(always)]
    pub(super) fn number(self) -> Number<'a> {
        match self {
            Self::Short(number) => number.number(),
            Self::Zeros { text, .. } | Self::Long(text) => Number::Text(text),
        }
    }

    /// Tells the visitor.
    #[inline(always)]
    pub(super) fn tell<V: Visitor>(self, visitor: &mut V) {
        match self {
            Self::Short(number) => visitor.short_number(number),
            Self::Zeros { digits, zeros, .. } => visitor.number_with_zeros(digits, zeros),
            Self::Long(text) => visitor.number(Number::Text(text)),
        }
    }
}

/// Bytes of an exponent that keeps numbers of 31 digits in range.
#[inline]
fn exponent_length(text: &[u8]) -> Option<usize> {
    let sign = usize::from(text.first() == Some(&b'-'));
    match text.get(sign..)? {
        [b'0'..=b'9', b',' | b'}' | b']', ..] => Some(sign + 1),
        [b'0'..=b'8', b'0'..=b'9', b',' | b'}' | b']', ..] => Some(sign + 2),
        _ => None,
    }
}

/// Reads padded standard base64 without white space from behind two braces, and the two after it.
///
/// None says nothing: it may be another blob, a clob, or none.
#[inline(always)]
pub(super) fn base64(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = base64_run(rest);
    let (padding, after) = match rest.get(length..)? {
        [b'}', b'}', after @ ..] => (0, after),
        [b'=', b'}', b'}', after @ ..] => (1, after),
        [b'=', b'=', b'}', b'}', after @ ..] => (2, after),
        _ => return None,
    };
    (length + padding)
        .is_multiple_of(4)
        .then(|| (rest.get(..length + padding).unwrap_or_default(), after))
}

/// Reads `true` or `false` that plainly ends, without a branch on which it is.
#[inline(always)]
pub(super) fn boolean(rest: &[u8]) -> Option<(bool, &[u8])> {
    let word = u64::from_le_bytes(*rest.first_chunk()?);
    let is_true = word & 0xFFFF_FFFF == u64::from(u32::from_le_bytes(*b"true"));
    let is_false = word & 0xFF_FFFF_FFFF == u64::from_le_bytes(*b"false\0\0\0");
    let after = rest.get(4 + usize::from(is_false)..)?;
    let ends = matches!(after, [b',' | b'}' | b']', ..]);
    ((is_true | is_false) & ends).then_some((is_true, after))
}

/// Reads a keyword that plainly ends.
#[inline(always)]
pub(super) fn keyword<'a>(rest: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let after = rest.strip_prefix(word)?;
    matches!(after, [b',' | b'}' | b']', ..]).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Decimal;

    #[test]
    fn decimals() {
        for text in [
            "0",
            "0.",
            "-0.",
            "1",
            "7.",
            "-7.",
            "616d2",
            "-1.5d-10",
            "3.875",
            "0.001",
            "1d88",
            "12.d9",
            "0d0",
            "9999999999999999999999999999",
            "9.99999999999999999999999999",
            "9999999999999999999999999.d89",
            "-0.000000000000000000000001d-89",
        ] {
            for end in [",", "}", "]"] {
                let line = format!("{text}{end}{}", "\n".repeat(64));
                assert_eq!(
                    decimal(line.as_bytes()).map(|(decimal, _)| decimal.number()),
                    Some(Number::Text(text.strip_suffix('.').unwrap_or(text).as_bytes())),
                    "{text}"
                );
                assert!(Decimal::from_checked(text.as_bytes()).is_ok(), "{text}");
            }
        }
        for text in [
            "",
            "-",
            ".",
            ".5",
            "-.5",
            "+1",
            "00",
            "01",
            "-01.",
            "1_0",
            "1.5.",
            "1.d",
            "1d",
            "1d+2",
            "1d-",
            "1d90",
            "1d100",
            "1d1.",
            "1e5",
            "0x1",
            "2007-01-01",
            "2007T",
            "1 ",
            "1/",
            "1:",
            "1\"",
            "1a",
            "--1",
            "99999999999999999999999999999999",
            "1234567890123456789012345678901.5",
        ] {
            let line = format!("{text},{}", "\n".repeat(64));
            assert!(decimal(line.as_bytes()).is_none(), "{text}");
        }
        assert!(decimal(b"1.").is_none());
        assert!(decimal(format!("1.\n,{}", "}".repeat(64)).as_bytes()).is_none());
    }

    #[test]
    fn zeros_are_written_out() {
        for (text, expected) in [
            ("616d2", "61600"),
            ("-1d9", "-1000000000"),
            ("123456789012345678901d1", "1234567890123456789010"),
        ] {
            let line = format!("{text},{}", "7".repeat(64));
            let Some((super::Decimal::Zeros { digits, zeros, .. }, b",7777777")) =
                decimal(line.as_bytes()).map(|(decimal, after)| (decimal, &after[..8]))
            else {
                panic!("{text}");
            };
            let length = usize::from(digits.length + zeros);
            digits.with_zeros(zeros, |number| {
                assert_eq!(&number.window[..length], expected.as_bytes());
                assert!(number.window[length..].iter().all(|&byte| byte == b'0'));
                assert!(number.is_integer() && usize::from(number.length) == length);
            });
        }
        for text in ["1d10", "0d0", "1.5d2", "1d-2", "1234567890123456789012d1"] {
            let line = format!("{text},{}", "7".repeat(64));
            assert!(
                matches!(decimal(line.as_bytes()), Some((super::Decimal::Long(_), _))),
                "{text}"
            );
        }
    }

    #[test]
    fn blobs() {
        for (line, length) in [
            ("}}", Some(0)),
            ("aGk=}}", Some(4)),
            ("YR==}}x", Some(4)),
            ("+/+/}}", Some(4)),
        ] {
            assert_eq!(base64(line.as_bytes()).map(|(text, _)| text.len()), length, "{line}");
        }
        for line in [
            "", "}", "} }", " }}", "aGk }}", "aG}}", "a===}}", "=}}", "====}}", "aGk==}}", "AAAA=}}", "aGk=", "aGk=}",
            "a\n}}", "\"a\"}}", "a-_=}}",
        ] {
            assert_eq!(base64(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn names() {
        let read = |text: &str| {
            let line = format!("{text}{}", "\n".repeat(64));
            name(line.as_bytes()).map(|(name, _)| name.len())
        };
        for text in [
            "a:",
            "_:",
            "PK0:x",
            "nulls:",
            "nu:",
            "True:",
            "a0_Z::",
            "abcdefghijklmnopqrstuvwxyz01234:",
        ] {
            assert_eq!(read(text), text.find(':'), "{text}");
        }
        for text in [
            "",
            ":",
            "0a:",
            "a",
            "a :",
            "$4:",
            "a$:",
            "null:",
            "true:",
            "false:",
            "nan:",
            "'a':",
            "\"a\":",
            "é:",
            "a.b:",
            "a-b:",
            "abcdefghijklmnopqrstuvwxyz012345:",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(name(b"a:1"), None);
        assert_eq!(colon(format!("ab:{}", ":".repeat(64)).as_bytes()), Some(2));
        assert_eq!(colon(format!("{}:", "a".repeat(32)).as_bytes()), None);
        assert_eq!(colon(b"a:1"), None);
    }

    #[test]
    fn booleans() {
        for (line, expected) in [
            (&b"true,a:1"[..], Some((true, b",a:1".as_slice()))),
            (b"true}}\n$", Some((true, b"}}\n$"))),
            (b"false]xy", Some((false, b"]xy"))),
            (b"false}}\n", Some((false, b"}}\n"))),
            (b"true\n,,,,", None),
            (b"true ,,,,", None),
            (b"truex,,,", None),
            (b"fals,,,,", None),
            (b"falsee,,,", None),
            (b"true::a,", None),
            (b"True,,,,", None),
            (b"true,", None),
        ] {
            assert_eq!(boolean(line), expected);
        }
    }

    #[test]
    fn keywords() {
        assert_eq!(keyword(b"true,", b"true"), Some(b",".as_slice()));
        for line in [
            &b"true"[..],
            b"true\n",
            b"true ",
            b"truex",
            b"tru,",
            b"true::",
            b"true/**/,",
        ] {
            assert_eq!(keyword(line, b"true"), None);
        }
    }
}
