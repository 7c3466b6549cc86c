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

pub use self::number::NumberStatistics;
pub use self::report::{PathStatistics, TypeStatistics};
pub use self::visitor::Statistics;
pub use crate::faulty::Malformed;
use crate::faulty::{Faulty, tell};
use crate::reader::ExportType;
use crate::split::{Refused, Split, SplitValue};
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

impl Inference {
    /// Makes an inference at the start of a file.
    pub fn new(options: InferOptions) -> Self {
        Self {
            reader: AnyReader::new(options.format, options.export_type, options.max_record_size),
            faulty: Faulty::new(options.quarantine),
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
        self.faulty.take_malformed()
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
        let attribute = options.split_by;
        let statistics = move || Statistics::new(options.export_type, options.max_map_fields);
        if attribute.is_none() && !options.quarantine {
            return Self::Direct(Box::new(statistics()));
        }
        let all = attribute.is_none().then(statistics);
        let make = move |known| (known < options.max_split_values).then(statistics);
        let mut split = Split::new(attribute, Box::new(make) as Make);
        if let Some(all) = all {
            split.add(None, all);
        }
        Self::Split(Box::new(split))
    }
}
