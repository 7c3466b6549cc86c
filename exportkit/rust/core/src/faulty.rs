//! Faulty records: the first ends the reading, or all are set aside.

use std::mem::take;
use std::ops::ControlFlow;

use crate::events::{Line, Visitor, hand_on_to_visitor};
use crate::fault::{Fault, Reason};
use crate::reader::Sink;
use crate::split::Again;
use crate::strict::{AnyReader, Misread};

/// A faulty record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong with it, and where it stands.
    pub misread: Misread,
    /// Its bytes without the line feed; None where the line was too long.
    pub data: Option<Vec<u8>>,
}

/// What becomes of faulty records.
#[derive(Debug, Default)]
pub(crate) struct Faulty {
    quarantine: bool,
    /// How many were set aside.
    pub(crate) count: u64,
    /// Those of them that have not been taken.
    malformed: Vec<Malformed>,
    /// The one that ended the reading.
    pub(crate) misread: Option<Misread>,
}

impl Faulty {
    /// Sets faulty records aside, if so said.
    pub(crate) fn new(quarantine: bool) -> Self {
        Self {
            quarantine,
            ..Self::default()
        }
    }

    /// Takes those that were set aside since the last call.
    pub(crate) fn take_malformed(&mut self) -> Vec<Malformed> {
        take(&mut self.malformed)
    }
}

/// Tells a visitor the records of a chunk, or the last one.
pub(crate) fn tell(reader: &mut AnyReader, chunk: Option<&[u8]>, visitor: &mut impl Again, faulty: &mut Faulty) {
    let mut sink = Telling { visitor, faulty };
    // Why it broke is kept.
    let (ControlFlow::Continue(()) | ControlFlow::Break(())) = match chunk {
        Some(chunk) => reader.feed(chunk, &mut sink),
        None => reader.finish(&mut sink),
    };
}

/// Hands records on, and keeps faulty ones.
struct Telling<'a, V> {
    visitor: &'a mut V,
    faulty: &'a mut Faulty,
}

impl<V: Again> Visitor for Telling<'_, V> {
    hand_on_to_visitor!();
}

impl<V: Again> Sink for Telling<'_, V> {
    fn fault(&mut self, line: &Line<'_>, fault: Fault) -> ControlFlow<()> {
        if self.visitor.has_ended() {
            return ControlFlow::Break(());
        }
        let is_held = fault.reason != Reason::TooLong;
        let misread = Misread {
            line: line.number,
            offset: line.offset,
            fault,
        };
        if !self.faulty.quarantine {
            self.faulty.misread = Some(misread);
            return ControlFlow::Break(());
        }
        self.faulty.count += 1;
        self.faulty.malformed.push(Malformed {
            misread,
            data: is_held.then(|| line.bytes.to_vec()),
        });
        ControlFlow::Continue(())
    }

    fn blank(&mut self, _: &Line<'_>) {}

    #[inline]
    fn wants_again(&self) -> bool {
        self.visitor.wants_again()
    }

    #[inline]
    fn has_ended(&self) -> bool {
        self.visitor.has_ended()
    }
}
