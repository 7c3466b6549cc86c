//! The sum of records' hashes: the same whatever their order (`docs/signature.md`).

use crate::canonical::{Canonicaliser, Output};
use crate::events::{Line, Visitor, hand_on_to_visitor};

/// Sums the SHA-256 of the canonical encodings of the records that it is told of, modulo 2^256.
#[derive(Debug)]
pub struct Signer {
    visitor: Canonicaliser,
    /// The least significant first.
    sum: [u64; 4],
    records: u64,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            visitor: Canonicaliser::new(Output::Hash),
            sum: [0; 4],
            records: 0,
        }
    }
}

impl Signer {
    /// Records summed so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The sum, big-endian.
    pub fn sum(&self) -> [u8; 32] {
        let mut sum = [0; 32];
        for (bytes, limb) in sum.as_chunks_mut().0.iter_mut().zip(self.sum.iter().rev()) {
            *bytes = limb.to_be_bytes();
        }
        sum
    }
}

/// Adds a number, big-endian.
fn add(sum: &mut [u64; 4], number: &[u8]) {
    let mut carry = false;
    for (limb, bytes) in sum.iter_mut().zip(number.as_chunks().0.iter().rev()) {
        let (once, over) = limb.overflowing_add(u64::from_be_bytes(*bytes));
        let (twice, over_again) = once.overflowing_add(u64::from(carry));
        *limb = twice;
        carry = over || over_again;
    }
}

impl Visitor for Signer {
    hand_on_to_visitor!(but end_record);

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        self.visitor.end_record(line);
        for hash in self.visitor.outputs() {
            add(&mut self.sum, hash);
        }
        self.visitor.clear();
        self.records += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_carry_and_wrap() {
        let mut sum = [u64::MAX; 4];
        let mut one = [0; 32];
        one[31] = 1;
        add(&mut sum, &one);
        assert_eq!(sum, [0; 4]);
        add(&mut sum, &[0xFF; 32]);
        add(&mut sum, &[0xFF; 32]);
        assert_eq!(sum, [u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX]);
        one[0] = 0x80;
        one[16] = 0x80;
        let mut sum = [u64::MAX, 1 << 63, 0, 0];
        add(&mut sum, &one);
        assert_eq!(sum, [0, 1, 1, 1 << 63]);
    }
}
