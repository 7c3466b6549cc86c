//! Numbers and binary that are not spelled as most are.

use super::bytes::{base64, string};
use crate::fault::Reason;
use crate::judge::Judge;
use crate::number::Decimal;

/// Reads any number, or finds why it is none, from behind its opening quote.
#[inline(never)]
pub(super) fn long_number<J: Judge>(rest: &[u8], found: impl FnOnce(&[u8])) -> Result<&[u8], J::Error> {
    let (text, after) = string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
    let mut scratch = Vec::new();
    let text = text.bytes(&mut scratch);
    match Decimal::from_json(text) {
        Ok(_) => {
            found(text);
            Ok(after)
        }
        Err(reason) => Err(J::fault(reason, rest)),
    }
}

/// Reads base64 that is spelled with escapes, or finds that it is none, from behind its opening quote.
#[cold]
#[inline(never)]
pub(super) fn escaped_binary<J: Judge>(rest: &[u8], found: impl FnOnce(&[u8])) -> Result<&[u8], J::Error> {
    let (text, after) = string(rest).ok_or_else(|| J::fault(Reason::Syntax, rest))?;
    let mut quoted = Vec::new();
    text.append_to(&mut quoted);
    quoted.push(b'"');
    // What the escapes spelled has to be base64 to its very end: a quote among them ends it before.
    match base64(&quoted) {
        Some((base64, [])) => {
            found(base64);
            Ok(after)
        }
        _ => Err(J::fault(Reason::Binary, rest)),
    }
}
