//! A place of the trie: its number, and what a parser needs of it.

use crate::simd::BLOCK;

/// No node, in links and tables.
pub(super) const NONE: u32 = u32::MAX;

/// A place in the trie; small numbers, from 0, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The map of an item or image.
    pub const IMAGE: Self = Self(0);
    /// The map of a change record's Keys.
    pub const KEYS: Self = Self(1);
    /// A place that the trie has no room for.
    pub const OVERFLOW: Self = Self(NONE);

    /// The place's number, to index a table with; that of [`Self::OVERFLOW`] is beyond every table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

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
    /// Bytes of the token, less one: so that it is plain to the compiler that it stays within a block.
    pub(super) last: u8,
    /// Bytes of the name in it.
    pub(super) name_length: u8,
    pub(super) tag: u8,
    /// Attributes that came unexpected in the last instance of this map.
    pub(super) missed: u8,
}

impl Node {
    pub(super) fn new(parent: u32) -> Self {
        Self {
            token: [0xFF; BLOCK], // never in UTF-8, so that nothing is taken for a token before there is one
            beyond: 0,
            elements: NONE,
            seen: 0,
            parent,
            last: 0,
            name_length: 0,
            tag: 0,
            missed: 0,
        }
    }
}
