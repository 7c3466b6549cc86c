//! What becomes of the records of one key.

use std::cmp::Ordering;
use std::fmt;

use super::compare::Compare;
use super::entry::{Entries, Entry, Image, Kind, NotEntries};
use super::joined::{Joined, KeyedTwice};
use super::lines::Lines;
use crate::strict::OutputFormat;
use crate::transcode::{DynamodbJson, Ion};

/// What is made of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A state, source 0, and the changes after it: the state at their end.
    Replay,
    /// Changes: their net change.
    Compact,
    /// Changes: the change that undoes them all.
    Revert,
    /// Two states, sources 0 and 1: the change from the first to the second.
    Diff,
}

/// What is known of an export, as `Source` of `exportkit/model/joining.py`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Whether its old images are compared with the state before it.
    pub judged: bool,
    /// Start of the next one's window, where it overlaps this one's.
    pub ghosts_from: Option<i64>,
}

/// As `JoinOptions` of `exportkit/model/joining.py`, where each is explained.
#[derive(Clone, Debug)]
pub struct JoinOptions {
    /// What becomes of the records.
    pub operation: Operation,
    /// How the lines are written.
    pub form: OutputFormat,
    /// What is known of the exports, by their numbers.
    pub sources: Vec<Source>,
    /// Whether change records get their old images.
    pub old_images: bool,
    /// `WriteTimestampMicros` of the change records made; needed but to replay or compact.
    pub timestamp: Option<u64>,
    /// Start and end of the window that a compacted change's time stamp has to lie in.
    pub window: Option<(i64, i64)>,
    /// Drifts to tell at most.
    pub samples: usize,
}

/// Why nothing was joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unjoinable {
    /// What was given are no entries that the operation takes.
    NotEntries(NotEntries),
    /// A time stamp is needed.
    NoTimestamp,
    /// Of two texts to compare, one is no item's.
    NoItem,
}

impl From<NotEntries> for Unjoinable {
    fn from(wrong: NotEntries) -> Self {
        Self::NotEntries(wrong)
    }
}

impl fmt::Display for Unjoinable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEntries(wrong) => wrong.fmt(formatter),
            Self::NoItem => formatter.write_str("an entry has a text that is no item's"),
            Self::NoTimestamp => formatter.write_str("a revert and a diff need a timestamp"),
        }
    }
}

/// Joins entries, given in any order; all of a key have to be among them.
///
/// # Errors
///
/// They are no whole entries, or of none that the operation takes.
pub fn join<'a>(entries: &'a [u8], options: &JoinOptions) -> Result<Joined<'a>, Unjoinable> {
    let needs_timestamp = matches!(options.operation, Operation::Revert | Operation::Diff);
    if needs_timestamp && options.timestamp.is_none() {
        return Err(Unjoinable::NoTimestamp);
    }
    let sorted = sorted(entries, options.operation)?;
    let mut join = Join {
        options,
        lines: match options.form {
            OutputFormat::DynamodbJson => Lines::of::<DynamodbJson>(),
            OutputFormat::Ion => Lines::of::<Ion>(),
        },
        compare: Compare::new(options.form),
        joined: Joined::default(),
    };
    let mut latest = Vec::new();
    for of_key in sorted.chunk_by(|one, other| one.hash() == other.hash()) {
        match options.operation {
            Operation::Replay => join.replay(of_key, &mut latest)?,
            Operation::Compact => join.compact(of_key, &mut latest),
            Operation::Revert => join.revert(of_key, &mut latest),
            Operation::Diff => join.diff(of_key)?,
        }
    }
    Ok(join.joined)
}

/// The entries by hash, source, time stamp, file and line; else as they were given.
fn sorted(bytes: &[u8], operation: Operation) -> Result<Vec<Entry<'_>>, NotEntries> {
    let mut sorted = Vec::new();
    let mut at = 0;
    for entry in Entries::new(bytes) {
        let (entry, bytes) = entry?;
        if !entry.is_known() {
            let wrong = "its kind or its images are none that there are";
            return Err(NotEntries { at, wrong });
        }
        let is_taken = match (operation, entry.kind()) {
            (Operation::Replay, Kind::Item) => entry.source() == 0,
            (Operation::Replay, Kind::Change) => entry.source() > 0,
            (Operation::Compact | Operation::Revert, kind) => kind == Kind::Change,
            (Operation::Diff, kind) => kind == Kind::Item && entry.source() < 2,
        };
        if !is_taken {
            let wrong = "the operation takes none of its kind and source";
            return Err(NotEntries { at, wrong });
        }
        sorted.push((entry.hash_prefix(), entry));
        at += bytes.len();
    }
    sorted.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| order(&one.1, &other.1)));
    Ok(sorted.into_iter().map(|(_, entry)| entry).collect())
}

fn order(one: &Entry<'_>, other: &Entry<'_>) -> Ordering {
    let rest = |entry: &Entry<'_>| {
        let place = entry.place();
        (place.source, entry.timestamp(), place.file_index, place.line)
    };
    one.hash().cmp(other.hash()).then_with(|| rest(one).cmp(&rest(other)))
}

/// What is being joined.
#[derive(Debug)]
pub(super) struct Join<'a, 'o> {
    pub(super) options: &'o JoinOptions,
    pub(super) lines: Lines,
    pub(super) compare: Compare,
    pub(super) joined: Joined<'a>,
}

impl<'a> Join<'a, '_> {
    /// What is known of a change's export.
    pub(super) fn source(&self, change: &Entry<'_>) -> Source {
        let known = usize::try_from(change.source())
            .ok()
            .and_then(|number| self.options.sources.get(number));
        known.copied().unwrap_or_default()
    }

    /// Leaves of one key's changes the last of each source.
    pub(super) fn take_latest(&mut self, changes: &[Entry<'a>], latest: &mut Vec<Entry<'a>>) {
        latest.clear();
        for same in changes.chunk_by(|one, other| one.source() == other.source()) {
            latest.extend(same.last());
        }
        self.joined.repeated += count(changes.len() - latest.len());
    }

    /// The image after the change at a place: its new one, unless that is a ghost.
    pub(super) fn after(&mut self, changes: &[Entry<'a>], at: usize) -> Option<Image<'a>> {
        let change = changes.get(at)?;
        let new = change.new_image()?;
        let Some(from) = self.source(change).ghosts_from else {
            return Some(new);
        };
        let is_seen_again = changes
            .get(at + 1)
            .is_some_and(|next| u64::from(next.source()) == u64::from(change.source()) + 1);
        if is_seen_again || i128::from(change.timestamp()) < i128::from(from) {
            return Some(new);
        }
        self.joined.ghosts += 1;
        None
    }

    /// Notes the first two of one state's items of one key, if there are two.
    pub(super) fn note_twice(&mut self, items: &[Entry<'a>]) {
        if let ([first, second, ..], None) = (items, self.joined.keyed_twice) {
            self.joined.keyed_twice = Some(KeyedTwice {
                first: first.place(),
                second: second.place(),
            });
        }
    }
}

/// A number of entries.
pub(super) fn count(entries: usize) -> u64 {
    entries as u64
}
