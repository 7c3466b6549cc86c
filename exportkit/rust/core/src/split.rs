//! Records told apart by the value of a top-level attribute.
//!
//! [`Split`] stands before several visitors: a record is told to it twice ([`Sink::wants_again`]). It
//! looks up the attribute in the first telling and hands the second on to the visitor of the value. A
//! record that turns out faulty in the first is told to nobody.

use std::collections::HashMap;

use crate::events::{Binary, Line, Member, Number, SetKind, ShortNumber, ShortText, Spelling, Text, Visitor};
use crate::path::NodeId;
use crate::spelling::{write_base64, write_number};
use crate::types::{self, TYPES};

#[cfg(doc)]
use crate::reader::Sink;

/// A visitor that may want to be told of a record twice.
pub trait Again: Visitor {
    /// As [`Sink::wants_again`].
    #[inline]
    fn wants_again(&self) -> bool {
        false
    }

    /// Whether nothing that follows matters any more.
    #[inline]
    fn has_ended(&self) -> bool {
        false
    }
}

/// A value of the attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SplitValue {
    /// The type tag: S, N, B or BOOL.
    pub tag: &'static str,
    /// The string, the number as the service spells it, base64, `true` or `false`: UTF-8.
    pub text: Vec<u8>,
}

/// A record whose value has no visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The record's line, from 1.
    pub line: u64,
    /// The offset of its first byte in the decompressed file.
    pub offset: u64,
    /// The value; None where the record has none.
    pub value: Option<SplitValue>,
}

/// Looks up a record's value, then hands the record on to the value's visitor.
#[derive(Debug)]
pub struct Split<V, F> {
    /// None: all records go one way, and only faulty ones are kept back.
    attribute: Option<Vec<u8>>,
    /// Makes a visitor for a value that there is none for yet.
    make: F,
    values: Vec<Option<SplitValue>>,
    visitors: Vec<V>,
    /// Where in these the values are.
    places: HashMap<Option<SplitValue>, usize>,
    /// The visitor that the record is told to; None in the first telling.
    telling: Option<usize>,
    /// The one that the last record was told to, until the next begins.
    last: Option<usize>,
    refused: Option<Refused>,
    place: (u64, u64),
    first: FirstTelling,
}

/// What is known of a record before it is told to anybody.
#[derive(Debug, Default)]
struct FirstTelling {
    /// Where the member at hand is looked up: in Keys last.
    member: usize,
    /// Maps, lists and sets that are open, the member's own map among them.
    depth: usize,
    /// Whether the value that comes next is the attribute's.
    here: bool,
    /// Of the members: whether the attribute is there; its value, if it is of a type to split by.
    found: [Option<Found>; 3],
}

/// The attribute in one member: where its text stands, or none where its type is no type to split by.
type Found = Option<SplitValue>;

impl<V: Visitor, F: Fn(usize) -> Option<V>> Split<V, F> {
    /// Makes a split by an attribute (UTF-8).
    ///
    /// `make` makes the visitor of a value met for the first time, told how many there are; with None the value is
    /// refused.
    pub fn new(attribute: Option<Vec<u8>>, make: F) -> Self {
        Self {
            attribute,
            make,
            values: Vec::new(),
            visitors: Vec::new(),
            places: HashMap::new(),
            telling: None,
            last: None,
            refused: None,
            place: (0, 0),
            first: FirstTelling::default(),
        }
    }

    /// Adds a visitor for a value beforehand.
    pub fn add(&mut self, value: Option<SplitValue>, visitor: V) {
        self.places.insert(value.clone(), self.visitors.len());
        self.values.push(value);
        self.visitors.push(visitor);
    }

    /// The record that was refused; from it on nothing is told to anybody.
    pub fn refused(&self) -> Option<&Refused> {
        self.refused.as_ref()
    }

    /// The values in the order they were met, and the visitors of each.
    pub fn visitors(&self) -> impl Iterator<Item = (Option<&SplitValue>, &V)> {
        self.values.iter().map(Option::as_ref).zip(&self.visitors)
    }

    /// As [`Self::visitors`], to change them.
    pub fn visitors_mut(&mut self) -> &mut [V] {
        &mut self.visitors
    }

    /// The visitor that the record at hand has been told to, once its second telling has ended.
    pub fn last(&self) -> Option<usize> {
        self.last
    }

    /// The visitor of a value, made where there is none yet.
    fn find(&mut self) -> Option<usize> {
        let value = self.first.found.iter_mut().find_map(Option::take).flatten();
        if let Some(&place) = self.places.get(&value) {
            return Some(place);
        }
        let place = self.visitors.len();
        let Some(visitor) = (self.make)(place) else {
            let (line, offset) = self.place;
            self.refused = Some(Refused { line, offset, value });
            return None;
        };
        self.add(value, visitor);
        Some(place)
    }
}

