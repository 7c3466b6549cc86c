//! DynamoDB numbers: exact decimals of at most 38 digits, and their spellings.
//!
//! The rules are those of `docs/records.md`, "Numbers". Nothing here allocates but what it is given
//! to write into.

#[cfg(test)]
mod tests;

use crate::fault::Reason;

/// Digits a coefficient may have.
pub const MAX_DIGITS: u32 = 38;
/// Least adjusted exponent (the exponent of the first digit).
pub const MIN_ADJUSTED: i32 = -130;
/// Greatest adjusted exponent.
pub const MAX_ADJUSTED: i32 = 125;

/// Exponents are held within these bounds while text is read: beyond them everything is out of range,
/// however many digits stand before the exponent.
const EXPONENT_CLAMP: i64 = 1 << 60;

/// A number in DynamoDB's range, by value: `1`, `1.0` and `1e0` are one and the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal {
    /// Whether it is below zero; zero has no sign.
    pub negative: bool,
    /// All digits, without trailing zeros; 0 for zero.
    pub coefficient: u128,
    /// The value is `coefficient` × 10^`exponent`; 0 for zero.
    pub exponent: i16,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self {
        negative: false,
        coefficient: 0,
        exponent: 0,
    };

    /// Makes the number `coefficient` × 10^`exponent`.
    ///
    /// # Errors
    ///
    /// [`Reason::NumberPrecision`] or [`Reason::NumberRange`].
    pub fn new(negative: bool, mut coefficient: u128, exponent: i64) -> Result<Self, Reason> {
        if coefficient == 0 {
            return Ok(Self::ZERO);
        }
        let mut exponent = exponent.clamp(-EXPONENT_CLAMP, EXPONENT_CLAMP);
        while coefficient.is_multiple_of(10) {
            coefficient /= 10;
            exponent += 1;
        }
        let digits = coefficient.ilog10() + 1;
        if digits > MAX_DIGITS {
            return Err(Reason::NumberPrecision);
        }
        let adjusted = exponent + i64::from(digits) - 1;
        if !(i64::from(MIN_ADJUSTED)..=i64::from(MAX_ADJUSTED)).contains(&adjusted) {
            return Err(Reason::NumberRange);
        }
        let exponent = i16::try_from(exponent).map_err(|_| Reason::NumberRange)?;
        Ok(Self {
            negative,
            coefficient,
            exponent,
        })
    }

    /// Reads the text of a number as DynamoDB JSON spells it: `[+-]?(digits[.digits?]|.digits)([eE][+-]?digits)?`.
    ///
    /// # Errors
    ///
    /// [`Reason::Number`] where the text is none, else as [`Decimal::new`].
    pub fn from_json(text: &[u8]) -> Result<Self, Reason> {
        if is_json_number(text) {
            Self::from_checked(text)
        } else {
            Err(Reason::Number)
        }
    }

    /// Reads text whose grammar was checked before: that of [`Decimal::from_json`], or an Ion decimal or
    /// decimal integer, with `_` between digits and `d`, `D`, `e` or `E` before the exponent.
    ///
    /// # Errors
    ///
    /// [`Reason::Number`] for a byte that stands in no number, else as [`Decimal::new`].
    pub fn from_checked(text: &[u8]) -> Result<Self, Reason> {
        let mut coefficient: u128 = 0;
        let mut digits: u32 = 0; // of the coefficient, saturating above MAX_DIGITS
        let mut zeros: u64 = 0; // seen after the coefficient's last digit, not yet part of it
        let mut fraction: i64 = 0; // digits after the point, up to the coefficient's last digit and `zeros`
        let mut in_fraction = false;
        let mut exponent: i64 = 0;
        let (negative, body) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        for (at, &byte) in body.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    fraction += i64::from(in_fraction);
                    if byte == b'0' {
                        zeros += u64::from(digits > 0);
                        continue;
                    }
                    let places = zeros.saturating_add(1);
                    zeros = 0;
                    digits = digits.saturating_add(u32::try_from(places).unwrap_or(u32::MAX));
                    if digits <= MAX_DIGITS {
                        let shift = 10_u128.pow(u32::try_from(places).unwrap_or(0));
                        coefficient = coefficient * shift + u128::from(byte - b'0');
                    }
                }
                b'.' => in_fraction = true,
                b'_' => {}
                b'e' | b'E' | b'd' | b'D' => {
                    exponent = read_exponent(&body[at + 1..])?;
                    break;
                }
                _ => return Err(Reason::Number),
            }
        }
        if digits > MAX_DIGITS {
            return Err(Reason::NumberPrecision);
        }
        let zeros = i64::try_from(zeros).map_err(|_| Reason::NumberRange)?;
        Self::new(negative, coefficient, exponent + zeros - fraction)
    }

    /// The number as microseconds since the epoch; None where it is not whole, or not from 0 to 2**63 − 1.
    pub fn micros(self) -> Option<u64> {
        let scale = 10_u128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        let micros = i64::try_from(self.coefficient.checked_mul(scale)?).ok()?;
        (!self.negative).then_some(micros.cast_unsigned())
    }

    /// Digits of the coefficient: 1 for zero.
    pub fn digits(self) -> u32 {
        self.coefficient.checked_ilog10().unwrap_or(0) + 1
    }

    /// The exponent of the first digit.
    pub fn adjusted(self) -> i32 {
        i32::from(self.exponent) + self.digits().cast_signed() - 1
    }

    /// Appends the spelling of the service, which exportkit uses everywhere but in Ion: `61600`, `-1.5`, `1E+100`.
    pub fn write(self, out: &mut Vec<u8>) {
        let mut buffer = [0; MAX_DIGITS as usize];
        let digits = self.digits_into(&mut buffer);
        let adjusted = self.adjusted();
        if self.negative {
            out.push(b'-');
        }
        match usize::try_from(adjusted) {
            Ok(whole @ 0..=37) => write_plain(digits, whole + 1, out),
            Err(_) if adjusted >= -7 => write_fraction(digits, adjusted, out),
            _ => {
                let (first, rest) = digits.split_at(1);
                out.extend_from_slice(first);
                if !rest.is_empty() {
                    out.push(b'.');
                    out.extend_from_slice(rest);
                }
                out.extend_from_slice(if adjusted < 0 { b"E-" } else { b"E+" });
                write_integer(adjusted.unsigned_abs(), out);
            }
        }
    }

    /// Appends the Ion decimal in the normal form of AWS's exports: `1.`, `3.875`, `616d2`, `1d-10`.
    pub fn write_ion(self, out: &mut Vec<u8>) {
        let mut buffer = [0; MAX_DIGITS as usize];
        let digits = self.digits_into(&mut buffer);
        let adjusted = self.adjusted();
        if self.negative {
            out.push(b'-');
        }
        if self.exponent > 0 || adjusted < -6 {
            out.extend_from_slice(digits);
            out.extend_from_slice(if self.exponent < 0 { b"d-" } else { b"d" });
            write_integer(u32::from(self.exponent.unsigned_abs()), out);
        } else if let Ok(whole) = usize::try_from(adjusted) {
            write_plain(digits, whole + 1, out);
            if self.exponent == 0 {
                out.push(b'.');
            }
        } else {
            write_fraction(digits, adjusted, out);
        }
    }

    /// Appends the payload of the canonical encoding (`docs/canonical.md`).
    pub fn write_canonical(self, out: &mut Vec<u8>) {
        if self.coefficient == 0 {
            out.push(b'0');
            return;
        }
        let mut buffer = [0; MAX_DIGITS as usize];
        out.push(if self.negative { b'-' } else { b'+' });
        out.extend_from_slice(&self.exponent.to_be_bytes());
        out.extend_from_slice(self.digits_into(&mut buffer));
    }

    /// Writes the coefficient's digits to the end of the buffer and returns them.
    fn digits_into(self, buffer: &mut [u8; MAX_DIGITS as usize]) -> &[u8] {
        let mut start = buffer.len();
        let mut rest = self.coefficient;
        // Two rounds of 64-bit arithmetic: 128-bit division costs a library call a digit.
        loop {
            let (high, mut low) = (rest / LIMB, u64::try_from(rest % LIMB).unwrap_or(0));
            let end = if high == 0 {
                0
            } else {
                start.saturating_sub(LIMB_DIGITS)
            };
            while start > end && (low > 0 || high > 0 || start == buffer.len()) {
                start -= 1;
                buffer[start] = b'0' + u8::try_from(low % 10).unwrap_or(0);
                low /= 10;
            }
            if high == 0 {
                return &buffer[start..];
            }
            rest = high;
        }
    }
}

