//! The places attributes have been seen in: a trie over names, shared by the formats.
//!
//! Items of one table look alike. A place (node) is a name under a map, or the elements under a
//! list. Each remembers the bytes that led to its value last time (its token), so that a parser
//! recognises an attribute with one comparison of bytes, if it knows which to compare with:
//!
//! - the one that followed the last few attributes of a map last time: items that are written by one
//!   hand have their attributes in one order, and there may be several hands;
//! - where none of that holds, as among sparse attributes, the one that began with the same few bytes;
//! - the one of that name, found by its hash.
//!
//! Bytes that led a parser from the start of a name to the start of a value once lead there always;
//! white space that may stand before the value now is the parser's to skip.
//!
//! Duplicate attributes are found with a stamp: each map instance has a serial number, and a node
//! keeps the last one it was seen in. Two open maps never share a node, for the inner one's path is
//! longer, and elements of one list are open one after the other.
//!
//! The trie is bounded, by nodes and by bytes of names. What does not fit is at
//! [`NodeId::OVERFLOW`]; duplicates there are found with a hash table of the record's own.

mod adding;
mod likely;
mod overflow;
mod place;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::mem::take;

use self::likely::{History, Likely};
use self::overflow::Overflow;
pub use self::place::NodeId;
use self::place::{NONE, Node};
use crate::hash::{high_bits, seeded};
use crate::simd::{self, BLOCK};

/// Places kept where nobody says otherwise.
pub const DEFAULT_MAX_NODES: usize = 10_000;
/// Attributes of a map that may come unexpected before none is expected in the next such map.
const UNSTEADY: u8 = 8;

/// One instance of a map that is being read.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    map: u32,
    /// The attribute expected next, if one is.
    expected: u32,
    /// Whether one ever is.
    is_steady: bool,
    history: History,
    serial: u64,
    /// What names are hashed with.
    seed: u64,
}

/// An attribute recognised by its token.
#[derive(Clone, Copy, Debug)]
pub struct Recognised<'a> {
    /// Its place.
    pub node: NodeId,
    /// What the parser said of the value when it taught the token.
    pub tag: u8,
    /// The first bytes of the token, as many as the parser said the name has.
    pub name: &'a [u8],
    /// What follows the token.
    pub rest: &'a [u8],
}

/// A name, in [`Paths::names`]: start and length.
type Span = (u32, u32);

/// A place of the hash table: a node's number and half of its hash.
#[derive(Clone, Copy, Debug)]
struct Slot {
    node: u32,
    hash: u32,
}

impl Slot {
    const EMPTY: Self = Self { node: NONE, hash: 0 };
}

/// The trie.
#[derive(Debug)]
pub struct Paths {
    nodes: Vec<Node>,
    /// The name of each node.
    spans: Vec<Span>,
    names: Vec<u8>,
    /// Open addressing: a power of two of slots, at most one in eight of them used, so that few stand in another's
    /// way: which do is nothing a processor could foresee.
    table: Vec<Slot>,
    likely: Likely,
    limit: usize,
    serial: u64,
    seeds: (u64, u64),
    overflow: Overflow,
}

impl Default for Paths {
    fn default() -> Self {
        Self::new(DEFAULT_MAX_NODES)
    }
}

impl Paths {
    /// Makes a trie of at most `limit` places.
    pub fn new(limit: usize) -> Self {
        Self {
            nodes: vec![Node::new(NONE), Node::new(NONE)], // IMAGE and KEYS
            spans: vec![(0, 0); 2],
            names: Vec::new(),
            table: vec![Slot::EMPTY; 64],
            likely: Likely::default(),
            limit: limit.clamp(2, NONE as usize >> 1),
            serial: 0,
            seeds: (random(), random()),
            overflow: Overflow::default(),
        }
    }

    /// Forgets what the last record left behind; called at the start of each.
    #[inline]
    pub fn begin_record(&mut self) {
        if !self.overflow.is_empty() {
            self.overflow.clear();
        }
    }

