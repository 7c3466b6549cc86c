//! The canonical encoding (`docs/canonical.md`): of an item, a key, a change record; or its SHA-256.

mod encoder;
mod number;
mod order;
#[cfg(test)]
mod vectors;

use std::ops::Range;

pub use self::encoder::Encoder;
use crate::digest::sha256;
use crate::events::{Binary, Line, Member, Number, SetKind, ShortNumber, ShortText, Text, Visitor};
use crate::path::NodeId;

/// What is wanted of each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The encoding.
    Encoding,
    /// Its SHA-256.
    Hash,
}

/// Encodes the records that it is told of.
#[derive(Debug)]
pub struct Canonicaliser {
    output: Output,
    /// Holds the outputs of all records, one behind the other, and the record at hand.
    encoder: Encoder,
    /// Where each output ends.
    ends: Vec<usize>,
    record: Record,
}

/// What is known of the record at hand.
#[derive(Debug, Default)]
struct Record {
    start: usize,
    timestamp: Option<u64>,
    /// Which member is being encoded, in the order of the encoding; None for an item.
    member: Option<usize>,
    /// Where Keys and images stand.
    spans: [Option<Range<usize>>; 3],
}

impl Canonicaliser {
    /// Makes a canonicaliser with no records.
    pub fn new(output: Output) -> Self {
        Self {
            output,
            encoder: Encoder::default(),
            ends: Vec::new(),
            record: Record::default(),
        }
    }

    /// The outputs of all records told of since the last [`clear`](Self::clear), in order.
    pub fn outputs(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let output = &self.encoder.encoded()[start..end];
            start = end;
            output
        })
    }

    /// Forgets the outputs, keeps the memory.
    pub fn clear(&mut self) {
        self.encoder.clear();
        self.ends.clear();
    }

    /// Puts the header and the members of a change record in order.
    fn end_change(&mut self, timestamp: u64) {
        let Encoder { out, scratch, .. } = &mut self.encoder;
        let start = self.record.start;
        scratch.clear();
        scratch.extend_from_slice(b"C\0\0\0\0");
        scratch.extend_from_slice(&timestamp.to_be_bytes());
        for span in &mut self.record.spans {
            match span.take() {
                Some(span) => scratch.extend_from_slice(&out[span]),
                None => scratch.push(b'-'),
            }
        }
        out.truncate(start);
        out.extend_from_slice(scratch);
        self.encoder.end(start);
    }
}

impl Visitor for Canonicaliser {
    fn begin_record(&mut self) {
        self.record = Record {
            start: self.encoder.out.len(),
            ..Record::default()
        };
    }

    fn member(&mut self, member: Member) {
        self.record.member = match member {
            Member::Item => None,
            Member::Keys => Some(0),
            Member::OldImage => Some(1),
            Member::NewImage => Some(2),
        };
    }

    fn write_timestamp(&mut self, micros: u64) {
        self.record.timestamp = Some(micros);
    }

    fn begin_map(&mut self, node: NodeId) {
        self.encoder.begin_map_at(node);
    }

    fn name(&mut self, node: NodeId, name: Text<'_>) {
        self.encoder.name_at(node, name);
    }

    fn end_map(&mut self) {
        let start = self.encoder.open.last().map_or(0, |open| open.start);
        self.encoder.end_map();
        if let Some(member) = self.record.member.filter(|_| self.encoder.open.is_empty()) {
            self.record.spans[member] = Some(start..self.encoder.out.len());
        }
    }

    fn begin_list(&mut self) {
        self.encoder.begin_list();
    }

    fn end_list(&mut self) {
        self.encoder.end_list();
    }

    fn begin_set(&mut self, kind: SetKind) {
        self.encoder.begin_set(kind);
    }

    fn end_set(&mut self) {
        self.encoder.end_set();
    }

    fn string(&mut self, value: Text<'_>) {
        self.encoder.string(value);
    }

    fn number(&mut self, value: Number<'_>) {
        self.encoder.number(value);
    }

    fn short_string(&mut self, value: ShortText<'_>) {
        self.encoder.short_string(value);
    }

    fn short_number(&mut self, value: ShortNumber<'_>) {
        self.encoder.short_number(value);
    }

    fn binary(&mut self, value: Binary<'_>) {
        self.encoder.binary(value);
    }

    fn boolean(&mut self, value: bool) {
        self.encoder.boolean(value);
    }

    fn null(&mut self) {
        self.encoder.null();
    }

    fn end_record(&mut self, _line: &Line<'_>) {
        if let Some(timestamp) = self.record.timestamp {
            self.end_change(timestamp);
        }
        let out = &mut self.encoder.out;
        if self.output == Output::Hash {
            let hash = sha256(&out[self.record.start..]);
            out.truncate(self.record.start);
            out.extend_from_slice(&hash);
        }
        self.ends.push(out.len());
    }

    fn discard_record(&mut self) {
        self.encoder.out.truncate(self.record.start);
        self.encoder.abandon();
    }
}
