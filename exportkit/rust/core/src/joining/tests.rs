//! Entries, filters and partitions, and what other tests make records of; `joins` has joins, `reading` indexes and appliers.

mod joins;
mod reading;

use std::sync::Arc;

use twox_hash::XxHash3_64;

use super::compare::Compare;
use super::entry::{Image, Parts, Value};
use super::*;
use crate::strict::OutputFormat;

/// A hash by its first byte and its last.
fn hash(first: u8, last: u8) -> Hash {
    let mut hash = [0; 16];
    (hash[0], hash[15]) = (first, last);
    hash
}

/// An image of a value: the map of a text that tells the value.
fn image(value: u8) -> Vec<u8> {
    format!("{{\"v\":{{\"N\":\"{value}\"}}}}").into_bytes()
}

/// The hash of an image.
fn image_hash(image: Image<'_>) -> Hash {
    Compare::new(OutputFormat::DynamodbJson).hash(image).unwrap()
}

/// A record for the tests, of a key told by one byte.
#[derive(Clone, Copy)]
struct Made {
    kind: Kind,
    key: u8,
    source: u32,
    timestamp: u64,
    line: u64,
    new: Option<u8>,
    old: Option<u8>,
}

const ITEM: Made = Made {
    kind: Kind::Item,
    key: 1,
    source: 0,
    timestamp: 0,
    line: 1,
    new: Some(1),
    old: None,
};

const PUT: Made = Made {
    kind: Kind::Change,
    source: 1,
    timestamp: 100,
    ..ITEM
};

impl Made {
    fn write(&self, out: &mut Vec<u8>) {
        let key = format!("{{\"k\":{{\"S\":\"{}\"}}}}", self.key);
        let (new, old) = (self.new.map(image), self.old.map(image));
        let parts = Parts {
            kind: self.kind,
            hash: hash(self.key, 0),
            quick: u64::from(self.key) << 8,
            place: Place {
                source: self.source,
                file_index: 3,
                line: self.line,
                offset: self.line * 100,
            },
            timestamp: self.timestamp,
            key: key.as_bytes(),
            new: new.as_ref().map(|text| Image {
                text,
                value: if self.kind == Kind::Item {
                    Value::Hash(image_hash(Image::map(text)))
                } else {
                    Value::Map
                },
            }),
            old: old.as_deref(),
        };
        assert!(parts.write(out));
    }
}

fn entries(records: &[Made]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        record.write(&mut out);
    }
    out
}

fn options(operation: Operation) -> JoinOptions {
    JoinOptions {
        operation,
        form: OutputFormat::DynamodbJson,
        sources: vec![
            Source {
                judged: true,
                ghosts_from: None,
            };
            4
        ],
        old_images: true,
        timestamp: (operation != Operation::Compact && operation != Operation::Replay).then_some(77),
        window: None,
        samples: 20,
    }
}

fn text(lines: &[u8]) -> String {
    String::from_utf8(lines.to_vec()).unwrap()
}

/// `{"v":{"N":"…"}}`.
fn value(value: u8) -> String {
    text(&image(value))
}

