//! Records of a state split into lines to keep, and those that a filter may hold.

use std::mem::take;
use std::sync::Arc;

use super::apply_options::{ApplyOptions, Payload};
use super::entry::{Image, Kind, Parts, Place, Value};
use super::filter::KeyFilter;
use super::maps::NEW;
use super::pending::Pending;
use super::record::{Record, Wanted};
use super::runs::{Run, Runs};
use crate::events::{Line, Visitor, hand_on_to_visitor};
use crate::fault::{Fault, Reason};
use crate::faulty::{Faulty, tell};
use crate::key::{FirstKey, Watched};
use crate::reader::ExportType;
use crate::split::Again;
use crate::strict::{AnyReader, Misread, OutputFormat};
use crate::transcode::{Form, push};

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
    /// What every record is told for; more only where it is needed.
    first: Wanted,
    visitor: Record<F>,
    /// What the record has to be told once more for.
    again: Option<Second>,
    /// Records told whose key the filter has not been asked for yet; entries with lines have all that they need of them.
    pending: Pending,
    /// Those of the chunk whose key it may hold.
    hits: Pending,
    /// The chunk's lines.
    lines: Runs,
    /// Where the chunk begins in the file.
    chunk_offset: u64,
    entries: Vec<u8>,
    /// The key's text, while its entry is made.
    key: Vec<u8>,
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
        let is_kept = filter.is_some() && options.keep_lines;
        let first = Wanted {
            hashes: filter.is_none() && options.payload != Payload::Line,
            write: match options.payload {
                Payload::Image if filter.is_none() => true,
                Payload::Line => !is_form,
                Payload::Image | Payload::Nothing => is_kept && !is_form,
            },
        };
        Self {
            reader: AnyReader::new(options.format, ExportType::Full, options.max_record_size),
            faulty: Faulty::default(),
            items: Items {
                filter,
                is_form,
                first,
                visitor: Record::new(
                    Watched::new(ExportType::Full, Some(options.key_names.clone())),
                    options.format == OutputFormat::Ion && is_form,
                ),
                options,
                again: None,
                pending: Pending::default(),
                hits: Pending::default(),
                lines: Runs::default(),
                chunk_offset: 0,
                entries: Vec::new(),
                key: Vec::new(),
                records: 0,
                kept: 0,
                misread: None,
            },
        }
    }

    /// Takes the next bytes of the file, or ends it where there are none; forgets the lines of those before.
    ///
    /// # Errors
    ///
    /// The first faulty record, after all before it were kept or became entries; then no more may be fed.
    pub fn read(&mut self, chunk: Option<&[u8]>) -> Result<(), Misread> {
        self.items.lines.clear();
        tell(&mut self.reader, chunk, &mut self.items, &mut self.faulty);
        self.items.decide();
        let chunk = chunk.unwrap_or_default();
        self.items.add_hits(chunk);
        self.items.chunk_offset += chunk.len() as u64;
        let misread = self.items.misread.take().or_else(|| self.faulty.misread.take());
        misread.map_or(Ok(()), Err)
    }

    /// The lines kept of the chunk that was read last, which has to be given once more: as few slices as may be.
    pub fn lines<'a>(&'a self, chunk: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.items.lines.kept(chunk)
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

    /// The key of the first record; None before it.
    pub fn first_key(&self) -> Option<&FirstKey> {
        self.items.visitor.key.first()
    }
}

impl<F: Form> Items<F> {
    /// Whether the record's line cannot stay as it is.
    fn is_rewritten(&self) -> bool {
        !self.is_form || self.visitor.has_ion_int
    }

    /// The first fault of the key of a well-formed record.
    fn wrong(&self) -> Option<Fault> {
        let key = &self.visitor.key;
        (0..).zip(&key.watched.judged).find_map(|(place, &attribute)| {
            let reason = key.wrong(attribute)?;
            Some(Fault::new(reason).under(key.watched.judged_name(place)).under(b"Item"))
        })
    }

    /// The fault of a key whose type is not that of the first record's.
    #[inline]
    fn mixed(&mut self, line: &Line<'_>) -> Option<Fault> {
        let attribute = self.visitor.key.mixed(line)?;
        let name = self.visitor.key.watched.names.get(attribute as usize);
        Some(
            Fault::new(Reason::KeyMixed)
                .under(name.map_or(&[], Vec::as_slice))
                .under(b"Item"),
        )
    }

