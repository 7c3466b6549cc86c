//! Which attribute most likely comes next, by what came before it and by how it begins.
//!
//! Both answers are guesses: hashes collide, and nothing is removed. Whoever asks compares the attribute's token.

/// Places of the tables, as powers of two.
const AFTER_BITS: u32 = 12;
const LIKE_BITS: u32 = 11;
/// No attribute, or one whose number is too large.
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

    /// The attribute of a map that began as these bytes do; a map has a `seed` of its own.
    #[inline(always)]
    pub(super) fn like(&self, seed: u64, bytes: &[u8]) -> Option<u32> {
        Some(known(self.like.get(place(seed ^ beginning(bytes)?, LIKE_BITS))))
    }

    /// Remembers how an attribute begins.
    #[inline(always)]
    pub(super) fn begin(&mut self, seed: u64, bytes: &[u8], id: u32) {
        if let Some(beginning) = beginning(bytes)
            && let Some(like) = self.like.get_mut(place(seed ^ beginning, LIKE_BITS))
        {
            *like = short(id);
        }
    }
}

/// The first twelve bytes, mixed: what tells most names apart, and no more than most tokens have.
#[inline(always)]
fn beginning(bytes: &[u8]) -> Option<u64> {
    let head: &[u8; 12] = bytes.first_chunk()?;
    let first = u64::from_le_bytes(*head.first_chunk()?);
    let last = u64::from_le_bytes(*head.last_chunk()?);
    Some(first ^ last.rotate_left(27))
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
    id.map_or(u32::MAX, |&id| if id == NONE { u32::MAX } else { u32::from(id) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_last_is_likely() {
        let mut likely = Likely::default();
        let mut history = History::of(0);
        assert_eq!(likely.after(history), u32::MAX);
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
        assert_eq!(likely.after(other), u32::MAX);
    }

    #[test]
    fn twelve_bytes_make_a_beginning() {
        let mut likely = Likely::default();
        assert_eq!(likely.like(1, b"eleven byte"), None);
        likely.begin(1, b"attribute_01", 3);
        likely.begin(1, b"attribute_02 and more", 4);
        assert_eq!(likely.like(1, b"attribute_01\":"), Some(3));
        assert_eq!(likely.like(1, b"attribute_02\":"), Some(4));
        assert_eq!(likely.like(2, b"attribute_01\":"), Some(u32::MAX));
    }
}
