//! Records of a state split into lines to keep, and those that a filter may hold.

use std::mem::take;
use std::sync::Arc;

use super::entry::{Kind, Parts, Place};
use super::filter::KeyFilter;
use super::record::{NEW, Record, Wanted, Write};
use crate::events::{Line, Visitor, hand_on_to_visitor};
use crate::fault::{Fault, Reason};
use crate::faulty::{Faulty, tell};
use crate::key::Watched;
use crate::reader::ExportType;
use crate::split::Again;
use crate::strict::{AnyReader, Misread, OutputFormat};
use crate::transcode::{Form, push};

/// What a state's entry carries of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    Nothing,
    /// Its line as it would be kept.
    Line,
    /// Its image.
    Image,
}

/// As `ApplyOptions` of `exportkit/model/joining.py`, where each is explained.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// How the file is written.
    pub format: OutputFormat,
    /// Bytes a line may hold without its line feed.
    pub max_record_size: usize,
    /// The state's number.
    pub source: u32,
    /// The file's number in it.
    pub file_index: u32,
    /// Names of the key attributes, UTF-8.
    pub key_names: Vec<Vec<u8>>,
    /// What entries carry.
    pub payload: Payload,
    /// Whether lines to keep are handed out, not counted alone.
    pub keep_lines: bool,
}

/// Splits one data file of a state; what has to be written is written in the form `F`.
#[derive(Debug)]
pub struct Applier<F> {
    reader: AnyReader,
    faulty: Faulty,
    items: Items<F>,
}

/// The visitor.
#[derive(Debug)]
struct Items<F> {
    options: ApplyOptions,
    filter: Option<Arc<KeyFilter>>,
    /// Whether the file is written in the form already.
    is_form: bool,
    /// Whether its numbers may have to be written anew.
    is_ion: bool,
    /// What every record is told for; more only where it is needed.
    first: Wanted,
    visitor: Record<F>,
    /// What the record has to be told once more for.
    again: Option<Second>,
    lines: Vec<u8>,
    entries: Vec<u8>,
    scratch: Vec<u8>,
    records: u64,
    kept: u64,
    misread: Option<Misread>,
}

/// What a record is told once more for.
#[derive(Clone, Copy, Debug)]
struct Second {
    wanted: Wanted,
    /// Whether the filter may hold its key; else its line is kept.
    hit: bool,
}

impl<F: Form> Applier<F> {
    /// Makes an applier at the start of a file. Records whose key the filter does not hold are kept; without a filter
    /// every record becomes an entry. `form` is what `F` writes.
    pub fn new(options: ApplyOptions, form: OutputFormat, filter: Option<Arc<KeyFilter>>) -> Self {
        let is_form = options.format == form;
        let write = match (&filter, options.payload) {
            (Some(_), _) if !is_form && options.keep_lines => Write::All,
            (Some(_), _) | (None, Payload::Nothing) => Write::Nothing,
            (None, Payload::Line) if is_form => Write::Key,
            (None, Payload::Line | Payload::Image) => Write::All,
        };
        let first = Wanted {
            hashes: filter.is_none(),
            write,
        };
        Self {
            reader: AnyReader::new(options.format, ExportType::Full, options.max_record_size),
            faulty: Faulty::default(),
            items: Items {
                filter,
                is_form,
                is_ion: options.format == OutputFormat::Ion,
                first,
                visitor: Record::new(Watched::new(ExportType::Full, Some(options.key_names.clone()))),
                options,
                again: None,
                lines: Vec::new(),
                entries: Vec::new(),
                scratch: Vec::new(),
                records: 0,
                kept: 0,
                misread: None,
            },
        }
    }

    /// Takes the next bytes of the file, or ends it where there are none.
    ///
    /// # Errors
    ///
    /// The first faulty record, after all before it were kept or became entries; then no more may be fed.
    pub fn read(&mut self, chunk: Option<&[u8]>) -> Result<(), Misread> {
        tell(&mut self.reader, chunk, &mut self.items, &mut self.faulty);
        let misread = self.items.misread.take().or_else(|| self.faulty.misread.take());
        misread.map_or(Ok(()), Err)
    }

    /// The lines kept since [`Self::clear_lines`] was called last.
    pub fn lines(&self) -> &[u8] {
        &self.items.lines
    }

    /// Forgets the lines, keeps the memory.
    pub fn clear_lines(&mut self) {
        self.items.lines.clear();
    }

    /// Takes the entries made since the last call.
    pub fn take_entries(&mut self) -> Vec<u8> {
        take(&mut self.items.entries)
    }

    /// Records that were kept or became entries so far.
    pub fn records(&self) -> u64 {
        self.items.records
    }

