//! Names beyond the trie's bounds, of one record at a time.

use super::{NONE, low_bits};
use crate::hash::fold;

/// The names of one record that the trie has no room for.
#[derive(Debug, Default)]
pub(super) struct Overflow {
    entries: Vec<Overflown>,
    names: Vec<u8>,
    /// As [`Paths::table`], of numbers of entries.
    pub(super) table: Vec<u32>,
}

#[derive(Debug)]
struct Overflown {
    hash: u64,
    /// The map instance.
    serial: u64,
    /// Where the name begins; it ends where the next begins.
    start: usize,
}

impl Overflow {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Remembers a name of a map instance; false where it is there already.
    pub(super) fn enter(&mut self, serial: u64, hash: u64, name: &[u8]) -> bool {
        if self.entries.len() * 2 >= self.table.len() {
            self.grow();
        }
        let hash = fold(hash ^ serial, 0xA076_1D64_78BD_642F);
        let mask = self.table.len() - 1;
        let mut slot = low_bits(hash) & mask;
        while let Some(entry) = self.entries.get(self.table[slot] as usize) {
            if entry.hash == hash && entry.serial == serial {
                let end = self
                    .entries
                    .get(self.table[slot] as usize + 1)
                    .map_or(self.names.len(), |next| next.start);
                if self.names.get(entry.start..end) == Some(name) {
                    return false;
                }
            }
            slot = (slot + 1) & mask;
        }
        self.table[slot] = u32::try_from(self.entries.len()).unwrap_or(NONE);
        self.entries.push(Overflown {
            hash,
            serial,
            start: self.names.len(),
        });
        self.names.extend_from_slice(name);
        true
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(64);
        self.table.clear();
        self.table.resize(size, NONE);
        for (id, entry) in (0..).zip(&self.entries) {
            let mut slot = low_bits(entry.hash) & (size - 1);
            while self.table[slot] != NONE {
                slot = (slot + 1) & (size - 1);
            }
            self.table[slot] = id;
        }
    }

    /// Empties it, and gives back what a record out of the ordinary needed.
    #[cold]
    pub(super) fn clear(&mut self) {
        if self.table.len() > 1 << 16 {
            *self = Self::default();
        } else {
            self.entries.clear();
            self.names.clear();
            self.names.shrink_to(1 << 20);
            self.table.fill(NONE);
        }
    }
}
