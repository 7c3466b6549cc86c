//! What the scanner makes of the events: counts of good records, faults of all.

use std::ops::ControlFlow;

use super::keys::Keys;
use super::report::ScanReport;
use super::{ExportView, ScanOptions};
use crate::canonical::Encoder;
use crate::events::{Binary, Line, Member, Number, SetKind, Text, Visitor};
use crate::fault::{Fault, Reason};
use crate::path::NodeId;
use crate::reader::{ExportType, Sink};
use crate::types::{self, TYPES};
use crate::window::{outside, timestamp_fault};

/// What has been found, and the record at hand.
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
                report.note(line, limit, reason, || timestamp_fault(reason));
            }
        }
    }
}

/// The scanner's visitor; `KEYED` where keys are watched: who does not ask for them pays nothing.
pub(super) struct Listener<'f, const KEYED: bool> {
    pub(super) found: &'f mut Findings,
}

impl<const KEYED: bool> Listener<'_, KEYED> {
    /// A part of a value; `nesting` containers more are open after it.
    #[inline(always)]
    fn value(&mut self, tell: impl FnOnce(&mut Encoder), nesting: isize) {
        if KEYED {
            self.found.keys.value(tell, nesting);
        }
    }
}

impl<const KEYED: bool> Visitor for Listener<'_, KEYED> {
    #[inline]
    fn begin_record(&mut self) {
        self.found.record = Record {
            weight: 1,
            scalar_weight: 1,
            ..Record::default()
        };
        if KEYED {
            self.found.keys.begin_record();
        }
    }

    #[inline]
    fn member(&mut self, member: Member) {
        self.found.record.new_image |= member == Member::NewImage;
        self.found.record.old_image |= member == Member::OldImage;
        self.found.record.weight = u64::from(member != Member::Keys);
        self.found.record.scalar_weight = self.found.record.weight;
        if KEYED {
            self.found.keys.member(member);
        }
    }

    #[inline]
    fn write_timestamp(&mut self, micros: u64) {
        self.found.record.timestamp = Some(micros);
    }

    #[inline]
    fn begin_map(&mut self, _: NodeId) {
        let record = &mut self.found.record;
        record.types[types::M] += u64::from(record.level > 0) * record.weight;
        record.deepest = record.deepest.max(record.level * record.weight);
        record.level += 1;
        self.value(Encoder::begin_map, 1);
    }

    #[inline]
    fn name(&mut self, node: NodeId, name: Text<'_>) {
        if KEYED && self.found.record.level == 1 {
            self.found.keys.attribute(node, name);
        } else if KEYED {
            self.found.keys.inner(|encoder| encoder.name(name));
        }
    }

    #[inline]
    fn end_map(&mut self) {
        self.found.record.level -= 1;
        if KEYED && self.found.record.level == 0 {
            self.found.keys.end_member();
        } else {
            self.value(Encoder::end_map, -1);
        }
    }

    #[inline]
    fn begin_list(&mut self) {
        let record = &mut self.found.record;
        record.types[types::L] += record.weight;
        record.deepest = record.deepest.max(record.level * record.weight);
        record.level += 1;
        self.value(Encoder::begin_list, 1);
    }

    #[inline]
    fn end_list(&mut self) {
        self.found.record.level -= 1;
        self.value(Encoder::end_list, -1);
    }

    #[inline]
    fn begin_set(&mut self, kind: SetKind) {
        self.found.record.types[types::of_set(kind)] += self.found.record.weight;
        self.found.record.scalar_weight = 0;
        self.value(|encoder| encoder.begin_set(kind), 1);
    }

    #[inline]
    fn end_set(&mut self) {
        self.found.record.scalar_weight = self.found.record.weight;
        self.value(Encoder::end_set, -1);
    }

    #[inline]
    fn string(&mut self, value: Text<'_>) {
        self.found.record.types[types::S] += self.found.record.scalar_weight;
        self.value(|encoder| encoder.string(value), 0);
    }

    #[inline]
    fn number(&mut self, value: Number<'_>) {
        self.found.record.types[types::N] += self.found.record.scalar_weight;
        self.value(|encoder| encoder.number(value), 0);
    }

    #[inline]
    fn binary(&mut self, value: Binary<'_>) {
        self.found.record.types[types::B] += self.found.record.scalar_weight;
        self.value(|encoder| encoder.binary(value), 0);
    }

    #[inline]
    fn boolean(&mut self, value: bool) {
        self.found.record.types[types::BOOL] += self.found.record.scalar_weight;
        self.value(|encoder| encoder.boolean(value), 0);
    }

    #[inline]
    fn null(&mut self) {
        self.found.record.types[types::NULL] += self.found.record.scalar_weight;
        self.value(Encoder::null, 0);
    }

    #[inline]
    fn end_record(&mut self, line: &Line<'_>) {
        if self.wants_again() {
            return;
        }
        self.found.count_line(line);
        for (total, count) in self.found.report.types.iter_mut().zip(&self.found.record.types) {
            *total += count;
        }
        self.found.report.deepest = self.found.report.deepest.max(self.found.record.deepest);
        match self.found.options.export_type {
            ExportType::Full if KEYED => {
                let Findings {
                    keys, report, options, ..
                } = &mut *self.found;
                keys.judge(line, report, options.fault_limit);
            }
            ExportType::Full => {}
            ExportType::Incremental => self.found.end_change(line),
        }
    }

    fn discard_record(&mut self) {}
}

impl<const KEYED: bool> Sink for Listener<'_, KEYED> {
    fn fault(&mut self, line: &Line<'_>, fault: Fault) -> ControlFlow<()> {
        self.found.count_line(line);
        self.found.report.malformed += 1;
        self.found
            .report
            .note(line, self.found.options.fault_limit, fault.reason, || fault);
        ControlFlow::Continue(())
    }

    fn blank(&mut self, _: &Line<'_>) {
        self.found.report.blank_lines += 1;
    }

    #[inline]
    fn wants_again(&self) -> bool {
        KEYED && self.found.keys.wants_again()
    }
}
