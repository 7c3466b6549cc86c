//! Chunks in, records out: drives a parser over the lines of a data file.

use std::ops::ControlFlow;

use memchr::memchr;

use crate::events::{Line, Visitor};
use crate::fault::{Fault, Reason};
use crate::line::{Piece, Splitter, is_blank};

/// Bytes a line may hold where nobody says otherwise.
pub const DEFAULT_MAX_RECORD_SIZE: usize = 64 * 1024 * 1024;

/// What the records of an export are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportType {
    /// Items: the whole table at one instant.
    Full,
    /// Changes: the net effect of a window.
    Incremental,
}

/// A record that a parser did not accept; [`Parser::diagnose`] tells why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected;

/// Reads records of one format.
pub trait Parser {
    /// Makes a parser for the records of such exports.
    fn new(export_type: ExportType) -> Self;

    /// Reads the line at the start of `lines` as one record and returns what follows its line feed.
    ///
    /// `lines` is valid UTF-8 and ends with a line feed. No event goes to the visitor that does not
    /// stand in the line, and none tells of its begin or end.
    fn record<'a, V: Visitor>(&mut self, lines: &'a [u8], visitor: &mut V) -> Result<&'a [u8], Rejected>;

    /// Returns the one fault of a line that [`Parser::record`] rejected, by the order of judgement in
    /// `docs/records.md`, from lexical nesting on.
    ///
    /// `line` is valid UTF-8, without its line feed, does not start with U+FEFF, and is not blank.
    fn diagnose(&mut self, line: &[u8]) -> Fault;
}

/// Who takes the records of a file.
pub trait Sink: Visitor {
    /// A line holds no well-formed record; breaking ends the reading.
    fn fault(&mut self, line: &Line<'_>, fault: Fault) -> ControlFlow<()>;

    /// A blank line.
    fn blank(&mut self, line: &Line<'_>);

    /// Asked after each `end_record`: whether the record shall be told once more from its beginning.
    fn wants_again(&self) -> bool {
        false
    }

    /// Asked after each record has been told: whether the reading shall end here, as by a break.
    fn has_ended(&self) -> bool {
        false
    }
}

/// Reads one data file in chunks.
#[derive(Debug)]
pub struct Reader<P> {
    splitter: Splitter,
    lines: Lines<P>,
}

/// Where the reading stands, and the parser that does it.
#[derive(Debug)]
struct Lines<P> {
    parser: P,
    limit: usize,
    number: u64,
    offset: u64,
    /// Whether the line at hand is the file's last, which has no line feed of its own.
    last: bool,
}

impl<P: Parser> Reader<P> {
    /// Makes a reader at the start of a file; a line may hold `max_record_size` bytes.
    pub fn new(export_type: ExportType, max_record_size: usize) -> Self {
        Self {
            splitter: Splitter::new(max_record_size),
            lines: Lines {
                parser: P::new(export_type),
                limit: max_record_size,
                number: 0,
                offset: 0,
                last: false,
            },
        }
    }

    /// Reads the records that the chunk completes, until the sink breaks: then no more may be fed.
    pub fn feed<S: Sink>(&mut self, chunk: &[u8], sink: &mut S) -> ControlFlow<()> {
        let lines = &mut self.lines;
        self.splitter.feed(chunk, |piece| lines.piece(piece, sink))
    }

    /// Reads the last record, if it had no line feed.
    pub fn finish<S: Sink>(&mut self, sink: &mut S) -> ControlFlow<()> {
        let lines = &mut self.lines;
        lines.last = true;
        self.splitter.finish(|piece| lines.piece(piece, sink))
    }
}

impl<P: Parser> Lines<P> {
    fn piece<S: Sink>(&mut self, piece: Piece<'_>, sink: &mut S) -> ControlFlow<()> {
        match piece {
            Piece::Lines(run) => {
                if simdutf8::basic::from_utf8(run).is_ok() {
                    return self.run(run, sink);
                }
                for line in run.split_inclusive(|&byte| byte == b'\n') {
                    if simdutf8::basic::from_utf8(line).is_ok() {
                        self.run(line, sink)?;
                    } else {
                        self.faulty(line, Some(Reason::Utf8), sink)?;
                    }
                }
                ControlFlow::Continue(())
            }
            Piece::TooLong { length } => {
                let line = self.next(length, &[]);
                sink.fault(&line, Fault::new(Reason::TooLong))
            }
        }
    }

    /// Reads whole lines of valid UTF-8.
    fn run<S: Sink>(&mut self, run: &[u8], sink: &mut S) -> ControlFlow<()> {
        let mut rest = run;
        while !rest.is_empty() {
            sink.place(self.number + 1, self.offset);
            sink.begin_record();
            let accepted = self.parser.record(rest, sink);
            match accepted {
                Ok(after) if rest.len() - after.len() <= self.limit.saturating_add(1) => {
                    let bytes = rest
                        .get(..(rest.len() - after.len()).saturating_sub(1))
                        .unwrap_or_default();
                    let line = self.next(bytes.len() as u64, bytes);
                    sink.end_record(&line);
                    if sink.wants_again() {
                        sink.begin_record();
                        let _ = self.parser.record(rest, sink);
                        sink.end_record(&line);
                    }
                    if sink.has_ended() {
                        return ControlFlow::Break(());
                    }
                    rest = after;
                }
                _ => {
                    sink.discard_record();
                    let (line, after) = rest.split_at(memchr(b'\n', rest).map_or(rest.len(), |at| at + 1));
                    self.faulty(line, None, sink)?;
                    rest = after;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Judges a line that is no well-formed record. The first rules hold for every format.
    #[cold]
    #[inline(never)]
    fn faulty<S: Sink>(&mut self, line: &[u8], reason: Option<Reason>, sink: &mut S) -> ControlFlow<()> {
        let bytes = line.strip_suffix(b"\n").unwrap_or(line);
        let line = self.next(bytes.len() as u64, bytes);
        if bytes.len() > self.limit {
            return sink.fault(&Line { bytes: &[], ..line }, Fault::new(Reason::TooLong));
        }
        if is_blank(bytes) {
            sink.blank(&line);
            return ControlFlow::Continue(());
        }
        let fault = match reason {
            Some(reason) => Fault::new(reason),
            None if bytes.starts_with("\u{FEFF}".as_bytes()) => Fault::new(Reason::Bom),
            None => self.parser.diagnose(bytes),
        };
        sink.fault(&line, fault)
    }

    /// Counts a line and returns it.
    fn next<'a>(&mut self, length: u64, bytes: &'a [u8]) -> Line<'a> {
        self.number += 1;
        let offset = self.offset;
        self.offset += length + 1;
        Line {
            number: self.number,
            offset,
            length,
            has_line_feed: !self.last,
            bytes,
        }
    }
}
