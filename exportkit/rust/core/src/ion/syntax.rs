//! Ion of any kind, read for nothing but whether it is Ion.
//!
//! The grammar is that of the Ion 1.0 text format, as `docs/records.md` narrows it to one line.

use super::cursor::{Cursor, Judged, LINE_END, OPERATOR, is};
use super::nesting::MAX_BRACKETS;
use super::symbol::{Opening, Start, Symbol};
use super::symbols::Symbols;
use crate::events::Text;
use crate::fault::Reason;

/// What stands before a line's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    /// A version marker.
    Version,
    /// A local symbol table.
    Table,
}

impl<'a> Cursor<'a> {
    /// Reads version markers and local symbol tables up to the line's value, and the white space around them.
    ///
    /// `symbols` are those that the value is read with.
    pub(super) fn preamble(&mut self, symbols: &mut Symbols) -> Judged {
        if !symbols.is_empty() {
            symbols.clear();
        }
        loop {
            self.skip_space()?;
            let start = self.at;
            let opening = self.opening(symbols)?;
            match self.system(&opening, symbols)? {
                Some(System::Version) => symbols.clear(),
                Some(System::Table) => self.symbol_table(symbols)?,
                None => {
                    self.at = start;
                    return Ok(());
                }
            }
        }
    }

    fn system(&self, opening: &Opening<'_>, symbols: &Symbols) -> Judged<Option<System>> {
        match (opening.first, opening.start) {
            (None, Start::Symbol(Symbol::Bare(b"$ion_1_0"))) => Ok(Some(System::Version)),
            (None, Start::Symbol(Symbol::Bare(name))) if is_version(name) => Err(Reason::Syntax),
            (Some(first), Start::Here) if self.at_struct() && first.is(b"$ion_symbol_table", symbols) => {
                Ok(Some(System::Table))
            }
            _ => Ok(None),
        }
    }

    /// Whether a struct begins here.
    #[inline]
    pub(super) fn at_struct(&self) -> bool {
        self.peek() == b'{' && self.peek_at(1) != b'{'
    }

    /// Reads a local symbol table, which begins here; its own symbols are read with the table before it.
    fn symbol_table(&mut self, symbols: &mut Symbols) -> Judged {
        let mut table = Symbols::default();
        let (mut has_symbols, mut has_imports, mut appends) = (false, false, false);
        let mut scratch = (Vec::new(), Vec::new());
        self.at += 1;
        while let Some(name) = self.next_field(symbols, &mut scratch.0)? {
            let name = name.bytes(&mut scratch.1);
            let (is_symbols, is_imports) = (name == b"symbols", name == b"imports");
            if (is_symbols && has_symbols) || (is_imports && has_imports) {
                return Err(Reason::Syntax);
            }
            has_symbols |= is_symbols;
            has_imports |= is_imports;
            let opening = self.opening(symbols)?;
            match opening.start {
                Start::Here if is_symbols && self.peek() == b'[' => self.new_symbols(symbols, &mut table)?,
                Start::Here if is_imports && self.peek() == b'[' => {
                    self.at += 1;
                    self.skip_space()?;
                    self.expect(b']')?; // shared tables cannot be had here
                }
                start => {
                    appends |= is_imports
                        && matches!(start, Start::Symbol(symbol) if symbol.is(b"$ion_symbol_table", symbols));
                    self.skip_rest(start, symbols, 1)?;
                }
            }
            self.separator(b'}')?;
        }
        if appends {
            symbols.append(&table);
        } else {
            *symbols = table;
        }
        Ok(())
    }

    /// Reads the list of a local symbol table's new symbols.
    fn new_symbols(&mut self, symbols: &Symbols, table: &mut Symbols) -> Judged {
        let mut scratch = (Vec::new(), Vec::new());
        self.at += 1;
        while !self.at_end_of(b']')? {
            match self.opening(symbols)?.start {
                Start::Here if self.peek() == b'"' || self.at_long_quote() => {
                    let text = self.string(&mut scratch.0)?;
                    table.push(Some(text.bytes(&mut scratch.1)));
                }
                start => {
                    self.skip_rest(start, symbols, 2)?;
                    table.push(None);
                }
            }
            self.separator(b']')?;
        }
        Ok(())
    }

