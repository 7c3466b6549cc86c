//! Strings and quoted symbols: where they end, and whether what they hold is allowed.

use super::cursor::{CONTROL, Cursor, Judged, is};
use crate::events::{Spelling, Text};
use crate::fault::Reason;
use crate::simd;

/// A string as it stands in the line, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quoted<'a> {
    pub(super) raw: &'a [u8],
    /// Whether escapes stand in it.
    pub(super) escaped: bool,
}

impl<'a> Quoted<'a> {
    #[inline]
    pub(super) const fn text(self) -> Text<'a> {
        Text {
            raw: self.raw,
            spelling: if self.escaped { Spelling::Ion } else { Spelling::Plain },
        }
    }
}

/// What a string may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// Characters, with every escape.
    Characters,
    /// A clob's: ASCII alone, without `\u` and `\U`.
    Ascii,
}

impl<'a> Cursor<'a> {
    /// Whether a long quote `'''` is here.
    #[inline]
    pub(super) fn at_long_quote(&self) -> bool {
        self.is_at(b"'''")
    }

    /// Reads the rest of a string `"…"` after its first quote.
    pub(super) fn short_string(&mut self) -> Judged<Quoted<'a>> {
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += simd::string_run(self.rest());
            if self.peek() == b'"' {
                let raw = self.since(start);
                self.at += 1;
                return Ok(Quoted { raw, escaped });
            }
            escaped |= self.character(Contents::Characters)?;
        }
    }

    /// Reads the rest of `'…'`, or of a clob's `"…"`, after its first quote.
    pub(super) fn quoted(&mut self, quote: u8, contents: Contents) -> Judged<Quoted<'a>> {
        let start = self.at;
        let mut escaped = false;
        while self.peek() != quote {
            escaped |= self.character(contents)?;
        }
        let raw = self.since(start);
        self.at += 1;
        Ok(Quoted { raw, escaped })
    }

    /// Reads the rest of one segment `'''…'''` after its first quotes.
    pub(super) fn long_quoted(&mut self, contents: Contents) -> Judged<Quoted<'a>> {
        let start = self.at;
        let mut escaped = false;
        while !self.at_long_quote() {
            escaped |= self.character(contents)?;
        }
        let raw = self.since(start);
        self.at += 3;
        Ok(Quoted { raw, escaped })
    }

    /// Reads the rest of a long string after its first quotes, all its segments.
    ///
    /// Segments are put together in `joined` where there are several; white space and comments after the last one are
    /// read too.
    pub(super) fn long_string<'s>(&mut self, joined: &'s mut Vec<u8>) -> Judged<Quoted<'s>>
    where
        'a: 's,
    {
        let first = self.long_quoted(Contents::Characters)?;
        self.skip_space()?;
        if !self.take_all(b"'''") {
            return Ok(first);
        }
        joined.clear();
        joined.extend_from_slice(first.raw);
        let mut escaped = first.escaped;
        loop {
            let next = self.long_quoted(Contents::Characters)?;
            joined.extend_from_slice(next.raw);
            escaped |= next.escaped;
            self.skip_space()?;
            if !self.take_all(b"'''") {
                return Ok(Quoted { raw: joined, escaped });
            }
        }
    }

    /// Reads one character or escape of a string; tells whether it is an escape.
    #[inline]
    fn character(&mut self, contents: Contents) -> Judged<bool> {
        let byte = self.peek();
        if byte == b'\\' {
            self.escape(contents)?;
            return Ok(true);
        }
        if is(byte, CONTROL) || (contents == Contents::Ascii && !byte.is_ascii()) {
            return Err(Reason::Syntax);
        }
        self.at += 1;
        Ok(false)
    }

    /// Reads an escape.
    pub(super) fn escape(&mut self, contents: Contents) -> Judged {
        let wide = contents == Contents::Characters;
        let length = match self.peek_at(1) {
            b'0' | b'a' | b'b' | b't' | b'n' | b'f' | b'r' | b'v' | b'"' | b'\'' | b'?' | b'\\' | b'/' => 2,
            b'x' if self.hex(2, 2).is_some() => 4,
            b'u' if wide => match self.hex(2, 4) {
                Some(0xD800..=0xDBFF)
                    if self.peek_at(6) == b'\\'
                        && self.peek_at(7) == b'u'
                        && matches!(self.hex(8, 4), Some(0xDC00..=0xDFFF)) =>
                {
                    12
                }
                Some(code) if char::from_u32(code).is_some() => 6,
                _ => return Err(Reason::Syntax),
            },
            b'U' if wide && self.hex(2, 8).and_then(char::from_u32).is_some() => 10,
            _ => return Err(Reason::Syntax),
        };
        self.at += length;
        Ok(())
    }

    /// The value of `count` hexadecimal digits, at most eight, that stand `ahead`.
    fn hex(&self, ahead: usize, count: usize) -> Option<u32> {
        let digits = self.rest().get(ahead..ahead + count)?;
        digits
            .iter()
            .try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The string's text and what is left of the line.
    fn read(line: &str) -> Option<(String, &str)> {
        let mut cursor = Cursor::new(line.as_bytes());
        let mut joined = Vec::new();
        let quoted = if cursor.take_all(b"'''") {
            cursor.long_string(&mut joined).ok()?
        } else {
            let quote = cursor.peek();
            cursor.at += 1;
            if quote == b'"' {
                cursor.short_string().ok()?
            } else {
                cursor.quoted(quote, Contents::Characters).ok()?
            }
        };
        let text = String::from_utf8(quoted.text().bytes(&mut Vec::new()).to_vec()).unwrap();
        Some((text, &line[cursor.at..]))
    }

    #[test]
    fn strings() {
        for (line, text, rest) in [
            (r#""""#, "", ""),
            (r#""a'b" "#, "a'b", " "),
            (r#"'a"b'c"#, "a\"b", "c"),
            (
                "\"a\tb\u{b}\u{c}\u{7f}\u{85}\u{2028}é😀\"",
                "a\tb\u{b}\u{c}\u{7f}\u{85}\u{2028}é😀",
                "",
            ),
            (
                r#""\0\a\b\t\n\f\r\v\"\'\?\\\/\x4a\xff\u00e9\U0001f600\ud83d\ude00""#,
                "\0\u{7}\u{8}\t\n\u{c}\r\u{b}\"'?\\/Jÿé😀😀",
                "",
            ),
            (r#""\U0010FFFF\uffff""#, "\u{10ffff}\u{ffff}", ""),
            ("''''''", "", ""),
            ("'''a''' ,", "a", ","),
            ("''''a''b\"'''", "'a''b\"", ""),
            (r"'''a\''''", "a'", ""),
            ("'''a'''/*c*/ '''b\\n''' '''''''''c''',", "ab\nc", ","),
            ("'''a''' 'b'", "a", "'b'"),
            ("'''a'''//'''b'''", "a", ""),
        ] {
            assert_eq!(read(line), Some((text.to_owned(), rest)), "{line}");
        }
    }

    #[test]
    fn faulty_strings() {
        for line in [
            "\"",
            "\"a",
            "'",
            "'a",
            "'''",
            "''''",
            "'''a''",
            "\"a\\",
            "\"\\\"",
            "\"\0\"",
            "\"\x1f\"",
            "'\r'",
            "'''\r'''",
            "\"\\e\"",
            "\"\\\r\"",
            r#""\x4""#,
            r#""\xg0""#,
            r#""\u00e""#,
            r#""\U0001f60""#,
            r#""\U00110000""#,
            r#""\UFFFFFFFF""#,
            r#""\U0000d83d\U0000de00""#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ude00\ud83d""#,
            r#""\ud83d\ud83d\ude00""#,
            r#""\ud83d \ude00""#,
            r#""\ud83d\n""#,
            r"'''\ud83d''' '''\ude00'''",
            "'''a''' '''b",
            "'''a'''/*",
        ] {
            assert_eq!(read(line), None, "{line:?}");
        }
    }
}
