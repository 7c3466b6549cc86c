//! Reading up to the first faulty record, as every consumer does but the scanner.

use std::ops::ControlFlow;

use crate::events::{Binary, Line, Member, Number, SetKind, Text, Visitor};
use crate::fault::Fault;
use crate::ion::IonParser;
use crate::json::JsonParser;
use crate::path::NodeId;
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

/// Reads one data file of either format in chunks; the first faulty record ends it.
#[derive(Debug)]
pub struct StrictReader(Format);

#[derive(Debug)]
enum Format {
    DynamodbJson(Reader<JsonParser>),
    Ion(Reader<IonParser>),
}

impl StrictReader {
    /// Makes a reader at the start of a file; a line may hold `max_record_size` bytes.
    pub fn new(format: OutputFormat, export_type: ExportType, max_record_size: usize) -> Self {
        Self(match format {
            OutputFormat::DynamodbJson => Format::DynamodbJson(Reader::new(export_type, max_record_size)),
            OutputFormat::Ion => Format::Ion(Reader::new(export_type, max_record_size)),
        })
    }

    /// Tells the visitor the records that the chunk completes.
    ///
    /// # Errors
    ///
    /// The first faulty record, after all before it were told; then no more may be fed.
    pub fn feed(&mut self, chunk: &[u8], visitor: &mut impl Visitor) -> Result<(), Misread> {
        let mut sink = StrictSink { visitor, misread: None };
        let _ = match &mut self.0 {
            Format::DynamodbJson(reader) => reader.feed(chunk, &mut sink),
            Format::Ion(reader) => reader.feed(chunk, &mut sink),
        };
        sink.misread.map_or(Ok(()), Err)
    }

    /// Tells the visitor the last record, if it had no line feed.
    ///
    /// # Errors
    ///
    /// The record, if it is faulty.
    pub fn finish(&mut self, visitor: &mut impl Visitor) -> Result<(), Misread> {
        let mut sink = StrictSink { visitor, misread: None };
        let _ = match &mut self.0 {
            Format::DynamodbJson(reader) => reader.finish(&mut sink),
            Format::Ion(reader) => reader.finish(&mut sink),
        };
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

/// Methods that hand their arguments on to the visitor.
macro_rules! hand_on {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            #[inline]
            fn $method(&mut self, $($argument: $type),*) {
                self.visitor.$method($($argument),*);
            }
        )*
    };
}

impl<V: Visitor> Visitor for StrictSink<'_, V> {
    hand_on! {
        begin_record();
        member(member: Member);
        write_timestamp(micros: u64);
        begin_map(node: NodeId);
        name(node: NodeId, name: Text<'_>);
        end_map();
        begin_list();
        end_list();
        begin_set(kind: SetKind);
        end_set();
        string(value: Text<'_>);
        number(value: Number<'_>);
        binary(value: Binary<'_>);
        boolean(value: bool);
        null();
        end_record(line: &Line<'_>);
        discard_record();
    }
}