const LIMB_DIGITS: usize = 19;
const LIMB: u128 = 10_u128.pow(19);

/// Whether text is a number as DynamoDB JSON spells it.
pub fn is_json_number(text: &[u8]) -> bool {
    let body = text
        .strip_prefix(b"-")
        .or_else(|| text.strip_prefix(b"+"))
        .unwrap_or(text);
    let whole = leading_digits(body);
    let (fraction, rest) = match &body[whole..] {
        [b'.', rest @ ..] => {
            let fraction = leading_digits(rest);
            (fraction, &rest[fraction..])
        }
        rest => (0, rest),
    };
    if whole + fraction == 0 {
        return false;
    }
    match rest {
        [] => true,
        [b'e' | b'E', rest @ ..] => {
            let digits = rest
                .strip_prefix(b"-")
                .or_else(|| rest.strip_prefix(b"+"))
                .unwrap_or(rest);
            !digits.is_empty() && leading_digits(digits) == digits.len()
        }
        _ => false,
    }
}

fn leading_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Reads `[+-]?digits`, saturating: what does not fit is out of range for any coefficient but zero.
fn read_exponent(text: &[u8]) -> Result<i64, Reason> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let mut value: i64 = 0;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => value = (value * 10 + i64::from(byte - b'0')).min(EXPONENT_CLAMP / 16),
            b'_' => {}
            _ => return Err(Reason::Number),
        }
    }
    Ok(if negative { -value } else { value })
}

/// Writes digits with `whole` of them before the point, filled with zeros where there are fewer.
fn write_plain(digits: &[u8], whole: usize, out: &mut Vec<u8>) {
    if digits.len() <= whole {
        out.extend_from_slice(digits);
        out.resize(out.len() + (whole - digits.len()), b'0');
    } else {
        out.extend_from_slice(&digits[..whole]);
        out.push(b'.');
        out.extend_from_slice(&digits[whole..]);
    }
}

/// Writes digits below one, the first of them at 10^`adjusted`.
fn write_fraction(digits: &[u8], adjusted: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"0.");
    let zeros = usize::try_from(-1 - adjusted).unwrap_or(0);
    out.resize(out.len() + zeros, b'0');
    out.extend_from_slice(digits);
}

fn write_integer(value: u32, out: &mut Vec<u8>) {
    if value >= 10 {
        write_integer(value / 10, out);
    }
    out.push(b'0' + u8::try_from(value % 10).unwrap_or(0));
}
