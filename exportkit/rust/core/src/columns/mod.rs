//! Columns: records become Arrow arrays, by a plan (`docs/columns.md`).
//!
//! [`Columns`] is told the events of records and fills the buffers of one plan's columns in place;
//! [`Columns::take`] makes a batch of them. The column of an attribute is looked up once for each place of the
//! path trie, so that a name costs one step; a column that a record has nothing for costs none.

mod arrow;
mod batch;
mod buffers;
mod numbers;
mod odd;
pub mod plan;
mod pointer;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod visitor;

use std::mem::take;

use arrow_schema::DataType;

pub use self::batch::{Batch, TooLarge};
use self::plan::{ColumnPlan, Tag};
use self::text::Writing;
use self::tree::{Id, Node, Roots, SKIP};
use crate::events::Member;

/// One value that fits no column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The record's line, from 1.
    pub line: u64,
    /// The offset of the record's first byte in the decompressed file.
    pub offset: u64,
    /// JSON Pointer of the value in the row.
    pub path: String,
    /// Its type.
    pub found: Tag,
}

/// What was counted while columns were filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnsReport {
    /// Records that became rows.
    pub rows: u64,
    /// NULL values that became nulls.
    pub merged_nulls: u64,
    /// Values that went into `_rescued`.
    pub rescued: u64,
    /// Rows with at least one such value.
    pub rescued_rows: u64,
    /// The first of them.
    pub misfits: Vec<Misfit>,
}

/// Fills the columns of one plan.
#[derive(Debug)]
pub struct Columns {
    nodes: Vec<Node>,
    roots: Roots,
    /// The type of the arrays, and as those who take them shall see it.
    types: [DataType; 2],
    keep_nulls: bool,
    misfit_limit: usize,
    /// The column of each place of the trie, less `base`; [`UNSEEN`] and [`OTHER`] where there is none.
    targets: Vec<Id>,
    /// What is added to a column to come to that of the member at hand.
    base: Id,
    member: Option<Member>,
    /// Where the next value goes.
    current: Id,
    /// The record, and the maps, lists and sets that are open in it.
    frames: Box<[Frame; FRAMES]>,
    /// The innermost of them. Always taken modulo their number, which no record comes near.
    top: usize,
    /// Maps, lists and sets that are open inside of a value that is written or left out.
    depth: usize,
    writing: Writing,
    record: Record,
    rows: usize,
    bytes: u64,
    report: ColumnsReport,
    failure: Option<Misfit>,
}

/// A place that has not been looked up yet.
const UNSEEN: Id = 0;
/// A place that its struct has no field for.
const OTHER: Id = 1;

/// Frames there is room for: parsers let 65 maps and lists stand in one another, and a set in them.
const FRAMES: usize = 128;

/// A map, list or set that is being read.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// The row of the next value inside of it, in its own column.
    row: usize,
    /// By how many rows each value brings the next one on.
    step: usize,
    column: Id,
    /// Where the next element goes.
    element: Id,
    kind: FrameKind,
    /// Whether some of its attributes are in `_rest`.
    has_rest: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    /// The record.
    Record,
    /// A struct, or a flat map that has an attribute.
    Fields,
    /// A flat map that has none yet.
    Flat,
    Map,
    List,
    Set,
    /// A value that is written as text.
    Writing,
    /// A value that is left out.
    Skip,
}

/// What is known of the record at hand.
#[derive(Debug, Default)]
struct Record {
    /// Whether anything was told.
    is_begun: bool,
    has_new_image: bool,
    timestamp: u64,
    merged_nulls: u64,
    rescued: u64,
    /// Of the rescued, as many as are kept; the one that nobody rescues.
    misfits: Vec<(String, Tag)>,
}

impl Columns {
    /// Makes the empty columns of a plan; the first `misfit_limit` misfits are reported one by one.
    pub fn new(plan: &ColumnPlan, misfit_limit: usize) -> Self {
        let (nodes, roots) = tree::build(plan);
        Self {
            nodes,
            roots,
            types: [&DataType::Binary, &DataType::Utf8].map(|text| arrow::row_type(plan, text)),
            keep_nulls: plan.keep_nulls,
            misfit_limit,
            targets: Vec::new(),
            base: 0,
            member: None,
            current: SKIP,
            frames: Box::new([Frame::record(0); FRAMES]),
            top: 0,
            depth: 0,
            writing: Writing::default(),
            record: Record::default(),
            rows: 0,
            bytes: 0,
            report: ColumnsReport::default(),
            failure: None,
        }
    }

    /// Rows of the batch at hand.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of their lines, line feeds counted.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What was counted so far.
    pub fn report(&self) -> &ColumnsReport {
        &self.report
    }

    /// The misfit that ends the reading, once there is one: its record is no row, and no more may be told.
    pub fn failure(&self) -> Option<&Misfit> {
        self.failure.as_ref()
    }

    /// Takes the rows told of as a batch, if there are any.
    ///
    /// # Errors
    ///
    /// [`TooLarge`]; the columns are of no use then.
    pub fn take(&mut self) -> Result<Option<Batch>, TooLarge> {
        let (rows, _) = (take(&mut self.rows), take(&mut self.bytes));
        if rows == 0 {
            return Ok(None);
        }
        self.take_rows(rows).map(Some)
    }
}

impl Frame {
    fn record(row: usize) -> Self {
        Self::new(FrameKind::Record, SKIP, SKIP, row)
    }

    /// The next value inside of it goes to the row of an element.
    #[inline(always)]
    fn new(kind: FrameKind, column: Id, element: Id, row: usize) -> Self {
        let step = usize::from(matches!(kind, FrameKind::Map | FrameKind::List | FrameKind::Set));
        Self {
            row,
            step,
            column,
            element,
            kind,
            has_rest: false,
        }
    }
}
