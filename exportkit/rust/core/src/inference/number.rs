//! How large a number column would have to be.

use crate::events::{Number, ShortNumber};
use crate::number::Decimal;
use crate::simd::BLOCK;

/// Whole numbers of as many digits fit int64 whatever they are.
const SURELY_INT64: i16 = 18;

/// What columns the numbers seen so far would fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// Most digits before the point; -1 before there is a number.
    digits: i16,
    /// Most digits behind it.
    scale: i16,
    /// Digits that a number may have before the point without being looked at.
    known: i16,
    int64: bool,
}

impl Default for Range {
    fn default() -> Self {
        Self {
            digits: -1,
            scale: 0,
            known: -1,
            int64: true,
        }
    }
}

/// As `NumberStatistics` of `exportkit/model/statistics.py`, where each is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberStatistics {
    /// Most digits before the point.
    pub integer_digits: i16,
    /// Most digits behind it.
    pub scale: i16,
    /// Whether all are whole and fit 64 bits.
    pub int64: bool,
}

impl Range {
    /// Whether a short number needs no wider range. No says nothing: zeros that do not count may stand in it.
    #[inline(always)]
    pub(super) fn holds_short(self, number: ShortNumber<'_>) -> bool {
        let (length, point) = (usize::from(number.length), usize::from(number.point));
        let sign = usize::from(number.window[0] == b'-');
        let zero = usize::from(number.window[sign] == b'0');
        let digits = small(point.wrapping_sub(sign + zero));
        let fraction = small(length.wrapping_sub(point)); // the point too
        digits <= self.known && fraction <= self.scale + 1
    }

    /// Whether a number needs no wider range, where that is plain to see.
    #[inline]
    pub(super) fn holds(self, number: Number<'_>) -> bool {
        match number {
            Number::Text(text) => {
                plain(text).is_some_and(|(digits, scale)| digits <= self.known && scale <= self.scale)
            }
            Number::Value(_) => false,
        }
    }

    /// Takes in a number.
    #[inline(never)]
    pub(super) fn widen(&mut self, number: Number<'_>) {
        let plain = match number {
            Number::Text(text) => plain(text).filter(|&(digits, _)| digits <= SURELY_INT64),
            Number::Value(_) => None,
        };
        let (digits, scale, int64) = match plain {
            Some((digits, scale)) => (digits, scale, scale == 0),
            None => measure(number.decimal()),
        };
        self.merge(Self {
            digits,
            scale,
            int64,
            known: 0,
        });
    }

    /// Takes in the numbers of another range.
    pub(super) fn merge(&mut self, other: Self) {
        self.digits = self.digits.max(other.digits);
        self.scale = self.scale.max(other.scale);
        self.int64 &= other.int64;
        self.known = if self.int64 {
            self.digits.min(SURELY_INT64)
        } else {
            self.digits
        };
    }

    /// What is known; None before there is a number.
    pub(super) fn statistics(self) -> Option<NumberStatistics> {
        (self.digits >= 0).then_some(NumberStatistics {
            integer_digits: self.digits,
            scale: self.scale,
            int64: self.int64,
        })
    }
}

/// A length less than a block has.
#[inline(always)]
fn small(length: usize) -> i16 {
    i16::try_from(length % BLOCK).unwrap_or(i16::MAX)
}

/// The digits before and behind the point, of numbers that do not begin or end with zeros that do not count.
#[inline(always)]
fn plain(text: &[u8]) -> Option<(i16, i16)> {
    let body = text.strip_prefix(b"-").unwrap_or(text);
    let digits = body.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = body.split_at(digits);
    let digits = match whole {
        [b'0'] => 0,
        [b'1'..=b'9', ..] => i16::try_from(digits).ok()?,
        _ => return None,
    };
    match rest {
        [] | [b'.'] => Some((digits, 0)),
        // As AWS writes whole tens in Ion.
        [b'd', exponent @ b'0'..=b'9'] if digits > 0 => Some((digits + i16::from(exponent - b'0'), 0)),
        [b'.', fraction @ .., b'1'..=b'9'] if fraction.iter().all(u8::is_ascii_digit) => {
            Some((digits, i16::try_from(fraction.len() + 1).ok()?))
        }
        _ => None,
    }
}

