//! A record while it is told: its key, and where they are asked for, the hashes and texts of its maps.

use std::ops::Range;

use super::entry::{Image, Value};
use super::maps::{KEYS, MAPS, Map, place};
pub(super) use super::maps::{NEW, OLD};
use crate::canonical::Encoder;
use crate::digest::sha256_half;
use crate::events::{Binary, Line, Member, Number, SetKind, ShortNumber, ShortText, Text, Visitor};
use crate::key::{Key, NONE, Watched};
use crate::path::NodeId;
use crate::transcode::{Form, Values, close, push};

/// What is to be found out of a record, beside its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The hashes of its images.
    pub(super) hashes: bool,
    /// Its maps in the form asked for.
    pub(super) write: bool,
}

/// The record at hand.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is asked of every value: none is encoded in another"
)]
pub(super) struct Record<F> {
    pub(super) key: Key,
    /// What it is told for this time.
    wanted: Wanted,
    /// Whether the values that are told now are encoded, and written.
    encoding: bool,
    writing: bool,
    /// Whether anybody takes them: the key, or one of these two. Most values of a state are nobody's.
    taken: bool,
    /// Whether the key alone ever does: the item of a state is told.
    sifting: bool,
    /// Maps and lists that are open.
    level: usize,
    /// The member that is told.
    member: Member,
    maps: [Option<Map>; MAPS],
    encoder: Encoder,
    values: Values<F>,
    text: Vec<u8>,
    /// Where the item's watched attributes stand in the text, by their numbers, and the one that is being written.
    attributes: Vec<Range<usize>>,
    attribute: Option<usize>,
    pub(super) timestamp: u64,
    /// Whether a number is an int or a float of Ion.
    pub(super) has_ion_int: bool,
}

impl<F: Form> Record<F> {
    pub(super) fn new(watched: Watched) -> Self {
        Self {
            key: Key::new(watched),
            wanted: Wanted::default(),
            encoding: false,
            writing: false,
            taken: false,
            sifting: false,
            level: 0,
            member: Member::Item,
            maps: [None, None, None],
            encoder: Encoder::default(),
            values: Values::default(),
            text: Vec::new(),
            attributes: Vec::new(),
            attribute: None,
            timestamp: 0,
            has_ion_int: false,
        }
    }

    /// Says what the record that follows is told for.
    #[inline]
    pub(super) fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    /// The text of Keys.
    pub(super) fn keys_text(&self) -> &[u8] {
        self.maps[KEYS].as_ref().map_or(&[], |map| &self.text[map.text.clone()])
    }

    /// The text of an image, if there is one; empty where it was not written.
    pub(super) fn map(&self, map: usize) -> Option<&[u8]> {
        self.maps[map].as_ref().map(|map| &self.text[map.text.clone()])
    }

    /// The hash and text of an image, if there is one.
    pub(super) fn image(&self, map: usize) -> Option<Image<'_>> {
        self.maps[map].as_ref().map(|map| Image {
            text: &self.text[map.text.clone()],
            value: Value::Hash(sha256_half(&self.encoder.encoded()[map.encoding.clone()])),
        })
    }

    /// Writes the key attributes of the item, in the order they were named.
    pub(super) fn write_key(&self, out: &mut Vec<u8>) {
        push(out, "{");
        for attribute in &self.attributes {
            out.extend_from_slice(&self.text[attribute.clone()]);
            push(out, ",");
        }
        close(out, "}");
    }

    #[inline]
    fn judge_taken(&mut self) {
        self.taken = self.encoding || self.writing || self.key.is_keeping();
    }

    /// As [`Self::begin_name`], of an attribute that the key alone may take.
    #[inline(never)]
    fn begin_key(&mut self, node: NodeId, name: Text<'_>) {
        self.key.attribute(node, name);
        self.taken = self.key.is_keeping();
    }

    #[inline(never)]
    fn begin_name(&mut self, node: NodeId, name: Text<'_>) {
        if self.level > 1 {
            self.key.inner(|encoder| encoder.name(name));
        } else {
            self.key.attribute(node, name);
            if self.member == Member::Item && self.writing {
                self.begin_attribute(node, name);
            }
        }
        if self.encoding {
            self.encoder.name_at(node, name);
        }
        if self.writing {
            self.values.name(&mut self.text, node, name);
        }
        self.judge_taken();
    }

    /// Where the text of a watched attribute begins.
    fn begin_attribute(&mut self, node: NodeId, name: Text<'_>) {
        self.end_attribute();
        let number = self.key.watched.find(node, name);
        self.attribute = (number != NONE).then_some(number as usize);
        if let Some(attribute) = self.attribute {
            if self.attributes.len() <= attribute {
                self.attributes.resize(attribute + 1, 0..0);
            }
            self.attributes[attribute] = self.text.len()..self.text.len();
        }
    }

    /// Where it ends: before the comma behind it, which a bracket may still take the place of.
    fn end_attribute(&mut self) {
        if let Some(attribute) = self.attribute.take() {
            self.attributes[attribute].end = self.text.len().saturating_sub(1);
        }
    }

    /// A member that somebody takes more of than the key.
    fn begin_member(&mut self, member: Member) {
        let (encoding, text) = (self.encoder.encoded().len(), self.text.len());
        self.maps[place(member)] = Some(Map {
            encoding: encoding..encoding,
            text: text..text,
        });
        self.encoding = self.wanted.hashes && member != Member::Keys;
        self.writing = self.wanted.write;
        self.judge_taken();
    }

    /// Its map begins.
    fn begin_members_map(&mut self, node: NodeId) {
        if self.encoding {
            self.encoder.begin_map_at(node);
        }
        if self.writing {
            push(&mut self.text, "{");
        }
    }

    /// Its map, and it, end.
    fn end_member(&mut self) {
        if self.encoding {
            self.encoder.end_map();
        }
        self.end_attribute();
        let map = self.maps[place(self.member)].get_or_insert_default();
        map.encoding.end = self.encoder.encoded().len();
        if self.writing {
            close(&mut self.text, "}");
        }
        map.text.end = self.text.len();
        self.encoding = false;
        self.writing = false;
        self.taken = false;
    }

    #[inline(always)]
    fn value(&mut self, tell: impl Fn(&mut Encoder), write: impl FnOnce(&mut Values<F>, &mut Vec<u8>), nesting: isize) {
        if self.taken {
            self.take(tell, write, nesting);
        }
    }

    /// A value that somebody takes. Apart, so that nothing of it stands in the way of the others.
    #[inline(never)]
    fn take(&mut self, tell: impl Fn(&mut Encoder), write: impl FnOnce(&mut Values<F>, &mut Vec<u8>), nesting: isize) {
        self.key.value(&tell, nesting);
        if self.sifting {
            self.taken = self.key.is_keeping();
            return;
        }
        if self.encoding {
            tell(&mut self.encoder);
        }
        if self.writing {
            write(&mut self.values, &mut self.text);
        }
        self.judge_taken();
    }
}

