//! What a parser tells a consumer about a record, in the order of the document.
//!
//! One parser for each format drives any [`Visitor`]; the consumers (scanner, items,
//! transcoder, canonicaliser, and later decoder, index and applier) are visitors. Calls are
//! resolved at compile time. For each line, `crate::reader` calls `begin_record`, the parser then
//! tells the events, and the reader ends with `end_record` if the record is well formed, else with
//! `discard_record`: a visitor must then forget what it was told since `begin_record`.

use crate::number::Decimal;
use crate::path::NodeId;
use crate::simd::BLOCK;

/// The attribute maps a record can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    /// The item of a full export's record.
    Item,
    /// The primary key of a change record.
    Keys,
    /// The item at the window's end.
    NewImage,
    /// The item just before the window.
    OldImage,
}

impl Member {
    /// The member's name in a record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Item => "Item",
            Self::Keys => "Keys",
            Self::NewImage => "NewImage",
            Self::OldImage => "OldImage",
        }
    }

    /// Where the member's map starts in the path trie: the images share one place, as their attributes do.
    pub const fn node(self) -> NodeId {
        match self {
            Self::Keys => NodeId::KEYS,
            Self::Item | Self::NewImage | Self::OldImage => NodeId::IMAGE,
        }
    }
}

/// What the elements of a set are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetKind {
    /// SS.
    Strings,
    /// NS.
    Numbers,
    /// BS.
    Binaries,
}

/// How the bytes of a [`Text`] spell the string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// The bytes are the string.
    Plain,
    /// JSON escapes stand in it.
    Json,
    /// Ion escapes stand in it.
    Ion,
}

/// A validated string, unescaped only when somebody asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Its bytes in the record, valid UTF-8.
    pub raw: &'a [u8],
    /// How they spell it.
    pub spelling: Spelling,
}

/// A validated number, its digits read only when somebody asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number<'a> {
    /// Decimal text, with `e`, `E`, `d` or `D` before an exponent, perhaps with `_` between digits.
    Text(&'a [u8]),
    /// Already read (Ion floats, hexadecimal and binary integers).
    Value(Decimal),
}

/// A string that needs no unescaping and is shorter than a block, with what stands behind it: so that it can be copied
/// as a block. No `"` stands in it, no backslash, and nothing below U+0020.
#[derive(Clone, Copy, Debug)]
pub struct ShortText<'a> {
    /// The record from the string's first byte on.
    pub window: &'a [u8; BLOCK],
    /// Bytes of the string, less than a block has.
    pub length: usize,
}

/// A number that is shorter than a block, perhaps `-`, then digits, perhaps with one point before, among or behind them.
#[derive(Clone, Copy, Debug)]
pub struct ShortNumber<'a> {
    /// The record from the number's first byte on.
    pub window: &'a [u8; BLOCK],
    /// Bytes of the number, less than a block has.
    pub length: u8,
    /// Where the point stands; `length` where there is none.
    pub point: u8,
}

/// Validated base64, decoded only when somebody asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Binary<'a> {
    /// Padded standard base64; without white space.
    pub base64: &'a [u8],
}

/// One line of a data file.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its number in the file, from 1.
    pub number: u64,
    /// The offset of its first byte in the decompressed file.
    pub offset: u64,
    /// Its bytes without the line feed, counted; a carriage return before that counts.
    pub length: u64,
    /// Whether a line feed ends it: the last line of a file may have none.
    pub has_line_feed: bool,
    /// The bytes themselves, a carriage return before the line feed too; empty where the line was too long.
    pub bytes: &'a [u8],
}

/// A consumer of records.
///
/// A map (M, and each member of a record) is `begin_map`, then for each attribute `name` and the
/// events of its value, then `end_map`; a list is `begin_list`, the elements, `end_list`; a set is
/// `begin_set`, its elements as `string`, `number` or `binary`, `end_set`.
pub trait Visitor {
    /// Where the next line begins: its number and offset, as in [`Line`]. Before each `begin_record`.
    #[inline]
    fn place(&mut self, _number: u64, _offset: u64) {}

    /// A line that holds a record, perhaps a faulty one, follows.
    fn begin_record(&mut self);

    /// A member follows, as a map.
    fn member(&mut self, member: Member);

    /// `WriteTimestampMicros`.
    fn write_timestamp(&mut self, micros: u64);

    /// `node` is the map's place in the path trie; [`NodeId::OVERFLOW`] where the trie is full.
    fn begin_map(&mut self, node: NodeId);

    /// Whether [`Self::name`] has to be told of an attribute: where it would do nothing, a parser need not make out the
    /// name.
    #[inline(always)]
    fn takes_name(&self, _node: NodeId) -> bool {
        true
    }