    /// Records among them that were kept.
    pub fn kept(&self) -> u64 {
        self.items.kept
    }
}

impl<F: Form> Items<F> {
    /// Whether the record's line cannot stay as it is.
    fn is_rewritten(&self) -> bool {
        !self.is_form || self.is_ion && self.visitor.has_ion_int
    }

    /// The first fault of the key of a well-formed record.
    fn wrong(&self) -> Option<Fault> {
        let key = &self.visitor.key;
        (0..).zip(&key.watched.judged).find_map(|(place, &attribute)| {
            let reason = key.wrong(attribute)?;
            Some(Fault::new(reason).under(key.watched.judged_name(place)).under(b"Item"))
        })
    }

    /// Decides what becomes of a record that has been told for the first time.
    #[inline]
    fn sift(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        if let Some(fault) = self.wrong() {
            return Err(fault);
        }
        let key = &mut self.visitor.key;
        let hit = self
            .filter
            .as_ref()
            .is_none_or(|filter| filter.may_hold(key.quick_hash()));
        let write = match (hit, self.options.payload) {
            (true, Payload::Nothing) => Write::Nothing,
            (true, Payload::Image) => Write::All,
            (false, _) if !self.options.keep_lines => Write::Nothing,
            _ if self.is_rewritten() => Write::All,
            (true, Payload::Line) => Write::Key,
            (false, _) => Write::Nothing,
        };
        let wanted = Wanted { hashes: hit, write };
        if wanted.hashes <= self.first.hashes && wanted.write <= self.first.write {
            return self.put(hit, line);
        }
        self.again = Some(Second { wanted, hit });
        Ok(())
    }

    /// Keeps a record's line, or makes its entry.
    fn put(&mut self, hit: bool, line: &Line<'_>) -> Result<(), Fault> {
        let rewritten = self.is_rewritten();
        if hit {
            self.add_entry(line, rewritten)?;
        } else {
            if self.options.keep_lines {
                write_line(&mut self.lines, &self.visitor, line, rewritten);
                self.lines.push(b'\n');
            }
            self.kept += 1;
        }
        self.records += 1;
        Ok(())
    }

    fn add_entry(&mut self, line: &Line<'_>, rewritten: bool) -> Result<(), Fault> {
        let key = &mut self.visitor.key;
        let (hash, quick) = (key.hash(), key.quick_hash());
        let record = &self.visitor;
        let Some((image_hash, image)) = record.image(NEW) else {
            return Ok(()); // a well-formed record has its item
        };
        let scratch = &mut self.scratch;
        scratch.clear();
        if self.options.payload != Payload::Nothing {
            record.write_key(scratch);
        }
        let key_length = scratch.len();
        let text = match self.options.payload {
            Payload::Nothing => &[],
            Payload::Image => image,
            Payload::Line => {
                write_line(scratch, record, line, rewritten);
                &scratch[key_length..]
            }
        };
        let parts = Parts {
            kind: Kind::Item,
            hash,
            quick,
            place: Place {
                source: self.options.source,
                file_index: self.options.file_index,
                line: line.number,
                offset: line.offset,
            },
            timestamp: 0,
            key: &scratch[..key_length],
            new: Some((image_hash, text)),
            old: None,
        };
        if parts.write(&mut self.entries) {
            Ok(())
        } else {
            Err(Fault::new(Reason::TooLong))
        }
    }
}

/// Writes a record's line, without line feed, as it would be kept.
#[inline]
fn write_line<F: Form>(out: &mut Vec<u8>, record: &Record<F>, line: &Line<'_>, rewritten: bool) {
    if rewritten {
        push(out, F::ITEM.0);
        out.extend_from_slice(record.text(NEW));
        push(out, F::ITEM.1);
    } else {
        out.extend_from_slice(line.bytes);
    }
}

impl<F: Form> Visitor for Items<F> {
    hand_on_to_visitor!(but begin_and_end);

    #[inline]
    fn begin_record(&mut self) {
        let wanted = self.again.map_or(self.first, |second| second.wanted);
        self.visitor.want(wanted);
        self.visitor.begin_record();
    }

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        let put = match self.again.take() {
            Some(second) => self.put(second.hit, line),
            None => self.sift(line),
        };
        if let Err(fault) = put {
            self.misread = Some(Misread {
                line: line.number,
                offset: line.offset,
                fault,
            });
        }
    }
}

impl<F: Form> Again for Items<F> {
    #[inline]
    fn wants_again(&self) -> bool {
        self.again.is_some()
    }

    #[inline]
    fn has_ended(&self) -> bool {
        self.misread.is_some()
    }
}
