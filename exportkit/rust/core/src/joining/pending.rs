//! Records of a state of which a filter is asked a little later, of many at once.
//!
//! A filter is larger than a processor's nearest memory, and to ask it is to wait for a farther one. Asked of many keys
//! in a row, it is waited for once.

use std::ops::Range;

use super::filter::KeyFilter;
use super::runs::Run;

/// Records that wait at most; a word has a bit for each.
const MANY: usize = 32;

/// The records that wait.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) records: Vec<Waiting>,
    /// The values of their keys, one record's behind the other's.
    values: Vec<u8>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// Its key's quick hash.
    pub(super) quick: u64,
    /// Where its key's values stand.
    values: Range<usize>,
    /// Where its line stands.
    pub(super) line: Run,
    /// Its line's number.
    pub(super) number: u64,
    /// Its offset in the file.
    pub(super) offset: u64,
}

impl Pending {
    /// Takes a record: what its key is known by and made of, its line, and its number and offset.
    #[inline]
    pub(super) fn push(&mut self, (quick, values): (u64, &[u8]), line: Run, (number, offset): (u64, u64)) {
        let start = self.values.len();
        self.values.extend_from_slice(values);
        self.records.push(Waiting {
            quick,
            values: start..self.values.len(),
            line,
            number,
            offset,
        });
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= MANY
    }

    /// Asks a filter: a bit for each record whose key it may hold; all where there is no filter.
    #[inline]
    pub(super) fn hits(&self, filter: Option<&KeyFilter>) -> u64 {
        let Some(filter) = filter else { return u64::MAX };
        (0..).zip(&self.records).fold(0, |hits, (at, record)| {
            hits | u64::from(filter.may_hold(record.quick)) << at
        })
    }

    /// The values of a record's key.
    pub(super) fn values(&self, record: &Waiting) -> &[u8] {
        self.values.get(record.values.clone()).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.values.clear();
    }
}
