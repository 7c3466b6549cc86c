//! Reading up to the first faulty record, as every consumer does but the scanner.

use std::ops::ControlFlow;

use crate::events::{Line, Visitor, hand_on_to_visitor};
use crate::fault::Fault;
use crate::ion::IonParser;
use crate::json::JsonParser;
use crate::reader::{ExportType, Reader, Sink};

/// How a data file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// DynamoDB JSON.
    DynamodbJson,
    /// Amazon Ion text.
    Ion,
}

/// A faulty record and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// The line's number, from 1.
    pub line: u64,
    /// The offset of the line's first byte in the decompressed file.
    pub offset: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// Reads one data file of either format in chunks.
#[derive(Debug)]
pub enum AnyReader {
    /// DynamoDB JSON.
    DynamodbJson(Reader<JsonParser>),
    /// Amazon Ion text.
    Ion(Reader<IonParser>),
}

impl AnyReader {
    /// Makes a reader at the start of a file; a line may hold `max_record_size` bytes.
    pub fn new(format: OutputFormat, export_type: ExportType, max_record_size: usize) -> Self {
        match format {
            OutputFormat::DynamodbJson => Self::DynamodbJson(Reader::new(export_type, max_record_size)),
            OutputFormat::Ion => Self::Ion(Reader::new(export_type, max_record_size)),
        }
    }

    /// As [`Reader::feed`].
    pub fn feed(&mut self, chunk: &[u8], sink: &mut impl Sink) -> ControlFlow<()> {
        match self {
            Self::DynamodbJson(reader) => reader.feed(chunk, sink),
            Self::Ion(reader) => reader.feed(chunk, sink),
        }
    }

    /// As [`Reader::finish`].
    pub fn finish(&mut self, sink: &mut impl Sink) -> ControlFlow<()> {
        match self {
            Self::DynamodbJson(reader) => reader.finish(sink),
            Self::Ion(reader) => reader.finish(sink),
        }
    }
}

/// Reads one data file of either format in chunks; the first faulty record ends it.
#[derive(Debug)]
pub struct StrictReader(AnyReader);

impl StrictReader {
    /// Makes a reader at the start of a file; a line may hold `max_record_size` bytes.
    pub fn new(format: OutputFormat, export_type: ExportType, max_record_size: usize) -> Self {
        Self(AnyReader::new(format, export_type, max_record_size))
    }

    /// Tells the visitor the records that the chunk completes.
    ///
    /// # Errors
    ///
    /// The first faulty record, after all before it were told; then no more may be fed.
    pub fn feed(&mut self, chunk: &[u8], visitor: &mut impl Visitor) -> Result<(), Misread> {
        let mut sink = StrictSink { visitor, misread: None };
        let _ = self.0.feed(chunk, &mut sink);
        sink.misread.map_or(Ok(()), Err)
    }

    /// Tells the visitor the last record, if it had no line feed.
    ///
    /// # Errors
    ///
    /// The record, if it is faulty.
    pub fn finish(&mut self, visitor: &mut impl Visitor) -> Result<(), Misread> {
        let mut sink = StrictSink { visitor, misread: None };
        let _ = self.0.finish(&mut sink);
        sink.misread.map_or(Ok(()), Err)
    }
}

/// Hands all events on, and breaks at the first fault.
struct StrictSink<'a, V> {
    visitor: &'a mut V,
    misread: Option<Misread>,
}

impl<V: Visitor> Sink for StrictSink<'_, V> {
    fn fault(&mut self, line: &Line<'_>, fault: Fault) -> ControlFlow<()> {
        self.misread = Some(Misread {
            line: line.number,
            offset: line.offset,
            fault,
        });
        ControlFlow::Break(())
    }

    fn blank(&mut self, _line: &Line<'_>) {}
}

impl<V: Visitor> Visitor for StrictSink<'_, V> {
    hand_on_to_visitor!();
}
