//! Symbols, keywords, annotations and field names.

use super::cursor::{Cursor, Judged, LETTER, WORD, is};
use super::symbols::Symbols;
use super::text::{Contents, Quoted};
use crate::events::Text;
use crate::fault::Reason;

/// A symbol as it is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol<'a> {
    /// An identifier.
    Bare(&'a [u8]),
    Quoted(Quoted<'a>),
    /// The digits of a symbol's number; there is such a symbol.
    Number(&'a [u8]),
}

/// A word that is no symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    /// `null`, also with a type.
    Null,
    True,
    False,
    Nan,
}

/// What stands before a value, and where the value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening<'a> {
    /// How many annotations there are.
    pub(super) annotations: usize,
    /// The first of them.
    pub(super) first: Option<Symbol<'a>>,
    pub(super) start: Start<'a>,
}

/// How a value begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start<'a> {
    /// It was a symbol, which has been read.
    Symbol(Symbol<'a>),
    /// It was a keyword, which has been read.
    Keyword(Keyword),
    /// It is something else, and begins here.
    Here,
}

/// Types that a null can have.
const TYPES: [&[u8]; 13] = [
    b"null",
    b"bool",
    b"int",
    b"float",
    b"decimal",
    b"timestamp",
    b"string",
    b"symbol",
    b"blob",
    b"clob",
    b"struct",
    b"list",
    b"sexp",
];

impl<'a> Symbol<'a> {
    /// The symbol's text; None where it has none.
    pub(super) fn text<'s>(self, symbols: &'s Symbols) -> Option<Text<'s>>
    where
        'a: 's,
    {
        match self {
            Self::Bare(raw) => Some(Text::plain(raw)),
            Self::Quoted(quoted) => Some(quoted.text()),
            Self::Number(digits) => symbols.get(digits).ok().flatten().map(Text::plain),
        }
    }

    /// Whether the symbol has this text.
    pub(super) fn is(self, text: &[u8], symbols: &Symbols) -> bool {
        self.text(symbols)
            .is_some_and(|found| found.bytes(&mut Vec::new()) == text)
    }
}

/// A word: a symbol or a keyword.
enum Word<'a> {
    Symbol(Symbol<'a>),
    Keyword(Keyword),
}

