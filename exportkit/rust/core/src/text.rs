//! Strings, numbers and binary of a record, read when somebody asks for them.
//!
//! A parser has validated what stands in a [`Text`], [`Number`] or [`Binary`]; what these
//! functions would do with something else is of no matter, as long as they do not panic.

use crate::events::{Binary, Number, ShortNumber, ShortText, Spelling, Text};
use crate::number::Decimal;
use crate::simd::BLOCK;

/// What a character of standard base64 adds to the three bytes that it and its neighbours stand for, the first byte
/// lowest, for each of its four places; padding adds nothing.
static SEXTETS: [[u32; 256]; 4] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut sextets = [[0; 256]; 4];
    let mut at = 0;
    while at < 4 * 64 {
        let (place, value): (u32, u32) = (at / 64, at % 64);
        sextets[place as usize][alphabet[value as usize] as usize] = (value << (26 - 6 * place)).swap_bytes();
        at += 1;
    }
    sextets
};

impl<'a> Text<'a> {
    /// A string whose bytes need no unescaping.
    pub const fn plain(raw: &'a [u8]) -> Self {
        Self {
            raw,
            spelling: Spelling::Plain,
        }
    }

    /// The string's UTF-8; `scratch` is overwritten where it has to be unescaped.
    pub fn bytes<'s>(self, scratch: &'s mut Vec<u8>) -> &'s [u8]
    where
        'a: 's,
    {
        if self.spelling == Spelling::Plain {
            return self.raw;
        }
        scratch.clear();
        self.append_to(scratch);
        scratch
    }

    /// Appends the string's UTF-8.
    pub fn append_to(self, out: &mut Vec<u8>) {
        match self.spelling {
            Spelling::Plain => out.extend_from_slice(self.raw),
            Spelling::Json => unescape(self.raw, out, json_escape),
            Spelling::Ion => unescape(self.raw, out, ion_escape),
        }
    }

    /// Whether the string is empty.
    pub const fn is_empty(self) -> bool {
        self.raw.is_empty() // no escape stands for nothing
    }
}

impl<'a> ShortText<'a> {
    /// The string.
    #[inline(always)]
    pub fn text(self) -> Text<'a> {
        Text::plain(&self.window[..self.length % BLOCK])
    }
}

impl<'a> ShortNumber<'a> {
    /// The number.
    #[inline(always)]
    pub fn number(self) -> Number<'a> {
        Number::Text(&self.window[..usize::from(self.length) % BLOCK])
    }

    /// Whether it has no point.
    #[inline(always)]
    pub const fn is_integer(self) -> bool {
        self.point == self.length
    }

    /// A whole number with so many zeros behind its digits, all written out: to the block's end.
    #[inline(always)]
    pub(crate) fn with_zeros<T>(self, zeros: u8, tell: impl FnOnce(ShortNumber<'_>) -> T) -> T {
        let mut window = *self.window;
        for (at, byte) in (0..).zip(&mut window) {
            *byte = if at < self.length { *byte } else { b'0' };
        }
        let length = self.length + zeros;
        tell(ShortNumber {
            window: &window,
            length,
            point: length,
        })
    }

    /// Whether Ion spells it as an int: what follows its digits is neither a point nor an exponent, nor the zeros that
    /// are told in its place.
    #[inline(always)]
    pub const fn is_ion_int(self) -> bool {
        self.is_integer() && matches!(self.window[self.length as usize % BLOCK], b',' | b'}' | b']')
    }
}

impl Number<'_> {
    /// The number's value; zero for text that a parser would not have let through.
    pub fn decimal(self) -> Decimal {
        match self {
            Self::Text(text) => Decimal::from_checked(text).unwrap_or(Decimal::ZERO),
            Self::Value(value) => value,
        }
    }
}

impl Binary<'_> {
    /// Bytes after decoding.
    pub const fn decoded_len(self) -> usize {
        let padding = match self.base64 {
            [.., b'=', b'='] => 2,
            [.., b'='] => 1,
            _ => 0,
        };
        (self.base64.len() / 4 * 3).saturating_sub(padding)
    }

    /// Appends the decoded bytes; unused bits of the last character may be anything.
    ///
    /// Not by a library's decoder, which judges again what the parser has judged: that took twice the instructions.
    pub fn append_to(self, out: &mut Vec<u8>) {
        let start = out.len();
        let (groups, _) = self.base64.as_chunks::<4>();
        out.resize(start + 3 * groups.len(), 0);
        let (places, _) = out[start..].as_chunks_mut::<3>();
        for (place, group) in places.iter_mut().zip(groups) {
            let sextet = |at: usize| SEXTETS[at][usize::from(group[at])];
            let [bytes @ .., _] = (sextet(0) | sextet(1) | sextet(2) | sextet(3)).to_le_bytes();
            *place = bytes;
        }
        out.truncate(start + self.decoded_len());
    }
}