impl<V: Visitor, F> Split<V, F> {
    /// The visitor that the record is told to.
    #[inline(always)]
    fn told(&mut self) -> Option<&mut V> {
        self.visitors.get_mut(self.telling?)
    }

    /// In the first telling: a value begins.
    #[inline(always)]
    fn value(&mut self, text: impl FnOnce() -> Option<(usize, Vec<u8>)>) {
        if self.first.here {
            self.first.here = false;
            let value = text().map(|(kind, text)| SplitValue { tag: TYPES[kind], text });
            self.first.found[self.first.member] = Some(value);
        }
    }

    fn begin(&mut self) {
        self.value(|| None);
        self.first.depth += 1;
    }

    fn end(&mut self) {
        self.first.depth -= 1;
    }
}

impl<V: Visitor, F: Fn(usize) -> Option<V>> Again for Split<V, F> {
    fn wants_again(&self) -> bool {
        self.telling.is_some()
    }

    fn has_ended(&self) -> bool {
        self.refused.is_some()
    }
}

/// Written out of a value only where it is the one looked for.
fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut text = Vec::new();
    write(&mut text);
    text
}

impl<V: Visitor, F: Fn(usize) -> Option<V>> Visitor for Split<V, F> {
    fn place(&mut self, number: u64, offset: u64) {
        self.place = (number, offset);
    }

    fn begin_record(&mut self) {
        let (number, offset) = self.place;
        if let Some(visitor) = self.told() {
            visitor.place(number, offset);
            visitor.begin_record();
        } else {
            self.last = None;
            self.first = FirstTelling::default();
        }
    }

    fn member(&mut self, member: Member) {
        match self.told() {
            Some(visitor) => visitor.member(member),
            None => {
                self.first.member = match member {
                    Member::Item | Member::NewImage => 0,
                    Member::OldImage => 1,
                    Member::Keys => 2,
                }
            }
        }
    }

    fn write_timestamp(&mut self, micros: u64) {
        if let Some(visitor) = self.told() {
            visitor.write_timestamp(micros);
        }
    }

    fn begin_map(&mut self, node: NodeId) {
        match self.told() {
            Some(visitor) => visitor.begin_map(node),
            None => self.begin(),
        }
    }

    fn name(&mut self, node: NodeId, name: Text<'_>) {
        if let Some(visitor) = self.told() {
            visitor.name(node, name);
        } else if self.first.depth == 1 {
            let attribute = self.attribute.as_deref();
            self.first.here = if name.spelling == Spelling::Plain {
                attribute == Some(name.raw)
            } else {
                attribute == Some(name.bytes(&mut Vec::new()))
            };
        }
    }

    fn end_map(&mut self) {
        match self.told() {
            Some(visitor) => visitor.end_map(),
            None => self.end(),
        }
    }

    fn begin_list(&mut self) {
        match self.told() {
            Some(visitor) => visitor.begin_list(),
            None => self.begin(),
        }
    }

    fn end_list(&mut self) {
        match self.told() {
            Some(visitor) => visitor.end_list(),
            None => self.end(),
        }
    }

    fn begin_set(&mut self, kind: SetKind) {
        match self.told() {
            Some(visitor) => visitor.begin_set(kind),
            None => self.begin(),
        }
    }

    fn end_set(&mut self) {
        match self.told() {
            Some(visitor) => visitor.end_set(),
            None => self.end(),
        }
    }

    fn string(&mut self, value: Text<'_>) {
        match self.told() {
            Some(visitor) => visitor.string(value),
            None => self.value(|| Some((types::S, written(|out| value.append_to(out))))),
        }
    }

    fn number(&mut self, value: Number<'_>) {
        match self.told() {
            Some(visitor) => visitor.number(value),
            None => self.value(|| Some((types::N, written(|out| write_number(out, value))))),
        }
    }

    fn short_string(&mut self, value: ShortText<'_>) {
        match self.told() {
            Some(visitor) => visitor.short_string(value),
            None => self.string(value.text()),
        }
    }

    fn short_number(&mut self, value: ShortNumber<'_>) {
        match self.told() {
            Some(visitor) => visitor.short_number(value),
            None => self.number(value.number()),
        }
    }

    fn binary(&mut self, value: Binary<'_>) {
        match self.told() {
            Some(visitor) => visitor.binary(value),
            None => self.value(|| Some((types::B, written(|out| write_base64(out, value))))),
        }
    }

    fn boolean(&mut self, value: bool) {
        match self.told() {
            Some(visitor) => visitor.boolean(value),
            None => self.value(|| Some((types::BOOL, value.to_string().into_bytes()))),
        }
    }

    fn null(&mut self) {
        match self.told() {
            Some(visitor) => visitor.null(),
            None => self.value(|| None),
        }
    }

    fn end_record(&mut self, line: &Line<'_>) {
        if let Some(visitor) = self.told() {
            visitor.end_record(line);
            self.last = self.telling.take();
        } else if self.refused.is_none() {
            self.telling = self.find();
        }
    }

    fn discard_record(&mut self) {}
}
