//! Inference: what the values of a data file are, path by path (`docs/columns.md`, "Statistics").
//!
//! Where the first faulty record ends the reading, a record's values are counted as they are read: statistics
//! with half a record in them are never handed out. Where faulty records are set aside, or records are told
//! apart by an attribute, each record is read twice, and counted the second time.

mod number;
mod report;
#[cfg(test)]
mod tests;
mod tree;
mod visitor;

use std::fmt;
use std::mem::take;
use std::ops::ControlFlow;

pub use self::number::NumberStatistics;
pub use self::report::{PathStatistics, TypeStatistics};
pub use self::visitor::Statistics;
use crate::events::{Line, Visitor, hand_on_to_visitor};
use crate::fault::{Fault, Reason};
use crate::reader::{ExportType, Sink};
use crate::split::{Again, Refused, Split, SplitValue};
use crate::strict::{AnyReader, Misread, OutputFormat};

/// What an inference is to do. As `InferOptions` of `exportkit/model/statistics.py`, where each is explained.
#[derive(Clone, Debug)]
pub struct InferOptions {
    /// How the data file is written.
    pub format: OutputFormat,
    /// What the records are.
    pub export_type: ExportType,
    /// Bytes a line may hold without its line feed.
    pub max_record_size: usize,
    /// Distinct names a map may have before its values are counted as one.
    pub max_map_fields: usize,
    /// The top-level attribute, UTF-8, by which statistics are kept apart.
    pub split_by: Option<Vec<u8>>,
    /// Distinct values of it.
    pub max_split_values: usize,
    /// Whether faulty records are set aside.
    pub quarantine: bool,
}

/// A faulty record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong with it, and where it stands.
    pub misread: Misread,
    /// Its bytes without the line feed; None where the line was too long.
    pub data: Option<Vec<u8>>,
}

/// Why an inference ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A record is faulty.
    Misread(Misread),
    /// A record has one value more to split by than there may be.
    TooManyValues(Refused),
}

/// Takes the statistics of one data file.
#[derive(Debug)]
pub struct Inference {
    reader: AnyReader,
    taker: Taker,
    faulty: Faulty,
}

/// Makes the statistics of a value.
type Make = Box<dyn Fn(usize) -> Option<Statistics> + Send + Sync>;

/// Who counts.
enum Taker {
    Direct(Box<Statistics>),
    Split(Box<Split<Statistics, Make>>),
}

impl fmt::Debug for Taker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct(_) => "Direct",
            Self::Split(_) => "Split",
        })
    }
}

/// What becomes of faulty records.
#[derive(Debug, Default)]
struct Faulty {
    quarantine: bool,
    /// How many were set aside.
    count: u64,
    /// Those of them that have not been taken.
    malformed: Vec<Malformed>,
    /// The one that ended the reading.
    misread: Option<Misread>,
}

impl Inference {
    /// Makes an inference at the start of a file.
    pub fn new(options: InferOptions) -> Self {
        Self {
            reader: AnyReader::new(options.format, options.export_type, options.max_record_size),
            faulty: Faulty {
                quarantine: options.quarantine,
                ..Faulty::default()
            },
            taker: Taker::new(options),
        }
    }

    /// Records seen so far, faulty ones too.
    pub fn records(&self) -> u64 {
        self.statistics().map(|(_, statistics)| statistics.records).sum::<u64>() + self.faulty.count
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    ///
    /// What ends the inference; then no more may be fed.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Stop> {
        self.read(Some(chunk))
    }

    /// Ends the file; a last line without line feed counts.
    ///
    /// # Errors
    ///
    /// As [`Self::feed`].
    pub fn finish(&mut self) -> Result<(), Stop> {
        self.read(None)
    }

    /// The statistics by the value of the attribute; without one, all under None.
    pub fn statistics(&self) -> Box<dyn Iterator<Item = (Option<&SplitValue>, &Statistics)> + '_> {
        match &self.taker {
            Taker::Direct(statistics) => Box::new(std::iter::once((None, &**statistics))),
            Taker::Split(split) => Box::new(split.visitors()),
        }
    }

    /// Takes the faulty records that were set aside since the last call.
    pub fn take_malformed(&mut self) -> Vec<Malformed> {
        take(&mut self.faulty.malformed)
    }

    fn read(&mut self, chunk: Option<&[u8]>) -> Result<(), Stop> {
        let Self { reader, taker, faulty } = self;
        match taker {
            Taker::Direct(statistics) => tell(reader, chunk, &mut **statistics, faulty),
            Taker::Split(split) => {
                tell(reader, chunk, &mut **split, faulty);
                if let Some(refused) = split.refused() {
                    return Err(Stop::TooManyValues(refused.clone()));
                }
            }
        }
        faulty
            .misread
            .take()
            .map_or(Ok(()), |misread| Err(Stop::Misread(misread)))
    }
}

impl Taker {
    fn new(options: InferOptions) -> Self {
        let attribute = options.split_by.clone();
        if attribute.is_none() && !options.quarantine {
            return Self::Direct(Box::new(Statistics::new(&options)));
        }
        let all = attribute.is_none().then(|| Statistics::new(&options));
        let make = move |known| (known < options.max_split_values).then(|| Statistics::new(&options));
        let mut split = Split::new(attribute, Box::new(make) as Make);
        if let Some(all) = all {
            split.add(None, all);
        }
        Self::Split(Box::new(split))
    }
}

/// Tells a visitor the records of a chunk, or the last one.
fn tell(reader: &mut AnyReader, chunk: Option<&[u8]>, visitor: &mut impl Again, faulty: &mut Faulty) {
    let mut sink = Telling { visitor, faulty };
    // Why it broke is kept.
    let (ControlFlow::Continue(()) | ControlFlow::Break(())) = match chunk {
        Some(chunk) => reader.feed(chunk, &mut sink),
        None => reader.finish(&mut sink),
    };
}

/// Hands records on to who counts, and keeps faulty ones.
struct Telling<'a, V> {
    visitor: &'a mut V,
    faulty: &'a mut Faulty,
}

impl<V: Again> Visitor for Telling<'_, V> {
    hand_on_to_visitor!();
}

impl<V: Again> Sink for Telling<'_, V> {
    fn fault(&mut self, line: &Line<'_>, fault: Fault) -> ControlFlow<()> {
        if self.visitor.has_ended() {
            return ControlFlow::Break(());
        }
        let is_held = fault.reason != Reason::TooLong;
        let misread = Misread {
            line: line.number,
            offset: line.offset,
            fault,
        };
        if !self.faulty.quarantine {
            self.faulty.misread = Some(misread);
            return ControlFlow::Break(());
        }
        self.faulty.count += 1;
        self.faulty.malformed.push(Malformed {
            misread,
            data: is_held.then(|| line.bytes.to_vec()),
        });
        ControlFlow::Continue(())
    }

    fn blank(&mut self, _: &Line<'_>) {}

    #[inline]
    fn wants_again(&self) -> bool {
        self.visitor.wants_again()
    }
}
