//! What becomes of the records of a key.

use super::{ITEM, Made, PUT, entries, options, text, value};
use crate::joining::*;

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
