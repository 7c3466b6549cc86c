//! Ion 1.0 text, as DynamoDB exports hold it: one record a line.
//!
//! [`IonParser::record`] reads a line that is good in one pass. What AWS writes is found in place
//! ([`plain`]): names are recognised by their bytes, decimals are checked without being computed. What
//! is spelled in any other way that Ion allows is read token by token, by a [`cursor`].
//! Why a line is no record is found out by reading it again, in the order of judgement of
//! `docs/records.md`: its brackets ([`nesting`]), then syntax and kind of the whole ([`outline`]), then the
//! same code that reads good lines, which now keeps the fault and its path.

mod cursor;
mod lob;
mod member;
mod nesting;
mod numeric;
mod outline;
mod plain;
mod record;
mod scalar;
mod set;
mod symbol;
mod symbols;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod value;

use self::symbols::Symbols;
use crate::events::{Ignore, Visitor};
use crate::fault::{Fault, Reason};
use crate::judge::{Exact, Quick};
use crate::path::Paths;
use crate::reader::{ExportType, Parser, Rejected};
use crate::sets::SetScratch;

/// Reads records of Ion text.
#[derive(Debug)]
pub struct IonParser {
    export_type: ExportType,
    paths: Paths,
    /// Those of the line's own tables.
    symbols: Symbols,
    scratch: Scratch,
}

/// Room for what does not stand in the line as it is to be told.
#[derive(Debug, Default)]
struct Scratch {
    /// A long string or base64 put together.
    joined: Vec<u8>,
    /// A name put together.
    name: Vec<u8>,
    /// A name or time stamp unescaped.
    unescaped: Vec<u8>,
    sets: SetScratch,
}

impl Parser for IonParser {
    fn new(export_type: ExportType) -> Self {
        Self {
            export_type,
            paths: Paths::default(),
            symbols: Symbols::default(),
            scratch: Scratch::default(),
        }
    }

    #[inline]
    fn record<'a, V: Visitor>(&mut self, lines: &'a [u8], visitor: &mut V) -> Result<&'a [u8], Rejected> {
        self.read::<Quick, V>(lines, visitor)
    }

    #[cold]
    fn diagnose(&mut self, line: &[u8]) -> Fault {
        if nesting::is_too_deep(line) {
            return Fault::new(Reason::Nesting);
        }
        if let Err(reason) = outline::judge(line, self.export_type, &mut self.symbols) {
            return Fault::new(reason);
        }
        match self.read::<Exact, Ignore>(line, &mut Ignore) {
            Err(fault) => Exact::place(*fault, line.len()),
            // Both readings are one function: a line it rejected it rejects again.
            Ok(_) => Fault::new(Reason::Syntax),
        }
    }
}
