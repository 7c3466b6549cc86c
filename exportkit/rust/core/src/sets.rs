//! Whether an element stands twice in a set, by value.
//!
//! Most sets are small and spelled plainly: their elements' bytes are compared in place. Where there
//! are many, or bytes may differ and values not (escapes, `1.0`, padded base64), values are written
//! out and sorted: n log n, whatever the input.

use crate::events::{Binary, Number, SetKind, Spelling, Text};

/// Elements compared in place.
const FEW: usize = 8;
/// Bytes of scratch kept between sets.
const KEPT_CAPACITY: usize = 1 << 20;

/// Room for the values of large or oddly spelled sets; one serves a whole file.
#[derive(Debug, Default)]
pub struct SetScratch {
    values: Vec<u8>,
    spans: Vec<(usize, usize)>,
}

/// An element of a set.
#[derive(Clone, Copy, Debug)]
pub enum Element<'a> {
    /// Of an SS.
    Text(Text<'a>),
    /// Of an NS.
    Number(Number<'a>),
    /// Of an NS, of nothing but digits, perhaps with `-` before them.
    Integer(&'a [u8]),
    /// Of a BS.
    Binary(Binary<'a>),
}

impl<'a> Element<'a> {
    /// Bytes that stand for the value, where equal values of such spelling have equal bytes.
    #[inline(always)]
    fn plain(self) -> Option<&'a [u8]> {
        match self {
            Self::Text(Text {
                raw,
                spelling: Spelling::Plain,
            }) => Some(raw),
            Self::Integer(digits) => (!matches!(digits, [b'0', _, ..] | [b'-', b'0', ..])).then_some(digits),
            Self::Binary(Binary { base64 }) => (!base64.ends_with(b"=")).then_some(base64),
            Self::Text(_) | Self::Number(_) => None,
        }
    }

    fn write_value(self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => text.append_to(out),
            Self::Number(number) => number.decimal().write_canonical(out),
            Self::Integer(digits) => Number::Text(digits).decimal().write_canonical(out),
            Self::Binary(binary) => binary.append_to(out),
        }
    }
}

/// The elements of one set while it is read.
#[derive(Debug)]
pub struct Elements<'a> {
    kind: SetKind,
    /// The elements, as long as they are few and plain.
    few: [&'a [u8]; FEW],
    /// How many of these there are.
    count: usize,
    /// A bit for each of these: elements whose bits are different are different.
    bits: u64,
    /// Whether two of these are the same.
    twice: bool,
    /// Whether all values are in the scratch instead.
    written: bool,
}

impl<'a> Elements<'a> {
    /// An empty set; one set at a time may use a scratch.
    #[inline(always)]
    pub fn new(kind: SetKind) -> Self {
        Self {
            kind,
            few: [&[]; FEW],
            count: 0,
            bits: 0,
            twice: false,
            written: false,
        }
    }

    /// Adds an element, of the set's kind.
    #[inline(always)]
    pub fn add(&mut self, element: Element<'a>, scratch: &mut SetScratch) {
        if let Some(bytes) = element.plain()
            && let Some(place) = self.few.get_mut(self.count)
        {
            *place = bytes;
            let bit = 1 << bit_of(bytes);
            if self.bits & bit != 0 {
                self.twice |= is_among(bytes, &self.few[..self.count]);
            }
            self.bits |= bit;
            self.count += 1;
        } else {
            self.add_written(element, scratch);
        }
    }

    /// Whether an element stands twice, now that all have been added.
    #[inline]
    pub fn has_duplicate(self, scratch: &mut SetScratch) -> bool {
        if self.written {
            scratch.has_duplicate()
        } else {
            self.twice
        }
    }

    /// Adds an element that does not stand in the record as it is.
    #[cold]
    #[inline(never)]
    pub fn add_written(&mut self, element: Element<'_>, scratch: &mut SetScratch) {
        if !self.written {
            self.written = true;
            scratch.values.clear();
            scratch.spans.clear();
            for &raw in self.few.iter().take(self.count) {
                scratch.push(match self.kind {
                    SetKind::Strings => Element::Text(Text::plain(raw)),
                    SetKind::Numbers => Element::Integer(raw),
                    SetKind::Binaries => Element::Binary(Binary { base64: raw }),
                });
            }
        }
        self.count = FEW; // so that no other goes there
        scratch.push(element);
    }
}

/// One of 64 bits, by some of a text's bytes.
#[inline(always)]
fn bit_of(text: &[u8]) -> u64 {
    let (Some(&first), Some(&last)) = (text.first(), text.last()) else {
        return 0;
    };
    let middle = text[text.len() / 2];
    let bytes = u64::from(first) | u64::from(middle) << 8 | u64::from(last) << 16 | (text.len() as u64) << 24;
    bytes.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58
}

#[cold]
#[inline(never)]
fn is_among(bytes: &[u8], others: &[&[u8]]) -> bool {
    others.contains(&bytes)
}

impl SetScratch {
    fn push(&mut self, element: Element<'_>) {
        let start = self.values.len();
        element.write_value(&mut self.values);
        self.spans.push((start, self.values.len()));
    }

    fn has_duplicate(&mut self) -> bool {
        let values = &self.values;
        let value = |&(start, end): &(usize, usize)| values.get(start..end).unwrap_or_default();
        self.spans.sort_unstable_by(|one, other| value(one).cmp(value(other)));
        let twice = self
            .spans
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if value(one) == value(other)));
        self.values.clear();
        self.values.shrink_to(KEPT_CAPACITY);
        self.spans.clear();
        self.spans.shrink_to(KEPT_CAPACITY / size_of::<(usize, usize)>());
        twice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twice<'a>(kind: SetKind, elements: &[&'a str], make: impl Fn(&'a [u8]) -> Element<'a>) -> bool {
        let mut scratch = SetScratch::default();
        let mut answers = Vec::new();
        for _ in 0..2 {
            let mut set = Elements::new(kind);
            for element in elements {
                set.add(make(element.as_bytes()), &mut scratch);
            }
            answers.push(set.has_duplicate(&mut scratch));
        }
        assert_eq!(answers[0], answers[1], "the scratch is left clean");
        answers[0]
    }

    fn strings(elements: &[&str]) -> bool {
        twice(SetKind::Strings, elements, |raw| {
            let spelling = if raw.contains(&b'\\') {
                Spelling::Json
            } else {
                Spelling::Plain
            };
            Element::Text(Text { raw, spelling })
        })
    }

    fn numbers(elements: &[&str]) -> bool {
        twice(SetKind::Numbers, elements, |text| {
            let digits = text.strip_prefix(b"-").unwrap_or(text);
            if digits.iter().all(u8::is_ascii_digit) {
                Element::Integer(text)
            } else {
                Element::Number(Number::Text(text))
            }
        })
    }

    fn binaries(elements: &[&str]) -> bool {
        twice(SetKind::Binaries, elements, |base64| Element::Binary(Binary { base64 }))
    }

    #[test]
    fn small_sets() {
        assert!(!strings(&["a", "b", "", "ab"]));
        assert!(strings(&["a", "b", "a"]));
        assert!(strings(&["", ""]));
        assert!(!numbers(&["1", "-1", "10", "0"]));
        assert!(numbers(&["1", "2", "1"]));
        assert!(!binaries(&["", "aGVs"]));
        assert!(binaries(&["aGVs", "aGVs"]));
    }

    #[test]
    fn spelled_differently() {
        assert!(strings(&["x", "a", r"\u0061"]));
        assert!(!strings(&["x", "a", r"\u0062"]));
        for pair in [
            ["1", "1.0"],
            ["100", "1e2"],
            ["0", "-0"],
            ["7", "07"],
            ["-0.5", "-5E-1"],
        ] {
            assert!(numbers(&pair), "{pair:?}");
        }
        assert!(!numbers(&["1", "1.1", "+2", "-2"]));
        assert!(binaries(&["YQ==", "aGVs", "YR=="]));
        assert!(!binaries(&["YQ==", "aGVs", "Yg=="]));
    }

    #[test]
    fn large_sets() {
        let elements: Vec<String> = (0..100_000).map(|number| format!("{number}")).collect();
        let mut elements: Vec<&str> = elements.iter().map(String::as_str).collect();
        assert!(!strings(&elements) && !numbers(&elements));
        elements.push("777.0");
        assert!(!strings(&elements) && numbers(&elements));
        elements.push("777");
        assert!(strings(&elements));
    }

    #[test]
    fn numbers_read_before() {
        let mut scratch = SetScratch::default();
        let mut set = Elements::new(SetKind::Numbers);
        set.add(Element::Number(Number::Text(b"5")), &mut scratch);
        let five = Number::Text(b"50e-1").decimal();
        set.add(Element::Number(Number::Value(five)), &mut scratch);
        assert!(set.has_duplicate(&mut scratch));
    }
}