impl<'a> Cursor<'a> {
    /// Reads a value's annotations, and the value itself where it is a symbol or keyword; then white space too.
    pub(super) fn opening(&mut self, symbols: &Symbols) -> Judged<Opening<'a>> {
        let mut opening = Opening {
            annotations: 0,
            first: None,
            start: Start::Here,
        };
        while is(self.peek(), LETTER) || (self.peek() == b'\'' && !self.at_long_quote()) {
            let symbol = match self.word(symbols)? {
                Word::Symbol(symbol) => symbol,
                Word::Keyword(keyword) => {
                    opening.start = Start::Keyword(keyword);
                    break;
                }
            };
            self.skip_space()?;
            if !self.take_all(b"::") {
                opening.start = Start::Symbol(symbol);
                break;
            }
            opening.annotations += 1;
            opening.first.get_or_insert(symbol);
            self.skip_space()?;
        }
        Ok(opening)
    }

    /// Reads a field name; one that is spelled as several long strings is put together in `joined`.
    ///
    /// White space after a long string is read too.
    pub(super) fn field_name<'s>(&mut self, symbols: &'s Symbols, joined: &'s mut Vec<u8>) -> Judged<Text<'s>>
    where
        'a: 's,
    {
        if self.take_all(b"'''") {
            return Ok(self.long_string(joined)?.text());
        }
        if self.take(b'"') {
            return Ok(self.short_string()?.text());
        }
        let text = match self.peek() {
            byte if is(byte, LETTER) || byte == b'\'' => match self.word(symbols)? {
                Word::Symbol(symbol) => symbol.text(symbols),
                Word::Keyword(_) => None,
            },
            _ => None,
        };
        text.ok_or(Reason::Syntax)
    }

    /// Reads a word that begins here.
    fn word(&mut self, symbols: &Symbols) -> Judged<Word<'a>> {
        if self.take(b'\'') {
            return Ok(Word::Symbol(Symbol::Quoted(self.quoted(b'\'', Contents::Characters)?)));
        }
        let word = self.take_while(WORD);
        Ok(match word {
            b"null" => Word::Keyword(self.null()?),
            b"true" => Word::Keyword(Keyword::True),
            b"false" => Word::Keyword(Keyword::False),
            b"nan" => Word::Keyword(Keyword::Nan),
            [b'$', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
                if symbols.get(digits).is_err() {
                    return Err(Reason::Syntax);
                }
                Word::Symbol(Symbol::Number(digits))
            }
            _ => Word::Symbol(Symbol::Bare(word)),
        })
    }

    /// Reads the type of a null, if there is one.
    fn null(&mut self) -> Judged<Keyword> {
        if self.take(b'.') && !TYPES.contains(&self.take_while(WORD)) {
            return Err(Reason::Syntax);
        }
        Ok(Keyword::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(line: &str) -> Option<(Opening<'_>, &str)> {
        let mut symbols = Symbols::default();
        symbols.push(Some(b"local"));
        symbols.push(None);
        let mut cursor = Cursor::new(line.as_bytes());
        let opening = cursor.opening(&symbols).ok()?;
        Some((opening, &line[cursor.at..]))
    }

    #[test]
    fn openings() {
        let bare = |text: &'static str| Symbol::Bare(text.as_bytes());
        let quoted = |text: &'static str| {
            Symbol::Quoted(Quoted {
                raw: text.as_bytes(),
                escaped: false,
            })
        };
        for (line, annotations, first, start, rest) in [
            ("1", 0, None, Start::Here, "1"),
            ("", 0, None, Start::Here, ""),
            ("a", 0, None, Start::Symbol(bare("a")), ""),
            ("a::1", 1, Some(bare("a")), Start::Here, "1"),
            ("a /**/ :: b::\t'c d'::[", 3, Some(bare("a")), Start::Here, "["),
            ("''::'b'", 1, Some(quoted("")), Start::Symbol(quoted("b")), ""),
            (
                "$10::$11",
                1,
                Some(Symbol::Number(b"10")),
                Start::Symbol(Symbol::Number(b"11")),
                "",
            ),
            ("$0 ,", 0, None, Start::Symbol(Symbol::Number(b"0")), ","),
            ("$_1::$", 1, Some(bare("$_1")), Start::Symbol(bare("$")), ""),
            ("a::'''b'''", 1, Some(bare("a")), Start::Here, "'''b'''"),
            ("a::", 1, Some(bare("a")), Start::Here, ""),
            ("a: :1", 0, None, Start::Symbol(bare("a")), ": :1"),
            ("null", 0, None, Start::Keyword(Keyword::Null), ""),
            ("a::null.null,", 1, Some(bare("a")), Start::Keyword(Keyword::Null), ","),
            ("null.sexp::1", 0, None, Start::Keyword(Keyword::Null), "::1"),
            ("true", 0, None, Start::Keyword(Keyword::True), ""),
            ("false ", 0, None, Start::Keyword(Keyword::False), " "),
            ("nan", 0, None, Start::Keyword(Keyword::Nan), ""),
            ("nulls", 0, None, Start::Symbol(bare("nulls")), ""),
            ("'null'::inf", 1, Some(quoted("null")), Start::Symbol(bare("inf")), ""),
        ] {
            assert_eq!(
                opening(line),
                Some((
                    Opening {
                        annotations,
                        first,
                        start
                    },
                    rest
                )),
                "{line}"
            );
        }
        for line in [
            "null.",
            "null.foo",
            "null.INT",
            "null.intx",
            "null. int",
            "$12",
            "$99::1",
            "'a",
            "a /*",
            "a::/*",
        ] {
            assert_eq!(opening(line), None, "{line}");
        }
    }

    fn name(line: &str) -> Option<(String, &str)> {
        let mut symbols = Symbols::default();
        symbols.push(Some("né".as_bytes()));
        symbols.push(None);
        let mut cursor = Cursor::new(line.as_bytes());
        let mut joined = Vec::new();
        let text = cursor
            .field_name(&symbols, &mut joined)
            .ok()?
            .bytes(&mut Vec::new())
            .to_vec();
        Some((String::from_utf8(text).unwrap(), &line[cursor.at..]))
    }

    #[test]
    fn field_names() {
        for (line, text, rest) in [
            ("a:", "a", ":"),
            ("_$9 :", "_$9", " :"),
            ("'a\\x62 c':", "ab c", ":"),
            ("'':", "", ":"),
            ("\"a\":", "a", ":"),
            ("\"$10\":", "$10", ":"),
            ("'$10':", "$10", ":"),
            ("'''a''' '''b''' :", "ab", ":"),
            ("$4:", "name", ":"),
            ("$10:", "né", ":"),
            ("'null':", "null", ":"),
            ("inf:", "inf", ":"),
            ("$ion_1_1:", "$ion_1_1", ":"),
        ] {
            assert_eq!(name(line), Some((text.to_owned(), rest)), "{line}");
        }
        for line in [
            ":",
            "",
            "1:",
            "-:",
            "null:",
            "null.int:",
            "true:",
            "false:",
            "nan:",
            "$0:",
            "$11:",
            "$12:",
            "é:",
            "{",
        ] {
            assert_eq!(name(line), None, "{line}");
        }
    }
}
