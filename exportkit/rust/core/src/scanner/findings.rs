//! What the scanner makes of the events: counts of good records, faults of all.

use std::ops::ControlFlow;

use super::keys::Keys;
use super::report::{ScanReport, TYPES};
use super::{ExportView, ScanOptions};
use crate::events::{Binary, Line, Member, Number, SetKind, Text, Visitor};
use crate::fault::{Fault, Reason};
use crate::path::NodeId;
use crate::reader::{ExportType, Sink};

/// How far outside its window a write may be for a warning, in microseconds: clocks differ that much.
const NEAR: u64 = 60_000_000;

/// Places of the types in [`TYPES`].
mod types {
    pub(super) const S: usize = 0;
    pub(super) const N: usize = 1;
    pub(super) const B: usize = 2;
    pub(super) const BOOL: usize = 3;
    pub(super) const NULL: usize = 4;
    pub(super) const M: usize = 5;
    pub(super) const L: usize = 6;
    pub(super) const SS: usize = 7;
    pub(super) const NS: usize = 8;
    pub(super) const BS: usize = 9;
}

/// The scanner's visitor.
#[derive(Debug)]
pub(super) struct Findings {
    options: ScanOptions,
    pub(super) report: ScanReport,
    pub(super) keys: Keys,
    record: Record,
}

/// The record at hand: counted only once it is known to be good.
#[derive(Debug, Default)]
struct Record {
    types: [u64; TYPES.len()],
    /// What a value counts: 1, but 0 in Keys.
    weight: u64,
    /// What a scalar counts: as `weight`, but 0 in sets.
    scalar_weight: u64,
    /// Maps and lists that are open, the member's own map among them.
    level: u64,
    deepest: u64,
    timestamp: Option<u64>,
    new_image: bool,
    old_image: bool,
}

impl Findings {
    pub(super) fn new(options: ScanOptions) -> Self {
        Self {
            report: ScanReport::default(),
            keys: Keys::new(&options),
            record: Record::default(),
            options,
        }
    }

    fn count_line(&mut self, line: &Line<'_>) {
        self.report.records += 1;
        self.report.longest_record = self.report.longest_record.max(line.length);
    }

    /// Counts and judges a well-formed change record.
    fn end_change(&mut self, line: &Line<'_>) {
        let Record {
            new_image,
            old_image,
            timestamp,
            ..
        } = self.record;
        let report = &mut self.report;
        *(if new_image {
            &mut report.puts
        } else {
            &mut report.deletes
        }) += 1;
        report.old_images += u64::from(old_image);
        let limit = self.options.fault_limit;
        match self.options.view {
            Some(ExportView::NewImage) if old_image => {
                report.malformed += 1;
                let fault = || Fault::new(Reason::OldImageInView).under(Member::OldImage.name().as_bytes());
                report.note(line, limit, Reason::OldImageInView, fault);
            }
            Some(ExportView::NewAndOldImages) if !new_image && !old_image => {
                report.note(line, limit, Reason::NoImageInView, || Fault::new(Reason::NoImageInView));
            }
            _ => {}
        }
        self.keys.judge(line, report, limit);
        if let Some(micros) = timestamp {
            let (first, last) = report.timestamps.unwrap_or((micros, micros));
            report.timestamps = Some((first.min(micros), last.max(micros)));
            if let Some(reason) = self.options.window.and_then(|window| outside(window, micros)) {
                report.note(line, limit, reason, || {
                    Fault::new(reason).under(b"WriteTimestampMicros").under(b"Metadata")
                });
            }
        }
    }
}

