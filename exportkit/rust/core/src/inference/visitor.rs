//! Counts what it is told of, in place.

use super::number::Range;
use super::report::PathStatistics;
use super::tree::{ITEM, Id, KEYS, NONE, Tree};
use crate::events::{Binary, Line, Member, Number, SetKind, ShortNumber, ShortText, Spelling, Text, Visitor};
use crate::path::NodeId;
use crate::reader::ExportType;
use crate::split::Again;
use crate::types;

/// Paths that are kept, as a multiple of the names that a map may have.
const PATHS_PER_MAP_FIELD: usize = 50;

/// The statistics of a file, or of one split of it. As `Statistics` of `exportkit/model/statistics.py`.
///
/// What it is told of is counted at once: whoever tells it of a record that turns out faulty has to throw it away.
#[derive(Debug)]
pub struct Statistics {
    /// Records.
    pub records: u64,
    /// Bytes of their lines, line feeds counted.
    pub bytes: u64,
    /// Change records with a new image.
    pub puts: u64,
    /// Change records without one.
    pub deletes: u64,
    /// Change records with an old image.
    pub old_images: u64,
    full: bool,
    tree: Tree,
    /// Of places in the parser's trie, where their values count.
    known: Vec<Id>,
    /// The maps and lists around the value that comes next.
    open: Vec<Open>,
    /// Where that value counts.
    current: Id,
    /// Values so far in the innermost container.
    count: u64,
    /// Inside a set: its type, and what there was in the container around it.
    set: Option<(usize, u64)>,
    /// Where the record begins.
    place: (u64, u64),
    new_image: bool,
    old_image: bool,
    scratch: Vec<u8>,
}

/// A map or list whose end has not come.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Where it counts.
    id: Id,
    /// Values so far in the container around it.
    count: u64,
}

impl Statistics {
    /// Makes statistics of nothing; a map may have `max_map_fields` distinct names before its values are counted as one.
    pub fn new(export_type: ExportType, max_map_fields: usize) -> Self {
        Self {
            records: 0,
            bytes: 0,
            puts: 0,
            deletes: 0,
            old_images: 0,
            full: export_type == ExportType::Full,
            tree: Tree::new(max_map_fields, max_map_fields.saturating_mul(PATHS_PER_MAP_FIELD)),
            known: Vec::new(),
            open: Vec::new(),
            current: ITEM,
            count: 0,
            set: None,
            place: (0, 0),
            new_image: false,
            old_image: false,
            scratch: Vec::new(),
        }
    }

    /// The items, or both images.
    pub fn item(&self) -> PathStatistics<'_> {
        PathStatistics::new(&self.tree, ITEM)
    }

    /// The Keys of change records; None in a full export.
    pub fn keys(&self) -> Option<PathStatistics<'_>> {
        (!self.full).then(|| PathStatistics::new(&self.tree, KEYS))
    }

    /// Counts a value.
    #[inline(always)]
    fn value(&mut self, kind: usize, length: u64) {
        self.count += 1;
        let stat = &mut self.tree.stats[self.current as usize][kind];
        stat.count += 1;
        if length < stat.least || length > stat.greatest {
            self.stretch(kind, length);
        }
    }

    /// Counts a value that may be an element of a set.
    #[inline(always)]
    fn scalar(&mut self, kind: usize, length: u64) {
        if self.set.is_some() {
            self.count += 1;
        } else {
            self.value(kind, length);
        }
    }

    /// What is known of numbers where the next one counts.
    #[inline(always)]
    fn range(&mut self) -> &mut Range {
        let kind = if self.set.is_some() { types::NS } else { types::N };
        &mut self.tree.stats[self.current as usize][kind].range
    }

    /// Takes in a length out of the known range, that of the first value among them.
    #[cold]
    fn stretch(&mut self, kind: usize, length: u64) {
        let stat = &mut self.tree.stats[self.current as usize][kind];
        if stat.count == 1 {
            stat.first = self.place;
        }
        stat.least = stat.least.min(length);
        stat.greatest = stat.greatest.max(length);
    }

    #[inline(always)]
    fn begin(&mut self) {
        self.open.push(Open {
            id: self.current,
            count: self.count,
        });
        self.count = 0;
    }

    #[inline(always)]
    fn end(&mut self, kind: usize) {
        let length = self.count;
        if let Some(open) = self.open.pop() {
            self.current = open.id;
            self.count = open.count;
        }
        self.value(kind, length);
    }

    /// Finds where the values of an attribute count.
    #[inline(never)]
    fn find(&mut self, node: NodeId, name: Text<'_>) {
        let Some(map) = self.open.last() else { return };
        let (id, moved) = self.tree.named(map.id, name.bytes(&mut self.scratch));
        self.current = id;
        if moved {
            self.known.clear();
        }
        if node != NodeId::OVERFLOW {
            if self.known.len() <= node.index() {
                self.known.resize(node.index() + 1, NONE);
            }
            self.known[node.index()] = id;
        }
    }

    /// Bytes of a string that has to be unescaped.
    #[inline(never)]
    fn unescaped_length(&mut self, value: Text<'_>) -> u64 {
        value.bytes(&mut self.scratch).len() as u64
    }
}

