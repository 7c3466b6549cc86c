//! Records read: into entries, into kept lines.

use super::text;
use crate::joining::*;
use crate::strict::{Misread, OutputFormat};
use crate::transcode::{DynamodbJson, Form, Ion};
use std::sync::Arc;

const CHUNKS: [usize; 4] = [1, 3, 5, usize::MAX];

fn names(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}

/// What an index makes of a file, whatever the chunks.
fn indexed(data: &str, key_names: Option<&[&str]>) -> (Vec<u8>, Option<Misread>, Option<Vec<Vec<u8>>>) {
    let made = CHUNKS.map(|size| {
        let mut index = Index::<DynamodbJson>::new(IndexOptions {
            format: OutputFormat::DynamodbJson,
            max_record_size: 1000,
            source: 1,
            file_index: 0,
            key_names: key_names.map(names),
            window: None,
        });
        let fed = data
            .as_bytes()
            .chunks(size)
            .try_for_each(|chunk| index.read(Some(chunk)));
        let misread = fed.and_then(|()| index.read(None)).err();
        let entries = index.take_entries();
        assert_eq!(index.records(), Entries::new(&entries).count() as u64);
        (entries, misread, index.key_names().map(<[_]>::to_vec))
    });
    assert!(made.iter().all(|one| *one == made[0]));
    made[0].clone()
}

fn change(keys: &str, images: &str) -> String {
    format!("{{\"Metadata\":{{\"WriteTimestampMicros\":{{\"N\":\"5\"}}}},\"Keys\":{{{keys}}}{images}}}\n")
}

