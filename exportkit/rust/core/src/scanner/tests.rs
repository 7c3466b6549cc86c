//! What a scan finds, whatever the chunks.

mod keys;

use super::*;
use crate::entries::ENTRY_SIZE;
use crate::fault::Reason;
use crate::json::JsonParser;

fn full() -> ScanOptions {
    ScanOptions::new(ExportType::Full)
}

fn keyed(names: &[&str]) -> ScanOptions {
    ScanOptions {
        key_names: Some(names.iter().map(|name| name.as_bytes().to_vec()).collect()),
        collect_keys: true,
        ..full()
    }
}

fn incremental() -> ScanOptions {
    ScanOptions {
        collect_keys: true,
        ..ScanOptions::new(ExportType::Incremental)
    }
}

/// Scans in chunks of several sizes, which must make no difference.
fn scan(options: &ScanOptions, text: impl AsRef<[u8]>) -> (ScanReport, Vec<u8>) {
    let text = text.as_ref();
    let mut answers = Vec::new();
    for size in [1, 3, 5, 64, text.len().max(1)] {
        let mut scanner: Scanner<JsonParser> = Scanner::new(options.clone());
        let mut keys = Vec::new();
        for chunk in text.chunks(size) {
            scanner.feed(chunk);
            keys.extend(scanner.take_keys());
        }
        let report = scanner.finish();
        keys.extend(scanner.take_keys());
        answers.push((report, keys));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    answers.remove(0)
}

fn faults(report: &ScanReport) -> Vec<(Reason, u64, &str)> {
    report
        .faults
        .iter()
        .map(|found| (found.fault.reason, found.line, found.fault.path.as_str()))
        .collect()
}

#[test]
fn counts() {
    let text = concat!(
        "{\"Item\":{\"a\":{\"S\":\"x\"},\"l\":{\"L\":[{\"N\":\"1\"},{\"M\":{\"b\":{\"BOOL\":true}}}]}}}\r\n",
        "\n \t\r\n",
        "{\"Item\":{\"s\":{\"SS\":[\"x\",\"y\"]},\"n\":{\"NULL\":true},\"e\":{\"B\":\"\"}}}\n",
        "{\"Item\":{\"a\":{\"S\":\"x\"},\"b\":{\"S\":1}}}\n",
        "{\"Item\":{}}",
    );
    let (report, keys) = scan(&full(), text);
    assert_eq!(
        (report.bytes, report.records, report.blank_lines, report.malformed),
        (text.len() as u64, 4, 2, 1)
    );
    assert_eq!(report.types, [1, 1, 1, 1, 1, 1, 0, 0, 1, 1]);
    assert_eq!((report.deepest, report.longest_record), (2, 73));
    assert_eq!(faults(&report), [(Reason::TypeValue, 5, "/Item/b")]);
    let at = text.find("{\"Item\":{\"a\":{\"S\":\"x\"},\"b\"").unwrap();
    assert_eq!(report.faults[0].offset, at as u64);
    assert!(keys.is_empty() && report.timestamps.is_none());
}

#[test]
fn lines_that_are_no_records() {
    let mut text = b"{\"Item\":{}}\n\xff{\"Item\":{}}\n\xef\xbb\xbf{\"Item\":{}}\n".to_vec();
    text.extend(
        b"{\"Item\":{\"a\":{\"S\":\"\xed\xa0\x80\"}}}\n{\"Item\":{\"a\":{\"S\":\"\0\"}}}\n{\"Item\":{\"a\":{\"S\":\"",
    );
    text.extend(vec![b'x'; 100]);
    text.extend(b"\"}}}\n");
    text.extend(vec![b' '; 101]);
    text.extend(b"\n{\"Item\":{}}\n");
    let options = ScanOptions {
        max_record_size: 100,
        ..full()
    };
    let (report, _) = scan(&options, &text);
    assert_eq!(
        faults(&report),
        [
            (Reason::Utf8, 2, ""),
            (Reason::Bom, 3, ""),
            (Reason::Utf8, 4, ""),
            (Reason::Syntax, 5, ""),
            (Reason::TooLong, 6, ""),
            (Reason::TooLong, 7, ""),
        ]
    );
    assert_eq!(
        (
            report.records,
            report.malformed,
            report.longest_record,
            report.blank_lines
        ),
        (8, 6, 123, 0)
    );
}

#[test]
fn the_longest_line_allowed() {
    let line = "{\"Item\":{}}";
    for (limit, expected) in [(11, 0), (10, 1)] {
        let options = ScanOptions {
            max_record_size: limit,
            ..full()
        };
        assert_eq!(scan(&options, line).0.malformed, expected);
        assert_eq!(scan(&options, format!("{line}\n{line}\n")).0.malformed, 2 * expected);
    }
    let options = ScanOptions {
        max_record_size: 11,
        ..full()
    };
    assert_eq!(scan(&options, format!("{line}\r\n")).0.malformed, 1);
}

#[test]
fn faults_are_capped_for_each_reason() {
    let options = ScanOptions {
        fault_limit: 2,
        ..full()
    };
    let (report, _) = scan(&options, "{\n[]\n".repeat(50));
    assert_eq!(report.malformed, 100);
    assert_eq!(
        report.fault_counts.into_iter().collect::<Vec<_>>(),
        [(Reason::Syntax, 50), (Reason::NotAnObject, 50)]
    );
    assert_eq!(
        report.faults.iter().map(|found| found.line).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
}

/// A change record; the members in the order given.
fn change(members: &[&str]) -> String {
    let metadata = r#""Metadata":{"WriteTimestampMicros":{"N":"1000000000"}}"#;
    format!("{{{metadata},{}}}\n", members.join(","))
}

#[test]
fn changes() {
    let keys = r#""Keys":{"k":{"S":"a"},"r":{"N":"1"}}"#;
    let image = |name: &str, rest: &str| format!(r#""{name}":{{"r":{{"N":"1.0"}},"k":{{"S":"a"}}{rest}}}"#);
    let new = image("NewImage", r#","x":{"L":[{"L":[]}]}"#);
    let old = image("OldImage", "");
    let text = [
        change(&[keys, &new]),
        change(&[&old, &new, keys]),
        change(&[keys, &old]),
        change(&[keys]),
    ]
    .concat();
    let (report, entries) = scan(&incremental(), &text);
    assert_eq!(faults(&report), []);
    assert_eq!(
        (report.puts, report.deletes, report.old_images, report.deepest),
        (2, 2, 2, 2)
    );
    assert_eq!(report.types, [4, 4, 0, 0, 0, 0, 0, 0, 4, 0]);
    assert_eq!(report.timestamps, Some((1_000_000_000, 1_000_000_000)));
    assert_eq!(crate::entries::duplicates(&entries, 1).count, 3);
}

#[test]
fn views() {
    let keys = r#""Keys":{"k":{"S":"a"}}"#;
    let both = [keys, r#""NewImage":{"k":{"S":"a"}}"#, r#""OldImage":{"k":{"S":"a"}}"#];
    for (view, expected) in [
        (ExportView::NewImage, (Reason::OldImageInView, 1, "/OldImage")),
        (ExportView::NewAndOldImages, (Reason::NoImageInView, 2, "")),
    ] {
        let options = ScanOptions {
            view: Some(view),
            ..incremental()
        };
        let (report, _) = scan(&options, [change(&both), change(&[keys])].concat());
        assert_eq!(faults(&report), [expected]);
        assert_eq!(report.malformed, u64::from(view == ExportView::NewImage));
        assert_eq!(report.types[0], 2);
    }
}

#[test]
fn a_bad_record_leaves_nothing_behind() {
    let keys = r#""Keys":{"k":{"S":"a"}}"#;
    let image = r#""NewImage":{"k":{"S":"a"}}"#;
    let cut = change(&[r#""Keys":{"other":{"S":"a"},"x":1}"#]);
    let text = [
        change(&[keys, image]),
        cut.clone(),
        change(&[image, keys]),
        cut,
        change(&[keys, image]),
    ]
    .concat();
    let (report, _) = scan(&incremental(), text);
    assert_eq!(
        faults(&report),
        [(Reason::TypeTag, 2, "/Keys/x"), (Reason::TypeTag, 4, "/Keys/x")]
    );
    assert_eq!(report.types[0], 3);
}

#[test]
fn windows() {
    let keys = r#""Keys":{"k":{"S":"a"}}"#;
    for (window, expected) in [
        ((1_000_000_000, 1_000_000_001), None),
        ((0, 1_000_000_000), Some(Reason::TimestampNear)),
        ((0, 940_000_000), Some(Reason::TimestampNear)),
        ((0, 939_999_999), Some(Reason::TimestampFar)),
        ((1_060_000_000, 2_000_000_000), Some(Reason::TimestampNear)),
        ((1_060_000_001, 2_000_000_000), Some(Reason::TimestampFar)),
    ] {
        let options = ScanOptions {
            window: Some(window),
            ..incremental()
        };
        let (report, _) = scan(&options, change(&[keys]));
        let found = report.faults.first().map(|found| found.fault.reason);
        assert_eq!(found, expected, "{window:?}");
        assert!(
            report
                .faults
                .iter()
                .all(|found| found.fault.path == "/Metadata/WriteTimestampMicros")
        );
        assert_eq!(report.malformed, 0);
    }
}