/// Copies text up to each backslash and lets `escape` read what follows it.
fn unescape(raw: &[u8], out: &mut Vec<u8>, escape: fn(&[u8], &mut Vec<u8>) -> usize) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        rest = rest.get(escape(rest, out)..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Reads what follows a JSON backslash; returns the bytes it took.
fn json_escape(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(&letter) = rest.first() else { return 0 };
    out.push(match letter {
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return utf16_escape(rest, out),
        other => other,
    });
    1
}

/// Reads what follows an Ion backslash; returns the bytes it took.
fn ion_escape(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(&letter) = rest.first() else { return 0 };
    out.push(match letter {
        b'0' => 0x00,
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'f' => 0x0C,
        b'r' => b'\r',
        b'v' => 0x0B,
        b'x' => {
            push_char(hex(rest, 1, 2), out);
            return 3;
        }
        b'U' => {
            push_char(hex(rest, 1, 8), out);
            return 9;
        }
        b'u' => return utf16_escape(rest, out),
        other => other,
    });
    1
}

/// Reads `uXXXX`, with the second half of a surrogate pair; returns the bytes it took.
fn utf16_escape(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let first = hex(rest, 1, 4);
    if !(0xD800..0xDC00).contains(&first) {
        push_char(first, out);
        return 5;
    }
    let second = hex(rest, 7, 4);
    push_char(
        0x1_0000 + ((first - 0xD800) << 10) + (second.wrapping_sub(0xDC00) & 0x3FF),
        out,
    );
    11
}

/// The value of `count` hexadecimal digits.
fn hex(text: &[u8], start: usize, count: usize) -> u32 {
    let digits = text.get(start..start + count).unwrap_or_default();
    digits.iter().fold(0, |value, &digit| {
        value << 4 | char::from(digit).to_digit(16).unwrap_or(0)
    })
}

fn push_char(code: u32, out: &mut Vec<u8>) {
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(raw: &str, spelling: Spelling) -> String {
        let text = Text {
            raw: raw.as_bytes(),
            spelling,
        };
        String::from_utf8(text.bytes(&mut Vec::new()).to_vec()).unwrap()
    }

    #[test]
    fn json_escapes() {
        assert_eq!(
            unescaped(r#"a\"\\\/\b\f\n\r\té\u00e9\u00E9\ud83d\ude00\u0000."#, Spelling::Json),
            "a\"\\/\u{8}\u{c}\n\r\tééé😀\0."
        );
    }

    #[test]
    fn ion_escapes() {
        assert_eq!(
            unescaped(
                r#"\0\a\b\t\n\f\r\v\"\'\?\\\/\x41\xe9\u00e9\ud83d\ude00\U0001F600 "#,
                Spelling::Ion
            ),
            "\0\u{7}\u{8}\t\n\u{c}\r\u{b}\"'?\\/Aéé😀😀 "
        );
    }

    #[test]
    fn what_no_parser_lets_through_does_not_panic() {
        for raw in [
            r"\",
            r"\u",
            r"\u12",
            r"\ud83d",
            r"\ud83d\u0041",
            r"\U00110000",
            r"\x",
            r"\U",
        ] {
            unescaped(raw, Spelling::Json);
            unescaped(raw, Spelling::Ion);
        }
    }

    #[test]
    fn plain_text_is_not_copied() {
        let mut scratch = b"kept".to_vec();
        assert_eq!(Text::plain(b"a\\n").bytes(&mut scratch), b"a\\n");
        assert_eq!(scratch, b"kept");
    }

    #[test]
    fn binary_is_decoded() {
        for (base64, expected) in [
            ("", &b""[..]),
            ("aGk=", b"hi"),
            ("aGl=", b"hi"), // unused bits set
            ("YQ==", b"a"),
            ("YR==", b"a"),
            ("aGVs", b"hel"),
            ("+/+/", b"\xfb\xff\xbf"),
        ] {
            let binary = Binary {
                base64: base64.as_bytes(),
            };
            let mut out = b"before".to_vec();
            binary.append_to(&mut out);
            assert_eq!(&out[6..], expected, "{base64}");
            assert_eq!(binary.decoded_len(), expected.len(), "{base64}");
        }
    }

    #[test]
    fn every_character_is_decoded_in_every_place() {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (value, &character) in (0_u32..).zip(alphabet) {
            for place in 0..4 {
                let mut base64 = *b"//////AAAA";
                base64[6 + place] = character;
                let mut out = Vec::new();
                let base64 = &base64[2..];
                Binary { base64 }.append_to(&mut out);
                let bits = value << (18 - 6 * place);
                assert_eq!(
                    out,
                    [&[0xFF; 3], &bits.to_be_bytes()[1..]].concat(),
                    "{value} at {place}"
                );
            }
        }
    }

    #[test]
    fn numbers_have_values() {
        assert_eq!(Number::Text(b"1_0d-1").decimal(), Decimal::new(false, 1, 0).unwrap());
        let value = Decimal::new(true, 15, -1).unwrap();
        assert_eq!(Number::Value(value).decimal(), value);
    }
}
