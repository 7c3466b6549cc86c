//! Quick hashes of short names and values.

/// The first and the last bytes of a text, as many as fit in two words: all of it up to sixteen.
///
/// Texts of one length have the same words only if these bytes are the same.
#[inline(always)]
pub(crate) fn ends(text: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (
            u64::from(u32::from_le_bytes(*first)),
            u64::from(u32::from_le_bytes(*last)),
        )
    } else {
        let (first, middle, last) = match text {
            [first, .., last] => (*first, text[text.len() / 2], *last),
            [only] => (*only, *only, *only),
            [] => (0, 0, 0),
        };
        (u64::from(first) | u64::from(middle) << 8 | u64::from(last) << 16, 0)
    }
}

/// Both halves of a product, mixed.
#[inline(always)]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[allow(clippy::cast_possible_truncation, reason = "the two halves")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

/// Hashes a text; with seeds that nobody knows, nobody can make texts that collide.
#[inline(always)]
pub(crate) fn seeded(text: &[u8], (one, other): (u64, u64)) -> u64 {
    let (first, last) = ends(text);
    let hash = fold(first ^ one, last ^ other ^ (text.len() as u64) << 32);
    if text.len() > 16 { middle(text, hash, one) } else { hash }
}

/// Adds what stands between the ends.
fn middle(text: &[u8], hash: u64, seed: u64) -> u64 {
    let (words, _) = text.as_chunks::<8>();
    words
        .iter()
        .skip(1)
        .fold(hash, |hash, word| fold(hash ^ u64::from_le_bytes(*word), seed | 1))
}

/// Half of a hash.
#[inline(always)]
pub(crate) fn high_bits(hash: u64) -> u32 {
    #[allow(clippy::cast_possible_truncation, reason = "half of it")]
    let high = (hash >> 32) as u32;
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const SEEDS: (u64, u64) = (0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93);

    #[test]
    fn every_byte_counts() {
        for length in 0..80 {
            let text = vec![b'a'; length];
            let mut hashes = HashSet::from([seeded(&text, SEEDS)]);
            for at in 0..length {
                let mut text = text.clone();
                text[at] = b'b';
                assert!(hashes.insert(seeded(&text, SEEDS)), "{length} {at}");
            }
            assert_ne!(seeded(&text, SEEDS), seeded(&text, (SEEDS.1, 5)));
            assert_ne!(seeded(&text, SEEDS), seeded(&[&text[..], b"\0"].concat(), SEEDS));
        }
    }

    #[test]
    fn short_texts_are_their_ends() {
        let mut seen = HashSet::new();
        for length in 0..=16_u8 {
            for changed in 0..length {
                let mut text: Vec<u8> = (0..length).collect();
                text[usize::from(changed)] = 99;
                assert!(seen.insert((length, ends(&text))));
            }
        }
    }
}
