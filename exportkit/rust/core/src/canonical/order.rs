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

/// Puts entries in order. Of attributes at known places it keeps the ranks: items of one table have mostly the same.
#[derive(Debug, Default)]
pub(super) struct Orders {
    ranks: Ranks,
    /// Of the first ranks, the entry that has each.
    holders: Holders,
    latest: Vec<usize>,
    keyed: Vec<(u64, usize)>,
}

/// An entry for each rank that has a bit in a word.
#[derive(Debug)]
struct Holders([usize; 64]);

impl Default for Holders {
    fn default() -> Self {
        Self([0; 64])
    }
}

/// The ranks of attributes among all that their map was seen with.
#[derive(Debug, Default)]
struct Ranks {
    /// Of each map, its attributes in order.
    sorted: Vec<Vec<NodeId>>,
    /// Of each attribute, its place there; `UNKNOWN` before it was seen.
    ranks: Vec<u32>,
}

/// No rank.
const UNKNOWN: u32 = u32::MAX;
/// Attributes of a map that are ranked: a bound for hostile input, since each new one is put among the others.
const MAX_RANKED: usize = 2000;

impl Ranks {
    /// The rank of an attribute; `UNKNOWN` where it is not kept.
    #[inline]
    fn get(&self, node: NodeId) -> u32 {
        self.ranks.get(node.index()).copied().unwrap_or(UNKNOWN)
    }

    /// Ranks an attribute of a map; whether it could.
    fn add(&mut self, map: NodeId, node: NodeId, names: &KeptBytes) -> bool {
        let Some(name) = names.get(node).map(name_of).filter(|_| map != NodeId::OVERFLOW) else {
            return false;
        };
        if self.sorted.len() <= map.index() {
            self.sorted.resize(map.index() + 1, Vec::new());
        }
        let sorted = &mut self.sorted[map.index()];
        if sorted.len() >= MAX_RANKED {
            return false;
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
        true
    }
}

/// An encoded name, without its length.
fn name_of(encoded: &[u8]) -> &[u8] {
    encoded.get(4..).unwrap_or_default()
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
        self.latest.clear();
        let ranked = map != NodeId::OVERFLOW && (self.rank(entries) || self.learn(map, entries, names));
        if !ranked {
            self.sort(entries, out, key);
        }
        &self.latest
    }

    /// Puts entries in order by their ranks, if each has its own.
    #[inline]
    fn rank(&mut self, entries: &[Entry]) -> bool {
        let (mut taken, mut next, mut in_order) = (0_u64, 0, true);
        for (at, entry) in entries.iter().enumerate() {
            let rank = self.ranks.get(entry.node);
            if rank >= 64 {
                return self.rank_many(entries);
            }
            taken |= 1 << rank;
            self.holders.0[rank as usize] = at;
            in_order &= rank >= next;
            next = rank + 1;
        }
        if !in_order {
            if taken.count_ones() as usize != entries.len() {
                return false;
            }
            while taken != 0 {
                self.latest.push(self.holders.0[taken.trailing_zeros() as usize]);
                taken &= taken - 1;
            }
        }
        true
    }

    /// The same for ranks of any size.
    fn rank_many(&mut self, entries: &[Entry]) -> bool {
        self.keyed.clear();
        for (at, entry) in entries.iter().enumerate() {
            match self.ranks.get(entry.node) {
                UNKNOWN => return false,
                rank => self.keyed.push((u64::from(rank), at)),
            }
        }
        if !self.keyed.is_sorted() {
            self.keyed.sort_unstable();
            self.latest.extend(self.keyed.iter().map(|&(_, at)| at));
        }
        true
    }

    /// Ranks those that have no rank, and puts all in order if each has one then.
    #[cold]
    fn learn(&mut self, map: NodeId, entries: &[Entry], names: &KeptBytes) -> bool {
        for entry in entries {
            if self.ranks.get(entry.node) == UNKNOWN && !self.ranks.add(map, entry.node, names) {
                return false;
            }
        }
        self.rank(entries)
    }

    fn sort(&mut self, entries: &[Entry], out: &[u8], key: impl Fn(&[u8]) -> &[u8]) {
        let key = |at: usize| key(&out[entries[at].start..]);
        self.keyed.clear();
        self.keyed.extend((0..entries.len()).map(|at| (prefix(key(at)), at)));
        let compare = |a: &(u64, usize), b: &(u64, usize)| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(key(b.1)));
        if !self.keyed.is_sorted_by(|a, b| compare(a, b).is_le()) {
            self.keyed.sort_unstable_by(compare);
            self.latest.extend(self.keyed.iter().map(|&(_, at)| at));
        }
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
        // More than a word has bits.
        let names: Vec<String> = (0..97_u64)
            .map(|name| format!("{:x}", name.wrapping_mul(0x9E37_79B9) % 4001))
            .collect();
        let mut paths = Paths::default();
        let (mut known, mut unknown) = (Encoder::default(), Encoder::default());
        for round in 0..400_usize {
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
