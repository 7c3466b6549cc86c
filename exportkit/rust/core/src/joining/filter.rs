//! Tells of a key whether it surely is not among those added.

use std::sync::atomic::{AtomicU64, Ordering};

use super::entry::{Entries, NotEntries};

/// A filter of words of 64 bits, in which each key sets four bits of one. Any number of threads may ask.
#[derive(Debug)]
pub struct KeyFilter {
    words: Vec<AtomicU64>,
}

/// Why there is no such filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFilter {
    /// The number of words is no power of two.
    NoPowerOfTwo,
    /// There is no room for so many.
    NoRoom,
}

impl KeyFilter {
    /// Makes an empty filter of so many words.
    pub fn new(words: usize) -> Result<Self, NoFilter> {
        if !words.is_power_of_two() {
            return Err(NoFilter::NoPowerOfTwo);
        }
        let mut room = Vec::new();
        room.try_reserve_exact(words).map_err(|_| NoFilter::NoRoom)?;
        room.resize_with(words, AtomicU64::default);
        Ok(Self { words: room })
    }

    /// Adds the keys of join entries: of all, or where some are none, of those before.
    pub fn add(&self, entries: &[u8]) -> Result<(), NotEntries> {
        for entry in Entries::new(entries) {
            let (entry, _) = entry?;
            let (word, bits) = self.place(entry.quick_hash());
            word.fetch_or(bits, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether a key, by its quick hash, may have been added.
    #[inline]
    pub fn may_hold(&self, quick: u64) -> bool {
        let (word, bits) = self.place(quick);
        word.load(Ordering::Relaxed) & bits == bits
    }

    /// The word of a key, and the bits that it sets in it.
    #[inline]
    fn place(&self, quick: u64) -> (&AtomicU64, u64) {
        #[allow(clippy::cast_possible_truncation, reason = "its lowest bits are taken anyway")]
        let at = quick as usize & (self.words.len() - 1);
        let bits = (0..4).fold(0, |bits, group| bits | 1 << (quick >> (40 + 6 * group) & 63));
        (&self.words[at], bits)
    }
}
