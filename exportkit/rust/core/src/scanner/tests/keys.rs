//! Keys: of items and of changes, their entries, and what is wrong with them.

use super::*;

#[test]
fn keys_of_items() {
    let text = concat!(
        "{\"Item\":{\"sk\":{\"N\":\"1.0\"},\"x\":{\"M\":{\"pk\":{\"S\":\"no\"}}},\"pk\":{\"S\":\"a\"}}}\n",
        "{\"Item\":{\"pk\":{\"S\":\"a\"},\"sk\":{\"N\":\"1\"}}}\n",
        "{\"Item\":{\"pk\":{\"B\":\"\"},\"sk\":{\"L\":[{\"S\":\"x\"}]}}}\n",
        "{\"Item\":{\"sk\":{\"S\":\"\"}}}\n",
        "{\"Item\":{\"pk\":{\"S\":\"b\"},\"sk\":{\"N\":\"1\"},\"sk\":{\"N\":\"1\"}}}\n",
        "{\"Item\":{\"pk\":{\"S\":\"b\"},\"sk\":{\"N\":\"1\"}}}\n",
    );
    let (report, keys) = scan(&keyed(&["pk", "sk"]), text);
    assert_eq!(
        faults(&report),
        [
            (Reason::KeyEmpty, 3, "/Item/pk"),
            (Reason::KeyType, 3, "/Item/sk"),
            (Reason::KeyAbsent, 4, "/Item/pk"),
            (Reason::KeyEmpty, 4, "/Item/sk"),
            (Reason::AttributeDuplicate, 5, "/Item/sk"),
        ]
    );
    assert_eq!(report.malformed, 1);
    let types: Vec<_> = report
        .key_types
        .iter()
        .map(|types| (&types.name[..], types.tag, types.count, types.line))
        .collect();
    assert_eq!(
        types,
        [
            (&b"pk"[..], "S", 3, 1),
            (b"sk", "N", 3, 1),
            (b"pk", "B", 1, 3),
            (b"sk", "S", 1, 4)
        ]
    );
    let (entries, _) = keys.as_chunks::<ENTRY_SIZE>();
    assert_eq!(entries.iter().map(|entry| entry[24]).collect::<Vec<_>>(), [1, 2, 6]);
    assert_eq!(entries[0][..16], entries[1][..16]);
    // SHA-256 of M{pk: S a, sk: N 1}.
    let canonical = b"M\0\0\0\x1b\0\0\0\x02pkS\0\0\0\x01a\0\0\0\x02skN\0\0\0\x04+\0\x001";
    assert_eq!(
        entries[0][..16],
        <sha2::Sha256 as sha2::Digest>::digest(canonical)[..16]
    );
    assert_eq!(crate::entries::duplicates(&keys, 5).count, 1);
}

#[test]
fn entries_say_where_the_record_is() {
    let options = ScanOptions {
        file_index: 0x00AB_CDEF,
        ..keyed(&["k"])
    };
    let (_, keys) = scan(
        &options,
        "\n{\"Item\":{\"k\":{\"S\":\"x\"}}}\n{\"Item\":{\"k\":{\"S\":\"x\"}}}",
    );
    let found = crate::entries::duplicates(&keys, 1);
    let place = |line, offset| crate::entries::Place {
        file_index: 0x00AB_CDEF,
        line,
        offset,
    };
    assert_eq!(found.places, [(place(3, 26), place(2, 1))]);
}

#[test]
fn no_key_is_checked_without_names() {
    let options = ScanOptions {
        collect_keys: true,
        ..full()
    };
    let (report, keys) = scan(&options, "{\"Item\":{\"k\":{\"S\":\"\"}}}\n");
    assert!(keys.is_empty() && report.faults.is_empty() && report.key_types.is_empty());
}

