//! DynamoDB JSON, strictly: RFC 8259 and the types of DynamoDB, in one pass over the bytes.
//!
//! [`JsonParser::record`] reads a line that is good, as fast as may be, and says no to any other.
//! Why a line is none is found out by reading it again, in the order of judgement of
//! `docs/records.md`: its brackets, its syntax, its kind, then the same code that reads good lines,
//! which now keeps the fault and its path.

mod bytes;
mod record;
mod scalar;
mod set;
mod syntax;
#[cfg(test)]
mod tests;
mod value;

use self::bytes::{skip_space, string};
use crate::events::{Ignore, Visitor};
use crate::fault::{Fault, Reason};
use crate::judge::{Exact, Quick};
use crate::path::Paths;
use crate::reader::{ExportType, Parser, Rejected};
use crate::sets::SetScratch;

/// Reads records of DynamoDB JSON.
#[derive(Debug)]
pub struct JsonParser {
    export_type: ExportType,
    paths: Paths,
    sets: SetScratch,
    /// For names that have to be unescaped.
    scratch: Vec<u8>,
}

impl Parser for JsonParser {
    fn new(export_type: ExportType) -> Self {
        Self {
            export_type,
            paths: Paths::default(),
            sets: SetScratch::default(),
            scratch: Vec::new(),
        }
    }

    #[inline]
    fn record<'a, V: Visitor>(&mut self, lines: &'a [u8], visitor: &mut V) -> Result<&'a [u8], Rejected> {
        self.read::<Quick, V>(lines, visitor)
    }

    #[cold]
    fn diagnose(&mut self, line: &[u8]) -> Fault {
        if syntax::too_deep(line) {
            return Fault::new(Reason::Nesting);
        }
        if let Err(column) = syntax::check(line) {
            return Fault::new(Reason::Syntax).at(column);
        }
        if !skip_space(line).starts_with(b"{") {
            return Fault::new(Reason::NotAnObject);
        }
        if let Some(reason) = other_kind(self.export_type, line) {
            return Fault::new(reason);
        }
        match self.read::<Exact, Ignore>(line, &mut Ignore) {
            Err(fault) => Exact::place(*fault, line.len()),
            // Both readings are one function: a line it rejected it rejects again.
            Ok(_) => Fault::new(Reason::Syntax),
        }
    }
}

/// Whether the record, an object of good syntax, is of the other kind of export.
fn other_kind(export_type: ExportType, line: &[u8]) -> Option<Reason> {
    let (mut item, mut change) = (false, false);
    let mut rest = skip_space(line);
    let mut scratch = Vec::new();
    while let [b'{' | b',', before @ ..] = rest {
        let [b'"', name @ ..] = skip_space(before) else { break };
        let Some((name, after)) = string(name) else { break };
        match name.bytes(&mut scratch) {
            b"Item" => item = true,
            b"Record" | b"Metadata" | b"Keys" | b"NewImage" | b"OldImage" => change = true,
            _ => {}
        }
        let Some(value) = value::after_colon(after) else { break };
        let Ok(after) = syntax::skip_value(value, 1) else { break };
        rest = skip_space(after);
    }
    match export_type {
        ExportType::Full => (change && !item).then_some(Reason::ChangeInFull),
        ExportType::Incremental => (item && !change).then_some(Reason::ItemInIncremental),
    }
}