    /// Decides what becomes of a record that has been told for the first time.
    #[inline]
    fn sift(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        if !self.visitor.key.is_as_first()
            && let Some(fault) = self.wrong().or_else(|| self.mixed(line))
        {
            return Err(fault);
        }
        let is_line = self.options.payload == Payload::Line;
        if is_line && (self.first.write || !self.is_rewritten()) {
            self.wait(line);
            return Ok(());
        }
        let hit = !is_line && {
            let (quick, _) = self.visitor.key.quick_hash();
            self.filter.as_ref().is_none_or(|filter| filter.may_hold(quick))
        };
        let wanted = Wanted {
            hashes: hit,
            write: match self.options.payload {
                Payload::Image if hit => true,
                Payload::Nothing if hit => false,
                Payload::Line => self.is_rewritten(),
                Payload::Image | Payload::Nothing => self.options.keep_lines && self.is_rewritten(),
            },
        };
        if wanted.hashes <= self.first.hashes && wanted.write <= self.first.write {
            return self.put(hit, line);
        }
        self.again = Some(Second { wanted, hit });
        Ok(())
    }

    /// Keeps a record's line, or makes its entry, or lets the filter decide that later.
    fn put(&mut self, hit: bool, line: &Line<'_>) -> Result<(), Fault> {
        if self.options.payload == Payload::Line {
            self.wait(line);
            return Ok(());
        }
        if hit {
            self.add_entry(line)?;
        } else {
            if self.options.keep_lines {
                let run = self.line(line);
                self.lines.keep(run);
            }
            self.kept += 1;
        }
        self.records += 1;
        Ok(())
    }

    /// Lets the filter decide later what becomes of a record.
    #[inline]
    fn wait(&mut self, line: &Line<'_>) {
        let run = self.line(line);
        let place = (line.number, line.offset);
        self.pending.push(self.visitor.key.quick_hash(), run, place);
        if self.pending.is_full() {
            self.decide();
        }
    }

    /// Where a record's line stands as it would be kept: in the chunk, but where it has to be written.
    #[inline]
    fn line(&mut self, line: &Line<'_>) -> Run {
        let is_rewritten = self.is_rewritten();
        if !is_rewritten
            && let Some(start) = line.offset.checked_sub(self.chunk_offset)
            && let Ok(start) = usize::try_from(start)
        {
            return Run::in_chunk(start..start + line.bytes.len() + 1);
        }
        let out = &mut self.lines.written;
        let start = out.len();
        if is_rewritten {
            push(out, F::ITEM.0);
            out.extend_from_slice(self.visitor.written.map(NEW).unwrap_or_default());
            push(out, F::ITEM.1);
        } else {
            out.extend_from_slice(line.bytes); // a chunk before had its beginning
        }
        out.push(b'\n');
        Run::written(start..out.len())
    }

    /// Asks the filter of all that are pending: their lines stay, or are to become entries.
    fn decide(&mut self) {
        let hits = self.pending.hits(self.filter.as_deref());
        for (at, record) in (0..).zip(&self.pending.records) {
            if hits >> at & 1 == 0 {
                if self.options.keep_lines {
                    self.lines.keep(record.line.clone());
                }
                self.kept += 1;
            } else if Parts::has_room(record.line.len() - 1) {
                let place = (record.number, record.offset);
                let key = (record.quick, self.pending.values(record));
                self.hits.push(key, record.line.clone(), place);
            } else {
                self.misread = Some(Misread {
                    line: record.number,
                    offset: record.offset,
                    fault: Fault::new(Reason::TooLong),
                });
                break;
            }
            self.records += 1;
        }
        self.pending.clear();
    }

    /// Makes entries of the lines of a chunk whose keys the filter may hold.
    fn add_hits(&mut self, chunk: &[u8]) {
        for record in &self.hits.records {
            let line = self.lines.bytes(&record.line, chunk);
            let parts = Parts {
                kind: Kind::Item,
                hash: self.visitor.key.hash_of(self.hits.values(record)),
                quick: record.quick,
                place: Place {
                    source: self.options.source,
                    file_index: self.options.file_index,
                    line: record.number,
                    offset: record.offset,
                },
                timestamp: 0,
                key: &[],
                new: Some(Image {
                    text: line.strip_suffix(b"\n").unwrap_or(line),
                    value: Value::Line,
                }),
                old: None,
            };
            parts.write(&mut self.entries);
        }
        self.hits.clear();
    }

    fn add_entry(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let key = &mut self.visitor.key;
        let (hash, quick) = (key.hash(), key.quick_hash().0);
        let has_texts = self.options.payload == Payload::Image;
        self.key.clear();
        if has_texts {
            self.visitor.written.write_key(&mut self.key);
        }
        let mut image = self.visitor.written.image(NEW);
        if let Some(image) = image.as_mut().filter(|_| !has_texts) {
            image.text = &[];
        }
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
            key: &self.key,
            new: image,
            old: None,
        };
        if parts.write(&mut self.entries) {
            Ok(())
        } else {
            Err(Fault::new(Reason::TooLong))
        }
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
            self.decide(); // on those before it
            self.misread.get_or_insert(Misread {
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
