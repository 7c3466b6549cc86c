//! The encoding of values, one by one.

use std::mem::swap;

use super::number::WordNumber;
use super::order::{Entry, Orders};
use crate::events::{Binary, Number, SetKind, ShortNumber, ShortText, Text};
use crate::kept::KeptBytes;
use crate::path::NodeId;
use crate::simd::BLOCK;
use crate::spelling::write_canonical_number;

/// Encodes values that it is told of one by one, as a [`Visitor`](crate::events::Visitor) is.
///
/// A map's entries and a set's elements are encoded as they come, and put in order when it ends. The
/// order of a map whose place in the path trie is known is kept for the next that has the same names.
#[derive(Debug, Default)]
pub struct Encoder {
    pub(super) out: Vec<u8>,
    pub(super) open: Vec<Open>,
    /// Entries of the open maps and of the open set, the innermost's last.
    entries: Vec<Entry>,
    in_set: bool,
    /// Encoded names by place.
    names: KeptBytes,
    orders: Orders,
    pub(super) scratch: Vec<u8>,
}

/// A container whose end has not come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Where its type byte stands.
    pub(super) start: usize,
    /// Its first entry.
    entry: usize,
    /// A map's place.
    node: NodeId,
}

/// Bytes of a type byte and a length.
const HEADER: usize = 5;
/// Bytes of a number's sign and exponent.
const NUMBER_HEADER: usize = 3;
/// Bytes of an entry that is copied as a block: most have as many or fewer.
const ENTRY_BLOCK: usize = 64;
/// Bytes of a name's length.
const NAME_HEADER: usize = 4;

impl Encoder {
    /// What was encoded since the last [`clear`](Self::clear).
    pub fn encoded(&self) -> &[u8] {
        &self.out
    }

    /// Forgets everything, keeps the memory.
    pub fn clear(&mut self) {
        self.out.clear();
        self.abandon();
    }

    /// Forgets containers that were not ended.
    pub(super) fn abandon(&mut self) {
        self.open.clear();
        self.entries.clear();
        self.in_set = false;
    }

    /// Begins a map; as a value, or as an item or key.
    pub fn begin_map(&mut self) {
        self.begin_map_at(NodeId::OVERFLOW);
    }

    /// Begins a map whose place is known.
    pub fn begin_map_at(&mut self, node: NodeId) {
        self.begin(b'M', node);
    }

    /// The name of the entry whose value follows.
    pub fn name(&mut self, name: Text<'_>) {
        self.name_at(NodeId::OVERFLOW, name);
    }

    /// The name of an entry whose place is known.
    pub fn name_at(&mut self, node: NodeId, name: Text<'_>) {
        let start = self.out.len();
        self.entries.push(Entry { start, node });
        if self.names.append_to(&mut self.out, node) {
            return;
        }
        self.out.extend_from_slice(&[0; NAME_HEADER]);
        name.append_to(&mut self.out);
        let length = length_bytes(self.out.len() - start - NAME_HEADER);
        self.out[start..start + NAME_HEADER].copy_from_slice(&length);
        self.names.keep(node, &self.out[start..]);
    }

    /// Ends the map.
    pub fn end_map(&mut self) {
        self.end_sorted(|entry| {
            let (length, rest) = entry.split_first_chunk().unwrap_or((&[0; NAME_HEADER], entry));
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            rest.get(..length).unwrap_or(rest)
        });
    }

    /// Begins a list.
    pub fn begin_list(&mut self) {
        self.begin(b'L', NodeId::OVERFLOW);
    }

    /// Ends the list.
    pub fn end_list(&mut self) {
        if let Some(open) = self.open.pop() {
            self.end(open.start);
        }
    }

    /// Begins a set.
    pub fn begin_set(&mut self, kind: SetKind) {
        let kind = match kind {
            SetKind::Strings => b's',
            SetKind::Numbers => b'n',
            SetKind::Binaries => b'b',
        };
        self.begin(kind, NodeId::OVERFLOW);
        self.in_set = true;
    }

    /// Ends the set.
    pub fn end_set(&mut self) {
        self.in_set = false;
        self.end_sorted(|element| element);
    }

    /// A string.
    pub fn string(&mut self, value: Text<'_>) {
        self.scalar(b'S', |out| value.append_to(out));
    }

