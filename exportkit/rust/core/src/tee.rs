//! Columns filled and statistics taken in one reading.
//!
//! Columns take back a record that turns out faulty, statistics cannot. Where the first such record ends the
//! reading, [`Tee`] tells both of a record at once: statistics with half a record in them are never handed out. Where
//! faulty records are set aside, each record is read twice: it is told to the columns first, and to the statistics
//! once it is known to be well formed.

use crate::columns::Columns;
use crate::events::{Line, Visitor, with_events};
use crate::inference::Statistics;
use crate::split::Again;

/// Hands on what it is told to columns and to statistics, `TWICE` in turn.
#[derive(Debug)]
pub(crate) struct Tee<const TWICE: bool> {
    pub(crate) columns: Columns,
    pub(crate) statistics: Statistics,
    /// Whether the record is told for the second time.
    again: bool,
}

impl<const TWICE: bool> Tee<TWICE> {
    pub(crate) fn new(columns: Columns, statistics: Statistics) -> Self {
        Self {
            columns,
            statistics,
            again: false,
        }
    }

    /// Whether the record at hand, if it has been told to its end, has just become a row.
    #[inline]
    pub(crate) fn has_row(&self) -> bool {
        !TWICE || self.again
    }
}

impl<const TWICE: bool> Again for Tee<TWICE> {
    #[inline]
    fn wants_again(&self) -> bool {
        TWICE && self.again
    }
}

macro_rules! hand_on_to_both {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            #[inline]
            fn $method(&mut self, $($argument: $type),*) {
                if !TWICE || !self.again {
                    self.columns.$method($($argument),*);
                }
                if !TWICE || self.again {
                    self.statistics.$method($($argument),*);
                }
            }
        )*
    };
}

impl<const TWICE: bool> Visitor for Tee<TWICE> {
    with_events!(hand_on_to_both);

    #[inline]
    fn place(&mut self, number: u64, offset: u64) {
        self.columns.place(number, offset);
        self.statistics.place(number, offset);
    }

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        if !TWICE || !self.again {
            self.columns.end_record(line);
        }
        if !TWICE || self.again {
            self.statistics.end_record(line);
        }
        self.again = TWICE && !self.again;
    }
}
