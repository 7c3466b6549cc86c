//! How columns take the events of a record: what most values are is done here, the rest in [`super::odd`].

use super::plan::Tag;
use super::tree::{Kind, NONE, SKIP, UNKNOWN, WRITING};
use super::{Columns, FRAMES, Frame, FrameKind, OTHER, UNSEEN, numbers};
use crate::events::{Binary, Line, Member, Number, SetKind, ShortNumber, ShortText, Text, Visitor};
use crate::path::NodeId;
use crate::transcode::Values;

impl Columns {
    #[inline(always)]
    pub(super) fn kind(&mut self) -> &mut Kind {
        &mut self.nodes[self.current as usize].kind
    }

    #[inline(always)]
    pub(super) fn frame(&mut self) -> &mut Frame {
        &mut self.frames[self.top % FRAMES]
    }

    /// The row that the next value goes to.
    #[inline(always)]
    pub(super) fn row(&self) -> usize {
        self.frames[self.top % FRAMES].row
    }

    /// Goes on behind a value.
    #[inline(always)]
    pub(super) fn end_value(&mut self) {
        let frame = self.frame();
        frame.row += frame.step;
        self.current = frame.element;
    }

    #[inline(always)]
    pub(super) fn push(&mut self, kind: FrameKind, element: u32, row: usize) {
        let column = self.current;
        self.top += 1;
        *self.frame() = Frame::new(kind, column, element, row);
        self.current = element;
    }

    /// Leaves the innermost frame and returns it.
    ///
    /// Its fields are to be taken one by one: a copy of the whole would wait for what was just written to it.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> &Frame {
        let left = self.top;
        self.top = left.wrapping_sub(1);
        &self.frames[left % FRAMES]
    }

    /// Gives the columns beside the members of a change their values.
    pub(super) fn end_change(&mut self) {
        let (row, roots) = (self.rows, &self.roots);
        let operation: &[u8] = if self.record.has_new_image { b"PUT" } else { b"DELETE" };
        if let Some(node) = self.nodes.get_mut(roots.operation as usize)
            && let Kind::String(bytes) = &mut node.kind
        {
            bytes.set_text(row, Text::plain(operation));
        }
        if let Some(node) = self.nodes.get_mut(roots.timestamp as usize)
            && let Kind::Int64(values) = &mut node.kind
        {
            values.set(row, self.record.timestamp.cast_signed());
        }
    }
}

impl Visitor for Columns {
    #[inline]
    fn begin_record(&mut self) {
        self.top = 0;
        self.frames[0] = Frame::record(self.rows);
        self.depth = 0;
        self.record.is_begun = false;
        self.record.has_new_image = false;
        self.record.merged_nulls = 0;
        self.record.rescued = 0;
        self.record.misfits.clear();
        self.writing.begin_record();
    }

    #[inline]
    fn member(&mut self, member: Member) {
        self.record.is_begun = true;
        self.member = Some(member);
        self.base = 0;
        self.current = match member {
            Member::Item => self.roots.item,
            Member::Keys => self.roots.keys,
            Member::NewImage => {
                self.record.has_new_image = true;
                self.roots.item
            }
            Member::OldImage => {
                self.base = self.roots.old_image.wrapping_sub(self.roots.item);
                self.roots.old_image
            }
        };
        if self.current == NONE {
            self.current = SKIP; // a plan of the other kind of export
        }
    }

    fn write_timestamp(&mut self, micros: u64) {
        self.record.timestamp = micros;
    }

    #[inline]
    fn begin_map(&mut self, node: NodeId) {
        let row = self.row();
        match self.kind() {
            Kind::Struct { valid, .. } => {
                if valid.try_set(row) {
                    self.push(FrameKind::Fields, SKIP, row);
                } else {
                    self.odd_begin_map(node);
                }
            }
            Kind::Flat(_) => self.push(FrameKind::Flat, SKIP, row),
            Kind::Map { list, .. } => {
                let (element, row) = (list.element, list.count);
                self.push(FrameKind::Map, element, row);
            }
            _ => self.odd_begin_map(node),
        }
    }

    #[inline]
    fn name(&mut self, node: NodeId, name: Text<'_>) {
        if self.frame().kind == FrameKind::Fields
            && let Some(&target) = self.targets.get(node.index())
            && target > OTHER
        {
            self.current = target + self.base;
        } else {
            self.odd_name(node, name);
        }
    }

    #[inline]
    fn end_map(&mut self) {
        if self.frame().kind != FrameKind::Fields {
            return self.odd_end_map();
        }
        if self.pop().has_rest {
            self.end_rest();
        }
        self.end_value();
    }

