//! The decoder: the records of a data file become batches of Arrow columns (`docs/columns.md`, "Batches").

use std::mem::take;

use crate::columns::plan::ColumnPlan;
use crate::columns::{Batch, Columns, ColumnsReport, Misfit, TooLarge};
use crate::events::{Line, Visitor, hand_on_to_visitor};
use crate::faulty::{Faulty, Malformed, tell};
use crate::inference::Statistics;
use crate::reader::ExportType;
use crate::split::{Again, Refused, Split, SplitValue};
use crate::strict::{AnyReader, Misread, OutputFormat};
use crate::tee::Tee;

/// What a decoder is to do. As `DecodeOptions` of `exportkit/model/decode.py`, where each is explained.
#[derive(Clone, Debug)]
pub struct DecodeOptions {
    /// How the data file is written.
    pub format: OutputFormat,
    /// What the records are.
    pub export_type: ExportType,
    /// Bytes a line may hold without its line feed.
    pub max_record_size: usize,
    /// Rows that fill a batch.
    pub batch_rows: usize,
    /// Bytes of lines that fill one, or all that are open.
    pub batch_bytes: u64,
    /// Whether faulty records are set aside.
    pub quarantine: bool,
    /// Misfits kept with their places.
    pub misfit_limit: usize,
    /// Distinct names a map may have in the statistics to be taken before its values are counted as one; None takes
    /// none. Where records go by several plans, none are taken.
    pub infer: Option<usize>,
}

/// By which plan each record goes.
#[derive(Clone, Debug)]
pub enum Plans {
    /// All by one.
    One(ColumnPlan),
    /// By the value of a top-level attribute (UTF-8).
    Split(Vec<u8>, Vec<(Option<SplitValue>, ColumnPlan)>),
}

/// Why a decoder ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A record is faulty.
    Misread(Misread),
    /// A value fits no column.
    Misfit(Misfit),
    /// No plan is for a record's value.
    Unforeseen(Refused),
    /// A batch is too large for Arrow.
    TooLarge,
}

/// A batch, and the number of the plan it was made by.
pub type PlannedBatch = (usize, Batch);

/// Decodes one data file.
#[derive(Debug)]
pub struct Decoder {
    reader: AnyReader,
    rows: AnyRows,
    faulty: Faulty,
}

/// What a split makes of values that were not foreseen: nothing.
type Make = fn(usize) -> Option<Columns>;

#[derive(Debug)]
enum AnyRows {
    One(Box<Rows<Columns>>),
    Split(Box<Rows<Split<Columns, Make>>>),
    /// With statistics.
    Tee(Box<Rows<Tee<false>>>),
    /// With statistics, faulty records set aside.
    TeeTwice(Box<Rows<Tee<true>>>),
}

/// Does the same with either.
macro_rules! of_any {
    ($any:expr, $rows:ident => $call:expr) => {
        match $any {
            AnyRows::One($rows) => $call,
            AnyRows::Split($rows) => $call,
            AnyRows::Tee($rows) => $call,
            AnyRows::TeeTwice($rows) => $call,
        }
    };
}

impl Decoder {
    /// Makes a decoder at the start of a file.
    pub fn new(options: &DecodeOptions, plans: Plans) -> Self {
        let columns = |plan: &ColumnPlan| Columns::new(plan, options.misfit_limit);
        let rows = match plans {
            Plans::One(plan) => AnyRows::one(options, columns(&plan)),
            Plans::Split(attribute, plans) => {
                let mut split = Split::new(Some(attribute), (|_| None) as Make);
                for (value, plan) in plans {
                    split.add(value, columns(&plan));
                }
                AnyRows::Split(Box::new(Rows::new(options, split)))
            }
        };
        Self {
            reader: AnyReader::new(options.format, options.export_type, options.max_record_size),
            rows,
            faulty: Faulty::new(options.quarantine),
        }
    }

    /// Takes the next bytes of the file; returns the batches they filled, and why they were the last, if so: then all
    /// rows are among them, and no more may be fed.
    pub fn feed(&mut self, chunk: &[u8]) -> (Vec<PlannedBatch>, Option<Stop>) {
        self.read(Some(chunk))
    }

    /// Ends the file; a last line without line feed counts. As [`Self::feed`].
    pub fn finish(&mut self) -> (Vec<PlannedBatch>, Option<Stop>) {
        self.read(None)
    }

    fn read(&mut self, chunk: Option<&[u8]>) -> (Vec<PlannedBatch>, Option<Stop>) {
        let Self { reader, rows, faulty } = self;
        of_any!(rows, rows => {
            tell(reader, chunk, &mut **rows, faulty);
            rows.take(chunk.is_none(), faulty.misread.take())
        })
    }

    /// Takes the faulty records that were set aside since the last call.
    pub fn take_malformed(&mut self) -> Vec<Malformed> {
        self.faulty.take_malformed()
    }

    /// Faulty records that were set aside.
    pub fn malformed(&self) -> u64 {
        self.faulty.count
    }

    /// Records seen so far, faulty ones too.
    pub fn records(&self) -> u64 {
        let rows: u64 = of_any!(&self.rows, rows => rows.visitor.all().map(|columns| columns.report().rows).sum());
        rows + self.faulty.count
    }

    /// What was counted so far.
    pub fn report(&self) -> ColumnsReport {
        of_any!(&self.rows, rows => rows.report())
    }

    /// What the records hold, if that was asked for; of no use before the file has been finished without a [`Stop`].
    pub fn statistics(&self) -> Option<&Statistics> {
        match &self.rows {
            AnyRows::One(_) | AnyRows::Split(_) => None,
            AnyRows::Tee(rows) => Some(&rows.visitor.statistics),
            AnyRows::TeeTwice(rows) => Some(&rows.visitor.statistics),
        }
    }
}

