//! Which attribute most likely comes next, by what came before it and by how it begins.
//!
//! Both answers are guesses: hashes collide, and nothing is removed. Whoever asks compares the attribute's token.

use crate::simd::Block;

/// Places of the tables, as powers of two.
const AFTER_BITS: u32 = 12;
const LIKE_BITS: u32 = 11;
/// No attribute, or one whose number is too large, or perhaps the one that has this number.
const NONE: u16 = u16::MAX;

/// The last four attributes of a map, sixteen bits each; before the first, the map itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct History(u64);

impl History {
    #[inline(always)]
    pub(super) fn of(map: u32) -> Self {
        Self(u64::from(map))
    }

    #[inline(always)]
    pub(super) fn push(&mut self, id: u32) {
        self.0 = self.0 << 16 | u64::from(id & 0xFFFF);
    }
}

/// The attributes that came last.
#[derive(Debug)]
pub(super) struct Likely {
    after: Box<[u16]>,
    like: Box<[u16]>,
}

impl Default for Likely {
    fn default() -> Self {
        Self {
            after: vec![NONE; 1 << AFTER_BITS].into(),
            like: vec![NONE; 1 << LIKE_BITS].into(),
        }
    }
}

impl Likely {
    /// The attribute that came after others.
    #[inline(always)]
    pub(super) fn after(&self, history: History) -> u32 {
        known(self.after.get(place(history.0, AFTER_BITS)))
    }

    /// Remembers the one that came after others; tells whether it was another than [`Self::after`] said.
    #[inline(always)]
    pub(super) fn follow(&mut self, history: History, id: u32) -> bool {
        self.after
            .get_mut(place(history.0, AFTER_BITS))
            .is_some_and(|after| std::mem::replace(after, short(id)) != short(id))
    }

    /// The attribute of a map that began as these bytes do, or whose name of that length had these ends; a map has a
    /// `seed` of its own.
    #[inline(always)]
    pub(super) fn like(&self, seed: u64, bytes: &[u8], length: usize, by_ends: bool) -> Option<u32> {
        Some(known(
            self.like.get(place(seed ^ key(bytes, length, by_ends)?, LIKE_BITS)),
        ))
    }

    /// Remembers how an attribute begins, or its ends; tells whether another had that place.
    #[inline(always)]
    pub(super) fn begin(&mut self, seed: u64, bytes: &[u8], length: usize, by_ends: bool, id: u32) -> bool {
        key(bytes, length, by_ends)
            .and_then(|key| self.like.get_mut(place(seed ^ key, LIKE_BITS)))
            .is_some_and(|like| std::mem::replace(like, short(id)) != NONE)
    }
}

/// What an attribute is known by.
#[inline(always)]
fn key(bytes: &[u8], length: usize, by_ends: bool) -> Option<u64> {
    if by_ends { ends(bytes, length) } else { beginning(bytes) }
}

/// The first twelve bytes, mixed: what tells most names apart, and no more than most tokens have. Nothing is known
/// sooner.
#[inline(always)]
fn beginning(bytes: &[u8]) -> Option<u64> {
    let head: &[u8; 12] = bytes.first_chunk()?;
    let first = u64::from_le_bytes(*head.first_chunk()?);
    let last = u64::from_le_bytes(*head.last_chunk()?);
    Some(first ^ last.rotate_left(27))
}

/// The first and the last eight bytes of a name that the bytes begin with, mixed, without a branch on its length: what
/// tells names apart that begin alike or are short.
#[inline(never)] // so that nobody computes both and chooses then
fn ends(bytes: &[u8], length: usize) -> Option<u64> {
    let block: &Block = bytes.first_chunk()?;
    let first = u64::from_le_bytes(*block.first_chunk()?);
    let last = u64::from_le_bytes(*block.get(length.saturating_sub(8)..)?.first_chunk()?);
    let beyond = 8 * 8_usize.saturating_sub(length) % 64;
    Some(first << beyond ^ (last << beyond).rotate_left(27))
}

/// The place of a key in a table.
#[inline(always)]
fn place(key: u64, bits: u32) -> usize {
    #[allow(clippy::cast_possible_truncation, reason = "a few bits")]
    let place = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - bits)) as usize;
    place
}

#[inline(always)]
fn short(id: u32) -> u16 {
    u16::try_from(id).unwrap_or(NONE)
}

#[inline(always)]
fn known(id: Option<&u16>) -> u32 {
    id.map_or(u32::MAX, |&id| u32::from(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_last_is_likely() {
        let mut likely = Likely::default();
        let mut history = History::of(0);
        assert_eq!(likely.after(history), u32::from(NONE));
        assert!(likely.follow(history, 7));
        assert!(!likely.follow(history, 7));
        assert_eq!(likely.after(history), 7);
        for id in 7..20 {
            history.push(id);
            assert!(likely.follow(history, id + 1));
        }
        // Four attributes back nothing counts any more.
        let mut other = History::of(5);
        (14..18).for_each(|id| other.push(id));
        assert_eq!(likely.after(other), 18);
        assert!(likely.follow(other, 70_000));
        assert_eq!(likely.after(other), u32::from(NONE));
    }

    #[test]
    fn twelve_bytes_make_a_beginning() {
        let mut likely = Likely::default();
        assert_eq!(likely.like(1, b"eleven byte", 4, false), None);
        assert!(!likely.begin(1, b"attribute_01", 12, false, 3));
        assert!(!likely.begin(1, b"attribute_02 and more", 12, false, 4));
        assert_eq!(likely.like(1, b"attribute_01\":", 12, false), Some(3));
        assert_eq!(likely.like(1, b"attribute_02\":", 12, false), Some(4));
        assert_eq!(likely.like(2, b"attribute_01\":", 12, false), Some(u32::from(NONE)));
        assert!(likely.begin(1, b"attribute_012", 13, false, 5));
    }

    #[test]
    fn names_have_ends() {
        let mut likely = Likely::default();
        let block = |text: &str| format!("{text}{}", "\":{\"S\":\"".repeat(8)).into_bytes();
        let names = [
            "a",
            "b",
            "ab",
            "seven__",
            "attribute_01",
            "attribute_02",
            "a long name that begins alike 1",
        ];
        for (id, name) in (1..).zip(names) {
            assert_eq!(likely.like(1, &block(name), name.len(), true), Some(u32::from(NONE)));
            assert!(!likely.begin(1, &block(name), name.len(), true, id));
        }
        for (id, name) in (1..).zip(names) {
            let mut other = block(name);
            other[name.len()..].fill(b'7'); // what follows a name says nothing
            assert_eq!(likely.like(1, &other, name.len(), true), Some(id), "{name}");
            assert_eq!(likely.like(2, &other, name.len(), true), Some(u32::from(NONE)));
        }
        assert_eq!(likely.like(1, &[b'a'; 31], 1, true), None);
    }
}
