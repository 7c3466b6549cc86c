//! What must hold for any bytes whatever; each target calls one function.
//!
//! Every input is read as a full and as an incremental export's file. A broken promise panics.

pub mod joining;

use exportkit_core::canonical::{Canonicaliser, Output};
use exportkit_core::events::{Binary, Line, Member, Number, SetKind, Text, Visitor};
use exportkit_core::path::NodeId;
use exportkit_core::reader::{ExportType, Parser};
use exportkit_core::scanner::{ExportView, ScanOptions, ScanReport, Scanner};
use exportkit_core::strict::{Misread, OutputFormat, StrictReader};
use exportkit_core::transcode::{DynamodbJson, Form, Ion, Json, Transcoder};

const EXPORT_TYPES: [ExportType; 2] = [ExportType::Full, ExportType::Incremental];

/// Bytes a line may hold where faults are looked for: few, so that lines that are too long come up.
const SHORT: usize = 4096;
/// Bytes a line may hold where good records are written: more than any input becomes.
const LONG: usize = 1 << 20;

/// A file is scanned the same however it is cut, and all readers come equally far in it.
pub fn scan<P: Parser>(format: OutputFormat, data: &[u8]) {
    for export_type in EXPORT_TYPES {
        let mut options = ScanOptions::new(export_type);
        options.max_record_size = SHORT;
        options.collect_keys = true;
        options.key_names = match data.len() % 3 {
            0 => None,
            1 => Some(vec![b"pk".to_vec()]),
            _ => Some(vec![b"pk".to_vec(), b"a".to_vec()]),
        };
        options.view = [None, Some(ExportView::NewImage), Some(ExportView::NewAndOldImages)][data.len() / 3 % 3];
        options.window = Some((1_768_386_000_000_000, 1_768_386_900_000_000));
        // One of each at a time, so that there are more inputs in a second.
        let whole = report::<P>(&options, data, usize::MAX);
        let size = [1, 3, 7, 64][data.len() % 4];
        assert_eq!(report::<P>(&options, data, size), whole, "chunks of {size}");

        let mut items = Items::default();
        let misread = read(format, export_type, SHORT, data, &mut items);
        let mut canonical = Canonicaliser::new(Output::Encoding);
        assert_eq!(read(format, export_type, SHORT, data, &mut canonical), misread);
        assert_eq!(canonical.outputs().len(), items.records);
        let lines = match data.len() % 5 {
            0 | 1 => lines::<DynamodbJson>(format, export_type, data),
            2 | 3 => lines::<Ion>(format, export_type, data),
            _ => lines::<Json>(format, export_type, data),
        };
        assert_eq!(lines, (items.records, misread.clone()));
        let (report, _) = whole;
        match misread {
            // The scanner finds the same fault first, but for those of records that can be read.
            Some(misread) => assert!(report.faults.iter().any(|found| {
                (found.line, found.offset, &found.fault) == (misread.line, misread.offset, &misread.fault)
            })),
            None => assert_eq!(report.records, items.records as u64),
        }
    }
}

/// A record means the same after it was written in either format, and is written the same again.
pub fn roundtrip(data: &[u8]) {
    for format in [OutputFormat::DynamodbJson, OutputFormat::Ion] {
        for export_type in EXPORT_TYPES {
            for line in data.split(|&byte| byte == b'\n') {
                let Some(encoded) = encoded(format, export_type, line) else {
                    continue;
                };
                let json = written::<DynamodbJson>(format, export_type, line);
                let ion = written::<Ion>(format, export_type, line);
                assert_eq!(
                    self::encoded(OutputFormat::DynamodbJson, export_type, &json).as_ref(),
                    Some(&encoded)
                );
                assert_eq!(
                    self::encoded(OutputFormat::Ion, export_type, &ion).as_ref(),
                    Some(&encoded)
                );
                assert_eq!(
                    written::<DynamodbJson>(OutputFormat::DynamodbJson, export_type, &json),
                    json
                );
                assert_eq!(written::<DynamodbJson>(OutputFormat::Ion, export_type, &ion), json);
                assert_eq!(written::<Ion>(OutputFormat::Ion, export_type, &ion), ion);
                assert_eq!(written::<Ion>(OutputFormat::DynamodbJson, export_type, &json), ion);
                assert_eq!(
                    written::<Json>(OutputFormat::Ion, export_type, &ion),
                    written::<Json>(format, export_type, line)
                );
            }
        }
    }
}

fn report<P: Parser>(options: &ScanOptions, data: &[u8], size: usize) -> (ScanReport, Vec<u8>) {
    let mut scanner = Scanner::<P>::new(options.clone());
    let mut keys = Vec::new();
    for chunk in data.chunks(size) {
        scanner.feed(chunk);
        keys.extend(scanner.take_keys());
    }
    let mut report = scanner.finish();
    for found in &mut report.faults {
        found.fault.column = None;
    }
    (report, keys)
}