impl AnyRows {
    /// Those of one plan.
    fn one(options: &DecodeOptions, columns: Columns) -> Self {
        let Some(max_map_fields) = options.infer else {
            return Self::One(Box::new(Rows::new(options, columns)));
        };
        let statistics = Statistics::new(options.export_type, max_map_fields);
        if options.quarantine {
            Self::TeeTwice(Box::new(Rows::new(options, Tee::new(columns, statistics))))
        } else {
            Self::Tee(Box::new(Rows::new(options, Tee::new(columns, statistics))))
        }
    }
}

/// The columns of some plans.
trait Planned: Again {
    /// Those of the plan that the record at hand has been told to, if it has been told to its end.
    fn last(&self) -> Option<usize>;

    /// All, in the order of the plans.
    fn all(&self) -> impl Iterator<Item = &Columns>;

    /// As [`Self::all`], to change them.
    fn all_mut(&mut self) -> &mut [Columns];

    /// The record that no plan is for.
    fn refused(&self) -> Option<&Refused>;
}

impl Again for Columns {}

impl Planned for Columns {
    #[inline]
    fn last(&self) -> Option<usize> {
        Some(0)
    }

    fn all(&self) -> impl Iterator<Item = &Columns> {
        [self].into_iter()
    }

    #[inline]
    fn all_mut(&mut self) -> &mut [Columns] {
        std::slice::from_mut(self)
    }

    fn refused(&self) -> Option<&Refused> {
        None
    }
}

impl Planned for Split<Columns, Make> {
    fn last(&self) -> Option<usize> {
        Split::last(self)
    }

    fn all(&self) -> impl Iterator<Item = &Columns> {
        self.visitors().map(|(_, columns)| columns)
    }

    fn all_mut(&mut self) -> &mut [Columns] {
        self.visitors_mut()
    }

    fn refused(&self) -> Option<&Refused> {
        Split::refused(self)
    }
}

impl<const TWICE: bool> Planned for Tee<TWICE> {
    #[inline]
    fn last(&self) -> Option<usize> {
        self.has_row().then_some(0)
    }

    fn all(&self) -> impl Iterator<Item = &Columns> {
        [&self.columns].into_iter()
    }

    #[inline]
    fn all_mut(&mut self) -> &mut [Columns] {
        std::slice::from_mut(&mut self.columns)
    }

    fn refused(&self) -> Option<&Refused> {
        None
    }
}

/// Takes records into columns, and cuts these into batches.
#[derive(Debug)]
struct Rows<V> {
    visitor: V,
    /// Rows that a batch is full with.
    full: usize,
    /// Bytes that all batches together end with.
    heavy: u64,
    /// Of all batches that have not ended.
    bytes: u64,
    batches: Vec<PlannedBatch>,
    stop: Option<Stop>,
    misfit_limit: usize,
}

impl<V: Planned> Rows<V> {
    fn new(options: &DecodeOptions, visitor: V) -> Self {
        Self {
            visitor,
            full: options.batch_rows,
            heavy: options.batch_bytes,
            bytes: 0,
            batches: Vec::new(),
            stop: None,
            misfit_limit: options.misfit_limit,
        }
    }

    /// Ends the batches of some plans.
    #[cold]
    #[inline(never)]
    fn end_batches(&mut self, plans: std::ops::Range<usize>) {
        for plan in plans {
            let Some(columns) = self.visitor.all_mut().get_mut(plan) else {
                continue;
            };
            self.bytes -= columns.bytes();
            match columns.take() {
                Ok(batch) => self.batches.extend(batch.map(|batch| (plan, batch))),
                Err(TooLarge) => self.stop = Some(Stop::TooLarge),
            }
        }
    }

    fn take(&mut self, is_last: bool, misread: Option<Misread>) -> (Vec<PlannedBatch>, Option<Stop>) {
        let refused = self.visitor.refused().cloned().map(Stop::Unforeseen);
        let stop = self.stop.take().or(refused).or(misread.map(Stop::Misread));
        if is_last || stop.is_some() {
            self.end_batches(0..self.visitor.all().count());
        }
        (take(&mut self.batches), stop.or(self.stop.take()))
    }

    fn report(&self) -> ColumnsReport {
        let mut sum = ColumnsReport::default();
        for report in self.visitor.all().map(Columns::report) {
            sum.rows += report.rows;
            sum.merged_nulls += report.merged_nulls;
            sum.rescued += report.rescued;
            sum.rescued_rows += report.rescued_rows;
            sum.misfits.extend_from_slice(&report.misfits);
        }
        sum.misfits.sort_by_key(|misfit| misfit.line);
        sum.misfits.truncate(self.misfit_limit);
        sum
    }
}

impl<V: Planned> Again for Rows<V> {
    #[inline]
    fn wants_again(&self) -> bool {
        self.visitor.wants_again()
    }

    #[inline]
    fn has_ended(&self) -> bool {
        self.stop.is_some() || self.visitor.has_ended()
    }
}

impl<V: Planned> Visitor for Rows<V> {
    hand_on_to_visitor!(but end_record);

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        self.visitor.end_record(line);
        let Some(plan) = self.visitor.last() else {
            return;
        };
        let Some(columns) = self.visitor.all_mut().get_mut(plan) else {
            return;
        };
        let rows = columns.rows();
        if let Some(misfit) = columns.failure() {
            self.stop = Some(Stop::Misfit(misfit.clone()));
            return;
        }
        self.bytes += line.length + 1;
        if self.bytes >= self.heavy {
            self.end_batches(0..self.visitor.all().count());
        } else if rows >= self.full {
            self.end_batches(plan..plan + 1);
        }
    }
}