    /// As [`Self::string`].
    #[inline]
    pub fn short_string(&mut self, value: ShortText<'_>) {
        let start = self.out.len();
        let length = value.length % BLOCK;
        let mut encoded = [0; HEADER + BLOCK];
        encoded[0] = b'S';
        encoded[HEADER - 1] = length.to_le_bytes()[0];
        encoded[HEADER..].copy_from_slice(value.window);
        self.out.extend_from_slice(&encoded);
        self.out.truncate(start + HEADER + length);
        self.end_scalar(start);
    }

    /// As [`Self::number`].
    #[inline]
    pub fn short_number(&mut self, value: ShortNumber<'_>) {
        let Some(number) = WordNumber::of(value) else {
            return self.number(value.number());
        };
        let start = self.out.len();
        let payload = NUMBER_HEADER + number.digits;
        let sign = if number.negative { b'-' } else { b'+' };
        let [high, low] = number.exponent.to_be_bytes();
        self.out
            .extend_from_slice(&[b'N', 0, 0, 0, payload.to_le_bytes()[0], sign, high, low]);
        self.out.extend_from_slice(&number.coefficient.to_le_bytes());
        self.out.truncate(start + HEADER + payload);
        self.end_scalar(start);
    }

    /// A number.
    pub fn number(&mut self, value: Number<'_>) {
        self.scalar(b'N', |out| write_canonical_number(out, value));
    }

    /// Binary, decoded.
    pub fn binary(&mut self, value: Binary<'_>) {
        self.scalar(b'B', |out| value.append_to(out));
    }

    /// Binary, given as the bytes themselves.
    pub fn bytes(&mut self, value: &[u8]) {
        self.scalar(b'B', |out| out.extend_from_slice(value));
    }

    /// BOOL.
    pub fn boolean(&mut self, value: bool) {
        self.out.extend_from_slice(&[b'?', 0, 0, 0, 1, u8::from(value)]);
    }

    /// NULL.
    pub fn null(&mut self) {
        self.out.extend_from_slice(b"0\0\0\0\0");
    }

    fn scalar(&mut self, kind: u8, payload: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        self.out.extend_from_slice(&[kind, 0, 0, 0, 0]);
        payload(&mut self.out);
        self.end(start);
        self.end_scalar(start);
    }

    /// Counts a scalar where it is an element of a set.
    #[inline]
    fn end_scalar(&mut self, start: usize) {
        if self.in_set {
            self.entries.push(Entry {
                start,
                node: NodeId::OVERFLOW,
            });
        }
    }

    fn begin(&mut self, kind: u8, node: NodeId) {
        self.open.push(Open {
            start: self.out.len(),
            entry: self.entries.len(),
            node,
        });
        self.out.extend_from_slice(&[kind, 0, 0, 0, 0]);
    }

    /// Writes the length of the value that began at `start` and ends here.
    pub(super) fn end(&mut self, start: usize) {
        let length = length_bytes(self.out.len() - start - HEADER);
        self.out[start + 1..start + HEADER].copy_from_slice(&length);
    }

    /// Ends a container whose entries stand in the order of what `key` sees of each.
    fn end_sorted(&mut self, key: impl Fn(&[u8]) -> &[u8]) {
        let Some(open) = self.open.pop() else { return };
        self.end(open.start);
        let Self {
            out,
            entries,
            names,
            orders,
            scratch,
            ..
        } = self;
        let own = &entries[open.entry..];
        let order = orders.of(open.node, own, out, names, key);
        if !order.is_empty() {
            let end_of_all = out.len();
            scratch.clear();
            if open.start == 0 {
                scratch.extend_from_slice(&out[..HEADER]);
            }
            out.extend_from_slice(&[0; ENTRY_BLOCK]); // so that the last can be copied as blocks too
            for &entry in order {
                let start = own[entry].start;
                let end = own.get(entry + 1).map_or(end_of_all, |next| next.start);
                match out.get(start..).and_then(<[u8]>::first_chunk::<ENTRY_BLOCK>) {
                    Some(block) if end - start <= ENTRY_BLOCK => {
                        let end = scratch.len() + end - start;
                        scratch.extend_from_slice(block);
                        scratch.truncate(end);
                    }
                    _ => scratch.extend_from_slice(&out[start..end]),
                }
            }
            out.truncate(end_of_all);
            if open.start == 0 {
                swap(out, scratch); // it is all there is
            } else {
                out[open.start + HEADER..].copy_from_slice(scratch);
            }
        }
        entries.truncate(open.entry);
    }
}