    /// Reads a string, which begins here; a long one of several segments is put together in `joined`.
    pub(super) fn string<'s>(&mut self, joined: &'s mut Vec<u8>) -> Judged<Text<'s>>
    where
        'a: 's,
    {
        if self.take_all(b"'''") {
            Ok(self.long_string(joined)?.text())
        } else {
            self.expect(b'"')?;
            Ok(self.short_string()?.text())
        }
    }

    /// Skips white space and, if it is there, the bracket that ends a struct or list.
    #[inline]
    pub(super) fn at_end_of(&mut self, bracket: u8) -> Judged<bool> {
        self.skip_space()?;
        Ok(self.take(bracket))
    }

    /// Reads a struct's next field name up to its value; None at the struct's end, which is read too.
    pub(super) fn next_field<'s>(&mut self, symbols: &'s Symbols, joined: &'s mut Vec<u8>) -> Judged<Option<Text<'s>>>
    where
        'a: 's,
    {
        if self.at_end_of(b'}')? {
            return Ok(None);
        }
        self.field(symbols, joined).map(Some)
    }

    /// Reads a field name up to its value.
    pub(super) fn field<'s>(&mut self, symbols: &'s Symbols, joined: &'s mut Vec<u8>) -> Judged<Text<'s>>
    where
        'a: 's,
    {
        let name = self.field_name(symbols, joined)?;
        self.skip_space()?;
        self.expect(b':')?;
        self.skip_space()?;
        Ok(name)
    }

    /// Skips what separates a value from the next: white space, and a comma unless the bracket follows.
    #[inline]
    pub(super) fn separator(&mut self, bracket: u8) -> Judged {
        self.skip_space()?;
        if self.take(b',') || self.peek() == bracket {
            Ok(())
        } else {
            Err(Reason::Syntax)
        }
    }

    /// Demands that nothing follows the line's value but what may stand before it.
    #[inline]
    pub(super) fn end_line(&mut self, symbols: &mut Symbols) -> Judged {
        if self.peek() == LINE_END {
            return Ok(());
        }
        self.preamble(symbols)?;
        if self.peek() == LINE_END {
            Ok(())
        } else {
            Err(Reason::Syntax)
        }
    }

    /// Reads a value with its annotations, inside of `open` brackets.
    pub(super) fn skip_value(&mut self, symbols: &Symbols, open: u32) -> Judged {
        let opening = self.opening(symbols)?;
        self.skip_rest(opening.start, symbols, open)
    }

    /// Reads what follows the annotations of a value.
    pub(super) fn skip_rest(&mut self, start: Start<'_>, symbols: &Symbols, open: u32) -> Judged {
        if start != Start::Here {
            return Ok(());
        }
        match self.peek() {
            b'"' | b'\'' => self.string(&mut Vec::new()).map(drop), // a quoted symbol would have been read
            b'0'..=b'9' => self.numeric().map(drop),
            b'-' if self.peek_at(1).is_ascii_digit() => self.numeric().map(drop),
            b'+' | b'-' if self.at_infinity() => self.infinity(),
            b'{' if self.peek_at(1) == b'{' => {
                self.at += 2;
                self.lob(&mut Vec::new()).map(drop)
            }
            b'{' | b'[' | b'(' if open >= MAX_BRACKETS => Err(Reason::Nesting),
            b'{' => self.skip_struct(symbols, open + 1),
            b'[' => self.skip_list(symbols, open + 1),
            b'(' => self.skip_sexp(symbols, open + 1),
            _ => Err(Reason::Syntax),
        }
    }

    /// Whether `+inf` or `-inf` is here.
    pub(super) fn at_infinity(&self) -> bool {
        matches!(self.rest(), [b'+' | b'-', b'i', b'n', b'f', ..])
    }

    /// Reads `+inf` or `-inf`, which is here.
    pub(super) fn infinity(&mut self) -> Judged {
        self.at += 4;
        self.end_number()
    }

    fn skip_struct(&mut self, symbols: &Symbols, open: u32) -> Judged {
        self.at += 1;
        while self.next_field(symbols, &mut Vec::new())?.is_some() {
            self.skip_value(symbols, open)?;
            self.separator(b'}')?;
        }
        Ok(())
    }

    fn skip_list(&mut self, symbols: &Symbols, open: u32) -> Judged {
        self.at += 1;
        while !self.at_end_of(b']')? {
            self.skip_value(symbols, open)?;
            self.separator(b']')?;
        }
        Ok(())
    }

    fn skip_sexp(&mut self, symbols: &Symbols, open: u32) -> Judged {
        self.at += 1;
        while !self.at_end_of(b')')? {
            let opening = self.opening(symbols)?;
            let number = self.at_infinity() || (self.peek() == b'-' && self.peek_at(1).is_ascii_digit());
            if opening.start == Start::Here && is(self.peek(), OPERATOR) && !number {
                while is(self.peek(), OPERATOR) && !matches!(self.rest(), [b'/', b'/' | b'*', ..]) {
                    self.at += 1;
                }
            } else {
                self.skip_rest(opening.start, symbols, open)?;
            }
        }
        Ok(())
    }
}

/// Whether a bare symbol is a version marker of some version.
fn is_version(name: &[u8]) -> bool {
    let Some(version) = name.strip_prefix(b"$ion_") else {
        return false;
    };
    let mut parts = version.split(|&byte| byte == b'_');
    let mut is_number = || {
        parts
            .next()
            .is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
    };
    is_number() && is_number() && parts.next().is_none()
}
