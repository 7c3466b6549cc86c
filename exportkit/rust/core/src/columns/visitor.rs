//! How columns take the events of a record.
//!
//! What most values are is done in the methods of [`Visitor`]; the `odd_` methods do the rest, most of them by
//! turning to another column and being told the same once more.

use std::mem::{replace, take};

use super::plan::{Others, Tag};
use super::tree::{Kind, NONE, SKIP, UNKNOWN, WRITING};
use super::{Columns, FRAMES, Frame, FrameKind, Misfit, OTHER, UNSEEN, numbers, pointer};
use crate::events::{Binary, Line, Member, Number, SetKind, ShortNumber, ShortText, Text, Visitor};
use crate::number::Decimal;
use crate::path::NodeId;
use crate::transcode::Values;

impl Columns {
    #[inline(always)]
    fn kind(&mut self) -> &mut Kind {
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
    fn push(&mut self, kind: FrameKind, element: u32, row: usize) {
        let column = self.current;
        self.top += 1;
        *self.frame() = Frame::new(kind, column, element, row);
        self.current = element;
    }

    /// Leaves the innermost frame and returns it.
    #[inline(always)]
    fn pop(&mut self) -> &Frame {
        let left = self.top;
        self.top = left.wrapping_sub(1);
        &self.frames[left % FRAMES]
    }

    /// Begins a container inside of a value that is written or left out.
    pub(super) fn deepen(&mut self, kind: FrameKind) {
        if self.depth == 0 {
            self.push(kind, self.current, 0);
        }
        self.depth += 1;
    }

    /// Ends one.
    fn rise(&mut self) {
        self.depth -= 1;
        if self.depth == 0 {
            if self.pop().kind == FrameKind::Writing {
                self.end_writing();
            }
            self.end_value();
        }
    }

    /// Turns to the field of a mixed column; returns its number, or `NONE` where there is none: then to where misfits go.
    fn choose(&mut self, tag: Tag) -> u32 {
        let field = match self.kind() {
            Kind::Mixed(mixed) => mixed.by_tag[tag as usize],
            _ => NONE,
        };
        if field == NONE {
            self.misfit(tag);
        } else {
            self.current = field;
        }
        field
    }

    /// As [`Self::choose`], where the field takes every value of the type.
    fn choose_surely(&mut self, tag: Tag) {
        let (row, mixed) = (self.row(), self.current);
        if self.choose(tag) != NONE {
            self.set_mixed(mixed, row);
        }
    }

    fn set_mixed(&mut self, mixed: u32, row: usize) {
        if let Some(node) = self.nodes.get_mut(mixed as usize)
            && let Kind::Mixed(mixed) = &mut node.kind
        {
            mixed.valid.set(row);
        }
    }

    /// Turns to the column of an attribute that has not been looked up, or to wherever a name goes.
    #[inline(never)]
    fn odd_name(&mut self, node: NodeId, name: Text<'_>) {
        let frame = *self.frame();
        match frame.kind {
            FrameKind::Fields | FrameKind::Flat => {
                self.frame().kind = FrameKind::Fields;
                match self.targets.get(node.index()).copied() {
                    None | Some(UNSEEN) => self.look_up(node, name),
                    Some(OTHER) => self.other_attribute(node, name),
                    Some(target) => self.current = target + self.base,
                }
            }
            FrameKind::Map => {
                if let Kind::Map { keys, .. } = self.nodes[frame.column as usize].kind
                    && let Kind::String(keys) = &mut self.nodes[keys as usize].kind
                {
                    keys.set_text(frame.row, name);
                }
            }
            FrameKind::Writing => self.write(|writer, out| writer.name(out, node, name)),
            FrameKind::Record | FrameKind::List | FrameKind::Set | FrameKind::Skip => {}
        }
    }

    fn look_up(&mut self, node: NodeId, name: Text<'_>) {
        let column = self.frame().column;
        let (Kind::Struct { fields, .. } | Kind::Flat(fields)) = &self.nodes[column as usize].kind else {
            return;
        };
        let field = fields.by_name.get(name.bytes(&mut Vec::new())).copied();
        if node != NodeId::OVERFLOW {
            if self.targets.len() <= node.index() {
                self.targets.resize(node.index() + 1, UNSEEN);
            }
            self.targets[node.index()] = field.map_or(OTHER, |field| field - self.base);
        }
        match field {
            Some(field) => self.current = field,
            None => self.other_attribute(node, name),
        }
    }

    /// Turns to where attributes go that the struct has no field for.
    fn other_attribute(&mut self, node: NodeId, name: Text<'_>) {
        let column = self.frame().column;
        let (Kind::Struct { fields, .. } | Kind::Flat(fields)) = &self.nodes[column as usize].kind else {
            return;
        };
        match fields.others {
            Others::Skip => self.current = SKIP,
            Others::Misfit => {
                self.current = UNKNOWN;
                self.writing.unknown.clear();
                pointer::push_name(&mut self.writing.unknown, name.bytes(&mut Vec::new()));
            }
            Others::Rest => {
                let rest = fields.rest;
                let is_begun = replace(&mut self.frame().has_rest, true);
                self.begin_writing(rest, None);
                self.write(|writer, out| {
                    if !is_begun {
                        out.push(b'{');
                    }
                    writer.name(out, node, name);
                });
            }
        }
    }

    #[inline(never)]
    fn odd_begin_map(&mut self, node: NodeId) {
        match self.kind() {
            Kind::Writing => {
                self.write(|writer, out| writer.begin_map(out));
                return self.deepen(FrameKind::Writing);
            }
            Kind::Skip => return self.deepen(FrameKind::Skip),
            Kind::Json(_) | Kind::Text(_) => self.begin_writing_here(),
            Kind::Mixed(_) => self.choose_surely(Tag::M),
            _ => self.misfit(Tag::M),
        }
        self.begin_map(node);
    }

    #[inline(never)]
    fn odd_end_map(&mut self) {
        match self.frame().kind {
            FrameKind::Map => {
                let left = *self.pop();
                self.end_elements(left);
            }
            FrameKind::Flat => {
                // It has no attribute, and so fits nowhere.
                self.current = self.pop().column;
                self.misfit(Tag::M);
                self.begin_map(NodeId::OVERFLOW);
                self.end_map();
            }
            FrameKind::Writing => {
                self.write(|writer, out| writer.end_map(out));
                self.rise();
            }
            FrameKind::Skip => self.rise(),
            FrameKind::Record | FrameKind::Fields | FrameKind::List | FrameKind::Set => {}
        }
    }

    /// Ends a list, set or map of the frame that was left.
    #[inline]
    fn end_elements(&mut self, left: Frame) {
        let row = self.row();
        let node = &mut self.nodes[left.column as usize];
        if let Kind::List(list) | Kind::Set { list, .. } | Kind::Map { list, .. } = &mut node.kind {
            list.count = left.row;
            list.ends.set(row, left.row);
        }
        let mixed = node.mixed;
        if mixed != NONE {
            self.set_mixed(mixed, row);
        }
        self.end_value();
    }

    #[inline(never)]
    fn odd_begin_list(&mut self) {
        match self.kind() {
            Kind::Writing => {
                self.write(|writer, out| writer.begin_list(out));
                return self.deepen(FrameKind::Writing);
            }
            Kind::Skip => return self.deepen(FrameKind::Skip),
            Kind::Json(_) | Kind::Text(_) => self.begin_writing_here(),
            Kind::Mixed(_) => self.choose_surely(Tag::L),
            _ => self.misfit(Tag::L),
        }
        self.begin_list();
    }

    #[inline(never)]
    fn odd_begin_set(&mut self, kind: SetKind) {
        match self.kind() {
            Kind::Writing => {
                self.write(|writer, out| writer.begin_set(out, kind));
                return self.deepen(FrameKind::Writing);
            }
            Kind::Skip => return self.deepen(FrameKind::Skip),
            Kind::Json(_) | Kind::Text(_) => self.begin_writing_here(),
            Kind::Mixed(_) => {
                // Set once its elements have proven to fit.
                self.choose(Tag::of_set(kind));
            }
            _ => self.misfit(Tag::of_set(kind)),
        }
        self.begin_set(kind);
    }

    #[inline(never)]
    fn odd_string(&mut self, value: Text<'_>) {
        let row = self.row();
        match self.kind() {
            Kind::Writing => return self.write_scalar(|writer, out| writer.string(out, value)),
            Kind::Text(bytes) => {
                bytes.set_text(row, value);
                return self.end_value();
            }
            Kind::Skip => return self.end_value(),
            Kind::Json(_) => self.begin_writing_here(),
            Kind::Mixed(_) => self.choose_surely(Tag::S),
            _ => self.misfit(Tag::S),
        }
        self.string(value);
    }

    #[inline(never)]
    fn odd_number(&mut self, value: Number<'_>) {
        let row = self.row();
        let fits = match self.kind() {
            Kind::Double(values) => {
                values.set(row, numbers::double(value));
                true
            }
            Kind::Decimal256 {
                values,
                precision,
                scale,
            } => {
                let held = numbers::decimal256(value, *precision, *scale);
                held.map(|held| values.set(row, held)).is_some()
            }
            Kind::NumberString(bytes) | Kind::Text(bytes) => {
                crate::spelling::write_number(&mut bytes.data, value);
                bytes.set(row);
                true
            }
            Kind::Writing => return self.write_scalar(|writer, out| writer.number(out, value)),
            Kind::Skip => true,
            Kind::Json(_) => {
                self.begin_writing_here();
                return self.number(value);
            }
            Kind::Mixed(_) => return self.mixed_number(value),
            _ => false,
        };
        if fits {
            self.end_value();
        } else {
            self.number_misfit(value);
        }
    }

    /// A number in a mixed column, which is set only if the number fits its field.
    fn mixed_number(&mut self, value: Number<'_>) {
        let (row, mixed) = (self.row(), self.current);
        let field = self.choose(Tag::N);
        self.number(value);
        if self.nodes.get(field as usize).is_some_and(|node| node.kind.is_set(row)) {
            self.set_mixed(mixed, row);
        }
    }

    /// A number that its column does not take; in a set, which then is a misfit as a whole.
    #[cold]
    #[inline(never)]
    fn number_misfit(&mut self, value: Number<'_>) {
        if self.frame().kind != FrameKind::Set {
            self.misfit(Tag::N);
            return self.number(value);
        }
        let frame = *self.pop();
        let start = match &self.nodes[frame.column as usize].kind {
            Kind::Set { list, .. } => list.count,
            _ => frame.row,
        };
        // The elements before it come back out of their column: numbers are written by value.
        let element = &self.nodes[frame.element as usize].kind;
        let before: Vec<Decimal> = (start..frame.row).map(|row| element.number(row)).collect();
        self.current = frame.column;
        self.misfit(Tag::Ns);
        self.begin_set(SetKind::Numbers);
        for element in before {
            self.number(Number::Value(element));
        }
        self.number(value);
    }

    #[inline(never)]
    fn odd_binary(&mut self, value: Binary<'_>) {
        let row = self.row();
        match self.kind() {
            Kind::Writing => return self.write_scalar(|writer, out| writer.binary(out, value)),
            Kind::Text(bytes) => {
                crate::spelling::write_base64(&mut bytes.data, value);
                bytes.set(row);
                return self.end_value();
            }
            Kind::Skip => return self.end_value(),
            Kind::Json(_) => self.begin_writing_here(),
            Kind::Mixed(_) => self.choose_surely(Tag::B),
            _ => self.misfit(Tag::B),
        }
        self.binary(value);
    }

    #[inline(never)]
    fn odd_boolean(&mut self, value: bool) {
        let row = self.row();
        match self.kind() {
            Kind::Writing => return self.write_scalar(|writer, out| writer.boolean(out, value)),
            Kind::Text(bytes) => {
                bytes.data.extend_from_slice(if value { b"true" } else { b"false" });
                bytes.set(row);
                return self.end_value();
            }
            Kind::Skip => return self.end_value(),
            Kind::Json(_) => self.begin_writing_here(),
            Kind::Mixed(_) => self.choose_surely(Tag::Bool),
            _ => self.misfit(Tag::Bool),
        }
        self.boolean(value);
    }

    /// Gives the columns beside the members of a change their values.
    fn end_change(&mut self) {
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

    /// Ends a record some of whose values fit no column; returns whether it is a row.
    #[cold]
    fn end_misfits(&mut self, line: &Line<'_>) -> bool {
        let mut misfits = take(&mut self.record.misfits).into_iter().map(|(path, found)| Misfit {
            line: line.number,
            offset: line.offset,
            path,
            found,
        });
        if self.record.rescued == 0 {
            self.failure = misfits.next();
            return false;
        }
        self.report.misfits.extend(misfits);
        self.report.rescued += self.record.rescued;
        self.report.rescued_rows += 1;
        let row = self.rows;
        if let Some(node) = self.nodes.get_mut(self.roots.rescued as usize)
            && let Kind::Map { list, .. } = &mut node.kind
        {
            list.ends.set(row, list.count);
        }
        true
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
                valid.set(row);
                self.push(FrameKind::Fields, SKIP, row);
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
                let left = *self.pop();
                self.end_elements(left);
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
                let left = *self.pop();
                self.end_elements(left);
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
        match self.kind() {
            Kind::String(bytes) => bytes.set_short_text(row, value),
            _ => return self.odd_string(value.text()),
        }
        self.end_value();
    }

    #[inline]
    fn short_number(&mut self, value: ShortNumber<'_>) {
        let row = self.row();
        let held = match self.kind() {
            Kind::Int64(values) => numbers::short_int64(value).map(|held| values.set(row, held)),
            Kind::Decimal128 {
                values,
                precision,
                scale,
            } => numbers::short_decimal128(value, *precision, *scale).map(|held| values.set(row, held)),
            Kind::Double(values) => numbers::short_double(value).map(|held| values.set(row, held)),
            _ => None,
        };
        if held.is_some() {
            self.end_value();
        } else {
            self.number(value.number());
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
