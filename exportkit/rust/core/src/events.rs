//! What a parser tells a consumer about a record, in the order of the document.
//!
//! One parser for each format drives any [`Visitor`]; the consumers (scanner, items,
//! transcoder, canonicaliser, and later decoder, index and applier) are visitors. Calls are
//! resolved at compile time. A parser calls `begin_record`, then events, then `end_record` if
//! the record is well formed, else `discard_record`: a visitor must then forget what it was told
//! since `begin_record`.

use crate::number::Decimal;
use crate::path::NodeId;

/// The attribute maps a record can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    Item,
    Keys,
    NewImage,
    OldImage,
}

/// What the elements of a set are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    Strings,
    Numbers,
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
    pub raw: &'a [u8],
    pub spelling: Spelling,
}

/// A validated number, its digits read only when somebody asks for them.
#[derive(Clone, Copy, Debug)]
pub enum Number<'a> {
    /// Decimal text, with `e`, `E`, `d` or `D` before an exponent, perhaps with `_` between digits.
    Text(&'a [u8]),
    /// Already read (Ion floats, hexadecimal and binary integers).
    Value(Decimal),
}

/// Validated base64, decoded only when somebody asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Binary<'a> {
    /// Padded standard base64; without white space.
    pub base64: &'a [u8],
}

/// A consumer of records.
///
/// A map (M, and each member of a record) is `begin_map`, then for each attribute `name` and the
/// events of its value, then `end_map`; a list is `begin_list`, the elements, `end_list`; a set is
/// `begin_set`, its elements as `string`, `number` or `binary`, `end_set`.
pub trait Visitor {
    fn begin_record(&mut self);

    /// A member follows, as a map.
    fn member(&mut self, member: Member);

    /// `WriteTimestampMicros`.
    fn write_timestamp(&mut self, micros: u64);

    /// `node` is the map's place in the path trie; [`NodeId::OVERFLOW`] where the trie is full.
    fn begin_map(&mut self, node: NodeId);

    /// The name of the attribute whose value follows. `node` as in `begin_map`, of the attribute.
    fn name(&mut self, node: NodeId, name: Text<'_>);

    fn end_map(&mut self);

    fn begin_list(&mut self);

    fn end_list(&mut self);

    fn begin_set(&mut self, kind: SetKind);

    fn end_set(&mut self);

    fn string(&mut self, value: Text<'_>);

    fn number(&mut self, value: Number<'_>);

    fn binary(&mut self, value: Binary<'_>);

    fn boolean(&mut self, value: bool);

    fn null(&mut self);

    fn end_record(&mut self);

    fn discard_record(&mut self);
}
