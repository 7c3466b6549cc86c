//! Blobs and clobs: what stands between `{{` and `}}`.

use super::cursor::{Cursor, Judged, SPACE};
use super::text::Contents;
use crate::fault::Reason;
use crate::simd;

/// A large object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lob<'a> {
    /// Padded standard base64 without white space.
    Blob(&'a [u8]),
    Clob,
}

impl Cursor<'_> {
    /// Reads the rest of a blob or clob after its `{{`; base64 is put together in `joined`.
    pub(super) fn lob<'s>(&mut self, joined: &'s mut Vec<u8>) -> Judged<Lob<'s>> {
        self.take_while(SPACE);
        if self.take_all(b"'''") {
            loop {
                self.long_quoted(Contents::Ascii)?;
                self.take_while(SPACE);
                if !self.take_all(b"'''") {
                    break;
                }
            }
        } else if self.take(b'"') {
            self.quoted(b'"', Contents::Ascii)?;
            self.take_while(SPACE);
        } else {
            return self.blob(joined);
        }
        self.end_lob()?;
        Ok(Lob::Clob)
    }

    fn blob<'s>(&mut self, joined: &'s mut Vec<u8>) -> Judged<Lob<'s>> {
        joined.clear();
        loop {
            let start = self.at;
            self.at += simd::base64_run(self.rest());
            joined.extend_from_slice(self.since(start));
            if self.take_while(SPACE).is_empty() && self.at == start {
                break;
            }
        }
        let digits = joined.len();
        while joined.len() < digits + 2 && self.take(b'=') {
            joined.push(b'=');
            self.take_while(SPACE);
        }
        self.end_lob()?;
        // With one or two `=`, a multiple of four has three or two digits before them, never fewer.
        if joined.len().is_multiple_of(4) {
            Ok(Lob::Blob(joined))
        } else {
            Err(Reason::Syntax)
        }
    }

    fn end_lob(&mut self) -> Judged {
        if self.take_all(b"}}") {
            Ok(())
        } else {
            Err(Reason::Syntax)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The base64, `clob`, or `fault`; and what is left of the line.
    fn read(line: &str) -> (String, &str) {
        let mut cursor = Cursor::new(line.as_bytes());
        let mut joined = Vec::new();
        let found = match cursor.lob(&mut joined) {
            Ok(Lob::Blob(base64)) => String::from_utf8(base64.to_vec()).unwrap(),
            Ok(Lob::Clob) => "clob".to_owned(),
            Err(_) => return ("fault".to_owned(), ""),
        };
        (found, &line[cursor.at..])
    }

    #[test]
    fn blobs() {
        let long = "AbZ+/09=".replace('=', "x").repeat(100);
        for (line, base64) in [
            ("}},", ""),
            (" \t\r\u{b}\u{c}}},", ""),
            ("aGk=}},", "aGk="),
            ("aGl=}},", "aGl="),
            ("YQ==}},", "YQ=="),
            ("+/+/}},", "+/+/"),
            ("a G\tk\u{b}= }},", "aGk="),
            ("\rYQ=\u{c}= }},", "YQ=="),
            (&format!("{long}}}}},"), &long),
            (&format!("{long} {long}YQ==}}}},"), &format!("{long}{long}YQ==")),
        ] {
            assert_eq!(read(line), (base64.to_owned(), ","), "{line}");
            assert_eq!(read(&format!("{line}{}", ",".repeat(100))).0, base64, "{line}");
        }
    }

    #[test]
    fn faulty_lobs() {
        for line in [
            "",
            "}",
            "} }",
            "aGk=",
            "aGk=}",
            "aGk=} }",
            "aGk}}",
            "a}}",
            "a===}}",
            "====}}",
            "=}}",
            "==}}",
            "aGk==}}",
            "aGk=aGk=}}",
            "aG=k}}",
            "AAAA=}}",
            "AAAA====}}",
            "A A}}",
            "a-_=}}",
            "aGk=/*c*/}}",
            "aGk=//}}",
            "a\0Gk=}}",
            "aGk,}}",
            "é}}",
            "\"a",
            "\"a\"",
            "\"a\"}",
            "\"a\"\"b\"}}",
            "\"é\"}}",
            "\"\\u0041\"}}",
            "\"\\U00000041\"}}",
            "\"\r\"}}",
            "'a'}}",
            "'''a'''/**/}}",
            "'''a''' \"b\"}}",
            "'''a",
            "/**/\"a\"}}",
            "'''\r'''}}",
            "\"a\" aGk=}}",
        ] {
            assert_eq!(read(line).0, "fault", "{line:?}");
            assert_eq!(read(&format!("{line}\n}}}}{}", "A".repeat(100))).0, "fault", "{line:?}");
        }
    }

    #[test]
    fn clobs() {
        for line in [
            "\"\"}},",
            " \"a\\n\\xff\\\"}}\t\u{7f}\" }},",
            "'''a''b''' '''\\'''' \u{b}}},",
            "''''''}},",
        ] {
            assert_eq!(read(line), ("clob".to_owned(), ","), "{line}");
        }
    }
}
