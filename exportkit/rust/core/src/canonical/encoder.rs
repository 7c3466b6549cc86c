//! The encoding of values, one by one.

use std::ops::Range;

use crate::events::{Binary, Number, SetKind, Text};

/// Encodes values that it is told of one by one, as a [`Visitor`] is.
///
/// A map's entries and a set's elements are encoded as they come, and put in order when it ends.
#[derive(Debug, Default)]
pub struct Encoder {
    pub(super) out: Vec<u8>,
    pub(super) open: Vec<Open>,
    /// Entries of the open maps and of the open set, the innermost's last.
    entries: Vec<Entry>,
    in_set: bool,
    pub(super) scratch: Vec<u8>,
}

/// A container whose end has not come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Where its type byte stands.
    pub(super) start: usize,
    /// Its first entry.
    entry: usize,
}

/// A name with its value, or an element of a set.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where it begins.
    start: usize,
    /// Where it ends, once that is known.
    end: usize,
    /// The first eight bytes that it is ordered by: mostly they decide.
    prefix: u64,
}

/// Bytes of a type byte and a length.
const HEADER: usize = 5;

impl Entry {
    fn new(start: usize, order: &[u8]) -> Self {
        let mut prefix = [0; 8];
        let shown = order.len().min(prefix.len());
        prefix[..shown].copy_from_slice(&order[..shown]);
        Self {
            start,
            end: start,
            prefix: u64::from_be_bytes(prefix),
        }
    }
}

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
        self.begin(b'M');
    }

    /// The name of the entry whose value follows.
    pub fn name(&mut self, name: Text<'_>) {
        let start = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        name.append_to(&mut self.out);
        let length = length_bytes(self.out.len() - start - 4);
        self.out[start..start + 4].copy_from_slice(&length);
        self.entries.push(Entry::new(start, &self.out[start + 4..]));
    }

    /// Ends the map.
    pub fn end_map(&mut self) {
        self.end_sorted(|entry| {
            // The name, of which the entry's first four bytes tell the length.
            let (length, rest) = entry.split_first_chunk().unwrap_or((&[0; 4], entry));
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            rest.get(..length).unwrap_or(rest)
        });
    }

    /// Begins a list.
    pub fn begin_list(&mut self) {
        self.begin(b'L');
    }

    /// Ends the list.
    pub fn end_list(&mut self) {
        if let Some(open) = self.open.pop() {
            self.end(open.start);
        }
    }

    /// Begins a set.
    pub fn begin_set(&mut self, kind: SetKind) {
        self.begin(match kind {
            SetKind::Strings => b's',
            SetKind::Numbers => b'n',
            SetKind::Binaries => b'b',
        });
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

    /// A number.
    pub fn number(&mut self, value: Number<'_>) {
        self.scalar(b'N', |out| value.decimal().write_canonical(out));
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

    /// Once more, a value that was encoded before and stands at these bytes.
    pub fn copy(&mut self, encoded: Range<usize>) {
        self.out.extend_from_within(encoded);
    }

    fn scalar(&mut self, kind: u8, payload: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        self.out.extend_from_slice(&[kind, 0, 0, 0, 0]);
        payload(&mut self.out);
        self.end(start);
        if self.in_set {
            // All elements begin with the same type byte.
            self.entries.push(Entry::new(start, &self.out[start + 1..]));
        }
    }

    fn begin(&mut self, kind: u8) {
        self.open.push(Open {
            start: self.out.len(),
            entry: self.entries.len(),
        });
        self.out.extend_from_slice(&[kind, 0, 0, 0, 0]);
    }

    /// Writes the length of the value that began at `start` and ends here.
    pub(super) fn end(&mut self, start: usize) {
        let length = length_bytes(self.out.len() - start - HEADER);
        self.out[start + 1..start + HEADER].copy_from_slice(&length);
    }

    /// Ends a container whose entries stand in the order of what `order` sees of each.
    fn end_sorted(&mut self, order: impl Fn(&[u8]) -> &[u8]) {
        let Some(open) = self.open.pop() else { return };
        self.end(open.start);
        let out = &mut self.out;
        let entries = &mut self.entries[open.entry..];
        let compare = |a: &Entry, b: &Entry| {
            a.prefix
                .cmp(&b.prefix)
                .then_with(|| order(&out[a.start..]).cmp(order(&out[b.start..])))
        };
        if !entries.is_sorted_by(|a, b| compare(a, b).is_le()) {
            let mut end = out.len();
            for entry in entries.iter_mut().rev() {
                (entry.end, end) = (end, entry.start);
            }
            entries.sort_unstable_by(compare);
            self.scratch.clear();
            for entry in &*entries {
                self.scratch.extend_from_slice(&out[entry.start..entry.end]);
            }
            out[open.start + HEADER..].copy_from_slice(&self.scratch);
        }
        self.entries.truncate(open.entry);
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
