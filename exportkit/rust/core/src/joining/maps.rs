//! The maps that a record is made of.

use std::ops::Range;

use crate::events::Member;

/// The maps that a record can have: Keys, the new image or the item, the old image.
pub(super) const MAPS: usize = 3;
pub(super) const KEYS: usize = 0;
pub(super) const NEW: usize = 1;
pub(super) const OLD: usize = 2;

/// Which of them a member is.
pub(super) const fn place(member: Member) -> usize {
    match member {
        Member::Keys => KEYS,
        Member::Item | Member::NewImage => NEW,
        Member::OldImage => OLD,
    }
}

/// Where one map's encoding and text stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    pub(super) encoding: Range<usize>,
    pub(super) text: Range<usize>,
}
