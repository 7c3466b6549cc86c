//! What a parser makes of a fault: nothing while it reads, everything once it is asked why.

use crate::fault::{Fault, Reason};
use crate::reader::Rejected;

/// How faults are reported; chosen at compile time.
pub(crate) trait Judge {
    /// What a failing function returns.
    type Error;

    /// A fault where `rest` begins.
    fn fault(reason: Reason, rest: &[u8]) -> Self::Error;

    /// The fault as seen from the map that holds it under the name.
    fn under(error: Self::Error, name: impl FnOnce() -> Vec<u8>) -> Self::Error;

    /// The fault as seen from the list that holds it at the index.
    fn in_list(error: Self::Error, index: usize) -> Self::Error;
}

/// Says no, and nothing else.
pub(crate) struct Quick;

impl Judge for Quick {
    type Error = Rejected;

    #[inline(always)]
    fn fault(_: Reason, _: &[u8]) -> Rejected {
        Rejected
    }

    #[inline(always)]
    fn under(error: Rejected, _: impl FnOnce() -> Vec<u8>) -> Rejected {
        error
    }

    #[inline(always)]
    fn in_list(error: Rejected, _: usize) -> Rejected {
        error
    }
}

/// Says why and where. The column is counted from the line's end until [`Exact::place`] turns it around.
pub(crate) struct Exact;

impl Exact {
    /// The fault, with its column from the start of a line of `length` bytes.
    pub(crate) fn place(mut fault: Fault, length: usize) -> Fault {
        fault.column = fault.column.and_then(|left| length.checked_sub(left));
        fault
    }
}

impl Judge for Exact {
    type Error = Box<Fault>;

    fn fault(reason: Reason, rest: &[u8]) -> Box<Fault> {
        Box::new(Fault::new(reason).at(rest.len()))
    }

    fn under(error: Box<Fault>, name: impl FnOnce() -> Vec<u8>) -> Box<Fault> {
        Box::new(error.under(&name()))
    }

    fn in_list(error: Box<Fault>, index: usize) -> Box<Fault> {
        Box::new(error.in_list(index))
    }
}