#[test]
fn images_against_keys() {
    let keys = r#""Keys":{"k":{"S":"a"}}"#;
    let others = r#""Keys":{"q":{"S":"a"}}"#;
    let nested = r#""Keys":{"k":{"M":{"z":{"SS":["a","b"]},"y":{"L":[]}}}}"#;
    let same = r#""NewImage":{"k":{"M":{"y":{"L":[]},"z":{"SS":["b","a"]}}}}"#;
    let good = r#""NewImage":{"k":{"S":"\u0061"}}"#;
    let absent = r#""OldImage":{"j":{"S":"a"}}"#;
    let other = r#""NewImage":{"k":{"S":"b"}}"#;
    let typed = r#""NewImage":{"k":{"B":"YQ=="}}"#;
    let text = [
        change(&[keys, good]),
        change(&[keys, other, absent]),
        change(&[typed, keys]),
        change(&[good, others]), // an image before Keys of other names
        change(&[r#""NewImage":{"q":{"S":"a"},"k":{"S":"b"}}"#, others]),
        change(&[good, keys]),
        change(&[nested, same]),
        change(&[r#""Keys":{"k":{"S":"a"},"l":{"S":"b"}}"#, good]),
        change(&[keys, good]),
    ]
    .concat();
    let (report, entries) = scan(&incremental(), text);
    assert_eq!(
        faults(&report),
        [
            (Reason::NewImageKey, 2, "/NewImage"),
            (Reason::OldImageKey, 2, "/OldImage"),
            (Reason::NewImageKey, 3, "/NewImage"),
            (Reason::NewImageKey, 4, "/NewImage"),
            (Reason::KeyType, 7, "/Keys/k"),
            (Reason::NewImageKey, 8, "/NewImage"),
        ]
    );
    assert_eq!((report.records, report.puts, report.malformed), (9, 9, 0));
    assert_eq!(entries.len(), 8 * ENTRY_SIZE);
    let key_types: Vec<_> = report
        .key_types
        .iter()
        .map(|seen| (&seen.name[..], seen.tag, seen.count, seen.line))
        .collect();
    assert_eq!(
        key_types,
        [(&b"k"[..], "S", 6, 1), (b"q", "S", 2, 4), (b"l", "S", 1, 8)]
    );
}

#[test]
fn names_given_are_expected_in_keys() {
    let options = ScanOptions {
        key_names: Some(vec![b"b".to_vec(), b"a".to_vec(), b"b".to_vec()]),
        ..incremental()
    };
    let text = [
        change(&[r#""Keys":{"a":{"S":"x"},"b":{"N":"1"},"c":{"BOOL":true}}"#]),
        change(&[r#""Keys":{"b":{"N":"1"},"a":{"S":"x"}}"#]),
        change(&[r#""Keys":{"a":{"S":"x"}}"#]),
    ]
    .concat();
    let (report, entries) = scan(&options, text);
    assert_eq!(
        faults(&report),
        [(Reason::KeyAbsent, 3, "/Keys/b"), (Reason::KeyAbsent, 3, "/Keys/b")]
    );
    let (entries, _) = entries.as_chunks::<ENTRY_SIZE>();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0][..16], entries[1][..16]);
}

#[test]
fn hostile_keys() {
    let attributes: Vec<String> = (0..20_000)
        .map(|number| format!(r#""k{number}":{{"S":"x"}}"#))
        .collect();
    let attributes = attributes.join(",");
    let mut scanner: Scanner<JsonParser> = Scanner::new(incremental());
    for number in 0..3 {
        let keys = format!(r#""Keys":{{"other{number}":{{"S":"x"}},{attributes}}}"#);
        let image = format!(r#""NewImage":{{{attributes},"other{number}":{{"S":"x"}}}}"#);
        scanner.feed(change(&[&image, &keys]).as_bytes());
    }
    let report = scanner.finish();
    assert_eq!(
        (report.records, report.faults.len(), report.key_types.len()),
        (3, 0, 256)
    );
}
