//! Entries, filters, partitions and joins; `reading` has indexes and appliers.

mod reading;

use std::sync::Arc;

use super::entry::Parts;
use super::*;
use crate::strict::OutputFormat;

/// A hash by its first byte and its last.
fn hash(first: u8, last: u8) -> Hash {
    let mut hash = [0; 16];
    (hash[0], hash[15]) = (first, last);
    hash
}

/// An image of a value: its hash, and a text that tells the value.
fn image(value: u8) -> (Hash, Vec<u8>) {
    (
        hash(value, value),
        format!("{{\"v\":{{\"N\":\"{value}\"}}}}").into_bytes(),
    )
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
            place: Place {
                source: self.source,
                file_index: 3,
                line: self.line,
                offset: self.line * 100,
            },
            timestamp: self.timestamp,
            key: key.as_bytes(),
            new: new.as_ref().map(|(hash, text)| (*hash, text.as_slice())),
            old: old.as_ref().map(|(hash, text)| (*hash, text.as_slice())),
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
    text(&image(value).1)
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
    assert_eq!(bytes[..8], [145, 0, 0, 0, 1, 3, 0, 0]);
    assert_eq!(bytes[8..24], hash(1, 0));
    assert_eq!(bytes[24..32], [5, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!(bytes[32..48], [7, 0, 0, 0, 0, 0, 0, 0, 188, 2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[48..56], [4, 3, 2, 1, 0, 0, 0, 0]);
    assert_eq!(bytes[56..88], [hash(1, 1), hash(2, 2)].concat());
    assert_eq!(bytes[88..100], [15, 0, 0, 0, 15, 0, 0, 0, 15, 0, 0, 0]);
    assert_eq!(
        text(&bytes[100..]),
        format!("{{\"k\":{{\"S\":\"1\"}}}}{}{}", value(1), value(2))
    );
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
        (0, 99),
        (4, 2),
        (5, 4),
        (5, 0),
        (5, 3),
        (6, 1),
        (7, 1),
        (24, 1),
        (88, 14),
        (95, 255),
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
    let mut key = [0; 16];
    key[0] = 0b1101; // the word 5
    let groups: u32 = 1 | 7 << 6 | 63 << 12 | 32 << 18;
    key[8..12].copy_from_slice(&groups.to_le_bytes());
    assert!(!filter.may_hold(&key));
    let mut entry = entries(&[ITEM]);
    entry[8..24].copy_from_slice(&key);
    filter.add(&entry).unwrap();
    assert!(filter.may_hold(&key));
    for (at, bit) in [(0, 1), (8, 2), (8, 64), (10, 1), (10, 8)] {
        let mut other = key;
        other[at] ^= bit;
        assert!(!filter.may_hold(&other), "{at} {bit}");
    }
    let mut same = key;
    (same[1], same[7], same[11], same[15]) = (1, 1, 1, 1);
    assert!(filter.may_hold(&same));
    assert!(filter.add(&entry[1..]).is_err());
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

#[test]
fn changes_are_replayed_in_their_order() {
    let put = |source, value| Made {
        source,
        new: Some(value),
        ..PUT
    };
    let delete = |source| Made {
        source,
        new: None,
        ..PUT
    };
    let other = |made: Made, key| Made { key, ..made };
    let bytes = entries(&[
        other(put(2, 6), 4), // 4: put twice in one window, then deleted, then put
        other(put(3, 9), 4),
        other(delete(2), 3), // 3: deleted
        other(ITEM, 2),      // 2: untouched
        other(put(1, 8), 1), // 1: replaced
        ITEM,
        other(ITEM, 3),
        other(delete(3), 5), // 5: never there
        Made {
            timestamp: 101,
            ..other(delete(2), 4)
        },
    ]);
    let mut unjudged = options(Operation::Replay);
    unjudged.sources.clear();
    let joined = join(&bytes, &unjudged).unwrap();
    assert_eq!(
        text(&joined.lines),
        format!("{{\"Item\":{}}}\n{}\n{{\"Item\":{}}}\n", value(8), value(1), value(9))
    );
    let counts = [
        joined.records,
        joined.inserted,
        joined.replaced,
        joined.deleted,
        joined.absent,
        joined.untouched,
        joined.repeated,
    ];
    assert_eq!(counts, [3, 1, 1, 1, 1, 1, 1]);
    assert_eq!(joined.drift, [0; 3]);
}

#[test]
fn drift_is_judged_change_by_change() {
    let judged = |records: &[Made]| {
        let bytes = entries(records);
        let joined = join(&bytes, &options(Operation::Replay)).unwrap();
        let samples = joined.samples.iter().map(|drift| {
            let value = |text: Option<&[u8]>| text.map(|text| text[text.len() - 4]);
            (
                drift.kind,
                drift.place.source,
                value(drift.old_image),
                value(drift.state),
            )
        });
        (joined.drift, samples.collect::<Vec<_>>())
    };
    let put = |source, old| Made { source, old, ..PUT };
    let sound = [ITEM, put(1, Some(1)), put(2, Some(1))];
    assert_eq!(judged(&sound), ([0; 3], vec![]));
    assert_eq!(
        judged(&[put(1, Some(1)), put(2, None), put(3, Some(2))]),
        (
            [1, 1, 1],
            vec![
                (DriftKind::Missing, 1, Some(b'1'), None),
                (DriftKind::Unexpected, 2, None, Some(b'1')),
                (DriftKind::Different, 3, Some(b'2'), Some(b'1')),
            ]
        )
    );
    let bytes = entries(&[put(1, Some(1))]);
    let few = JoinOptions {
        samples: 0,
        ..options(Operation::Replay)
    };
    let joined = join(&bytes, &few).unwrap();
    assert_eq!((joined.drift, joined.samples.len()), ([1, 0, 0], 0));
}

#[test]
fn an_item_that_the_next_window_does_not_see_is_a_ghost() {
    let run = |records: &[Made]| {
        let mut options = options(Operation::Replay);
        options.sources[1].ghosts_from = Some(100);
        let bytes = entries(records);
        let joined = join(&bytes, &options).unwrap();
        (joined.ghosts, joined.records, joined.deleted, joined.drift)
    };
    let later = |source| Made { source, ..PUT };
    assert_eq!(run(&[ITEM, Made { old: Some(1), ..PUT }]), (1, 0, 1, [0; 3]));
    assert_eq!(run(&[Made { timestamp: 99, ..PUT }]), (0, 1, 0, [0; 3]));
    assert_eq!(
        run(&[
            PUT,
            Made {
                old: Some(1),
                ..later(2)
            }
        ]),
        (0, 1, 0, [0; 3])
    );
    assert_eq!(run(&[PUT, later(3)]), (1, 1, 0, [0; 3])); // gone, and back: its old image is none
}

#[test]
fn two_items_of_one_key_are_told_where_it_matters() {
    let twice = [ITEM, Made { line: 2, ..ITEM }];
    let pair = |bytes: &[u8], operation| {
        let joined = join(bytes, &options(operation)).unwrap();
        joined.keyed_twice.map(|pair| (pair.first.line, pair.second.line))
    };
    assert_eq!(pair(&entries(&twice), Operation::Replay), None);
    assert_eq!(pair(&entries(&twice), Operation::Diff), Some((1, 2)));
    let hit = entries(&[twice[1], PUT, twice[0]]);
    assert_eq!(pair(&hit, Operation::Replay), Some((1, 2)));
    let untouched = entries(&twice);
    assert_eq!(join(&untouched, &options(Operation::Replay)).unwrap().records, 2);
}

#[test]
fn changes_have_a_net_change() {
    let change = |old, new, source| Made {
        old,
        new,
        source,
        timestamp: 100 * u64::from(source),
        ..PUT
    };
    let line = |timestamp, old: Option<u8>, new: Option<u8>| {
        let member =
            |name, image: Option<u8>| image.map_or(String::new(), |image| format!(",\"{name}\":{}", value(image)));
        let keys = "{\"k\":{\"S\":\"1\"}}";
        format!(
            "{{\"Metadata\":{{\"WriteTimestampMicros\":{{\"N\":\"{timestamp}\"}}}},\"Keys\":{keys}{}{}}}\n",
            member("OldImage", old),
            member("NewImage", new)
        )
    };
    for (records, before, after) in [
        (vec![change(None, Some(1), 1)], None, Some(1)),
        (
            vec![change(Some(1), Some(2), 1), change(Some(2), Some(3), 3)],
            Some(1),
            Some(3),
        ),
        (
            vec![change(Some(1), Some(2), 1), change(Some(2), None, 2)],
            Some(1),
            None,
        ),
        (vec![change(None, None, 2)], None, None),
    ] {
        let bytes = entries(&records);
        let last = records.last().map_or(0, |record| record.timestamp);
        let compacted = join(&bytes, &options(Operation::Compact)).unwrap();
        assert_eq!(text(&compacted.lines), line(last, before, after));
        let reverted = join(&bytes, &options(Operation::Revert)).unwrap();
        assert_eq!(text(&reverted.lines), line(77, after, before));
    }
    let born_and_gone = entries(&[change(None, Some(1), 1), change(Some(1), None, 2)]);
    for operation in [Operation::Compact, Operation::Revert] {
        let joined = join(&born_and_gone, &options(operation)).unwrap();
        assert_eq!((joined.records, joined.dropped), (0, 1));
    }
    let mut blind = options(Operation::Compact);
    blind.sources.clear();
    blind.old_images = false;
    let joined = join(&born_and_gone, &blind).unwrap();
    assert_eq!((text(&joined.lines), joined.deleted), (line(200, None, None), 1));
    blind.window = Some((120, 180));
    assert_eq!(
        text(&join(&born_and_gone, &blind).unwrap().lines),
        line(179, None, None)
    );
}

#[test]
fn states_differ_by_their_values() {
    let item = |source, key, new| Made {
        source,
        key,
        new: Some(new),
        ..ITEM
    };
    let bytes = entries(&[
        item(0, 1, 1),
        item(1, 1, 1), // equal
        item(0, 2, 1),
        item(1, 2, 2), // changed
        item(0, 3, 1), // gone
        item(1, 4, 1), // new
    ]);
    let joined = join(&bytes, &options(Operation::Diff)).unwrap();
    let counts = [
        joined.records,
        joined.dropped,
        joined.replaced,
        joined.deleted,
        joined.inserted,
    ];
    assert_eq!(counts, [3, 1, 1, 1, 1]);
    let lines = text(&joined.lines);
    let images: Vec<_> = lines
        .lines()
        .map(|line| (line.contains("OldImage"), line.contains("NewImage")))
        .collect();
    assert_eq!(images, [(true, true), (true, false), (false, true)]);
}