#[test]
fn images_and_keys_become_texts() {
    let images = r#","NewImage":{"a":{"N":"1.50"},"k":{"S":"x"}},"OldImage":{"k":{"S":"x"}}"#;
    let (entries, misread, key_names) = indexed(&change(r#""k":{"S":"\u0078"}"#, images), None);
    assert_eq!((misread, key_names), (None, Some(names(&["k"]))));
    assert_eq!(
        text(&entries[HEADER_SIZE..]),
        r#"{"k":{"S":"x"}}{"a":{"N":"1.5"},"k":{"S":"x"}}{"k":{"S":"x"}}"#
    );
    // Before Keys the images are told twice.
    let before = r#"{"OldImage":{"k":{"S":"x"}},"NewImage":{"a":{"N":"15e-1"},"k":{"S":"x"}},"Keys":{"k":{"S":"x"}},"Metadata":{"WriteTimestampMicros":{"N":"5"}}}"#;
    assert_eq!(indexed(before, None).0, entries);
}

#[test]
fn the_key_of_a_change_is_judged() {
    let (a, b) = (r#""a":{"S":"x"}"#, r#""b":{"N":"1"}"#);
    let good = change(&format!("{b},{a}"), "");
    for (keys, images, reason, path) in [
        (a.to_owned(), String::new(), "key-absent", "/Keys/b"),
        (
            format!("{b},{a},\"c\":{{\"S\":\"x\"}}"),
            String::new(),
            "key-other",
            "/Keys/c",
        ),
        (
            format!("{b},\"c\":{{\"S\":\"x\"}}"),
            String::new(),
            "key-absent",
            "/Keys/a",
        ),
        (
            format!("{b},\"a\":{{\"S\":\"\"}}"),
            String::new(),
            "key-empty",
            "/Keys/a",
        ),
        (
            "\"b\":{\"NULL\":true},\"a\":{\"B\":\"\"}".to_owned(),
            String::new(),
            "key-empty",
            "/Keys/a",
        ),
        (
            format!("\"b\":{{\"NULL\":true}},{a}"),
            String::new(),
            "key-type",
            "/Keys/b",
        ),
        (
            format!("{a},{b}"),
            format!(",\"OldImage\":{{{a}}}"),
            "old-image-key",
            "/OldImage",
        ),
        (
            format!("{a},{b}"),
            format!(",\"OldImage\":{{{a}}},\"NewImage\":{{{a},\"b\":{{\"N\":\"2\"}}}}"),
            "new-image-key",
            "/NewImage",
        ),
    ] {
        let data = format!("{good}{}{good}", change(&keys, &images));
        for given in [None, Some(&["b", "a", "b"][..])] {
            let (entries, misread, key_names) = indexed(&data, given);
            assert_eq!(Entries::new(&entries).count(), 1);
            assert_eq!(key_names, Some(names(&["a", "b"])));
            let misread = misread.unwrap();
            assert_eq!(
                (misread.fault.reason.slug(), misread.fault.path.as_str()),
                (reason, path),
                "{keys}"
            );
            assert_eq!((misread.line, misread.offset), (2, good.len() as u64));
        }
    }
    let (_, misread, key_names) = indexed(&change(a, ""), Some(&["b"]));
    assert_eq!(misread.map(|misread| misread.fault.path), Some("/Keys/b".to_owned()));
    assert_eq!(key_names, Some(names(&["b"])));
    assert_eq!(indexed(&change("\"a\":{\"BOOL\":true}", ""), None).2, None);
}

/// What an applier makes of a file, whatever the chunks: kept lines, entries, the fault.
fn applied<F: Form>(
    data: &str,
    options: &ApplyOptions,
    form: OutputFormat,
    filter: Option<&Arc<KeyFilter>>,
) -> (String, Vec<u8>, Option<Misread>) {
    let made = CHUNKS.map(|size| {
        let mut applier = Applier::<F>::new(options.clone(), form, filter.cloned());
        let (mut lines, mut entries) = (Vec::new(), Vec::new());
        let fed = data.as_bytes().chunks(size).try_for_each(|chunk| {
            let read = applier.read(Some(chunk));
            lines.extend(applier.lines(chunk).flatten());
            entries.extend(applier.take_entries());
            read
        });
        let misread = fed.and_then(|()| applier.read(None)).err();
        lines.extend(applier.lines(&[]).flatten());
        entries.extend(applier.take_entries());
        let count = Entries::new(&entries).count() as u64;
        assert_eq!(applier.records(), applier.kept() + count);
        (text(&lines), entries, misread)
    });
    assert!(made.iter().all(|one| *one == made[0]));
    made[0].clone()
}

fn options(format: OutputFormat) -> ApplyOptions {
    ApplyOptions {
        format,
        max_record_size: 1000,
        source: 0,
        file_index: 0,
        key_names: names(&["k"]),
        payload: Payload::Line,
        keep_lines: true,
    }
}

const JSON: OutputFormat = OutputFormat::DynamodbJson;
const ION: OutputFormat = OutputFormat::Ion;
const ITEMS: &str = "{\"Item\": {\"n\":{\"N\":\"1.0\"},\"k\":{\"S\":\"a\"}}}\r\n \n{\"Item\":{\"k\":{\"S\":\"b\"}}}";

/// A filter that holds the key "b" alone of those in the tests.
fn holds_b() -> Arc<KeyFilter> {
    let (_, entries, _) = applied::<DynamodbJson>("{\"Item\":{\"k\":{\"S\":\"b\"}}}", &options(JSON), JSON, None);
    let filter = KeyFilter::new(1 << 12).unwrap();
    filter.add(&entries).unwrap();
    Arc::new(filter)
}

#[test]
fn lines_that_nothing_hits_stay_as_they_are() {
    let (lines, entries, misread) = applied::<DynamodbJson>(ITEMS, &options(JSON), JSON, Some(&holds_b()));
    assert_eq!(lines, "{\"Item\": {\"n\":{\"N\":\"1.0\"},\"k\":{\"S\":\"a\"}}}\r\n");
    assert_eq!(text(&entries[HEADER_SIZE..]), "{\"Item\":{\"k\":{\"S\":\"b\"}}}");
    assert_eq!(misread, None);
    let (lines, entries, _) = applied::<Ion>(ITEMS, &options(JSON), ION, Some(&holds_b()));
    assert_eq!(lines, "$ion_1_0 {Item:{n:1.,k:\"a\"}}\n");
    assert_eq!(text(&entries[HEADER_SIZE..]), "$ion_1_0 {Item:{k:\"b\"}}");
    let unkept = ApplyOptions {
        keep_lines: false,
        ..options(JSON)
    };
    for (lines, entries, _) in [
        applied::<DynamodbJson>(ITEMS, &unkept, JSON, Some(&holds_b())),
        applied::<Ion>(ITEMS, &unkept, ION, Some(&holds_b())),
    ] {
        assert_eq!((lines.as_str(), Entries::new(&entries).count()), ("", 1));
    }
}

#[test]
fn ions_ints_and_floats_are_written_anew() {
    let filter = KeyFilter::new(1).map(Arc::new).unwrap();
    for value in [
        "1.",
        "-1.5",
        "1d2",
        "15d-1",
        "null.int",
        "[1.]",
        "{a:2.0}",
        "$dynamodb_NS::[1.]",
        "\"1\"",
        "12345678901234567890123456789012345678.",
    ] {
        let line = format!("$ion_1_0 {{Item:{{k:\"a\", n:{value}}}}}\r\n");
        let kept = applied::<Ion>(&line, &options(ION), ION, Some(&filter)).0;
        assert_eq!(kept, line);
    }
    for (value, written) in [
        ("1", "1."),
        ("-0", "0."),
        ("1 ", "1."),
        ("0x10", "16."),
        ("1e2", "1d2"),
        ("[1.,2]", "[1.,2.]"),
        ("[[{a:7}]]", "[[{a:7.}]]"),
        ("$dynamodb_NS::[1.,2]", "$dynamodb_NS::[1.,2.]"),
        (
            "12345678901234567890123456789012345678",
            "12345678901234567890123456789012345678.",
        ),
    ] {
        let line = format!("$ion_1_0 {{Item:{{k:\"a\", n:{value}}}}}\r\n");
        let kept = applied::<Ion>(&line, &options(ION), ION, Some(&filter)).0;
        assert_eq!(kept, format!("$ion_1_0 {{Item:{{k:\"a\",n:{written}}}}}\n"));
        let entry = applied::<Ion>(&line, &options(ION), ION, None).1;
        assert_eq!(text(&entry[HEADER_SIZE..]) + "\n", kept);
    }
}

#[test]
fn entries_carry_what_was_asked_for() {
    let item = "{\"Item\":{\"s\":{\"N\":\"2.0\"},\"x\":{\"SS\":[\"b\",\"a\"]},\"k\":{\"S\":\"b\"}}}";
    let carried = |payload| {
        let options = ApplyOptions {
            payload,
            key_names: names(&["k", "s", "k"]),
            ..options(JSON)
        };
        let filter = KeyFilter::new(1).map(Arc::new).unwrap();
        let whole = applied::<DynamodbJson>(item, &options, JSON, None).1;
        filter.add(&whole).unwrap();
        // Told once or twice, it is the same entry.
        assert_eq!(applied::<DynamodbJson>(item, &options, JSON, Some(&filter)).1, whole);
        (whole[64..80].to_vec(), text(&whole[HEADER_SIZE..]))
    };
    let (none, line, image) = (
        carried(Payload::Nothing),
        carried(Payload::Line),
        carried(Payload::Image),
    );
    assert_eq!(none.0, image.0);
    assert_eq!(line.0, [0; 16]);
    let key = "{\"k\":{\"S\":\"b\"},\"s\":{\"N\":\"2\"}}";
    assert_eq!(none.1, "");
    assert_eq!(line.1, item);
    assert_eq!(
        image.1,
        format!("{key}{{\"s\":{{\"N\":\"2\"}},\"x\":{{\"SS\":[\"b\",\"a\"]}},\"k\":{{\"S\":\"b\"}}}}")
    );
    let keyless = ApplyOptions {
        key_names: Vec::new(),
        payload: Payload::Image,
        ..options(JSON)
    };
    let (_, entries, _) = applied::<DynamodbJson>(item, &keyless, JSON, None);
    assert!(text(&entries[HEADER_SIZE..]).starts_with("{}{\"s\":"));
}

#[test]
fn many_records_are_sifted_at_once_in_their_order() {
    let line = |number: u64| format!("{{\"Item\":{{\"n\":{{\"N\":\"{number}\"}},\"k\":{{\"S\":\"key{number}\"}}}}}}\n");
    let is_hit = |number: &u64| number.is_multiple_of(3) || (40..90).contains(number);
    let of = |hit: bool| {
        (0..200)
            .filter(|number| is_hit(number) == hit)
            .map(line)
            .collect::<String>()
    };
    let whole = (0..200).map(line).collect::<String>();
    let (_, hits, _) = applied::<DynamodbJson>(&of(true), &options(JSON), JSON, None);
    let filter = Arc::new(KeyFilter::new(1 << 14).unwrap());
    filter.add(&hits).unwrap();
    let (lines, entries, misread) = applied::<DynamodbJson>(&whole, &options(JSON), JSON, Some(&filter));
    assert_eq!((lines, misread), (of(false), None));
    let told = |entries: &[u8]| {
        let whole = Entries::new(entries).flatten();
        whole
            .map(|(entry, _)| (*entry.hash(), entry.place().line))
            .collect::<Vec<_>>()
    };
    let (_, all, _) = applied::<DynamodbJson>(&whole, &options(JSON), JSON, None);
    let expected = told(&all).into_iter().filter(|(_, line)| is_hit(&(line - 1)));
    assert_eq!(told(&entries), expected.collect::<Vec<_>>());
    // The keys' values in the other order than their names'.
    let two = ApplyOptions {
        key_names: names(&["k", "n"]),
        ..options(JSON)
    };
    let imaged = ApplyOptions {
        payload: Payload::Image,
        ..two.clone()
    };
    let of_line = told(&applied::<DynamodbJson>(&whole, &two, JSON, None).1);
    assert_eq!(of_line, told(&applied::<DynamodbJson>(&whole, &imaged, JSON, None).1));
}

#[test]
fn the_key_of_an_item_is_judged() {
    for (item, reason) in [
        ("{}", "key-absent"),
        ("{\"k\":{\"S\":\"\"}}", "key-empty"),
        ("{\"k\":{\"L\":[]}}", "key-type"),
        ("{\"k\":{\"S\":1}}", "type-value"),
    ] {
        let data = format!("{ITEMS}\n{{\"Item\":{item}}}\n{ITEMS}");
        for filter in [None, Some(&holds_b())] {
            let (lines, entries, misread) = applied::<DynamodbJson>(&data, &options(JSON), JSON, filter);
            let records = lines.lines().count() + Entries::new(&entries).count();
            let misread = misread.unwrap();
            assert_eq!((records, misread.line), (2, 4));
            assert_eq!(
                (misread.fault.reason.slug(), misread.fault.path.as_str()),
                (reason, "/Item/k")
            );
        }
    }
}

#[test]
fn what_stands_inside_an_attribute_is_not_the_key() {
    let inside = r#"{"m":{"M":{"k":{"S":"b"},"l":{"L":[{"M":{"k":{"S":"b"}}}]}}},"k":{"S":"a"}}"#;
    let after = r#"{"k":{"S":"a"},"m":{"M":{"k":{"S":"b"}}}}"#;
    let good = format!("{{\"Item\":{inside}}}\n{{\"Item\":{after}}}\n").repeat(2);
    let (lines, entries, misread) = applied::<DynamodbJson>(&good, &options(JSON), JSON, Some(&holds_b()));
    assert_eq!((lines.as_str(), entries.len(), misread), (good.as_str(), 0, None));
    for (item, reason) in [
        (r#"{"m":{"M":{"k":{"S":"b"}}}}"#, "key-absent"),
        (r#"{"k":{"M":{"k":{"S":"b"},"l":{"M":{}}}},"n":{"N":"1"}}"#, "key-type"),
        (r#"{"n":{"N":"1"},"k":{"N":"1"}}"#, "key-mixed"),
    ] {
        let data = format!("{good}{{\"Item\":{item}}}\n{good}");
        let (lines, _, misread) = applied::<DynamodbJson>(&data, &options(JSON), JSON, Some(&holds_b()));
        let misread = misread.unwrap();
        assert_eq!((lines.as_str(), misread.line), (good.as_str(), 5));
        assert_eq!(misread.fault.reason.slug(), reason);
    }
}