/// The digits before and behind the point, and whether the number fits int64.
fn measure(number: Decimal) -> (i16, i16, bool) {
    if number.coefficient == 0 {
        return (0, 0, true);
    }
    let digits = i16::try_from(number.adjusted() + 1).unwrap_or(i16::MAX).max(0);
    let scale = (-number.exponent).max(0);
    let whole = u32::try_from(number.exponent)
        .ok()
        .and_then(|exponent| number.coefficient.checked_mul(10_u128.checked_pow(exponent)?));
    let limit = u128::from(i64::MAX.unsigned_abs()) + u128::from(number.negative);
    (digits, scale, whole.is_some_and(|whole| whole <= limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a parser tells a number that is plain and short; None for others.
    fn short(text: &str) -> Option<([u8; BLOCK], usize, usize)> {
        let body = text.strip_prefix('-').unwrap_or(text);
        let is_plain = text.len() < BLOCK && body.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        is_plain.then(|| {
            let mut window = [b'9'; BLOCK];
            window[..text.len()].copy_from_slice(text.as_bytes());
            (window, text.len(), text.find('.').unwrap_or(text.len()))
        })
    }

    fn holds_short(range: Range, text: &str) -> bool {
        short(text).is_some_and(|(window, length, point)| {
            range.holds_short(ShortNumber {
                window: &window,
                length: length.try_into().unwrap(),
                point: point.try_into().unwrap(),
            })
        })
    }

    fn range(texts: &[&str]) -> (i16, i16, bool) {
        let mut range = Range::default();
        for text in texts {
            let number = Number::Text(text.as_bytes());
            let before = range;
            range.widen(number);
            // Who holds a number is not changed by it; most plain ones are held from then on.
            assert!(
                before == range || !(before.holds(number) || holds_short(before, text)),
                "{text}"
            );
            let has_zeros = text.starts_with("00") || text.contains('.') && text.ends_with('0');
            if !has_zeros {
                let is_large = range.known < range.digits;
                assert!(holds_short(range, text) || is_large || short(text).is_none(), "{text}");
            }
            assert!(range.holds(number) || plain(text.as_bytes()).is_none_or(|(digits, _)| digits > SURELY_INT64));
        }
        let found = range.statistics().unwrap();
        (found.integer_digits, found.scale, found.int64)
    }

    #[test]
    fn by_value() {
        for (text, expected) in [
            ("0", (0, 0, true)),
            ("-0", (0, 0, true)),
            ("0.", (0, 0, true)),
            ("0.00", (0, 0, true)),
            ("7", (1, 0, true)),
            ("7.", (1, 0, true)),
            ("-7", (1, 0, true)),
            ("007", (1, 0, true)),
            ("100", (3, 0, true)),
            ("1.50", (1, 1, false)),
            ("100.0", (3, 0, true)),
            ("0.5", (0, 1, false)),
            (".5", (0, 1, false)),
            ("00.5", (0, 1, false)),
            ("1E+2", (3, 0, true)),
            ("65d1", (3, 0, true)),
            ("0d5", (0, 0, true)),
            ("9d17", (18, 0, true)),
            ("-9223372036d9", (19, 0, true)),
            ("9223372037d9", (19, 0, false)),
            ("1_0", (2, 0, true)),
            ("1.5e1", (2, 0, true)),
            ("15e-1", (1, 1, false)),
            ("1e-130", (0, 130, false)),
            ("9e125", (126, 0, false)),
            ("-0.0012", (0, 4, false)),
            ("999999999999999999", (18, 0, true)),
            ("9223372036854775807", (19, 0, true)),
            ("9223372036854775808", (19, 0, false)),
            ("-9223372036854775808", (19, 0, true)),
            ("-9223372036854775809", (19, 0, false)),
            ("9.223372036854775807d18", (19, 0, true)),
            ("1e18", (19, 0, true)),
            ("1e19", (20, 0, false)),
            ("12345678901234567890123456789012345678", (38, 0, false)),
            ("0.1234567890123456789012345678901234567", (0, 37, false)),
        ] {
            assert_eq!(range(&[text]), expected, "{text}");
            assert_eq!(range(&["0", text, text]), expected, "{text}");
        }
    }

    #[test]
    fn ranges_widen() {
        assert_eq!(range(&["5", "12345", "7"]), (5, 0, true));
        assert_eq!(range(&["5.25", "12345", "7.5"]), (5, 2, false));
        assert_eq!(range(&["1234567890123456789", "1234567890123456788"]), (19, 0, true));
        assert_eq!(range(&["1234567890123456789", "9999999999999999999"]), (19, 0, false));
        assert_eq!(range(&["0.5", "9999999999999999999", "1"]), (19, 1, false));
        let hexadecimal = Number::Value(Decimal::new(false, 255, 0).unwrap());
        let mut range = Range::default();
        assert_eq!(range.statistics(), None);
        range.widen(hexadecimal);
        assert!(range.holds(Number::Text(b"999")) && !range.holds(Number::Text(b"1000")));
    }
}
