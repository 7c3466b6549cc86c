//! The transcoder: writes records as lines of a text form (`docs/records.md`, "How records are written").
//!
//! Every value is written with a comma behind it, whose place the bracket that closes its container
//! takes: nothing has to be remembered to tell a first element from a later one.

mod dynamodb_json;
mod escape;
mod ion;
mod json;
mod short;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use dynamodb_json::DynamodbJson;
pub use ion::Ion;
pub use json::Json;

use crate::events::{Binary, Line, Member, Number, SetKind, ShortNumber, ShortText, Text, Visitor};
use crate::kept::KeptBytes;
use crate::path::NodeId;

/// What stands before and behind something.
pub(crate) type Brackets = (&'static str, &'static str);

/// A text form: how it spells each value, with a comma behind it.
pub trait Form: Default {
    /// Around the map of an item.
    const ITEM: Brackets;

    /// Around the time stamp, from the beginning of a change record.
    const TIMESTAMP: Brackets;

    /// Before the maps of Keys, `OldImage` and `NewImage`.
    const MEMBERS: [&'static str; 3];

    /// Behind the last map of a change record.
    const CHANGE_END: &'static str;

    /// Around an M.
    const MAP: Brackets;

    /// Around an L.
    const LIST: Brackets;

    /// BOOL true.
    const TRUE: &'static str;

    /// BOOL false.
    const FALSE: &'static str;

    /// NULL.
    const NULL: &'static str;

    /// Around a set; the second is the same for all kinds.
    fn set(kind: SetKind) -> Brackets;

    /// Writes an attribute's name with the colon.
    fn name(&mut self, out: &mut Vec<u8>, name: Text<'_>);

    /// Writes an S, or an element of an SS.
    fn string(&mut self, out: &mut Vec<u8>, value: Text<'_>, in_set: bool);

    /// Writes an N, or an element of an NS.
    fn number(&mut self, out: &mut Vec<u8>, value: Number<'_>, in_set: bool);

    /// As [`Self::string`].
    fn short_string(&mut self, out: &mut Vec<u8>, value: ShortText<'_>, in_set: bool);

    /// As [`Self::number`].
    fn short_number(&mut self, out: &mut Vec<u8>, value: ShortNumber<'_>, in_set: bool);

    /// Writes a B, or an element of a BS.
    fn binary(&mut self, out: &mut Vec<u8>, value: Binary<'_>, in_set: bool);
}

/// Writes attribute values in a text form, each with a comma behind it.
#[derive(Debug, Default)]
pub(crate) struct Values<F> {
    form: F,
    /// Written names by place.
    names: KeptBytes,
    in_set: bool,
}

#[expect(
    clippy::unused_self,
    reason = "some values are spelled without it; who writes need not know"
)]
impl<F: Form> Values<F> {
    /// Forgets a set that was left open.
    pub(crate) fn begin_record(&mut self) {
        self.in_set = false;
    }

    /// Writes the name of an attribute with the colon.
    pub(crate) fn name(&mut self, out: &mut Vec<u8>, node: NodeId, name: Text<'_>) {
        if self.names.append_to(out, node) {
            return;
        }
        let start = out.len();
        self.form.name(out, name);
        self.names.keep(node, &out[start..]);
    }

    /// Begins an M.
    pub(crate) fn begin_map(&self, out: &mut Vec<u8>) {
        push(out, F::MAP.0);
    }

    /// Ends an M.
    pub(crate) fn end_map(&self, out: &mut Vec<u8>) {
        close(out, F::MAP.1);
    }

    /// Begins an L.
    pub(crate) fn begin_list(&self, out: &mut Vec<u8>) {
        push(out, F::LIST.0);
    }

    /// Ends an L.
    pub(crate) fn end_list(&self, out: &mut Vec<u8>) {
        close(out, F::LIST.1);
    }

    /// Begins a set.
    pub(crate) fn begin_set(&mut self, out: &mut Vec<u8>, kind: SetKind) {
        self.in_set = true;
        push(out, F::set(kind).0);
    }

    /// Ends a set.
    pub(crate) fn end_set(&mut self, out: &mut Vec<u8>) {
        self.in_set = false;
        close(out, F::set(SetKind::Strings).1);
    }

    /// Writes an S, or an element of an SS.
    pub(crate) fn string(&mut self, out: &mut Vec<u8>, value: Text<'_>) {
        self.form.string(out, value, self.in_set);
    }

    /// Writes an N, or an element of an NS.
    pub(crate) fn number(&mut self, out: &mut Vec<u8>, value: Number<'_>) {
        self.form.number(out, value, self.in_set);
    }

    /// As [`Self::string`].
    #[inline]
    pub(crate) fn short_string(&mut self, out: &mut Vec<u8>, value: ShortText<'_>) {
        self.form.short_string(out, value, self.in_set);
    }

    /// As [`Self::number`].
    #[inline]
    pub(crate) fn short_number(&mut self, out: &mut Vec<u8>, value: ShortNumber<'_>) {
        self.form.short_number(out, value, self.in_set);
    }

    /// Writes a B, or an element of a BS.
    pub(crate) fn binary(&mut self, out: &mut Vec<u8>, value: Binary<'_>) {
        self.form.binary(out, value, self.in_set);
    }

    /// Writes a BOOL.
    pub(crate) fn boolean(&self, out: &mut Vec<u8>, value: bool) {
        push(out, if value { F::TRUE } else { F::FALSE });
    }

    /// Writes a NULL.
    pub(crate) fn null(&self, out: &mut Vec<u8>) {
        push(out, F::NULL);
    }
}

pub(crate) fn push(out: &mut Vec<u8>, token: &str) {
    out.extend_from_slice(token.as_bytes());
}

/// Closes a container in the place of the comma behind its last element.
pub(crate) fn close(out: &mut Vec<u8>, token: &str) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    push(out, token);
}

/// Writes the records that it is told of, one a line.
#[derive(Debug, Default)]
pub struct Transcoder<F> {
    values: Values<F>,
    /// Whole lines, and behind them the record at hand.
    out: Vec<u8>,
    /// Where the record at hand begins.
    start: usize,
    /// How many maps and lists are open.
    depth: usize,
    record: Record,
    scratch: Vec<u8>,
}

/// What is known of the record at hand.
#[derive(Debug, Default)]
struct Record {
    timestamp: Option<u64>,
    /// Which of [`Form::MEMBERS`] is being written; None for an item.
    member: Option<usize>,
    /// Where each of them stands, from the record's beginning.
    spans: [Option<Range<usize>>; 3],
}

impl<F: Form> Transcoder<F> {
    /// The lines of all records told of since the last [`clear`](Self::clear).
    pub fn lines(&self) -> &[u8] {
        &self.out
    }

    /// Forgets the lines, keeps the memory.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    fn push(&mut self, token: &str) {
        push(&mut self.out, token);
    }

    /// Members come in any order, and are written in one.
    fn write_change(&mut self, timestamp: u64) {
        self.scratch.clear();
        self.scratch.extend_from_slice(&self.out[self.start..]);
        self.out.truncate(self.start);
        self.push(F::TIMESTAMP.0);
        self.push(&timestamp.to_string());
        self.push(F::TIMESTAMP.1);
        for (name, span) in F::MEMBERS.into_iter().zip(&self.record.spans) {
            if let Some(span) = span {
                self.out.extend_from_slice(name.as_bytes());
                self.out.extend_from_slice(&self.scratch[span.clone()]);
            }
        }
        self.push(F::CHANGE_END);
    }
}

impl<F: Form> Visitor for Transcoder<F> {
    fn begin_record(&mut self) {
        self.start = self.out.len();
        self.depth = 0;
        self.values.begin_record();
        self.record = Record::default();
    }

    fn member(&mut self, member: Member) {
        self.record.member = match member {
            Member::Item => {
                self.push(F::ITEM.0);
                None
            }
            Member::Keys => Some(0),
            Member::OldImage => Some(1),
            Member::NewImage => Some(2),
        };
    }

    fn write_timestamp(&mut self, micros: u64) {
        self.record.timestamp = Some(micros);
    }

    fn begin_map(&mut self, _node: NodeId) {
        if self.depth > 0 {
            self.values.begin_map(&mut self.out);
        } else {
            if let Some(member) = self.record.member {
                let begin = self.out.len() - self.start;
                self.record.spans[member] = Some(begin..begin);
            }
            self.push("{");
        }
        self.depth += 1;
    }

    fn name(&mut self, node: NodeId, name: Text<'_>) {
        self.values.name(&mut self.out, node, name);
    }

    fn end_map(&mut self) {
        self.depth -= 1;
        if self.depth > 0 {
            self.values.end_map(&mut self.out);
        } else {
            close(&mut self.out, "}");
            if let Some(span) = self.record.member.and_then(|member| self.record.spans[member].as_mut()) {
                span.end = self.out.len() - self.start;
            }
        }
    }

    fn begin_list(&mut self) {
        self.depth += 1;
        self.values.begin_list(&mut self.out);
    }

    fn end_list(&mut self) {
        self.depth -= 1;
        self.values.end_list(&mut self.out);
    }

    fn begin_set(&mut self, kind: SetKind) {
        self.values.begin_set(&mut self.out, kind);
    }

    fn end_set(&mut self) {
        self.values.end_set(&mut self.out);
    }

    fn string(&mut self, value: Text<'_>) {
        self.values.string(&mut self.out, value);
    }

    fn number(&mut self, value: Number<'_>) {
        self.values.number(&mut self.out, value);
    }

    fn short_string(&mut self, value: ShortText<'_>) {
        self.values.short_string(&mut self.out, value);
    }

    fn short_number(&mut self, value: ShortNumber<'_>) {
        self.values.short_number(&mut self.out, value);
    }

    fn binary(&mut self, value: Binary<'_>) {
        self.values.binary(&mut self.out, value);
    }

    fn boolean(&mut self, value: bool) {
        self.values.boolean(&mut self.out, value);
    }

    fn null(&mut self) {
        self.values.null(&mut self.out);
    }

    fn end_record(&mut self, _line: &Line<'_>) {
        match self.record.timestamp {
            Some(timestamp) => self.write_change(timestamp),
            None => self.push(F::ITEM.1),
        }
        self.push("\n");
    }

    fn discard_record(&mut self) {
        self.out.truncate(self.start);
    }
}
