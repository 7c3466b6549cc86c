//! The decoder: the records of a data file become batches of Arrow columns (`docs/columns.md`, "Batches").

use std::mem::take;
use std::ops::ControlFlow;

use crate::columns::plan::ColumnPlan;
use crate::columns::{Batch, Columns, ColumnsReport, Misfit, TooLarge};
use crate::events::{Binary, Line, Member, Number, SetKind, ShortNumber, ShortText, Text, Visitor};
use crate::fault::{Fault, Reason};
use crate::ion::IonParser;
use crate::json::JsonParser;
use crate::path::NodeId;
use crate::reader::{ExportType, Reader, Sink};
use crate::strict::{Misread, OutputFormat};

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
    /// Bytes of lines that fill one.
    pub batch_bytes: u64,
    /// Whether faulty records are set aside.
    pub quarantine: bool,
    /// Misfits kept with their places.
    pub misfit_limit: usize,
}

/// A faulty record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong with it, and where it stands.
    pub misread: Misread,
    /// Its bytes without the line feed; None where the line was too long.
    pub data: Option<Vec<u8>>,
}

/// Why a decoder ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A record is faulty.
    Misread(Misread),
    /// A value fits no column.
    Misfit(Misfit),
    /// A batch is too large for Arrow.
    TooLarge,
}

impl From<TooLarge> for Stop {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

/// Decodes one data file.
#[derive(Debug)]
pub struct Decoder {
    reader: AnyReader,
    rows: Rows,
}

#[derive(Debug)]
enum AnyReader {
    DynamodbJson(Reader<JsonParser>),
    Ion(Reader<IonParser>),
}

impl Decoder {
    /// Makes a decoder at the start of a file.
    pub fn new(options: DecodeOptions, plan: &ColumnPlan) -> Self {
        let (export_type, limit) = (options.export_type, options.max_record_size);
        Self {
            reader: match options.format {
                OutputFormat::DynamodbJson => AnyReader::DynamodbJson(Reader::new(export_type, limit)),
                OutputFormat::Ion => AnyReader::Ion(Reader::new(export_type, limit)),
            },
            rows: Rows {
                columns: Columns::new(plan, options.misfit_limit),
                options,
                batches: Vec::new(),
                malformed: Vec::new(),
                malformed_count: 0,
                stop: None,
            },
        }
    }

    /// Takes the next bytes of the file; returns the batches they filled, and why they were the last, if so: then all
    /// rows are among them, and no more may be fed.
    pub fn feed(&mut self, chunk: &[u8]) -> (Vec<Batch>, Option<Stop>) {
        let rows = &mut self.rows;
        // Why it broke is kept.
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) = match &mut self.reader {
            AnyReader::DynamodbJson(reader) => reader.feed(chunk, rows),
            AnyReader::Ion(reader) => reader.feed(chunk, rows),
        };
        self.take(false)
    }

    /// Ends the file; a last line without line feed counts. As [`Self::feed`].
    pub fn finish(&mut self) -> (Vec<Batch>, Option<Stop>) {
        let rows = &mut self.rows;
        let (ControlFlow::Continue(()) | ControlFlow::Break(())) = match &mut self.reader {
            AnyReader::DynamodbJson(reader) => reader.finish(rows),
            AnyReader::Ion(reader) => reader.finish(rows),
        };
        self.take(true)
    }

    fn take(&mut self, is_last: bool) -> (Vec<Batch>, Option<Stop>) {
        if is_last || self.rows.stop.is_some() {
            self.rows.end_batch();
        }
        (take(&mut self.rows.batches), self.rows.stop.take())
    }

    /// Takes the faulty records that were set aside since the last call.
    pub fn take_malformed(&mut self) -> Vec<Malformed> {
        take(&mut self.rows.malformed)
    }

    /// Faulty records that were set aside.
    pub fn malformed(&self) -> u64 {
        self.rows.malformed_count
    }

    /// What was counted so far.
    pub fn report(&self) -> &ColumnsReport {
        self.rows.columns.report()
    }
}

/// Takes records into columns, and cuts these into batches.
#[derive(Debug)]
struct Rows {
    options: DecodeOptions,
    columns: Columns,
    batches: Vec<Batch>,
    malformed: Vec<Malformed>,
    malformed_count: u64,
    stop: Option<Stop>,
}

impl Rows {
    #[cold]
    #[inline(never)]
    fn end_batch(&mut self) {
        match self.columns.take() {
            Ok(batch) => self.batches.extend(batch),
            Err(TooLarge) => self.stop = Some(Stop::TooLarge),
        }
    }
}

impl Sink for Rows {
    fn fault(&mut self, line: &Line<'_>, fault: Fault) -> ControlFlow<()> {
        let data = (fault.reason != Reason::TooLong).then(|| line.bytes.to_vec());
        let misread = Misread {
            line: line.number,
            offset: line.offset,
            fault,
        };
        if self.options.quarantine {
            self.malformed_count += 1;
            self.malformed.push(Malformed { misread, data });
            ControlFlow::Continue(())
        } else {
            self.stop = Some(Stop::Misread(misread));
            ControlFlow::Break(())
        }
    }

    fn blank(&mut self, _line: &Line<'_>) {}

    #[inline]
    fn has_ended(&self) -> bool {
        self.stop.is_some()
    }
}

impl Visitor for Rows {
    #[inline]
    fn begin_record(&mut self) {
        self.columns.begin_record();
    }
    #[inline]
    fn member(&mut self, member: Member) {
        self.columns.member(member);
    }
    #[inline]
    fn write_timestamp(&mut self, micros: u64) {
        self.columns.write_timestamp(micros);
    }
    #[inline]
    fn begin_map(&mut self, node: NodeId) {
        self.columns.begin_map(node);
    }
    #[inline]
    fn name(&mut self, node: NodeId, name: Text<'_>) {
        self.columns.name(node, name);
    }
    #[inline]
    fn end_map(&mut self) {
        self.columns.end_map();
    }
    #[inline]
    fn begin_list(&mut self) {
        self.columns.begin_list();
    }
    #[inline]
    fn end_list(&mut self) {
        self.columns.end_list();
    }
    #[inline]
    fn begin_set(&mut self, kind: SetKind) {
        self.columns.begin_set(kind);
    }
    #[inline]
    fn end_set(&mut self) {
        self.columns.end_set();
    }
    #[inline]
    fn string(&mut self, value: Text<'_>) {
        self.columns.string(value);
    }
    #[inline]
    fn number(&mut self, value: Number<'_>) {
        self.columns.number(value);
    }
    #[inline]
    fn short_string(&mut self, value: ShortText<'_>) {
        self.columns.short_string(value);
    }
    #[inline]
    fn short_number(&mut self, value: ShortNumber<'_>) {
        self.columns.short_number(value);
    }
    #[inline]
    fn binary(&mut self, value: Binary<'_>) {
        self.columns.binary(value);
    }
    #[inline]
    fn boolean(&mut self, value: bool) {
        self.columns.boolean(value);
    }
    #[inline]
    fn null(&mut self) {
        self.columns.null();
    }
    #[inline]
    fn discard_record(&mut self) {
        self.columns.discard_record();
    }

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        self.columns.end_record(line);
        if let Some(misfit) = self.columns.failure() {
            self.stop = Some(Stop::Misfit(misfit.clone()));
        } else if self.columns.rows() >= self.options.batch_rows || self.columns.bytes() >= self.options.batch_bytes {
            self.end_batch();
        }
    }
}
