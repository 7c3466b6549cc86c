//! Thirty-two bytes at a time, without `unsafe`: SSE2 on `x86_64`, which every such machine has.
//!
//! A mask has one bit for each byte that fits, the first byte lowest.

use wide::u8x32;

/// Bytes a block has.
pub(crate) const BLOCK: usize = 32;

/// What is looked at in one go.
pub(crate) type Block = [u8; BLOCK];

/// Bytes that equal those of the other block.
#[inline(always)]
pub(crate) fn equal(block: &Block, other: &Block) -> u32 {
    u8x32::new(*block).simd_eq(u8x32::new(*other)).to_bitmask()
}

/// Bytes that end a run of plain JSON string bytes: `"`, `\`, and everything below U+0020.
#[inline(always)]
pub(crate) fn string_stops(block: &Block) -> u32 {
    let block = u8x32::new(*block);
    let quote = block.simd_eq(u8x32::splat(b'"'));
    let backslash = block.simd_eq(u8x32::splat(b'\\'));
    (quote | backslash | within(block, 0, 0x1F)).to_bitmask()
}

/// Bytes that are `"`.
#[inline(always)]
pub(crate) fn quotes(block: &Block) -> u32 {
    u8x32::new(*block).simd_eq(u8x32::splat(b'"')).to_bitmask()
}

/// Bytes that are `"`; bytes that stand in no plain JSON string, `\` and everything below U+0020.
#[inline(always)]
pub(crate) fn quotes_and_odd(block: &Block) -> (u32, u32) {
    let block = u8x32::new(*block);
    let quote = block.simd_eq(u8x32::splat(b'"'));
    let backslash = block.simd_eq(u8x32::splat(b'\\'));
    (quote.to_bitmask(), (backslash | within(block, 0, 0x1F)).to_bitmask())
}

/// Bytes that are no ASCII digit.
#[inline(always)]
pub(crate) fn non_digits(block: &Block) -> u32 {
    !within(u8x32::new(*block), b'0', 9).to_bitmask()
}

/// Bytes that are `:`.
#[inline(always)]
pub(crate) fn colons(block: &Block) -> u32 {
    u8x32::new(*block).simd_eq(u8x32::splat(b':')).to_bitmask()
}

/// Bytes that are no ASCII letter, digit or `_`.
#[inline(always)]
pub(crate) fn non_words(block: &Block) -> u32 {
    let block = u8x32::new(*block);
    let letter = within(block | u8x32::splat(0x20), b'a', 25);
    !(letter | within(block, b'0', 9) | block.simd_eq(u8x32::splat(b'_'))).to_bitmask()
}

/// Bytes that are `"`; bytes that are no ASCII digit.
#[inline(always)]
pub(crate) fn quotes_and_non_digits(block: &Block) -> (u32, u32) {
    let block = u8x32::new(*block);
    let quote = block.simd_eq(u8x32::splat(b'"'));
    (quote.to_bitmask(), !within(block, b'0', 9).to_bitmask())
}

/// Bytes that are not in the alphabet of standard base64 (`=` is not).
#[inline(always)]
pub(crate) fn non_base64(block: &Block) -> u32 {
    let block = u8x32::new(*block);
    let letter = within(block | u8x32::splat(0x20), b'a', 25);
    let slash_or_digit = within(block, b'/', 10);
    !(letter | slash_or_digit | block.simd_eq(u8x32::splat(b'+'))).to_bitmask()
}

/// Bytes before the first that fits; the whole block where none does.
#[inline(always)]
pub(crate) fn first(mask: u32) -> usize {
    // The 33rd bit spares a branch where the processor's own answer for zero is undefined.
    (u64::from(mask) | 1 << BLOCK).trailing_zeros() as usize
}

/// Bytes before the next `"`, `\` or control character.
#[inline]
pub(crate) fn string_run(text: &[u8]) -> usize {
    run(text, string_stops, |byte| !matches!(byte, b'"' | b'\\' | ..0x20))
}

/// Bytes before the first that is not in the alphabet of standard base64.
#[inline]
pub(crate) fn base64_run(text: &[u8]) -> usize {
    run(
        text,
        non_base64,
        |byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/'),
    )
}

#[inline(always)]
fn run(text: &[u8], stops: fn(&Block) -> u32, goes_on: fn(u8) -> bool) -> usize {
    let (blocks, tail) = text.as_chunks::<BLOCK>();
    for (number, block) in blocks.iter().enumerate() {
        let stops = stops(block);
        if stops != 0 {
            return number * BLOCK + first(stops);
        }
    }
    blocks.len() * BLOCK + tail.iter().take_while(|&&byte| goes_on(byte)).count()
}

/// All ones in the bytes from `low` to `low + span`.
#[inline(always)]
fn within(block: u8x32, low: u8, span: u8) -> u8x32 {
    let shifted = block - u8x32::splat(low);
    shifted.min(u8x32::splat(span)).simd_eq(shifted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a mask against a plain test, for every byte in every place.
    fn check(mask: fn(&Block) -> u32, test: fn(u8) -> bool) {
        for place in 0..BLOCK {
            for byte in 0..=u8::MAX {
                let mut block = [b'A'; BLOCK];
                block[place] = byte;
                let expected = (0..BLOCK).fold(0, |bits, at| bits | u32::from(test(block[at])) << at);
                assert_eq!(mask(&block), expected, "{byte} at {place}");
            }
        }
    }

    #[test]
    fn masks() {
        check(string_stops, |byte| byte < 0x20 || byte == b'"' || byte == b'\\');
        check(non_digits, |byte| !byte.is_ascii_digit());
        check(non_base64, |byte| {
            !(byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
        });
        check(non_words, |byte| !(byte.is_ascii_alphanumeric() || byte == b'_'));
        check(colons, |byte| byte == b':');
        check(quotes, |byte| byte == b'"');
        check(|block| equal(block, &[b'A'; BLOCK]), |byte| byte == b'A');
    }

    #[test]
    fn the_first_bit() {
        assert_eq!(first(0), 32);
        assert_eq!(first(0b100), 2);
        assert_eq!(first(1 << 31), 31);
    }
}