#[test]
fn an_entry_is_laid_out_as_documented() {
    let bytes = entries(&[Made {
        old: Some(2),
        timestamp: 0x0102_0304,
        line: 7,
        source: 5,
        ..PUT
    }]);
    assert_eq!(bytes[..8], [137, 0, 0, 0, 1, 3, 0, 0]);
    assert_eq!(bytes[8..24], hash(1, 0));
    assert_eq!(bytes[24..32], [0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[32..40], [5, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!(bytes[40..56], [7, 0, 0, 0, 0, 0, 0, 0, 188, 2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[56..64], [4, 3, 2, 1, 0, 0, 0, 0]);
    assert_eq!(bytes[64..80], [0; 16]);
    assert_eq!(bytes[80..92], [15, 0, 0, 0, 15, 0, 0, 0, 15, 0, 0, 0]);
    assert_eq!(
        text(&bytes[HEADER_SIZE..]),
        format!("{{\"k\":{{\"S\":\"1\"}}}}{}{}", value(1), value(2))
    );
    let bytes = entries(&[ITEM]);
    assert_eq!(bytes[4..8], [0, 5, 0, 0]);
    assert_eq!(bytes[64..80], image_hash(Image::map(&image(1))));
}

#[test]
fn what_is_no_entry_is_told() {
    let bytes = entries(&[ITEM, PUT]);
    let first = entries(&[ITEM]).len();
    for end in 0..bytes.len() {
        let is_whole = end == 0 || end == first;
        assert_eq!(partition(&bytes[..end], 0).is_ok(), is_whole, "{end}");
        assert_eq!(
            join(&bytes[..end], &options(Operation::Replay)).is_ok(),
            is_whole,
            "{end}"
        );
    }
    for (at, byte) in [
        (0, 91),
        (4, 2),
        (5, 8),
        (5, 0),
        (5, 3),
        (5, 4),
        (6, 1),
        (7, 1),
        (32, 1),
        (80, 14),
        (87, 255),
    ] {
        let mut damaged = bytes.clone();
        damaged[at] = byte;
        let wrong = join(&damaged, &options(Operation::Replay));
        assert!(
            matches!(wrong, Err(Unjoinable::NotEntries(NotEntries { at: 0, .. }))),
            "{at} {byte}"
        );
    }
}

#[test]
fn operations_take_their_own_records() {
    let item = |source| entries(&[Made { source, ..ITEM }]);
    let change = |source| entries(&[Made { source, ..PUT }]);
    for (operation, taken) in [
        (Operation::Replay, [true, false, false, false, true]),
        (Operation::Compact, [false, false, false, true, true]),
        (Operation::Revert, [false, false, false, true, true]),
        (Operation::Diff, [true, true, false, false, false]),
    ] {
        let given = [item(0), item(1), item(2), change(0), change(1)];
        let found = given.map(|entries| join(&entries, &options(operation)).is_ok());
        assert_eq!(found, taken, "{operation:?}");
    }
    for operation in [Operation::Revert, Operation::Diff] {
        let options = JoinOptions {
            timestamp: None,
            ..options(operation)
        };
        assert_eq!(join(&[], &options), Err(Unjoinable::NoTimestamp));
    }
}

#[test]
fn a_filter_sets_four_bits_of_one_word() {
    for words in [0, 3, 6, 1000] {
        assert_eq!(KeyFilter::new(words).unwrap_err(), NoFilter::NoPowerOfTwo);
    }
    assert_eq!(KeyFilter::new(1 << 62).unwrap_err(), NoFilter::NoRoom);
    let filter = Arc::new(KeyFilter::new(8).unwrap());
    let key = 0b1101 | (1 | 7 << 6 | 63 << 12 | 32 << 18) << 40; // the word 5
    assert!(!filter.may_hold(key));
    let mut entry = entries(&[ITEM]);
    entry[24..32].copy_from_slice(&u64::to_le_bytes(key));
    filter.add(&entry).unwrap();
    assert!(filter.may_hold(key));
    for bit in [0, 2, 41, 46, 52, 63] {
        assert!(!filter.may_hold(key ^ 1 << bit), "{bit}");
    }
    for bit in [3, 39] {
        assert!(filter.may_hold(key ^ 1 << bit), "{bit}");
    }
    assert!(filter.add(&entry[1..]).is_err());
}

#[test]
fn a_filter_of_sixteen_bits_a_key_lets_few_others_pass() {
    let filter = KeyFilter::new(1 << 12).unwrap();
    let quick = |number: u64| XxHash3_64::oneshot(format!("S\0\0\0\x08{number:08}").as_bytes());
    let mut entry = entries(&[ITEM]);
    for number in 0..1 << 14 {
        entry[24..32].copy_from_slice(&quick(number).to_le_bytes());
        filter.add(&entry).unwrap();
    }
    assert!((0..1 << 14).all(|number| filter.may_hold(quick(number))));
    let passed = (1 << 14..1 << 17).filter(|&number| filter.may_hold(quick(number)));
    let passed = passed.count();
    assert!((1..(1 << 17) / 60).contains(&passed), "{passed}");
}

#[test]
fn images_are_compared_by_value() {
    for (form, maps, lines) in [
        (
            OutputFormat::DynamodbJson,
            [
                r#"{"a":{"N":"1"},"b":{"SS":["x","y"]}}"#,
                r#"{"b":{"SS":["y","x"]},"a":{"N":"1.0"}}"#,
            ],
            [
                r#"{"Item":{"a":{"N":"1"},"b":{"SS":["x","y"]}}}"#,
                " {\"Item\":{\"b\":{\"SS\":[\"y\",\"\\u0078\"]},\"a\":{\"N\":\"1e0\"}}}\r",
            ],
        ),
        (
            OutputFormat::Ion,
            [
                r#"{a:1.,b:$dynamodb_SS::["x","y"]}"#,
                r#"{b:$dynamodb_SS::["y","x"],a:1.0}"#,
            ],
            [
                r#"$ion_1_0 {Item:{a:1.,b:$dynamodb_SS::["x","y"]}}"#,
                r#"{Item: {b:$dynamodb_SS::['''y''',"x"],a:1}}"#,
            ],
        ),
    ] {
        let mut compare = Compare::new(form);
        let line = |text: &'static str| Image {
            text: text.as_bytes(),
            value: Value::Line,
        };
        let hash = compare.hash(Image::map(maps[0].as_bytes())).unwrap();
        let hashed = Image {
            text: b"",
            value: Value::Hash(hash),
        };
        let same = [
            Image::map(maps[0].as_bytes()),
            Image::map(maps[1].as_bytes()),
            line(lines[0]),
            line(lines[1]),
            hashed,
        ];
        let others = [
            Image::map(b"{}"),
            line(match form {
                OutputFormat::Ion => "{Item:{}}",
                OutputFormat::DynamodbJson => "{\"Item\":{}}",
            }),
        ];
        for one in same {
            assert!(same.iter().all(|other| compare.equal(one, *other) == Ok(true)));
            assert!(others.iter().all(|other| compare.equal(one, *other) == Ok(false)));
        }
        for text in ["", "x", "{}\n{}", "{},{}"] {
            let none = Image::map(text.as_bytes());
            assert_eq!(
                Compare::new(form).equal(none, same[0]),
                Err(Unjoinable::NoItem),
                "{text}"
            );
        }
        assert_eq!(Compare::new(form).equal(line(""), same[0]), Err(Unjoinable::NoItem));
    }
}

#[test]
fn texts_that_are_equal_are_not_read() {
    for (form, text) in [
        (OutputFormat::DynamodbJson, r#"{"Item":{unread}}"#),
        (OutputFormat::Ion, " $ion_1_0 {Item:{unread}}"), // as AWS writes it, with a space before it
        (OutputFormat::Ion, "$ion_1_0 {Item:{unread}}"),
    ] {
        let line = Image {
            text: text.as_bytes(),
            value: Value::Line,
        };
        assert_eq!(
            Compare::new(form).equal(line, Image::map(b"{unread}")),
            Ok(true),
            "{text}"
        );
    }
}

#[test]
fn parts_keep_their_order() {
    let bytes = entries(&[1, 2, 1, 9].map(|key| Made { key, ..ITEM }));
    let parts = partition(&bytes, 0).unwrap();
    assert_eq!(parts.len(), 256);
    assert_eq!(parts[1], entries(&[ITEM, ITEM]));
    assert_eq!(parts[9], entries(&[Made { key: 9, ..ITEM }]));
    assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), bytes.len());
    assert_eq!(partition(&bytes, 15).unwrap()[0], bytes);
}