    /// The name of the attribute whose value follows. `node` as in `begin_map`, of the attribute.
    fn name(&mut self, node: NodeId, name: Text<'_>);

    /// The map's last attribute has been told.
    fn end_map(&mut self);

    /// An L; its elements follow.
    fn begin_list(&mut self);

    /// The list's last element has been told.
    fn end_list(&mut self);

    /// An SS, NS or BS; its elements follow, of that kind, none twice.
    fn begin_set(&mut self, kind: SetKind);

    /// The set's last element has been told.
    fn end_set(&mut self);

    /// An S, or an element of an SS.
    fn string(&mut self, value: Text<'_>);

    /// An N, or an element of an NS.
    fn number(&mut self, value: Number<'_>);

    /// As [`Self::string`]; most strings are told so.
    #[inline(always)]
    fn short_string(&mut self, value: ShortText<'_>) {
        self.string(value.text());
    }

    /// As [`Self::number`]; most numbers are told so.
    #[inline(always)]
    fn short_number(&mut self, value: ShortNumber<'_>) {
        self.number(value.number());
    }

    /// As [`Self::short_number`]: a whole number, by its digits and so many `zeros` behind them. Together they are
    /// shorter than a block.
    #[inline(always)]
    fn number_with_zeros(&mut self, digits: ShortNumber<'_>, zeros: u8) {
        digits.with_zeros(zeros, |number| self.short_number(number));
    }

    /// A B, or an element of a BS.
    fn binary(&mut self, value: Binary<'_>);

    /// A BOOL.
    fn boolean(&mut self, value: bool);

    /// A NULL.
    fn null(&mut self);

    /// The record is well formed and whole.
    fn end_record(&mut self, line: &Line<'_>);

    /// The record is faulty, or was no record at all: forget it.
    fn discard_record(&mut self);
}

/// Gives a macro all that a [`Visitor`] may be told, but where the next line begins and that a record has ended;
/// if so said, not that it begins either.
macro_rules! with_events {
    ($macro:ident) => {
        $macro! {
            begin_record();
        }
        $crate::events::with_events!($macro but begin_record);
    };
    ($macro:ident but begin_record) => {
        $macro! {
            member(member: $crate::events::Member);
            write_timestamp(micros: u64);
            begin_map(node: $crate::path::NodeId);
            name(node: $crate::path::NodeId, name: $crate::events::Text<'_>);
            end_map();
            begin_list();
            end_list();
            begin_set(kind: $crate::events::SetKind);
            end_set();
            string(value: $crate::events::Text<'_>);
            number(value: $crate::events::Number<'_>);
            short_string(value: $crate::events::ShortText<'_>);
            short_number(value: $crate::events::ShortNumber<'_>);
            number_with_zeros(digits: $crate::events::ShortNumber<'_>, zeros: u8);
            binary(value: $crate::events::Binary<'_>);
            boolean(value: bool);
            null();
            discard_record();
        }
    };
}
pub(crate) use with_events;

/// Methods of a [`Visitor`] that hands all it is told on to its field `visitor`.
macro_rules! hand_on_to_visitor {
    () => {
        $crate::events::hand_on_to_visitor!(but end_record);
        $crate::events::hand_on_to_visitor! {
            end_record(line: &$crate::events::Line<'_>);
        }
    };
    (but end_record) => {
        $crate::events::hand_on_to_visitor! {
            begin_record();
        }
        $crate::events::hand_on_to_visitor!(but begin_and_end);
    };
    (but begin_and_end) => {
        $crate::events::hand_on_to_visitor! {
            place(number: u64, offset: u64);
        }

        #[inline]
        fn takes_name(&self, node: $crate::path::NodeId) -> bool {
            self.visitor.takes_name(node)
        }

        $crate::events::with_events!(hand_on_to_visitor but begin_record);
    };
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            #[inline]
            fn $method(&mut self, $($argument: $type),*) {
                self.visitor.$method($($argument),*);
            }
        )*
    };
}
pub(crate) use hand_on_to_visitor;

/// A visitor that does nothing: whoever wants the faults alone.
#[derive(Clone, Copy, Debug)]
pub struct Ignore;

impl Visitor for Ignore {
    fn begin_record(&mut self) {}
    fn member(&mut self, _: Member) {}
    fn write_timestamp(&mut self, _: u64) {}
    fn begin_map(&mut self, _: NodeId) {}
    fn name(&mut self, _: NodeId, _: Text<'_>) {}
    fn end_map(&mut self) {}
    fn begin_list(&mut self) {}
    fn end_list(&mut self) {}
    fn begin_set(&mut self, _: SetKind) {}
    fn end_set(&mut self) {}
    fn string(&mut self, _: Text<'_>) {}
    fn number(&mut self, _: Number<'_>) {}
    fn binary(&mut self, _: Binary<'_>) {}
    fn boolean(&mut self, _: bool) {}
    fn null(&mut self) {}
    fn end_record(&mut self, _: &Line<'_>) {}
    fn discard_record(&mut self) {}
}
