//! The keys of records: what is wrong with them, and their entries.

use super::ScanOptions;
use super::report::{KeyTypes, ScanReport};
use super::types::Types;
use crate::canonical::Encoder;
use crate::entries::{self, Place};
use crate::events::{Line, Member, Text};
use crate::fault::{Fault, Reason};
use crate::key::{Key, Watched};
use crate::path::NodeId;

/// Watches the key attributes.
#[derive(Debug)]
pub(super) struct Keys {
    file_index: u32,
    collect: bool,
    key: Key,
    types: Types,
    entries: Vec<u8>,
}

impl Keys {
    pub(super) fn new(options: &ScanOptions) -> Self {
        let watched = Watched::new(options.export_type, options.key_names.clone());
        Self {
            file_index: options.file_index,
            collect: options.collect_keys,
            types: Types::new(watched.judged.len()),
            key: Key::new(watched),
            entries: Vec::new(),
        }
    }

    /// Whether there is anything to watch.
    pub(super) fn any(&self) -> bool {
        self.key.watched.any
    }

    #[inline]
    pub(super) fn begin_record(&mut self) {
        self.key.begin_record();
    }

    /// Whether the record has to be told once more, now that its Keys are known.
    #[inline]
    pub(super) fn wants_again(&self) -> bool {
        self.key.wants_again()
    }

    #[inline]
    pub(super) fn member(&mut self, member: Member) {
        self.key.member(member);
    }

    /// An attribute of a member; its value follows.
    #[inline]
    pub(super) fn attribute(&mut self, node: NodeId, name: Text<'_>) {
        self.key.attribute(node, name);
    }

    /// A part of a value; `nesting` containers more are open after it.
    #[inline]
    pub(super) fn value(&mut self, tell: impl FnOnce(&mut Encoder), nesting: isize) {
        self.key.value(tell, nesting);
    }

    /// A name inside a value.
    #[inline]
    pub(super) fn inner(&mut self, tell: impl FnOnce(&mut Encoder)) {
        self.key.inner(tell);
    }

    #[inline]
    pub(super) fn end_member(&mut self) {
        if self.key.end_member() {
            self.types.forget(self.key.watched.judged.len());
        }
    }

    /// Judges the key of a well-formed record, and collects its entry.
    #[inline]
    pub(super) fn judge(&mut self, line: &Line<'_>, report: &mut ScanReport, limit: u64) {
        let Self { key, types, .. } = self;
        for (member, reason) in key.wrong_images() {
            report.note(line, limit, reason, || {
                Fault::new(reason).under(member.name().as_bytes())
            });
        }
        let mut sound = true;
        for (place, &attribute) in key.watched.judged.iter().enumerate() {
            let wrong = key.wrong(attribute);
            if let (None | Some(Reason::KeyEmpty), Some([tag, ..])) = (wrong, key.get(attribute)) {
                types.count(place, *tag, || key.watched.judged_name(place), line);
            }
            if let Some(reason) = wrong {
                sound = false;
                report.note(line, limit, reason, || {
                    Fault::new(reason)
                        .under(key.watched.judged_name(place))
                        .under(key.watched.member.name().as_bytes())
                });
            }
        }
        if sound && self.collect {
            let place = Place {
                file_index: self.file_index,
                line: line.number,
                offset: line.offset,
            };
            entries::write(&mut self.entries, &self.key.hash(), place);
        }
    }

    pub(super) fn take_entries(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.entries)
    }

    pub(super) fn take_types(&mut self) -> Vec<KeyTypes> {
        std::mem::take(&mut self.types.found)
    }
}
