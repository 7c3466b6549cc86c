//! What a scan found.

use std::collections::BTreeMap;

use crate::events::Line;
use crate::fault::{Fault, Reason};
use crate::types::TYPES;

/// A fault, and the record it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFault {
    /// Line number of the record, from 1.
    pub line: u64,
    /// Byte offset of the record's start.
    pub offset: u64,
    /// What is wrong, and where in the record.
    pub fault: Fault,
}

/// One type in which a key attribute was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTypes {
    /// The attribute's name, UTF-8.
    pub name: Vec<u8>,
    /// Its type tag.
    pub tag: &'static str,
    /// In how many records.
    pub count: u64,
    /// The first such record's line, from 1.
    pub line: u64,
    /// The first such record's byte offset.
    pub offset: u64,
}

/// As `ScanReport` of `exportkit/model/scan.py`, where each count is explained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// Decompressed bytes read.
    pub bytes: u64,
    /// Lines that are not blank.
    pub records: u64,
    /// Blank lines.
    pub blank_lines: u64,
    /// Records that are malformed or of the wrong kind.
    pub malformed: u64,
    /// Change records with a new image.
    pub puts: u64,
    /// Change records without one.
    pub deletes: u64,
    /// Change records with an old image.
    pub old_images: u64,
    /// Attribute values of each of [`TYPES`].
    pub types: [u64; TYPES.len()],
    /// Bytes of the longest record's line.
    pub longest_record: u64,
    /// Levels of L and M of the most nested value.
    pub deepest: u64,
    /// Least and greatest time stamp.
    pub timestamps: Option<(u64, u64)>,
    /// Types of key attributes, in order of first sight.
    pub key_types: Vec<KeyTypes>,
    /// The first faults of each reason, in order of their lines.
    pub faults: Vec<FoundFault>,
    /// How many faults of each reason there were.
    pub fault_counts: BTreeMap<Reason, u64>,
}

impl ScanReport {
    /// Counts a fault, and keeps it if it is one of the first of its reason.
    pub(super) fn note(&mut self, line: &Line<'_>, limit: u64, reason: Reason, fault: impl FnOnce() -> Fault) {
        let count = self.fault_counts.entry(reason).or_default();
        *count += 1;
        if *count <= limit {
            self.faults.push(FoundFault {
                line: line.number,
                offset: line.offset,
                fault: fault(),
            });
        }
    }
}
