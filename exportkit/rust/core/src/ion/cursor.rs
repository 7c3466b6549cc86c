//! A place in one line of Ion text, and the smallest tokens: white space, comments, single bytes.

use memchr::{memchr, memchr2};

use crate::fault::Reason;

/// What reading gives: what was read, or what is wrong with what the cursor then stands at.
pub(super) type Judged<T = ()> = Result<T, Reason>;

/// White space inside a line.
pub(super) const SPACE: u8 = 1;
/// What an identifier may begin with.
pub(super) const LETTER: u8 = 1 << 1;
/// What may follow it.
pub(super) const WORD: u8 = 1 << 2;
/// What may follow a number or time stamp.
pub(super) const STOP: u8 = 1 << 3;
/// What an operator in an s-expression is made of.
pub(super) const OPERATOR: u8 = 1 << 4;
/// What a raw string may not hold.
pub(super) const CONTROL: u8 = 1 << 5;

/// What ends a line; nothing reads beyond it.
pub(super) const LINE_END: u8 = b'\n';

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
        let character = byte as u8;
        let mut class = match character {
            b' ' | b'\t' | b'\r' | 0x0B | 0x0C => SPACE | STOP,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => LETTER | WORD,
            b'0'..=b'9' => WORD,
            LINE_END | b'{' | b'}' | b'[' | b']' | b'(' | b')' | b',' | b'"' | b'\'' => STOP,
            b'!' | b'#' | b'%' | b'&' | b'*'..=b'+' | b'-'..=b'/' | b';'..=b'@' | b'^' | b'`' | b'|' | b'~' => OPERATOR,
            _ => 0,
        };
        if character < b' ' && !matches!(character, b'\t' | 0x0B | 0x0C) {
            class |= CONTROL;
        }
        table[byte] = class;
        byte += 1;
    }
    table
}

/// Whether a byte is of a class.
#[inline]
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// A place in one line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    /// The line with its line feed, and perhaps lines after it.
    bytes: &'a [u8],
    /// Bytes read; never beyond the line feed.
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    /// Makes a cursor at the start of a line that ends with a line feed; more lines may follow.
    #[inline]
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next byte; the line feed at the line's end.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    /// The byte `ahead` of the next one; nothing is said of it where a line feed stands before it.
    #[inline]
    pub(super) fn peek_at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(LINE_END)
    }

    /// What follows, this line's rest first.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The bytes from `start` to here.
    #[inline]
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Whether these bytes are the next ones; they hold no line feed.
    #[inline]
    pub(super) fn is_at(&self, bytes: &[u8]) -> bool {
        self.rest().starts_with(bytes)
    }

    /// Takes a byte if it is the next one.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == byte;
        self.at += usize::from(taken);
        taken
    }

    /// Takes bytes if they are the next ones; they hold no line feed.
    #[inline]
    pub(super) fn take_all(&mut self, bytes: &[u8]) -> bool {
        let taken = self.is_at(bytes);
        if taken {
            self.at += bytes.len();
        }
        taken
    }

    /// Takes a byte that has to be here.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Judged {
        if self.take(byte) { Ok(()) } else { Err(Reason::Syntax) }
    }

    /// Takes the longest run of bytes of a class.
    #[inline]
    pub(super) fn take_while(&mut self, class: u8) -> &'a [u8] {
        let start = self.at;
        while is(self.peek(), class) {
            self.at += 1;
        }
        self.since(start)
    }

    /// Skips white space and comments.
    #[inline]
    pub(super) fn skip_space(&mut self) -> Judged {
        let byte = self.peek();
        if is(byte, SPACE) || byte == b'/' {
            self.skip_spaces()
        } else {
            Ok(())
        }
    }

    #[inline(never)]
    fn skip_spaces(&mut self) -> Judged {
        loop {
            self.take_while(SPACE);
            if self.is_at(b"//") {
                self.at += memchr(LINE_END, self.rest()).unwrap_or(self.rest().len());
            } else if self.take_all(b"/*") {
                while !self.take_all(b"*/") {
                    self.take(b'*');
                    match memchr2(b'*', LINE_END, self.rest()) {
                        Some(length) if self.peek_at(length) == b'*' => self.at += length,
                        _ => return Err(Reason::Syntax),
                    }
                }
            } else {
                return Ok(());
            }
        }
    }

    /// Demands that a number or time stamp ends here.
    #[inline]
    pub(super) fn end_number(&self) -> Judged {
        if is(self.peek(), STOP) {
            Ok(())
        } else {
            Err(Reason::Syntax)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left after white space and comments, None where they are faulty.
    fn after_space(line: &str) -> Option<&str> {
        let mut cursor = Cursor::new(line.as_bytes());
        cursor.skip_space().ok()?;
        Some(&line[cursor.at..])
    }

    #[test]
    fn white_space_and_comments() {
        for (line, rest) in [
            ("", Some("")),
            (" \t\r\u{b}\u{c}x ", Some("x ")),
            ("/**/x", Some("x")),
            ("/* /* */ */", Some("*/")),
            ("/***/ /*\0é*/ x", Some("x")),
            ("/****/x", Some("x")),
            ("/* * /*/x", Some("x")),
            ("/*\n*/", None),
            ("//\nx", Some("\nx")),
            (" /* *\n/x", None),
            ("//x", Some("")),
            (" // x */\r x", Some("")),
            ("/ /x", Some("/ /x")),
            ("/*", None),
            (" /*/", None),
            ("\u{a0}x", Some("\u{a0}x")),
            ("\0x", Some("\0x")),
        ] {
            assert_eq!(after_space(line), rest, "{line:?}");
        }
    }

    #[test]
    fn numbers_end_at_fifteen_characters() {
        let stops = (0..=255_u8).filter(|&byte| Cursor::new(&[byte]).end_number().is_ok());
        let mut expected = b"{}[](),\"' \t\n\r\x0b\x0c".to_vec();
        expected.sort_unstable();
        assert_eq!(stops.collect::<Vec<_>>(), expected);
        assert!(Cursor::new(b"").end_number().is_ok());
    }

    #[test]
    fn operators() {
        let operators = (0..=255_u8).filter(|&byte| is(byte, OPERATOR)).count();
        assert_eq!(operators, "!#%&*+-./;<=>?@^`|~".len());
    }
}