impl<F: Form> Visitor for Record<F> {
    #[inline]
    fn begin_record(&mut self) {
        self.key.begin_record();
        self.encoding = false;
        self.writing = false;
        self.taken = false;
        self.level = 0;
        self.has_ion_int = false;
        if self.wanted != Wanted::default() {
            self.maps = [None, None, None];
            self.encoder.clear();
            self.values.begin_record();
            self.text.clear();
            self.attributes.clear();
            self.attribute = None;
        }
    }

    #[inline]
    fn member(&mut self, member: Member) {
        self.key.member(member);
        self.member = member;
        self.sifting = member == Member::Item && self.wanted == Wanted::default();
        if !self.sifting {
            self.begin_member(member);
        }
    }

    #[inline]
    fn write_timestamp(&mut self, micros: u64) {
        self.timestamp = micros;
    }

    #[inline]
    fn begin_map(&mut self, node: NodeId) {
        self.level += 1;
        if self.level > 1 {
            self.value(
                |encoder| encoder.begin_map_at(node),
                |values, text| values.begin_map(text),
                1,
            );
        } else if !self.sifting {
            self.begin_members_map(node);
        }
    }

    #[inline]
    fn name(&mut self, node: NodeId, name: Text<'_>) {
        if self.sifting && self.level == 1 {
            if !self.key.watched.passes_over(node) {
                self.begin_key(node, name);
            }
        } else if self.taken || self.level == 1 {
            self.begin_name(node, name);
        }
    }

    #[inline]
    fn end_map(&mut self) {
        self.level -= 1;
        if self.level > 0 {
            self.value(Encoder::end_map, |values, text| values.end_map(text), -1);
            return;
        }
        self.key.end_member();
        if !self.sifting {
            self.end_member();
        }
    }

    #[inline]
    fn begin_list(&mut self) {
        self.level += 1;
        self.value(Encoder::begin_list, |values, text| values.begin_list(text), 1);
    }

    #[inline]
    fn end_list(&mut self) {
        self.level -= 1;
        self.value(Encoder::end_list, |values, text| values.end_list(text), -1);
    }

    #[inline]
    fn begin_set(&mut self, kind: SetKind) {
        self.value(
            |encoder| encoder.begin_set(kind),
            |values, text| values.begin_set(text, kind),
            1,
        );
    }

    #[inline]
    fn end_set(&mut self) {
        self.value(Encoder::end_set, Values::end_set, -1);
    }

    #[inline]
    fn string(&mut self, value: Text<'_>) {
        self.value(
            |encoder| encoder.string(value),
            |values, text| values.string(text, value),
            0,
        );
    }

    #[inline]
    fn number(&mut self, value: Number<'_>) {
        self.has_ion_int |= match value {
            Number::Text(text) => !text.iter().any(|byte| matches!(byte, b'.' | b'd' | b'D')),
            Number::Value(_) => true,
        };
        self.value(
            |encoder| encoder.number(value),
            |values, text| values.number(text, value),
            0,
        );
    }

    #[inline]
    fn short_string(&mut self, value: ShortText<'_>) {
        self.value(
            |encoder| encoder.short_string(value),
            |values, text| values.short_string(text, value),
            0,
        );
    }

    #[inline]
    fn short_number(&mut self, value: ShortNumber<'_>) {
        self.has_ion_int |= value.is_ion_int();
        self.value(
            |encoder| encoder.short_number(value),
            |values, text| values.short_number(text, value),
            0,
        );
    }

    #[inline]
    fn binary(&mut self, value: Binary<'_>) {
        self.value(
            |encoder| encoder.binary(value),
            |values, text| values.binary(text, value),
            0,
        );
    }

    #[inline]
    fn boolean(&mut self, value: bool) {
        self.value(
            |encoder| encoder.boolean(value),
            |values, text| values.boolean(text, value),
            0,
        );
    }

    #[inline]
    fn null(&mut self) {
        self.value(Encoder::null, |values, text| values.null(text), 0);
    }

    #[inline]
    fn end_record(&mut self, _: &Line<'_>) {}

    #[inline]
    fn discard_record(&mut self) {}
}
