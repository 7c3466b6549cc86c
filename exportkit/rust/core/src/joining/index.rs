//! Change records turned into join entries.

use std::mem::take;

use super::entry::{Image, Kind, Parts, Place};
use super::maps::{NEW, OLD};
use super::record::{Record, Wanted};
use crate::events::{Line, Visitor, hand_on_to_visitor};
use crate::fault::{Fault, Reason};
use crate::faulty::{Faulty, tell};
use crate::key::{FirstKey, Watched};
use crate::reader::ExportType;
use crate::split::Again;
use crate::strict::{AnyReader, Misread, OutputFormat};
use crate::transcode::Form;
use crate::window::{Window, outside, timestamp_fault};

/// As `IndexOptions` of `exportkit/model/joining.py`, where each is explained.
#[derive(Clone, Debug)]
pub struct IndexOptions {
    /// How the file is written.
    pub format: OutputFormat,
    /// Bytes a line may hold without its line feed.
    pub max_record_size: usize,
    /// The export's number.
    pub source: u32,
    /// The file's number in it.
    pub file_index: u32,
    /// Names of the key attributes, UTF-8; None: those of the first record's Keys.
    pub key_names: Option<Vec<Vec<u8>>>,
    /// Start and end of the window that changes have to be written in; None: any time is right.
    pub window: Option<(i64, i64)>,
}

/// Indexes one data file of changes; images are written in the form `F`.
#[derive(Debug)]
pub struct Index<F> {
    reader: AnyReader,
    faulty: Faulty,
    changes: Changes<F>,
}

/// The visitor.
#[derive(Debug)]
struct Changes<F> {
    source: u32,
    file_index: u32,
    /// Names of the key, in the order of their UTF-8; None until they are known.
    key_names: Option<Vec<Vec<u8>>>,
    window: Option<Window>,
    /// How often the names of Keys had changed when they were found to be these.
    judged: u64,
    visitor: Record<F>,
    entries: Vec<u8>,
    records: u64,
    misread: Option<Misread>,
}

impl<F: Form> Index<F> {
    /// Makes an index at the start of a file.
    pub fn new(options: IndexOptions) -> Self {
        let mut record = Record::new(Watched::new(ExportType::Incremental, None), false);
        record.want(Wanted {
            hashes: false,
            write: true,
        });
        let sorted = |mut names: Vec<Vec<u8>>| {
            names.sort_unstable();
            names.dedup();
            names
        };
        Self {
            reader: AnyReader::new(options.format, ExportType::Incremental, options.max_record_size),
            faulty: Faulty::default(),
            changes: Changes {
                source: options.source,
                file_index: options.file_index,
                key_names: options.key_names.map(sorted),
                window: options.window,
                judged: 0,
                visitor: record,
                entries: Vec::new(),
                records: 0,
                misread: None,
            },
        }
    }

    /// Takes the next bytes of the file, or ends it where there are none.
    ///
    /// # Errors
    ///
    /// The first faulty record, after all before it became entries; then no more may be fed.
    pub fn read(&mut self, chunk: Option<&[u8]>) -> Result<(), Misread> {
        tell(&mut self.reader, chunk, &mut self.changes, &mut self.faulty);
        self.changes
            .misread
            .take()
            .or_else(|| self.faulty.misread.take())
            .map_or(Ok(()), Err)
    }

    /// Takes the entries made since the last call.
    pub fn take_entries(&mut self) -> Vec<u8> {
        take(&mut self.changes.entries)
    }

    /// Records that became entries so far.
    pub fn records(&self) -> u64 {
        self.changes.records
    }

    /// Names of the key attributes in the order of their UTF-8; None before the first record, if not given.
    pub fn key_names(&self) -> Option<&[Vec<u8>]> {
        self.changes.key_names.as_deref()
    }

    /// The key of the first record; None before it.
    pub fn first_key(&self) -> Option<&FirstKey> {
        self.changes.visitor.key.first()
    }
}

