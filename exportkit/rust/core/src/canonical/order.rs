//! The order of a container's entries.

use crate::path::NodeId;

/// A name with its value, or an element of a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Where it begins; it ends where the next begins.
    pub(super) start: usize,
    /// The place of an attribute, where it is known.
    pub(super) node: NodeId,
}

/// Orders of maps, kept by their place: items of one table have mostly the same attributes.
#[derive(Debug, Default)]
pub(super) struct Orders {
    kept: Vec<Order>,
    latest: Vec<usize>,
    keyed: Vec<(u64, usize)>,
}

/// The order in which the attributes at some places stand.
#[derive(Clone, Debug, Default)]
struct Order {
    nodes: Vec<NodeId>,
    /// Numbers of the entries, from 0; empty where they came in order.
    order: Vec<usize>,
}

impl Orders {
    /// The order of entries in `out`, by the bytes that `key` sees of each; empty where they stand in order.
    pub(super) fn of(&mut self, map: NodeId, entries: &[Entry], out: &[u8], key: impl Fn(&[u8]) -> &[u8]) -> &[usize] {
        let known = self
            .kept
            .get(map.index())
            .is_some_and(|kept| kept.nodes.iter().eq(entries.iter().map(|entry| &entry.node)));
        if !known {
            self.sort(entries, out, key);
            if map == NodeId::OVERFLOW || entries.iter().any(|entry| entry.node == NodeId::OVERFLOW) {
                return &self.latest;
            }
            self.keep(map, entries);
        }
        &self.kept[map.index()].order
    }

    fn sort(&mut self, entries: &[Entry], out: &[u8], key: impl Fn(&[u8]) -> &[u8]) {
        let key = |at: usize| key(&out[entries[at].start..]);
        self.keyed.clear();
        self.keyed.extend((0..entries.len()).map(|at| (prefix(key(at)), at)));
        let compare = |a: &(u64, usize), b: &(u64, usize)| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(key(b.1)));
        self.latest.clear();
        if !self.keyed.is_sorted_by(|a, b| compare(a, b).is_le()) {
            self.keyed.sort_unstable_by(compare);
            self.latest.extend(self.keyed.iter().map(|&(_, at)| at));
        }
    }

    fn keep(&mut self, map: NodeId, entries: &[Entry]) {
        if self.kept.len() <= map.index() {
            self.kept.resize(map.index() + 1, Order::default());
        }
        let kept = &mut self.kept[map.index()];
        kept.nodes.clear();
        kept.nodes.extend(entries.iter().map(|entry| entry.node));
        kept.order.clone_from(&self.latest);
    }
}

/// The first eight bytes, in their order: mostly they decide.
fn prefix(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    let mut bytes = [0; 8];
    bytes[..key.len()].copy_from_slice(key);
    u64::from_be_bytes(bytes)
}
