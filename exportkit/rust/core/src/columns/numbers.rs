//! Numbers as columns hold them.

use arrow_buffer::i256;

use crate::events::{Number, ShortNumber};
use crate::number::Decimal;

/// Powers of ten that a decimal128 can need.
const POWERS: [u128; 39] = {
    let mut powers = [1; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Those of 64 bits.
const SMALL_POWERS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Powers of ten that are doubles.
const DOUBLES: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A number of at most 16 digits, without exponent: `magnitude` × 10^-`scale`.
struct Plain {
    negative: bool,
    magnitude: u64,
    scale: usize,
}

impl Plain {
    /// Reads a number that is short enough.
    #[inline(always)]
    fn read(value: ShortNumber<'_>) -> Option<Self> {
        Self::read_eight(value).or_else(|| Self::read_sixteen(value))
    }

    /// Reads one of at most eight characters behind its sign, as most are, in one word.
    #[inline(always)]
    fn read_eight(value: ShortNumber<'_>) -> Option<Self> {
        let window = value.window;
        let (length, point) = (usize::from(value.length), usize::from(value.point));
        let sign = usize::from(window[0] == b'-');
        let gap = 8_usize.checked_sub(length - sign)?; // before its digits, once they end where eight would
        let characters = if sign == 0 {
            window.first_chunk()?
        } else {
            window[1..].first_chunk()?
        };
        // What stands before the digits, zeros, and `0` are the same in the end.
        let mut digits = u64::from_le_bytes(*characters) << ((8 * gap) % 64);
        let mut scale = 0;
        if point < length {
            scale = length - 1 - point;
            let below = (1_u64 << ((8 * (point - sign + gap)) % 64)) - 1;
            // What stands before the point takes its place.
            digits = digits & !(below << 8 | 0xFF) | (digits & below) << 8;
        }
        Some(Self {
            negative: sign == 1,
            magnitude: eight_digits(digits),
            scale,
        })
    }

    /// Reads one of at most sixteen, as [`Self::read_eight`] does in two.
    #[inline(always)]
    fn read_sixteen(value: ShortNumber<'_>) -> Option<Self> {
        let window = value.window;
        let (length, point) = (usize::from(value.length), usize::from(value.point));
        let sign = usize::from(window[0] == b'-');
        let gap = 16_usize.checked_sub(length - sign)?;
        let characters: &[u8; 16] = if sign == 0 {
            window.first_chunk()?
        } else {
            window[1..].first_chunk()?
        };
        let mut digits = u128::from_le_bytes(*characters) << ((8 * gap) % 128);
        let mut scale = 0;
        if point < length {
            scale = length - 1 - point;
            let below = (1_u128 << ((8 * (point - sign + gap)) % 128)) - 1;
            digits = digits & !(below << 8 | 0xFF) | (digits & below) << 8;
        }
        #[allow(clippy::cast_possible_truncation, reason = "the two halves")]
        let (first, last) = (digits as u64, (digits >> 64) as u64);
        Some(Self {
            negative: sign == 1,
            magnitude: eight_digits(first) * 100_000_000 + eight_digits(last),
            scale,
        })
    }
}

/// The value of eight digits: pairs, then fours, then all.
#[inline(always)]
fn eight_digits(text: u64) -> u64 {
    let digits = text & 0x0F0F_0F0F_0F0F_0F0F;
    let pairs = (digits.wrapping_mul(2561) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(6_553_601) >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(42_949_672_960_001) >> 32
}

/// As [`int64`]; None says nothing.
#[inline(always)]
pub(super) fn short_int64(value: ShortNumber<'_>) -> Option<i64> {
    let plain = Plain::read(value).filter(|plain| plain.scale == 0)?;
    let magnitude = plain.magnitude.cast_signed(); // far from the sign
    Some(if plain.negative { -magnitude } else { magnitude })
}

/// As [`decimal128`]; None says nothing.
#[inline(always)]
pub(super) fn short_decimal128(value: ShortNumber<'_>, precision: u8, scale: u8) -> Option<i128> {
    let plain = Plain::read(value)?;
    let power = SMALL_POWERS.get(usize::from(scale).wrapping_sub(plain.scale))?;
    let magnitude = u128::from(plain.magnitude) * u128::from(*power);
    (magnitude < *POWERS.get(usize::from(precision))?).then(|| {
        let magnitude = magnitude.cast_signed();
        if plain.negative { -magnitude } else { magnitude }
    })
}

/// As [`double`]; None says nothing.
#[inline(always)]
pub(super) fn short_double(value: ShortNumber<'_>) -> Option<f64> {
    let plain = Plain::read(value).filter(|plain| plain.magnitude <= 1 << 53)?;
    // Both are exact, so that the quotient is rounded once.
    #[allow(clippy::cast_precision_loss, reason = "at most 2**53")]
    let magnitude = plain.magnitude as f64 / DOUBLES.get(plain.scale)?;
    Some(if plain.negative && plain.magnitude > 0 {
        -magnitude
    } else {
        magnitude
    })
}

/// The number as an int64; None where it is not whole, or too large.
#[inline(never)]
pub(super) fn int64(value: Number<'_>) -> Option<i64> {
    if let Number::Text(text @ [_, .., b'0'..=b'9']) = value
        && text.len() < 20
        && let Some(value) = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok())
    {
        return Some(value);
    }
    let value = value.decimal();
    let power = *POWERS.get(usize::try_from(value.exponent).ok()?)?;
    let magnitude = u64::try_from(value.coefficient.checked_mul(power)?).ok()?;
    if value.negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// The number times 10^`scale`; None where a decimal of so many digits cannot hold it. `precision` is at most 38.
#[inline(never)]
pub(super) fn decimal128(value: Number<'_>, precision: u8, scale: u8) -> Option<i128> {
    let value = value.decimal();
    let power = POWERS[shift(value, precision, scale)?];
    let magnitude = (value.coefficient * power).cast_signed();
    Some(if value.negative { -magnitude } else { magnitude })
}

/// As [`decimal128`], for a `precision` of at most 76.
pub(super) fn decimal256(value: Number<'_>, precision: u8, scale: u8) -> Option<i256> {
    let value = value.decimal();
    let shift = shift(value, precision, scale)?;
    let mut magnitude = i256::from_parts(value.coefficient, 0);
    for step in [shift.min(38), shift.saturating_sub(38)] {
        magnitude = magnitude.wrapping_mul(i256::from_parts(POWERS[step], 0));
    }
    Some(if value.negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    })
}

/// By how many digits the coefficient has to be moved; None where the number does not fit.
fn shift(value: Decimal, precision: u8, scale: u8) -> Option<usize> {
    if value.coefficient == 0 {
        return Some(0);
    }
    let whole = i32::from(precision) - i32::from(scale);
    let shift = usize::try_from(i32::from(value.exponent) + i32::from(scale)).ok()?;
    (value.adjusted() < whole).then_some(shift)
}

/// The nearest double, ties to even; zero has no sign.
#[inline(never)]
pub(super) fn double(value: Number<'_>) -> f64 {
    let mut spelled = Vec::new();
    value.decimal().write(&mut spelled);
    let text = std::str::from_utf8(&spelled).unwrap_or_default();
    text.parse().unwrap_or_default()
}

/// The number that an int64 stands for.
pub(super) fn from_int64(value: i64) -> Decimal {
    Decimal::new(value < 0, u128::from(value.unsigned_abs()), 0).unwrap_or(Decimal::ZERO)
}

/// The number that a decimal128 stands for.
pub(super) fn from_decimal128(value: i128, scale: u8) -> Decimal {
    Decimal::new(value < 0, value.unsigned_abs(), -i64::from(scale)).unwrap_or(Decimal::ZERO)
}

/// The number that a decimal256 stands for.
pub(super) fn from_decimal256(value: i256, scale: u8) -> Decimal {
    let ten = i256::from_i128(10);
    let (mut value, mut exponent) = (value, -i64::from(scale));
    loop {
        if let Some(value) = value.to_i128() {
            return Decimal::new(value < 0, value.unsigned_abs(), exponent).unwrap_or(Decimal::ZERO);
        }
        // At most 38 digits count; the others are zeros.
        value = value.wrapping_div(ten);
        exponent += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<String> {
        let mut texts = Vec::new();
        for whole in [
            "",
            "0",
            "7",
            "42",
            "007",
            "123",
            "1234",
            "99999",
            "1234567",
            "12345678",
            "123456789",
            "9223372036854775807",
            "9223372036854775808",
            "9223372036854775809",
            "1234567890123456",
            "12345678901234567",
            "18446744073709551616",
            "99999999999999999999999999999999999999",
        ] {
            for fraction in ["", ".", ".0", ".5", ".25", ".120", ".0000001", ".1234567890"] {
                for exponent in ["", "e0", "e2", "E-3", "e20"] {
                    for sign in ["", "-", "+"] {
                        texts.push(format!("{sign}{whole}{fraction}{exponent}"));
                    }
                }
            }
        }
        texts.retain(|text| Decimal::from_json(text.as_bytes()).is_ok());
        assert!(texts.len() > 1000);
        texts
    }

    fn number(text: &str) -> Number<'_> {
        Number::Text(text.as_bytes())
    }

    /// The number as a parser tells it that finds it to be short.
    fn with_short<T>(text: &str, read: impl FnOnce(ShortNumber<'_>) -> T) -> Option<T> {
        let is_short = text.len() < 32 && !text.starts_with('+') && !text.contains(['e', 'E', '_']);
        let mut window = [b'9'; 32];
        is_short.then(|| {
            window[..text.len()].copy_from_slice(text.as_bytes());
            read(ShortNumber {
                window: &window,
                length: u8::try_from(text.len()).unwrap(),
                point: u8::try_from(text.find('.').unwrap_or(text.len())).unwrap(),
            })
        })
    }

    #[test]
    fn short_ways_are_the_long_ways() {
        let (mut integers, mut decimals, mut doubles) = (0, 0, 0);
        for text in texts() {
            let value = number(&text).decimal();
            if let Some(Some(held)) = with_short(&text, short_int64) {
                integers += 1;
                assert_eq!(Some(held), int64(number(&text)), "{text}");
            }
            if let Some(Some(held)) = with_short(&text, short_double) {
                doubles += 1;
                assert_eq!(held.to_bits(), double(number(&text)).to_bits(), "{text}");
            }
            for (precision, scale) in [(18, 0), (18, 2), (18, 18), (38, 0), (38, 9), (38, 37), (1, 1), (5, 3)] {
                let held = decimal128(number(&text), precision, scale);
                let short = with_short(&text, |short| short_decimal128(short, precision, scale)).flatten();
                if short.is_some() {
                    decimals += 1;
                    assert_eq!(short, held, "{text} {precision} {scale}");
                }
                assert_eq!(
                    decimal256(number(&text), precision, scale),
                    held.map(i256::from_i128),
                    "{text}"
                );
                if let Some(held) = held {
                    assert_eq!(from_decimal128(held, scale), value, "{text}");
                    assert_eq!(from_decimal256(i256::from_i128(held), scale), value, "{text}");
                }
            }
        }
        assert!(
            integers > 30 && decimals > 300 && doubles > 100,
            "{integers} {decimals} {doubles}"
        );
    }

    #[test]
    fn whole_numbers_by_value() {
        for (text, expected) in [
            ("1E+2", Some(100)),
            ("100.0", Some(100)),
            ("-0", Some(0)),
            ("0.5", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("9.223372036854775807e18", Some(i64::MAX)),
            ("1e100", None),
            ("1_0d1", Some(100)),
        ] {
            assert_eq!(int64(number(text)), expected, "{text}");
        }
        assert_eq!(int64(Number::Value(Decimal::new(true, 5, 1).unwrap())), Some(-50));
    }

    #[test]
    fn decimals_by_digits() {
        for (text, precision, scale, expected) in [
            ("1.50", 3, 1, Some(15)),
            ("99.9", 3, 1, Some(999)),
            ("100", 3, 1, None),
            ("0.05", 3, 1, None),
            ("-0.5", 1, 1, Some(-5)),
            ("1", 1, 1, None),
            ("0", 1, 1, Some(0)),
            ("1e5", 6, 0, Some(100_000)),
            ("1e6", 6, 0, None),
        ] {
            assert_eq!(decimal128(number(text), precision, scale), expected, "{text}");
        }
        let nines = "9".repeat(38);
        assert_eq!(decimal128(number(&nines), 38, 0), Some(10_i128.pow(38) - 1));
        assert_eq!(decimal128(number(&nines), 38, 1), None);
    }

    #[test]
    fn wide_decimals() {
        let nines = "9".repeat(38);
        let held = decimal256(number(&format!("{nines}e38")), 76, 0).unwrap();
        assert_eq!(held.to_string(), format!("{nines}{}", "0".repeat(38)));
        assert_eq!(from_decimal256(held, 0), number(&format!("{nines}e38")).decimal());
        let held = decimal256(number(&format!("-{nines}e-38")), 76, 76).unwrap();
        assert_eq!(held.to_string(), format!("-{nines}{}", "0".repeat(38)));
        assert_eq!(from_decimal256(held, 76), number(&format!("-{nines}e-38")).decimal());
        assert_eq!(decimal256(number("1e76"), 76, 0), None);
        assert_eq!(decimal256(number("1e-77"), 76, 76), None);
    }

    #[test]
    fn doubles_are_the_nearest() {
        for text in [
            "0.1",
            "1e23",
            "9007199254740993",
            "123456.789",
            "-0.0",
            "1e-130",
            "9.99e125",
        ] {
            let nearest: f64 = text.parse::<f64>().unwrap() + 0.0;
            assert_eq!(double(number(text)).to_bits(), nearest.to_bits(), "{text}");
        }
    }
}
