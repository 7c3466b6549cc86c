//! What columns do with what is not as most values are.
//!
//! Most of these methods turn to another column, then are told the same once more: to the field of a mixed column, to a
//! text that is written, to where a misfit goes.

use std::mem::{replace, take};

use super::plan::{Others, Tag};
use super::tree::{Kind, NONE, SKIP, UNKNOWN};
use super::{Columns, Frame, FrameKind, Misfit, OTHER, UNSEEN, numbers, pointer};
use crate::events::{Binary, Line, Number, SetKind, ShortNumber, ShortText, Text, Visitor};
use crate::number::Decimal;
use crate::path::NodeId;

impl Columns {
    /// Begins a container inside of a value that is written or left out.
    pub(super) fn deepen(&mut self, kind: FrameKind) {
        if self.depth == 0 {
            self.push(kind, self.current, 0);
        }
        self.depth += 1;
    }

    /// Ends one.
    pub(super) fn rise(&mut self) {
        self.depth -= 1;
        if self.depth == 0 {
            if self.pop().kind == FrameKind::Writing {
                self.end_writing();
            }
            self.end_value();
        }
    }

    /// Turns to the field of a mixed column; returns its number, or `NONE` where there is none: then to where misfits go.
    pub(super) fn choose(&mut self, tag: Tag) -> u32 {
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
    pub(super) fn choose_surely(&mut self, tag: Tag) {
        let (row, mixed) = (self.row(), self.current);
        if self.choose(tag) != NONE {
            self.set_mixed(mixed, row);
        }
    }

    pub(super) fn set_mixed(&mut self, mixed: u32, row: usize) {
        if let Some(node) = self.nodes.get_mut(mixed as usize)
            && let Kind::Mixed(mixed) = &mut node.kind
        {
            mixed.valid.set(row);
        }
    }

    /// Turns to the column of an attribute that has not been looked up, or to wherever a name goes.
    #[inline(never)]
    pub(super) fn odd_name(&mut self, node: NodeId, name: Text<'_>) {
        let Frame { kind, column, row, .. } = *self.frame();
        match kind {
            FrameKind::Fields | FrameKind::Flat => {
                self.frame().kind = FrameKind::Fields;
                match self.targets.get(node.index()).copied() {
                    None | Some(UNSEEN) => self.look_up(node, name),
                    Some(OTHER) => self.other_attribute(node, name),
                    Some(target) => self.current = target + self.base,
                }
            }
            FrameKind::Map => {
                if let Kind::Map { keys, .. } = self.nodes[column as usize].kind
                    && let Kind::String(keys) = &mut self.nodes[keys as usize].kind
                {
                    keys.set_text(row, name);
                }
            }
            FrameKind::Writing => self.write(|writer, out| writer.name(out, node, name)),
            FrameKind::Record | FrameKind::List | FrameKind::Set | FrameKind::Skip => {}
        }
    }

    pub(super) fn look_up(&mut self, node: NodeId, name: Text<'_>) {
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
    pub(super) fn other_attribute(&mut self, node: NodeId, name: Text<'_>) {
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
    pub(super) fn odd_begin_map(&mut self, node: NodeId) {
        let row = self.row();
        match self.kind() {
            Kind::Struct { valid, .. } => valid.set(row),
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
    pub(super) fn odd_end_map(&mut self) {
        match self.frame().kind {
            FrameKind::Map => {
                self.end_elements();
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

    /// Ends a list, set or map.
    #[inline]
    pub(super) fn end_elements(&mut self) {
        let left = self.pop();
        let (column, end) = (left.column, left.row);
        let row = self.row();
        let node = &mut self.nodes[column as usize];
        if let Kind::List(list) | Kind::Set { list, .. } | Kind::Map { list, .. } = &mut node.kind {
            list.count = end;
            list.ends.set(row, end);
        }
        let mixed = node.mixed;
        if mixed != NONE {
            self.set_mixed(mixed, row);
        }
        self.end_value();
    }

    #[inline(never)]
    pub(super) fn odd_begin_list(&mut self) {
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
    pub(super) fn odd_begin_set(&mut self, kind: SetKind) {
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
    pub(super) fn odd_string(&mut self, value: Text<'_>) {
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
    pub(super) fn odd_number(&mut self, value: Number<'_>) {
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

    #[inline(never)]
    pub(super) fn odd_short_string(&mut self, value: ShortText<'_>) {
        self.string(value.text());
    }

    #[inline(never)]
    pub(super) fn odd_short_number(&mut self, value: ShortNumber<'_>) {
        let row = self.row();
        if let Kind::Double(values) = self.kind()
            && let Some(held) = numbers::short_double(value)
        {
            values.set(row, held);
            self.end_value();
        } else {
            self.number(value.number());
        }
    }

    /// A number in a mixed column, which is set only if the number fits its field.
    pub(super) fn mixed_number(&mut self, value: Number<'_>) {
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
    pub(super) fn number_misfit(&mut self, value: Number<'_>) {
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
    pub(super) fn odd_binary(&mut self, value: Binary<'_>) {
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
    pub(super) fn odd_boolean(&mut self, value: bool) {
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

    /// Ends a record some of whose values fit no column; returns whether it is a row.
    #[cold]
    pub(super) fn end_misfits(&mut self, line: &Line<'_>) -> bool {
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