impl Visitor for Statistics {
    #[inline]
    fn place(&mut self, number: u64, offset: u64) {
        self.place = (number, offset);
    }

    #[inline]
    fn begin_record(&mut self) {
        self.open.clear();
        self.set = None;
        self.new_image = false;
        self.old_image = false;
    }

    #[inline]
    fn member(&mut self, member: Member) {
        self.new_image |= member == Member::NewImage;
        self.old_image |= member == Member::OldImage;
        self.current = if member == Member::Keys { KEYS } else { ITEM };
    }

    #[inline]
    fn write_timestamp(&mut self, _: u64) {}

    #[inline]
    fn begin_map(&mut self, _: NodeId) {
        self.begin();
    }

    #[inline]
    fn name(&mut self, node: NodeId, name: Text<'_>) {
        match self.known.get(node.index()) {
            Some(&id) if id != NONE => self.current = id,
            _ => self.find(node, name),
        }
    }

    #[inline]
    fn end_map(&mut self) {
        self.end(types::M);
    }

    #[inline]
    fn begin_list(&mut self) {
        self.begin();
        self.current = self.tree.elements(self.current);
    }

    #[inline]
    fn end_list(&mut self) {
        if self.count == 0
            && let Some(open) = self.open.last()
        {
            self.tree.forget_elements(open.id);
        }
        self.end(types::L);
    }

    #[inline]
    fn begin_set(&mut self, kind: SetKind) {
        self.set = Some((types::of_set(kind), self.count));
        self.count = 0;
    }

    #[inline]
    fn end_set(&mut self) {
        let length = self.count;
        if let Some((kind, count)) = self.set.take() {
            self.count = count;
            self.value(kind, length);
        }
    }

    #[inline]
    fn string(&mut self, value: Text<'_>) {
        let length = if value.spelling == Spelling::Plain {
            value.raw.len() as u64
        } else {
            self.unescaped_length(value)
        };
        self.scalar(types::S, length);
    }

    #[inline]
    fn number(&mut self, value: Number<'_>) {
        let range = self.range();
        if !range.holds(value) {
            range.widen(value);
        }
        self.scalar(types::N, 0);
    }

    #[inline]
    fn short_string(&mut self, value: ShortText<'_>) {
        self.scalar(types::S, value.length as u64);
    }

    #[inline]
    fn short_number(&mut self, value: ShortNumber<'_>) {
        let range = self.range();
        if !range.holds_short(value) {
            range.widen(value.number());
        }
        self.scalar(types::N, 0);
    }

    #[inline]
    fn binary(&mut self, value: Binary<'_>) {
        self.scalar(types::B, value.decoded_len() as u64);
    }

    #[inline]
    fn boolean(&mut self, _: bool) {
        self.value(types::BOOL, 0);
    }

    #[inline]
    fn null(&mut self) {
        self.value(types::NULL, 0);
    }

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        self.records += 1;
        self.bytes += line.length + u64::from(line.has_line_feed);
        if !self.full {
            *(if self.new_image {
                &mut self.puts
            } else {
                &mut self.deletes
            }) += 1;
            self.old_images += u64::from(self.old_image);
        }
    }

    fn discard_record(&mut self) {}
}

impl Again for Statistics {}
