//! Escaping: which bytes a string may hold as they are, and how the others are written.

/// What stands for each byte: 0 for the byte itself, else the letter after a backslash, where `u` and `x`
/// are followed by the byte in hexadecimal.
pub(super) struct Escapes([u8; 256]);

impl Escapes {
    /// JSON: the quote, the backslash and characters below U+0020.
    pub(super) const JSON: Self = Self::new(0x20, b'u', b'"', b"\x08b\x0cf\nn\rr\tt");

    /// Ion strings: also U+007F.
    pub(super) const ION_STRING: Self = Self::ion(b'"');

    /// Ion names in single quotes.
    pub(super) const ION_NAME: Self = Self::ion(b'\'');

    const fn ion(quote: u8) -> Self {
        let mut escapes = Self::new(0x20, b'x', quote, b"\x000\x07a\x08b\tt\nn\x0bv\x0cf\rr");
        escapes.0[0x7f] = b'x';
        escapes
    }

    /// All bytes below `plain_from` are escaped, by `other` unless `short` (pairs of byte and letter) has them.
    const fn new(plain_from: usize, other: u8, quote: u8, short: &[u8]) -> Self {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < plain_from {
            table[byte] = other;
            byte += 1;
        }
        let mut pair = 0;
        while pair < short.len() {
            table[short[pair] as usize] = short[pair + 1];
            pair += 2;
        }
        table[quote as usize] = quote;
        table[b'\\' as usize] = b'\\';
        Self(table)
    }

    /// Appends the string, escaped.
    pub(super) fn write(&self, out: &mut Vec<u8>, string: &[u8]) {
        let mut rest = string;
        while let Some(at) = rest.iter().position(|&byte| self.0[usize::from(byte)] != 0) {
            out.extend_from_slice(&rest[..at]);
            self.write_byte(out, rest[at]);
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
    }

    #[cold]
    fn write_byte(&self, out: &mut Vec<u8>, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let letter = self.0[usize::from(byte)];
        out.extend_from_slice(&[b'\\', letter]);
        match letter {
            b'u' => out.extend_from_slice(b"00"),
            b'x' => {}
            _ => return,
        }
        out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
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