/// What is wrong with a time stamp in a window, its start inclusive, its end exclusive.
fn outside((start, end): (i64, i64), micros: u64) -> Option<Reason> {
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

impl Visitor for Findings {
    #[inline]
    fn begin_record(&mut self) {
        self.record = Record {
            weight: 1,
            scalar_weight: 1,
            ..Record::default()
        };
        self.keys.begin_record();
    }

    #[inline]
    fn member(&mut self, member: Member) {
        self.record.new_image |= member == Member::NewImage;
        self.record.old_image |= member == Member::OldImage;
        self.record.weight = u64::from(member != Member::Keys);
        self.record.scalar_weight = self.record.weight;
        self.keys.member(member);
    }

    #[inline]
    fn write_timestamp(&mut self, micros: u64) {
        self.record.timestamp = Some(micros);
    }

    #[inline]
    fn begin_map(&mut self, _: NodeId) {
        let record = &mut self.record;
        record.types[types::M] += u64::from(record.level > 0) * record.weight;
        record.deepest = record.deepest.max(record.level * record.weight);
        record.level += 1;
        self.keys.value(|encoder| encoder.begin_map(), 1);
    }

    #[inline]
    fn name(&mut self, node: NodeId, name: Text<'_>) {
        if self.record.level == 1 {
            self.keys.attribute(node, name);
        } else {
            self.keys.inner(|encoder| encoder.name(name));
        }
    }

    #[inline]
    fn end_map(&mut self) {
        self.record.level -= 1;
        if self.record.level == 0 {
            self.keys.end_member();
        } else {
            self.keys.value(|encoder| encoder.end_map(), -1);
        }
    }

    #[inline]
    fn begin_list(&mut self) {
        let record = &mut self.record;
        record.types[types::L] += record.weight;
        record.deepest = record.deepest.max(record.level * record.weight);
        record.level += 1;
        self.keys.value(|encoder| encoder.begin_list(), 1);
    }

    #[inline]
    fn end_list(&mut self) {
        self.record.level -= 1;
        self.keys.value(|encoder| encoder.end_list(), -1);
    }

    #[inline]
    fn begin_set(&mut self, kind: SetKind) {
        let place = match kind {
            SetKind::Strings => types::SS,
            SetKind::Numbers => types::NS,
            SetKind::Binaries => types::BS,
        };
        self.record.types[place] += self.record.weight;
        self.record.scalar_weight = 0;
        self.keys.value(|encoder| encoder.begin_set(kind), 1);
    }

    #[inline]
    fn end_set(&mut self) {
        self.record.scalar_weight = self.record.weight;
        self.keys.value(|encoder| encoder.end_set(), -1);
    }

    #[inline]
    fn string(&mut self, value: Text<'_>) {
        self.record.types[types::S] += self.record.scalar_weight;
        self.keys.value(|encoder| encoder.string(value), 0);
    }

    #[inline]
    fn number(&mut self, value: Number<'_>) {
        self.record.types[types::N] += self.record.scalar_weight;
        self.keys.value(|encoder| encoder.number(value), 0);
    }

    #[inline]
    fn binary(&mut self, value: Binary<'_>) {
        self.record.types[types::B] += self.record.scalar_weight;
        self.keys.value(|encoder| encoder.binary(value), 0);
    }

    #[inline]
    fn boolean(&mut self, value: bool) {
        self.record.types[types::BOOL] += self.record.scalar_weight;
        self.keys.value(|encoder| encoder.boolean(value), 0);
    }

    #[inline]
    fn null(&mut self) {
        self.record.types[types::NULL] += self.record.scalar_weight;
        self.keys.value(|encoder| encoder.null(), 0);
    }

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        if self.keys.wants_again() {
            return;
        }
        self.count_line(line);
        for (total, count) in self.report.types.iter_mut().zip(&self.record.types) {
            *total += count;
        }
        self.report.deepest = self.report.deepest.max(self.record.deepest);
        match self.options.export_type {
            ExportType::Full => self.keys.judge(line, &mut self.report, self.options.fault_limit),
            ExportType::Incremental => self.end_change(line),
        }
    }

    fn discard_record(&mut self) {}
}

impl Sink for Findings {
    fn fault(&mut self, line: &Line<'_>, fault: Fault) -> ControlFlow<()> {
        self.count_line(line);
        self.report.malformed += 1;
        self.report.note(line, self.options.fault_limit, fault.reason, || fault);
        ControlFlow::Continue(())
    }

    fn blank(&mut self, _: &Line<'_>) {
        self.report.blank_lines += 1;
    }

    #[inline]
    fn wants_again(&self) -> bool {
        self.keys.wants_again()
    }
}
