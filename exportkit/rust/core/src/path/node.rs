//! What is kept of a place.

use std::mem::take;

use super::NONE;
use crate::simd::BLOCK;

/// Attributes of a map that may come unexpected; from so many on, none is expected in the next such maps.
const UNSTEADY: u8 = 8;
/// Maps in a row, at most, of which none is expected; a power of two, less one.
const MOST_IDLE: u8 = 15;

/// What is added for an attribute that began as another did, of 255: about four of each map, and they are told apart by
/// the ends of their names from then on, for good.
const ALIKE: u8 = 4;
/// The part of it that each map takes away.
const FORGOTTEN: u8 = 16;

/// What a parser needs of a place, in one cache line.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Node {
    pub(super) token: [u8; BLOCK],
    /// Bytes of the block that are not the token's, as a mask.
    pub(super) beyond: u32,
    /// The place of this list's elements.
    pub(super) elements: u32,
    /// The map instance that this attribute was seen in.
    pub(super) seen: u64,
    pub(super) parent: u32,
    /// Bytes before the value, less one: so that it is plain to the compiler that it stays within a block.
    pub(super) before: u8,
    /// Bytes of the name in it.
    pub(super) name_length: u8,
    pub(super) tag: u8,
    /// Attributes that came unexpected in the last instance of this map.
    pub(super) missed: u8,
    /// Instances until attributes are expected again.
    pub(super) idle: u8,
    /// How many that will be the next time that too many come unexpected.
    patience: u8,
    /// How many attributes of this map began alike lately.
    alike: u8,
}

impl Node {
    pub(super) fn new(parent: u32) -> Self {
        Self {
            token: [0xFF; BLOCK], // never in UTF-8, so that nothing is taken for a token before there is one
            beyond: 0,
            elements: NONE,
            seen: 0,
            parent,
            before: 0,
            name_length: 0,
            tag: 0,
            missed: 0,
            idle: 0,
            patience: 0,
            alike: 0,
        }
    }

    /// Begins an instance of this map: whether attributes shall be expected in it, whether what comes after others
    /// remembered, and whether they are told apart by the ends of their names.
    ///
    /// Where many come unexpected, none is expected for a while, each time longer, and only at its end looked at
    /// whether it would pay again.
    #[inline(always)]
    pub(super) fn open(&mut self) -> (bool, bool, bool) {
        if self.idle > 0 {
            self.idle -= 1;
        } else if take(&mut self.missed) < UNSTEADY {
            self.patience = 0;
            return (true, true, false);
        } else {
            self.idle = self.patience;
            self.patience = (self.patience << 1 | 1) & MOST_IDLE;
        }
        if self.alike < u8::MAX {
            self.alike -= self.alike / FORGOTTEN;
        }
        (false, self.idle == 0, self.alike == u8::MAX)
    }

    /// Counts an attribute of this map that began as another did.
    pub(super) fn count_alike(&mut self) {
        self.alike = self.alike.saturating_add(ALIKE);
    }

    /// See [`super::Paths::learn`].
    #[inline]
    pub(super) fn learn(&mut self, tag: u8, name_length: usize, value: usize, token: &[u8]) {
        if let Some(bytes) = self.token.get_mut(..token.len())
            && let (Some(last), Some(before)) = (token.len().checked_sub(1), value.checked_sub(1))
        {
            bytes.copy_from_slice(token);
            self.before = before.to_le_bytes()[0];
            self.beyond = u32::MAX << last << 1;
            self.name_length = name_length.to_le_bytes()[0];
            self.tag = tag;
        }
    }
}
