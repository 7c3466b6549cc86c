//! Values that are written as DynamoDB JSON: JSON and text columns, `_rest`, `_rescued`.

use super::plan::Tag;
use super::tree::{Kind, NONE, SKIP, UNKNOWN, WRITING};
use super::{Columns, FRAMES, Frame, FrameKind, pointer};
use crate::transcode::{DynamodbJson, Values};

/// The value that is being written.
#[derive(Debug, Default)]
pub(super) struct Writing {
    writer: Values<DynamodbJson>,
    /// The column whose data it goes to.
    out: u32,
    /// The row that it is; None for a part of `_rest`.
    row: Option<usize>,
    /// What an attribute without a field adds to the pointer.
    pub(super) unknown: Vec<u8>,
}

impl Writing {
    #[inline]
    pub(super) fn begin_record(&mut self) {
        self.writer.begin_record();
    }
}

impl Columns {
    /// Turns to writing into a column's row, or into its `_rest`.
    pub(super) fn begin_writing(&mut self, column: u32, row: Option<usize>) {
        self.writing.out = column;
        self.writing.row = row;
        self.current = WRITING;
    }

    /// Turns to writing the next value into its own column.
    pub(super) fn begin_writing_here(&mut self) {
        self.begin_writing(self.current, Some(self.row()));
    }

    /// Writes some of the value.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut Values<DynamodbJson>, &mut Vec<u8>)) {
        if let Kind::Json(bytes) | Kind::Text(bytes) = &mut self.nodes[self.writing.out as usize].kind {
            write(&mut self.writing.writer, &mut bytes.data);
        }
    }

    /// Writes a value that is no container.
    pub(super) fn write_scalar(&mut self, write: impl FnOnce(&mut Values<DynamodbJson>, &mut Vec<u8>)) {
        self.write(write);
        if self.depth == 0 {
            self.end_writing();
        }
        self.end_value();
    }

    /// Ends the value. In `_rest` the comma stays behind it.
    pub(super) fn end_writing(&mut self) {
        if let Some(row) = self.writing.row
            && let Kind::Json(bytes) | Kind::Text(bytes) = &mut self.nodes[self.writing.out as usize].kind
        {
            bytes.data.pop();
            bytes.set(row);
        }
    }

    /// Ends the object in `_rest`.
    #[cold]
    pub(super) fn end_rest(&mut self) {
        // The frame that was left.
        let Frame { column, row, .. } = self.frames[(self.top + 1) % FRAMES];
        let Kind::Struct { fields, .. } = &self.nodes[column as usize].kind else {
            return;
        };
        let rest = fields.rest;
        if let Kind::Json(bytes) = &mut self.nodes[rest as usize].kind {
            bytes.data.pop();
            bytes.data.push(b'}');
            bytes.set(row);
        }
    }

    /// Turns to where a value goes that the current column does not take.
    #[cold]
    #[inline(never)]
    pub(super) fn misfit(&mut self, found: Tag) {
        let is_kept = if self.roots.rescued == NONE {
            self.record.misfits.is_empty()
        } else {
            self.report.misfits.len() + self.record.misfits.len() < self.misfit_limit
        };
        let pointer = self.pointer();
        if is_kept {
            let path = String::from_utf8_lossy(&pointer).into_owned();
            self.record.misfits.push((path, found));
        }
        self.current = SKIP;
        let Some(node) = self.nodes.get_mut(self.roots.rescued as usize) else {
            return;
        };
        self.record.rescued += 1;
        let Kind::Map { keys, list } = &mut node.kind else {
            return;
        };
        let (keys, values, row) = (*keys, list.element, list.count);
        if let Kind::String(keys) = &mut self.nodes[keys as usize].kind {
            if i32::try_from(keys.data.len()).is_err() {
                return; // the batch will be refused
            }
            keys.data.extend_from_slice(&pointer);
            keys.set(row);
        }
        if let Some(node) = self.nodes.get_mut(self.roots.rescued as usize)
            && let Kind::Map { list, .. } = &mut node.kind
        {
            list.count += 1;
        }
        self.begin_writing(values, Some(row));
    }

    /// The JSON Pointer of the value that is told next.
    fn pointer(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(member) = self.member
            && self.roots.keys != NONE
        {
            pointer::push_name(&mut out, member.name().as_bytes());
        }
        let frames = self.frames.iter().take(self.top + 1);
        let inner = frames.clone().skip(1).map(|frame| frame.column);
        for (frame, column) in frames.zip(inner.chain([self.current])) {
            match frame.kind {
                FrameKind::Fields | FrameKind::Flat if column == UNKNOWN => {
                    out.extend_from_slice(&self.writing.unknown);
                }
                FrameKind::Fields | FrameKind::Flat => out.extend_from_slice(&self.nodes[column as usize].pointer),
                FrameKind::Map => pointer::push_name(&mut out, self.key(frame.column, frame.row)),
                FrameKind::List => {
                    if let Kind::List(list) = &self.nodes[frame.column as usize].kind {
                        pointer::push_index(&mut out, frame.row - list.count);
                    }
                }
                FrameKind::Record | FrameKind::Set | FrameKind::Writing | FrameKind::Skip => {}
            }
        }
        out
    }

    /// The key of a map's entry that is being read.
    fn key(&self, map: u32, row: usize) -> &[u8] {
        if let Kind::Map { keys, .. } = self.nodes[map as usize].kind
            && let Kind::String(keys) = &self.nodes[keys as usize].kind
        {
            return keys.last(row);
        }
        &[]
    }
}
