//! A record while it is told: its key, and where they are asked for, the hashes and texts of its maps.

use super::written::Written;
use crate::canonical::Encoder;
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
    /// Whether anybody may take them: the key, or one of these two. Most values of a state are nobody's.
    taken: bool,
    interest: Interest,
    /// Whether the key alone ever takes any: the item of a state is told.
    sifting: bool,
    /// Whether it is asked if a number is an int or a float of Ion.
    seeks_ints: bool,
    /// Maps and lists that are open.
    level: usize,
    /// The member that is told.
    member: Member,
    /// What comes of those that are encoded, and written.
    pub(super) written: Written<F>,
    pub(super) timestamp: u64,
    /// Whether a number is an int or a float of Ion, if that is asked.
    pub(super) has_ion_int: bool,
}

/// What is looked at of what is told. Of most items of a state, that is little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interest {
    /// Nothing more: all of the key has been told, and nobody wants the rest.
    Nothing,
    /// Names of attributes, as one may be the key's.
    Names,
    /// Everything.
    All,
}

impl<F: Form> Record<F> {
    /// `seeks_ints`: whether it will be asked if a number is an int or a float of Ion.
    pub(super) fn new(watched: Watched, seeks_ints: bool) -> Self {
        Self {
            key: Key::new(watched),
            wanted: Wanted::default(),
            encoding: false,
            writing: false,
            taken: false,
            interest: Interest::All,
            sifting: false,
            seeks_ints,
            level: 0,
            member: Member::Item,
            written: Written::new(),
            timestamp: 0,
            has_ion_int: false,
        }
    }

    /// Says what the record that follows is told for.
    #[inline]
    pub(super) fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    /// As [`Self::begin_name`], of an attribute that the key alone may take.
    #[inline(never)]
    fn begin_key(&mut self, node: NodeId, name: Text<'_>) {
        if self.level > 1 {
            self.key.watched.pass_over(node);
        } else if self.key.keep(node, name) {
            self.interest = Interest::All;
            self.taken = true;
        }
    }

    #[inline(never)]
    fn begin_name(&mut self, node: NodeId, name: Text<'_>) {
        if self.level > 1 {
            self.key.inner(|encoder| encoder.name(name));
        } else {
            self.key.attribute(node, name);
            if self.member == Member::Item && self.writing {
                let number = self.key.watched.find(node, name);
                self.written
                    .attributes
                    .begin((number != NONE).then_some(number as usize), &self.written.text);
            }
        }
        if self.encoding {
            self.written.encoder.name_at(node, name);
        }
        if self.writing {
            self.written.values.name(&mut self.written.text, node, name);
        }
    }

    /// A member that somebody takes more of than the key.
    fn begin_member(&mut self, member: Member) {
        self.written.begin(member);
        self.encoding = self.wanted.hashes && member != Member::Keys;
        self.writing = self.wanted.write;
        self.taken = true;
    }

    #[inline(never)]
    fn begin_any_map(&mut self, node: NodeId) {
        if self.level > 1 {
            self.value(
                |encoder| encoder.begin_map_at(node),
                |values, text| values.begin_map(text),
                1,
            );
            return;
        }
        if self.encoding {
            self.written.encoder.begin_map_at(node);
        }
        if self.writing {
            push(&mut self.written.text, "{");
        }
    }

    #[inline(never)]
    fn end_any_map(&mut self) {
        if self.level > 0 {
            self.value(Encoder::end_map, |values, text| values.end_map(text), -1);
        } else {
            self.key.end_member();
            self.end_member();
        }
    }

    /// A member's map, and it, end.
    fn end_member(&mut self) {
        if self.encoding {
            self.written.encoder.end_map();
        }
        self.written.attributes.end(&self.written.text);
        if self.writing {
            close(&mut self.written.text, "}");
        }
        self.written.end(self.member);
        self.encoding = false;
        self.writing = false;
        self.taken = false;
    }

    /// What is looked at of an item between the attributes of its key, which alone are wanted.
    #[inline]
    fn rest(&self) -> Interest {
        if self.key.is_complete() {
            Interest::Nothing
        } else {
            Interest::Names
        }
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
        if self.sifting {
            self.taken = self.key.item_value(&tell, nesting);
            if !self.taken {
                self.interest = self.rest();
            }
            return;
        }
        self.key.value(&tell, nesting);
        if self.encoding {
            tell(&mut self.written.encoder);
        }
        if self.writing {
            write(&mut self.written.values, &mut self.written.text);
        }
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
            self.written.clear();
        }
    }

    #[inline]
    fn member(&mut self, member: Member) {
        self.key.member(member);
        self.member = member;
        self.sifting = member == Member::Item && self.wanted == Wanted::default();
        if self.sifting {
            self.interest = self.rest();
        } else {
            self.interest = Interest::All;
            self.begin_member(member);
        }
    }

    #[inline]
    fn write_timestamp(&mut self, micros: u64) {
        self.timestamp = micros;
    }

    #[inline(always)]
    fn begin_map(&mut self, node: NodeId) {
        self.level += 1;
        if self.interest == Interest::All {
            self.begin_any_map(node);
        }
    }

    #[inline]
    fn takes_name(&self, node: NodeId) -> bool {
        match self.interest {
            Interest::Nothing => false,
            Interest::Names => !self.key.watched.passes_over(node),
            Interest::All => self.taken || self.level == 1,
        }
    }

    #[inline]
    fn name(&mut self, node: NodeId, name: Text<'_>) {
        if !self.takes_name(node) {
            return;
        }
        if self.interest == Interest::Names {
            self.begin_key(node, name);
        } else {
            self.begin_name(node, name);
        }
    }

    #[inline(always)]
    fn end_map(&mut self) {
        self.level -= 1;
        if self.interest == Interest::All {
            self.end_any_map();
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
        if self.seeks_ints {
            self.has_ion_int |= match value {
                Number::Text(text) => !text.iter().any(|byte| matches!(byte, b'.' | b'd' | b'D')),
                Number::Value(_) => true,
            };
        }
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
        if self.seeks_ints && value.is_ion_int() {
            self.has_ion_int = true;
        }
        self.value(
            |encoder| encoder.short_number(value),
            |values, text| values.short_number(text, value),
            0,
        );
    }

    #[inline]
    fn number_with_zeros(&mut self, digits: ShortNumber<'_>, zeros: u8) {
        if self.taken {
            digits.with_zeros(zeros, |number| self.short_number(number));
        }
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
