//! The order of a container's entries.

use crate::kept::KeptBytes;
use crate::path::NodeId;

/// A name with its value, or an element of a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Where it begins; it ends where the next begins.
    pub(super) start: usize,
    /// The place of an attribute, where it is known.
    pub(super) node: NodeId,
}

/// Orders of maps, kept by their place: items of one table have mostly the same attributes, or some of the same.
#[derive(Debug, Default)]
pub(super) struct Orders {
    kept: Vec<Order>,
    ranks: Ranks,
    latest: Vec<usize>,
    keyed: Vec<(u64, usize)>,
}

/// The ranks of attributes among all that their map was seen with.
#[derive(Debug, Default)]
struct Ranks {
    /// Of each map, its attributes in order.
    sorted: Vec<Vec<NodeId>>,
    /// Of each attribute, its place there; `UNKNOWN` before it was seen.
    ranks: Vec<u64>,
}

/// No rank.
const UNKNOWN: u64 = u64::MAX;
/// Attributes of a map that are ranked: a bound for hostile input, since each new one is put among the others.
const MAX_RANKED: usize = 2000;

impl Ranks {
    /// The rank of an attribute; `UNKNOWN` where it is not kept.
    #[inline]
    fn get(&self, node: NodeId) -> u64 {
        self.ranks.get(node.index()).copied().unwrap_or(UNKNOWN)
    }

    /// Ranks an attribute of a map, whose name is kept.
    #[cold]
    fn add(&mut self, map: NodeId, node: NodeId, names: &KeptBytes) {
        if map == NodeId::OVERFLOW || node == NodeId::OVERFLOW {
            return;
        }
        let Some(name) = names.get(node).map(name_of) else {
            return;
        };
        if self.sorted.len() <= map.index() {
            self.sorted.resize(map.index() + 1, Vec::new());
        }
        let sorted = &mut self.sorted[map.index()];
        if sorted.len() >= MAX_RANKED {
            return;
        }
        let at = sorted.partition_point(|&other| names.get(other).map(name_of) < Some(name));
        sorted.insert(at, node);
        if self.ranks.len() <= node.index() {
            self.ranks.resize(node.index() + 1, UNKNOWN);
        }
        for (rank, node) in (0..).zip(&self.sorted[map.index()]).skip(at) {
            if let Some(known) = self.ranks.get_mut(node.index()) {
                *known = rank;
            }
        }
    }
}

/// An encoded name, without its length.
fn name_of(encoded: &[u8]) -> &[u8] {
    encoded.get(4..).unwrap_or_default()
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
    pub(super) fn of(
        &mut self,
        map: NodeId,
        entries: &[Entry],
        out: &[u8],
        names: &KeptBytes,
        key: impl Fn(&[u8]) -> &[u8],
    ) -> &[usize] {
        let known = self
            .kept
            .get(map.index())
            .is_some_and(|kept| kept.nodes.iter().eq(entries.iter().map(|entry| &entry.node)));
        if !known {
            if !self.rank(map, entries, names) {
                self.sort(entries, out, key);
                if map == NodeId::OVERFLOW || entries.iter().any(|entry| entry.node == NodeId::OVERFLOW) {
                    return &self.latest;
                }
            }
            self.keep(map, entries);
        }
        &self.kept[map.index()].order
    }

    /// Puts entries in order by their ranks, if all have one.
    fn rank(&mut self, map: NodeId, entries: &[Entry], names: &KeptBytes) -> bool {
        if self.kept.get(map.index()).is_none_or(|kept| kept.nodes.is_empty()) {
            return false; // the first of its kind, and perhaps as all others
        }
        self.keyed.clear();
        for (at, entry) in entries.iter().enumerate() {
            let mut rank = self.ranks.get(entry.node);
            if rank == UNKNOWN {
                self.ranks.add(map, entry.node, names);
                rank = self.ranks.get(entry.node);
                if rank == UNKNOWN {
                    return false;
                }
                // Those behind it have moved up.
                for (known, at) in &mut self.keyed {
                    *known = self.ranks.get(entries[*at].node);
                }
            }
            self.keyed.push((rank, at));
        }
        self.latest.clear();
        if !self.keyed.is_sorted() {
            self.keyed.sort_unstable();
            self.latest.extend(self.keyed.iter().map(|&(_, at)| at));
        }
        true
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

#[cfg(test)]
mod tests {
    use crate::canonical::Encoder;
    use crate::events::Text;
    use crate::path::{NodeId, Paths};

    /// Encodes maps of some of these names, each with its place, and compares with maps whose places are not known.
    #[test]
    fn known_places_change_no_order() {
        let names: Vec<String> = (0..40_u64)
            .map(|name| format!("{:x}", name.wrapping_mul(0x9E37_79B9) % 4001))
            .collect();
        let mut paths = Paths::default();
        let (mut known, mut unknown) = (Encoder::default(), Encoder::default());
        for round in 0..200_usize {
            let mut scope = paths.open(NodeId::IMAGE);
            known.clear();
            unknown.clear();
            // Not at the beginning each second time: then it is put in order where it stands.
            for encoder in [&mut known, &mut unknown] {
                if round % 2 == 1 {
                    encoder.null();
                }
            }
            known.begin_map_at(NodeId::IMAGE);
            unknown.begin_map();
            for step in 0..=round % 13 {
                let name = &names[(round * 7 + step * (1 + round % 3)) % names.len()];
                let Some(node) = paths.enter(&mut scope, name.as_bytes()) else {
                    continue;
                };
                known.name_at(node, Text::plain(name.as_bytes()));
                unknown.name(Text::plain(name.as_bytes()));
                for encoder in [&mut known, &mut unknown] {
                    encoder.bytes(name.as_bytes());
                }
            }
            known.end_map();
            unknown.end_map();
            assert_eq!(known.encoded(), unknown.encoded(), "{round}");
        }
    }
}