    #[inline]
    fn begin_list(&mut self) {
        let Kind::List(list) = self.kind() else {
            return self.odd_begin_list();
        };
        let (element, row) = (list.element, list.count);
        self.push(FrameKind::List, element, row);
    }

    #[inline]
    fn end_list(&mut self) {
        match self.frame().kind {
            FrameKind::List => {
                self.end_elements();
            }
            FrameKind::Writing => {
                self.write(|writer, out| writer.end_list(out));
                self.rise();
            }
            _ => self.rise(),
        }
    }

    #[inline]
    fn begin_set(&mut self, kind: SetKind) {
        match self.kind() {
            Kind::Set { of, list } if *of == kind => {
                let (element, row) = (list.element, list.count);
                self.push(FrameKind::Set, element, row);
            }
            _ => self.odd_begin_set(kind),
        }
    }

    #[inline]
    fn end_set(&mut self) {
        match self.frame().kind {
            FrameKind::Set => {
                self.end_elements();
            }
            FrameKind::Writing => {
                self.write(Values::end_set);
                self.rise();
            }
            _ => self.rise(),
        }
    }

    #[inline]
    fn string(&mut self, value: Text<'_>) {
        let row = self.row();
        match self.kind() {
            Kind::String(bytes) => bytes.set_text(row, value),
            _ => return self.odd_string(value),
        }
        self.end_value();
    }

    #[inline]
    fn number(&mut self, value: Number<'_>) {
        let row = self.row();
        let fits = match self.kind() {
            Kind::Int64(values) => numbers::int64(value).map(|held| values.set(row, held)),
            Kind::Decimal128 {
                values,
                precision,
                scale,
            } => numbers::decimal128(value, *precision, *scale).map(|held| values.set(row, held)),
            _ => return self.odd_number(value),
        };
        if fits.is_some() {
            self.end_value();
        } else {
            self.number_misfit(value);
        }
    }

    #[inline]
    fn short_string(&mut self, value: ShortText<'_>) {
        let row = self.row();
        if let Kind::String(bytes) = self.kind()
            && bytes.try_set_short_text(row, value)
        {
            self.end_value();
        } else {
            self.odd_short_string(value);
        }
    }

    #[inline]
    fn short_number(&mut self, value: ShortNumber<'_>) {
        let row = self.row();
        let held = match self.kind() {
            Kind::Int64(values) => numbers::short_int64(value).is_some_and(|held| values.try_set(row, held)),
            Kind::Decimal128 {
                values,
                precision,
                scale,
            } => numbers::short_decimal128(value, *precision, *scale).is_some_and(|held| values.try_set(row, held)),
            _ => false,
        };
        if held {
            self.end_value();
        } else {
            self.odd_short_number(value);
        }
    }

    #[inline]
    fn binary(&mut self, value: Binary<'_>) {
        let row = self.row();
        match self.kind() {
            Kind::Binary(bytes) => bytes.set_binary(row, value),
            _ => return self.odd_binary(value),
        }
        self.end_value();
    }

    #[inline]
    fn boolean(&mut self, value: bool) {
        let row = self.row();
        match self.kind() {
            Kind::Bool { values, valid } => {
                valid.set(row);
                if value {
                    values.set(row);
                }
            }
            _ => return self.odd_boolean(value),
        }
        self.end_value();
    }

    fn null(&mut self) {
        let (row, keep_nulls) = (self.row(), self.keep_nulls);
        match self.kind() {
            Kind::Writing => return self.write_scalar(|writer, out| writer.null(out)),
            Kind::Json(_) => {
                self.begin_writing_here();
                return self.null();
            }
            Kind::Mixed(mixed) if mixed.by_tag[Tag::Null as usize] != NONE => {
                self.choose_surely(Tag::Null);
                return self.null();
            }
            Kind::Null(valid) => valid.set(row),
            Kind::Skip => {}
            Kind::Text(_) => self.record.merged_nulls += 1,
            kind if keep_nulls || matches!(kind, Kind::Unknown) => {
                self.misfit(Tag::Null);
                return self.null();
            }
            _ => self.record.merged_nulls += 1,
        }
        self.end_value();
    }

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        if (!self.record.misfits.is_empty() || self.record.rescued > 0) && !self.end_misfits(line) {
            return self.discard_record();
        }
        if self.roots.keys != NONE {
            self.end_change();
        }
        self.rows += 1;
        self.bytes += line.length + 1;
        self.report.rows += 1;
        self.report.merged_nulls += self.record.merged_nulls;
    }

    fn discard_record(&mut self) {
        if self.record.is_begun {
            self.take_back();
        }
    }
}

const _: () = assert!(
    WRITING == UNSEEN && UNKNOWN == OTHER,
    "no column of an attribute has these numbers"
);
