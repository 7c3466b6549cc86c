//! Numbers of up to sixteen bytes, taken apart in a register.

use crate::events::ShortNumber;

/// A number that is not zero, as the encoding holds it.
#[derive(Debug)]
pub(super) struct WordNumber {
    pub(super) negative: bool,
    pub(super) exponent: i16,
    /// Digits of the coefficient.
    pub(super) digits: usize,
    /// The digits, the first in the lowest byte; what is behind them counts for nothing.
    pub(super) coefficient: u128,
}

/// Bytes that are taken apart at once.
const WORD: usize = 16;
/// A word of the digit 0.
const ZEROS: u128 = u128::from_ne_bytes([b'0'; WORD]);

impl WordNumber {
    /// Takes a number apart; None if it is longer than a word, or zero.
    #[inline(always)]
    pub(super) fn of(value: ShortNumber<'_>) -> Option<Self> {
        let negative = value.window[0] == b'-';
        let sign = usize::from(negative);
        let count = usize::from(value.length) - sign;
        let point = usize::from(value.point) - sign;
        let whole = LOWEST.get(point)?;
        let text = u128::from_le_bytes(*value.window[sign..].first_chunk()?);
        let has_point = usize::from(point < count);
        // Digits behind the point move up to those before it.
        let digits = text & whole | text >> 8 & !whole;
        let others = (digits ^ ZEROS) & LOWEST.get(count)? & LOWEST[count - has_point];
        if others == 0 {
            return None;
        }
        let used = WORD - (others.leading_zeros() / 8) as usize;
        let trailing = count - has_point - used;
        let fraction = count - point - has_point;
        let exponent = i16::from(trailing.to_le_bytes()[0]) - i16::from(fraction.to_le_bytes()[0]);
        let mut number = Self {
            negative,
            exponent,
            digits: used,
            coefficient: digits,
        };
        let leading = others.trailing_zeros() / 8;
        if leading > 0 {
            number.digits -= leading as usize;
            number.coefficient >>= 8 * leading;
        }
        Some(number)
    }
}

/// For each count, as many of the lowest bytes.
static LOWEST: [u128; WORD + 1] = {
    let mut masks = [u128::MAX; WORD + 1];
    let mut count = 0;
    while count < WORD {
        masks[count] = (1 << (8 * count)) - 1;
        count += 1;
    }
    masks
};
