//! How places are added, and found again by name.

use super::place::{NONE, Node, NodeId};
use super::{Paths, Slot, Span, low_bits, slice};
use crate::hash::{high_bits, seeded};

/// Bytes of names kept: a bound for hostile input, far above what tables have.
pub(super) const MAX_NAME_BYTES: usize = 4 << 20;

impl Paths {
    #[cold]
    pub(super) fn add_elements(&mut self, list: NodeId) -> NodeId {
        let elements = self.push(list.0, (0, 0));
        if let Some(node) = self.nodes.get_mut(list.index()) {
            node.elements = elements;
        }
        NodeId(elements)
    }

    /// Finds a child by name, or the table slot where it belongs.
    pub(super) fn find(&self, parent: u32, name: &[u8], hash: u64) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut at = low_bits(hash) & mask;
        loop {
            let slot = self.table.get(at).copied().unwrap_or(Slot::EMPTY);
            let (Some(node), Some(&span)) = (self.nodes.get(slot.node as usize), self.spans.get(slot.node as usize))
            else {
                return Err(at);
            };
            if slot.hash == high_bits(hash) && node.parent == parent && slice(&self.names, span) == name {
                return Ok(slot.node);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a child; returns its number, or `NONE` where there is no room.
    #[cold]
    pub(super) fn add(&mut self, parent: u32, name: &[u8], hash: u64, at: usize) -> u32 {
        let start = self.names.len();
        if parent == NONE || self.nodes.len() >= self.limit || start + name.len() > MAX_NAME_BYTES {
            return NONE;
        }
        #[allow(clippy::cast_possible_truncation, reason = "MAX_NAME_BYTES bounds both")]
        let span = (start as u32, name.len() as u32);
        self.names.extend_from_slice(name);
        let id = self.push(parent, span);
        self.table[at] = Slot {
            node: id,
            hash: high_bits(hash),
        };
        if self.nodes.len() * 8 > self.table.len() {
            self.grow();
        }
        id
    }

    fn push(&mut self, parent: u32, span: Span) -> u32 {
        if self.nodes.len() >= self.limit {
            return NONE;
        }
        self.nodes.push(Node::new(parent));
        self.spans.push(span);
        u32::try_from(self.nodes.len() - 1).unwrap_or(NONE)
    }

    fn grow(&mut self) {
        let mut table = vec![Slot::EMPTY; self.table.len() * 4];
        let mask = table.len() - 1;
        for &slot in self.table.iter().filter(|slot| slot.node != NONE) {
            let (node, span) = (&self.nodes[slot.node as usize], self.spans[slot.node as usize]);
            let hash = seeded(slice(&self.names, span), (self.seed(node.parent), self.seeds.1));
            let mut at = low_bits(hash) & mask;
            while table[at].node != NONE {
                at = (at + 1) & mask;
            }
            table[at] = slot;
        }
        self.table = table;
    }
}
