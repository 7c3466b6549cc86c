//! Escaping: which bytes a string may hold as they are, and how the others are written.

/// How one kind of string is escaped.
pub(super) struct Escapes {
    quote: u8,
    /// Whether U+007F is escaped too.
    delete: bool,
    /// What stands for each byte: 0 for the byte itself, else the letter after a backslash, where `u` and
    /// `x` are followed by the byte in hexadecimal.
    letters: [u8; 256],
}

impl Escapes {
    /// JSON: the quote, the backslash and characters below U+0020.
    pub(super) const JSON: Self = Self::new(b'"', b'u', b"\x08b\x0cf\nn\rr\tt", false);

    /// Ion strings: also U+007F.
    pub(super) const ION_STRING: Self = Self::ion(b'"');

    /// Ion names in single quotes.
    pub(super) const ION_NAME: Self = Self::ion(b'\'');

    const fn ion(quote: u8) -> Self {
        Self::new(quote, b'x', b"\x000\x07a\x08b\tt\nn\x0bv\x0cf\rr", true)
    }

    /// `short` has pairs of a byte and its letter; `other` is the letter of all others that are escaped.
    const fn new(quote: u8, other: u8, short: &[u8], delete: bool) -> Self {
        let mut letters = [0; 256];
        let mut byte = 0;
        while byte < 0x20 {
            letters[byte] = other;
            byte += 1;
        }
        if delete {
            letters[0x7f] = other;
        }
        let mut pair = 0;
        while pair < short.len() {
            letters[short[pair] as usize] = short[pair + 1];
            pair += 2;
        }
        letters[quote as usize] = quote;
        letters[b'\\' as usize] = b'\\';
        Self { quote, delete, letters }
    }

    /// Appends the string, escaped.
    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>, string: &[u8]) {
        if self.is_clean(string) {
            out.extend_from_slice(string);
        } else {
            self.write_slowly(out, string);
        }
    }

    /// Whether no byte is escaped; looks at eight at a time.
    #[inline]
    fn is_clean(&self, string: &[u8]) -> bool {
        let Some(last) = string.last_chunk() else {
            return string.iter().all(|&byte| self.letters[usize::from(byte)] == 0);
        };
        let (words, _) = string.as_chunks();
        // The last eight bytes overlap the words before them.
        words
            .iter()
            .chain([last])
            .fold(0, |found, word| found | self.escaped(u64::from_le_bytes(*word)))
            == 0
    }

    /// Zero if none of eight bytes is escaped.
    #[inline]
    fn escaped(&self, word: u64) -> u64 {
        let found = below(word, 0x20) | equal(word, self.quote) | equal(word, b'\\');
        if self.delete { found | equal(word, 0x7f) } else { found }
    }

    #[cold]
    fn write_slowly(&self, out: &mut Vec<u8>, string: &[u8]) {
        let mut rest = string;
        while let Some(at) = rest.iter().position(|&byte| self.letters[usize::from(byte)] != 0) {
            out.extend_from_slice(&rest[..at]);
            self.write_byte(out, rest[at]);
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
    }

    fn write_byte(&self, out: &mut Vec<u8>, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let letter = self.letters[usize::from(byte)];
        out.extend_from_slice(&[b'\\', letter]);
        match letter {
            b'u' => out.extend_from_slice(b"00"),
            b'x' => {}
            _ => return,
        }
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
}

const EACH: u64 = u64::MAX / 255;

/// Not zero if one of eight bytes is less than `limit`, which is at most 128.
#[inline]
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(EACH * limit as u64) & !word & (EACH * 0x80)
}

/// Not zero if one of eight bytes is `byte`.
#[inline]
const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (EACH * byte as u64), 1)
}

#[cfg(test)]
mod tests {
    use super::Escapes;

    fn written(escapes: &Escapes, string: &[u8]) -> String {
        let mut out = Vec::new();
        escapes.write(&mut out, string);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_byte_is_seen_at_every_place() {
        for escapes in [&Escapes::JSON, &Escapes::ION_STRING, &Escapes::ION_NAME] {
            for byte in 0..=0xff {
                for length in 1..=25 {
                    for at in 0..length {
                        for filler in [b'a', b'!', 0x80, 0xff] {
                            let mut string = vec![filler; length];
                            string[at] = byte;
                            assert_eq!(escapes.is_clean(&string), escapes.letters[usize::from(byte)] == 0);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn json_escapes_quotes_backslashes_and_controls_alone() {
        assert_eq!(
            written(&Escapes::JSON, b"a\"b\\c/d'\x00\x01\x08\t\n\x0b\x0c\r\x1f \x7f"),
            "a\\\"b\\\\c/d'\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \x7f",
        );
        assert_eq!(written(&Escapes::JSON, "é\u{2028}😀".as_bytes()), "é\u{2028}😀");
    }

    #[test]
    fn ion_strings_have_more_letters_and_escape_delete() {
        assert_eq!(
            written(
                &Escapes::ION_STRING,
                b"a\"b\\c/d'\x00\x01\x07\x08\t\n\x0b\x0c\r\x1f \x7f"
            ),
            "a\\\"b\\\\c/d'\\0\\x01\\a\\b\\t\\n\\v\\f\\r\\x1f \\x7f",
        );
    }

    #[test]
    fn ion_names_escape_the_other_quote() {
        assert_eq!(written(&Escapes::ION_NAME, b"it's \"so\""), "it\\'s \"so\"");
    }
}
