//! The ten types of attribute values.

/// The type tags, in the order that counts of them are kept.
pub const TYPES: [&str; 10] = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"];

pub(crate) const S: usize = 0;
pub(crate) const N: usize = 1;
pub(crate) const B: usize = 2;
pub(crate) const BOOL: usize = 3;
pub(crate) const NULL: usize = 4;
pub(crate) const SS: usize = 5;
pub(crate) const NS: usize = 6;
pub(crate) const BS: usize = 7;
pub(crate) const L: usize = 8;
pub(crate) const M: usize = 9;

/// The place of a set's type in [`TYPES`].
pub(crate) const fn of_set(kind: crate::events::SetKind) -> usize {
    match kind {
        crate::events::SetKind::Strings => SS,
        crate::events::SetKind::Numbers => NS,
        crate::events::SetKind::Binaries => BS,
    }
}