    /// Begins an instance of the map at a place.
    #[inline(always)]
    pub fn open(&mut self, map: NodeId) -> Scope {
        self.serial += 1;
        let missed = self.nodes.get_mut(map.index()).map_or(0, |node| take(&mut node.missed));
        let is_steady = missed < UNSTEADY;
        let history = History::of(map.0);
        Scope {
            map: map.0,
            expected: if is_steady { self.likely.after(history) } else { NONE },
            is_steady,
            history,
            serial: self.serial,
            seed: self.seed(map.0),
        }
    }

    /// Recognises the next attribute by its token, from the start of its name on.
    ///
    /// None where another stands there, where it stands twice, or where the bytes left are few:
    /// then the name has to be read and given to [`Self::enter`].
    #[inline(always)]
    pub fn recognise<'a>(&mut self, scope: &mut Scope, bytes: &'a [u8]) -> Option<Recognised<'a>> {
        self.take(scope.expected, scope, bytes)
    }

    /// As [`Self::recognise`], for the attribute of the map that began with the same few bytes last time.
    #[inline(always)]
    pub fn guess<'a>(&mut self, scope: &mut Scope, bytes: &'a [u8]) -> Option<Recognised<'a>> {
        let id = self.likely.like(scope.seed, bytes)?;
        self.take_unexpected(id, scope, bytes)
    }

    /// As [`Self::recognise`], for any attribute of the map, by its name as it stands at the start of the bytes.
    #[inline(always)]
    pub fn look_up<'a>(&mut self, scope: &mut Scope, bytes: &'a [u8], name_length: usize) -> Option<Recognised<'a>> {
        let hash = seeded(bytes.get(..name_length)?, (scope.seed, self.seeds.1));
        let mask = self.table.len() - 1;
        let mut at = low_bits(hash) & mask;
        let mut slot = *self.table.get(at)?;
        while slot.hash != high_bits(hash) {
            if slot.node == NONE {
                return None;
            }
            at = (at + 1) & mask;
            slot = *self.table.get(at)?;
        }
        let found = self.take_unexpected(slot.node, scope, bytes)?;
        self.likely.begin(scope.seed, bytes, slot.node);
        Some(found)
    }

    /// As [`Self::take`], and expects it where it came now.
    #[inline(always)]
    fn take_unexpected<'a>(&mut self, id: u32, scope: &mut Scope, bytes: &'a [u8]) -> Option<Recognised<'a>> {
        let before = scope.history;
        let found = self.take(id, scope, bytes)?;
        self.follow(before, scope.map, id);
        Some(found)
    }

    /// Takes an attribute, if it is one of the map, the one that the bytes begin with, and has not been seen.
    #[inline(always)]
    fn take<'a>(&mut self, id: u32, scope: &mut Scope, bytes: &'a [u8]) -> Option<Recognised<'a>> {
        let node = self.nodes.get_mut(id as usize)?;
        let block: &[u8; BLOCK] = bytes.first_chunk()?;
        if simd::equal(&node.token, block) | node.beyond != u32::MAX
            || node.parent != scope.map
            || node.seen == scope.serial
        {
            return None;
        }
        node.seen = scope.serial;
        let found = Recognised {
            node: NodeId(id),
            tag: node.tag,
            name: &block[..usize::from(node.name_length) % BLOCK],
            rest: &bytes[usize::from(node.last) % BLOCK + 1..],
        };
        self.expect(scope, id);
        Some(found)
    }

    /// Expects what is likely after an attribute.
    #[inline(always)]
    fn expect(&self, scope: &mut Scope, id: u32) {
        scope.history.push(id);
        if scope.is_steady {
            scope.expected = self.likely.after(scope.history);
        }
    }

    /// Remembers what came after others in a map.
    #[inline(always)]
    fn follow(&mut self, history: History, map: u32, id: u32) {
        if self.likely.follow(history, id)
            && let Some(map) = self.nodes.get_mut(map as usize)
        {
            map.missed = map.missed.saturating_add(1);
        }
    }

    /// Enters an attribute by its name (UTF-8, unescaped); None where it stands in this map already.
    #[inline(always)]
    pub fn enter(&mut self, scope: &mut Scope, name: &[u8]) -> Option<NodeId> {
        // By value, so that a caller's scope can live in registers.
        let (node, entered) = self.enter_by_name(*scope, name)?;
        *scope = entered;
        Some(node)
    }

    #[inline(never)]
    fn enter_by_name(&mut self, mut scope: Scope, name: &[u8]) -> Option<(NodeId, Scope)> {
        let id = if self.is_expected(&scope, name) {
            scope.expected
        } else {
            let hash = seeded(name, (scope.seed, self.seeds.1));
            let id = self
                .find(scope.map, name, hash)
                .unwrap_or_else(|at| self.add(scope.map, name, hash, at));
            if id == NONE {
                return self
                    .overflow
                    .enter(scope.serial, hash, name)
                    .then_some((NodeId::OVERFLOW, scope));
            }
            id
        };
        let node = self
            .nodes
            .get_mut(id as usize)
            .filter(|node| node.seen != scope.serial)?;
        node.seen = scope.serial;
        self.follow(scope.history, scope.map, id);
        self.expect(&mut scope, id);
        Some((NodeId(id), scope))
    }

    /// Whether the attribute expected next has this name: its token may be another's, or too long.
    #[inline]
    fn is_expected(&self, scope: &Scope, name: &[u8]) -> bool {
        let at = scope.expected as usize;
        self.nodes.get(at).is_some_and(|node| node.parent == scope.map)
            && self.spans.get(at).is_some_and(|&span| slice(&self.names, span) == name)
    }

    /// Teaches the bytes that led from the start of a name to the start of its value, how many of
    /// them are the name, and what the parser wants to be told of the value when it meets them again.
    ///
    /// Long tokens are not kept.
    #[inline]
    pub fn learn(&mut self, node: NodeId, tag: u8, name_length: usize, token: &[u8]) {
        if let Some(node) = self.nodes.get_mut(node.index())
            && let Some(bytes) = node.token.get_mut(..token.len())
            && let Some(last) = token.len().checked_sub(1)
        {
            bytes.copy_from_slice(token);
            node.last = last.to_le_bytes()[0];
            node.beyond = u32::MAX << last << 1;
            node.name_length = name_length.to_le_bytes()[0];
            node.tag = tag;
        }
    }

    /// The place of a list's elements.
    #[inline]
    pub fn elements(&mut self, list: NodeId) -> NodeId {
        match self.nodes.get(list.index()) {
            Some(node) if node.elements != NONE => NodeId(node.elements),
            Some(_) => self.add_elements(list),
            None => NodeId::OVERFLOW,
        }
    }

    /// The place that holds this one; None for a record's own maps.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.nodes.get(node.index())?.parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// The name of the attribute at a place; None for a record's own maps and for list elements.
    pub fn name(&self, node: NodeId) -> Option<&[u8]> {
        let parent = self.nodes.get(self.parent(node)?.index())?;
        let span = *self.spans.get(node.index())?;
        (parent.elements != node.0).then(|| slice(&self.names, span))
    }

    /// Places there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: the record's own maps are always there.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What the names of a map are hashed with: nobody can know it, and undo it with a name.
    #[inline(always)]
    fn seed(&self, map: u32) -> u64 {
        let (one, other) = self.seeds;
        one.wrapping_add(u64::from(map).wrapping_mul(other | 1))
    }
}

/// A number that nobody knows.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[inline]
fn low_bits(hash: u64) -> usize {
    usize::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
}

fn slice(bytes: &[u8], (start, length): (u32, u32)) -> &[u8] {
    bytes
        .get(start as usize..)
        .and_then(|bytes| bytes.get(..length as usize))
        .unwrap_or_default()
}
