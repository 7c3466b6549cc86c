//! The scanner: judges every record of one data file and counts; keeps no record.

mod findings;
mod keys;
mod report;
#[cfg(test)]
mod tests;
mod types;

use std::ops::ControlFlow;

use self::findings::{Findings, Listener};
pub use self::report::{FoundFault, KeyTypes, ScanReport};
use crate::reader::{DEFAULT_MAX_RECORD_SIZE, ExportType, Parser, Reader};
pub use crate::types::TYPES;

/// Which images an incremental export's records carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportView {
    /// The new one.
    NewImage,
    /// Both.
    NewAndOldImages,
}

/// What a scan is to check. As `ScanOptions` of `exportkit/model/scan.py`, where each is explained.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// What the records are.
    pub export_type: ExportType,
    /// Bytes a line may hold without its line feed.
    pub max_record_size: usize,
    /// The incremental export's view; None leaves the images unjudged.
    pub view: Option<ExportView>,
    /// Names of the key attributes, UTF-8.
    pub key_names: Option<Vec<Vec<u8>>>,
    /// Whether to give out key entries.
    pub collect_keys: bool,
    /// Start (inclusive) and end (exclusive), microseconds since the epoch.
    pub window: Option<(i64, i64)>,
    /// The file's number in the export; below 2**24.
    pub file_index: u32,
    /// Faults kept of each reason.
    pub fault_limit: u64,
}

impl ScanOptions {
    /// Options that check the records alone.
    pub fn new(export_type: ExportType) -> Self {
        Self {
            export_type,
            max_record_size: DEFAULT_MAX_RECORD_SIZE,
            view: None,
            key_names: None,
            collect_keys: false,
            window: None,
            file_index: 0,
            fault_limit: 20,
        }
    }
}

/// Scans one data file.
#[derive(Debug)]
pub struct Scanner<P> {
    reader: Reader<P>,
    findings: Findings,
    bytes: u64,
}

impl<P: Parser> Scanner<P> {
    /// Makes a scanner at the start of a file.
    pub fn new(options: ScanOptions) -> Self {
        Self {
            reader: Reader::new(options.export_type, options.max_record_size),
            findings: Findings::new(options),
            bytes: 0,
        }
    }

    /// Records seen so far.
    pub fn records(&self) -> u64 {
        self.findings.report.records
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        let found = &mut self.findings;
        // A scanner takes every fault, so that nothing ever breaks.
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) = if found.keys.any() {
            self.reader.feed(chunk, &mut Listener::<true> { found })
        } else {
            self.reader.feed(chunk, &mut Listener::<false> { found })
        };
    }

    /// Takes the key entries collected since the last call.
    pub fn take_keys(&mut self) -> Vec<u8> {
        self.findings.keys.take_entries()
    }

    /// Ends the file and returns what was found. Key entries are still to be taken.
    pub fn finish(&mut self) -> ScanReport {
        let found = &mut self.findings;
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) = if found.keys.any() {
            self.reader.finish(&mut Listener::<true> { found })
        } else {
            self.reader.finish(&mut Listener::<false> { found })
        };
        ScanReport {
            bytes: self.bytes,
            key_types: self.findings.keys.take_types(),
            ..std::mem::take(&mut self.findings.report)
        }
    }
}
