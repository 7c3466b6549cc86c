//! Values shorter than a block, copied as one: most are, and as they are spelled.

use crate::events::ShortNumber;
use crate::simd::BLOCK;

/// Appends the first bytes of a window, and what stands before and behind them.
#[inline(always)]
pub(super) fn write(out: &mut Vec<u8>, before: &str, window: &[u8; BLOCK], length: usize, behind: &str) {
    out.extend_from_slice(before.as_bytes());
    let end = out.len() + length % BLOCK;
    out.extend_from_slice(window);
    out.truncate(end);
    out.extend_from_slice(behind.as_bytes());
}

/// Whether a number is plainly written as the service does, and has no exponent in Ion if `in_ion`.
///
/// No says nothing: it may be so, too.
#[inline(always)]
pub(super) fn is_spelled(value: ShortNumber<'_>, in_ion: bool) -> bool {
    let first = value.window[usize::from(value.window[0] == b'-')];
    let last = value.window[usize::from(value.length).saturating_sub(1) % BLOCK];
    let is_whole = !in_ion && value.is_integer();
    matches!(first, b'1'..=b'9') && (is_whole || matches!(last, b'1'..=b'9'))
}