/// A length as the encoding holds it. A record of 4 GiB is beyond every limit.
fn length_bytes(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Text<'_> {
        Text::plain(text.as_bytes())
    }

    /// The names of a map's entries in the order of its encoding, for values that are NULL.
    fn sorted(names: &[&str]) -> Vec<String> {
        let mut encoder = Encoder::default();
        encoder.begin_map();
        for name in names {
            encoder.name(plain(name));
            encoder.null();
        }
        encoder.end_map();
        let mut rest = &encoder.encoded()[HEADER..];
        let mut found = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let (name, value) = after.split_at(u32::from_be_bytes(*length) as usize);
            found.push(String::from_utf8(name.to_vec()).unwrap());
            assert!(value.starts_with(b"0\0\0\0\0"));
            rest = &value[HEADER..];
        }
        found
    }

    #[test]
    fn names_are_sorted_by_their_bytes() {
        let expected = [
            "",
            "A",
            "a",
            "a\0",
            "a\0\0",
            "a\u{1}",
            "aa",
            "attribut",
            "attribute",
            "attributes",
            "é",
            "ｚ",
            "😀",
        ];
        let mut backwards = expected;
        backwards.reverse();
        assert_eq!(sorted(&expected), expected);
        assert_eq!(sorted(&backwards), expected);
    }

    /// A text and a point's place as a parser tells a number that is shorter than a block.
    fn short(text: &str) -> ([u8; BLOCK], ShortNumber<'static>) {
        let mut window = [b'7'; BLOCK];
        window[..text.len()].copy_from_slice(text.as_bytes());
        let window: &'static [u8; BLOCK] = Box::leak(Box::new(window));
        let place = |at: usize| u8::try_from(at).unwrap();
        let number = ShortNumber {
            window,
            length: place(text.len()),
            point: place(text.find('.').unwrap_or(text.len())),
        };
        (*window, number)
    }

    #[test]
    fn short_values_are_encoded_as_others() {
        let mut texts: Vec<String> = ["0", "-0", "00", "0.0", ".5", "-.5", "5.", "-5."]
            .map(str::to_owned)
            .to_vec();
        for sign in ["", "-"] {
            for whole in ["", "0", "1", "10", "101", "007", "12345678901234567890"] {
                for fraction in ["", ".", ".0", ".1", ".10", ".01", ".000001", ".123456789"] {
                    texts.push(format!("{sign}{whole}{fraction}"));
                }
            }
        }
        texts.push("1".repeat(31));
        texts.push(format!("-{}.25", "3".repeat(27)));
        for text in texts.iter().filter(|text| text.contains(|c: char| c.is_ascii_digit())) {
            let (mut one, mut other) = (Encoder::default(), Encoder::default());
            let (window, number) = short(text);
            one.short_number(number);
            other.number(Number::Text(text.as_bytes()));
            assert_eq!(one.encoded(), other.encoded(), "{text}");
            one.short_string(ShortText {
                window: &window,
                length: text.len(),
            });
            other.string(plain(text));
            assert_eq!(one.encoded(), other.encoded(), "{text}");
        }
    }

    #[test]
    fn lengths_are_those_of_what_was_sorted() {
        let mut encoder = Encoder::default();
        encoder.begin_map();
        encoder.name(plain("b"));
        encoder.begin_set(SetKind::Numbers);
        encoder.number(Number::Text(b"25"));
        encoder.number(Number::Text(b"1.0"));
        encoder.end_set();
        encoder.name(plain("a"));
        encoder.bytes(b"hi");
        encoder.end_map();
        assert_eq!(
            encoder.encoded(),
            b"M\0\0\0\x29\
              \0\0\0\x01aB\0\0\0\x02hi\
              \0\0\0\x01bn\0\0\0\x13N\0\0\0\x04+\0\x001N\0\0\0\x05+\0\x0025"
        );
    }
}