/// Reads a file in one piece, up to its first fault.
fn read(
    format: OutputFormat,
    export_type: ExportType,
    limit: usize,
    data: &[u8],
    visitor: &mut impl Visitor,
) -> Option<Misread> {
    let mut reader = StrictReader::new(format, export_type, limit);
    let read = reader.feed(data, visitor).and_then(|()| reader.finish(visitor));
    read.err().map(|mut misread| {
        misread.fault.column = None;
        misread
    })
}

/// How many lines of a form a file becomes, and the fault that ends it.
fn lines<F: Form>(format: OutputFormat, export_type: ExportType, data: &[u8]) -> (usize, Option<Misread>) {
    let mut transcoder = Transcoder::<F>::default();
    let misread = read(format, export_type, SHORT, data, &mut transcoder);
    let lines = transcoder.lines();
    assert!(std::str::from_utf8(lines).is_ok());
    (lines.iter().filter(|&&byte| byte == b'\n').count(), misread)
}

/// A good record's line in a form, without its line feed.
fn written<F: Form>(format: OutputFormat, export_type: ExportType, line: &[u8]) -> Vec<u8> {
    let mut transcoder = Transcoder::<F>::default();
    assert_eq!(read(format, export_type, LONG, line, &mut transcoder), None);
    let line = transcoder.lines().strip_suffix(b"\n").map(<[u8]>::to_vec);
    line.unwrap_or_else(|| panic!("a line ends with a line feed: {:?}", transcoder.lines()))
}

/// A record's canonical encoding; None where it is faulty or blank.
fn encoded(format: OutputFormat, export_type: ExportType, line: &[u8]) -> Option<Vec<u8>> {
    let mut canonical = Canonicaliser::new(Output::Encoding);
    if read(format, export_type, LONG, line, &mut canonical).is_some() {
        return None;
    }
    canonical.outputs().next().map(<[u8]>::to_vec)
}

/// Asks for everything that events promise, as the Python binding does.
#[derive(Default)]
struct Items {
    records: usize,
    begun: bool,
    open: Vec<char>,
    scratch: Vec<u8>,
}

impl Items {
    fn text(&mut self, text: Text<'_>) {
        let bytes = text.bytes(&mut self.scratch);
        assert!(std::str::from_utf8(bytes).is_ok());
        assert_eq!(bytes.is_empty(), text.is_empty());
    }
}

impl Visitor for Items {
    fn begin_record(&mut self) {
        assert!(!self.begun);
        self.begun = true;
        self.open.clear();
    }

    fn member(&mut self, _: Member) {
        assert!(self.begun && self.open.is_empty());
    }

    fn write_timestamp(&mut self, micros: u64) {
        assert!(i64::try_from(micros).is_ok());
    }

    fn begin_map(&mut self, _: NodeId) {
        self.open.push('{');
        assert!(self.open.len() <= 65);
    }

    fn name(&mut self, _: NodeId, name: Text<'_>) {
        assert_eq!(self.open.last(), Some(&'{'));
        self.text(name);
    }

    fn end_map(&mut self) {
        assert_eq!(self.open.pop(), Some('{'));
    }

    fn begin_list(&mut self) {
        self.open.push('[');
        assert!(self.open.len() <= 65);
    }

    fn end_list(&mut self) {
        assert_eq!(self.open.pop(), Some('['));
    }

    fn begin_set(&mut self, _: SetKind) {
        self.open.push('<');
    }

    fn end_set(&mut self) {
        assert_eq!(self.open.pop(), Some('<'));
    }

    fn string(&mut self, value: Text<'_>) {
        self.text(value);
    }

    fn number(&mut self, value: Number<'_>) {
        let value = value.decimal();
        self.scratch.clear();
        value.write(&mut self.scratch);
        assert_eq!(exportkit_core::number::Decimal::from_json(&self.scratch), Ok(value));
    }

    fn binary(&mut self, value: Binary<'_>) {
        self.scratch.clear();
        value.append_to(&mut self.scratch);
        assert_eq!(self.scratch.len(), value.decoded_len());
    }

    fn boolean(&mut self, _: bool) {}

    fn null(&mut self) {}

    fn end_record(&mut self, line: &Line<'_>) {
        assert!(self.begun && self.open.is_empty());
        assert_eq!(line.length, line.bytes.len() as u64);
        self.begun = false;
        self.records += 1;
    }

    fn discard_record(&mut self) {
        self.begun = false;
    }
}
