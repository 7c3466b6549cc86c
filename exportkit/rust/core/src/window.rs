//! When a change may have been written, by its export's window.

use crate::fault::{Fault, Reason};

/// Start, inclusive, and end, exclusive, of an export's window, in microseconds since the epoch.
pub(crate) type Window = (i64, i64);

/// How far outside its window a write may be for a warning, in microseconds: clocks differ that much.
const NEAR: u64 = 60_000_000;

/// What is wrong with a time stamp in a window.
pub(crate) fn outside((start, end): Window, micros: u64) -> Option<Reason> {
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    let distance = if micros < start {
        start.abs_diff(micros)
    } else if micros >= end {
        micros.abs_diff(end)
    } else {
        return None;
    };
    Some(if distance <= NEAR {
        Reason::TimestampNear
    } else {
        Reason::TimestampFar
    })
}

/// The fault of a record's time stamp.
pub(crate) fn timestamp_fault(reason: Reason) -> Fault {
    Fault::new(reason).under(b"WriteTimestampMicros").under(b"Metadata")
}