impl<F: Form> Changes<F> {
    /// The first fault of the key of a well-formed record.
    fn wrong(&mut self, line: &Line<'_>) -> Option<Fault> {
        let changes = self.visitor.key.watched.changes;
        if self.judged != changes {
            if let Some(fault) = self.wrong_names() {
                return Some(fault);
            }
            self.judged = changes;
        }
        if self.visitor.key.is_as_first() {
            return self.wrong_images();
        }
        self.wrong_values()
            .or_else(|| self.wrong_images())
            .or_else(|| self.mixed(line))
    }

    /// The fault of names of Keys that are not those of the key.
    #[cold]
    fn wrong_names(&self) -> Option<Fault> {
        let names = &self.visitor.key.watched.names;
        let known = self.key_names.as_ref()?;
        if let Some(absent) = known.iter().find(|name| !names.contains(name)) {
            return Some(in_keys(Reason::KeyAbsent, absent));
        }
        let other = names.iter().find(|name| !known.contains(name))?;
        Some(in_keys(Reason::KeyOther, other))
    }

    fn wrong_values(&self) -> Option<Fault> {
        let key = &self.visitor.key;
        key.watched.key.iter().find_map(|&(attribute, _)| {
            let name = key.watched.names.get(attribute as usize);
            Some(in_keys(key.wrong(attribute)?, name.map_or(&[], Vec::as_slice)))
        })
    }

    fn wrong_images(&self) -> Option<Fault> {
        let (member, reason) = self.visitor.key.wrong_images().next()?;
        Some(Fault::new(reason).under(member.name().as_bytes()))
    }

    /// The fault of a change that was written far from the window.
    fn untimely(&self) -> Option<Fault> {
        let reason = outside(self.window?, self.visitor.timestamp)?;
        (reason == Reason::TimestampFar).then(|| timestamp_fault(reason))
    }

    /// The fault of a key whose type is not that of the first record's.
    fn mixed(&mut self, line: &Line<'_>) -> Option<Fault> {
        let attribute = self.visitor.key.mixed(line)?;
        let name = self.visitor.key.watched.names.get(attribute as usize);
        Some(in_keys(Reason::KeyMixed, name.map_or(&[], Vec::as_slice)))
    }

    /// Learns the names of the key from the first record.
    #[cold]
    fn learn(&mut self) {
        let watched = &self.visitor.key.watched;
        let names = watched
            .key
            .iter()
            .filter_map(|&(attribute, _)| watched.names.get(attribute as usize));
        self.key_names = Some(names.cloned().collect());
    }

    fn add_entry(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        if let Some(fault) = self.wrong(line).or_else(|| self.untimely()) {
            return Err(fault);
        }
        let (hash, quick) = (self.visitor.key.hash(), self.visitor.key.quick_hash().0);
        let parts = Parts {
            kind: Kind::Change,
            hash,
            quick,
            place: Place {
                source: self.source,
                file_index: self.file_index,
                line: line.number,
                offset: line.offset,
            },
            timestamp: self.visitor.timestamp,
            key: self.visitor.written.keys_text(),
            new: self.visitor.written.map(NEW).map(Image::map),
            old: self.visitor.written.map(OLD),
        };
        if !parts.write(&mut self.entries) {
            return Err(Fault::new(Reason::TooLong));
        }
        if self.key_names.is_none() {
            self.learn();
        }
        self.records += 1;
        Ok(())
    }
}

/// A fault of an attribute in Keys.
fn in_keys(reason: Reason, name: &[u8]) -> Fault {
    Fault::new(reason).under(name).under(b"Keys")
}

impl<F: Form> Visitor for Changes<F> {
    hand_on_to_visitor!(but end_record);

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        if self.wants_again() {
            return;
        }
        if let Err(fault) = self.add_entry(line) {
            self.misread = Some(Misread {
                line: line.number,
                offset: line.offset,
                fault,
            });
        }
    }
}

impl<F: Form> Again for Changes<F> {
    #[inline]
    fn wants_again(&self) -> bool {
        self.visitor.key.wants_again()
    }

    #[inline]
    fn has_ended(&self) -> bool {
        self.misread.is_some()
    }
}
