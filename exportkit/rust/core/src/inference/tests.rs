//! What an inference finds, whatever the chunks and the format.

mod apart;

use std::fmt::Write as _;

use super::*;
use crate::reader::DEFAULT_MAX_RECORD_SIZE;

fn options() -> InferOptions {
    InferOptions {
        format: OutputFormat::DynamodbJson,
        export_type: ExportType::Full,
        max_record_size: DEFAULT_MAX_RECORD_SIZE,
        max_map_fields: 200,
        split_by: None,
        max_split_values: 1000,
        quarantine: false,
    }
}

fn small(max_map_fields: usize) -> InferOptions {
    InferOptions {
        max_map_fields,
        ..options()
    }
}

fn quarantine(options: InferOptions) -> InferOptions {
    InferOptions {
        quarantine: true,
        ..options
    }
}

fn write_path(out: &mut String, name: &str, path: PathStatistics<'_>) {
    out.push_str(name);
    for found in path.types() {
        write!(out, " {}×{}@{}", found.tag, found.count, found.line).unwrap();
        if found.greatest > 0 {
            write!(out, " {}–{}", found.least, found.greatest).unwrap();
        }
        if let Some(number) = found.number {
            let fits = if number.int64 { " int64" } else { "" };
            write!(out, " {}.{}{fits}", number.integer_digits, number.scale).unwrap();
        }
    }
    out.push('\n');
    for (field, path) in path.fields() {
        write_path(out, &format!("{name}.{}", String::from_utf8_lossy(field)), path);
    }
    if let Some(values) = path.values() {
        write_path(out, &format!("{name}.*"), values);
    }
    if let Some(elements) = path.elements() {
        write_path(out, &format!("{name}[]"), elements);
    }
}

/// What an inference found, or why it ended, in chunks of several sizes, which must make no difference.
fn infer(options: &InferOptions, text: &str) -> (String, Vec<Malformed>) {
    let mut answers = Vec::new();
    for size in [1, 3, 5, 64, text.len().max(1)] {
        let mut inference = Inference::new(options.clone());
        let mut malformed = Vec::new();
        let mut result = Ok(());
        for chunk in text.as_bytes().chunks(size) {
            result = result.and_then(|()| inference.feed(chunk));
            malformed.extend(inference.take_malformed());
        }
        result = result.and_then(|()| inference.finish());
        malformed.extend(inference.take_malformed());
        let mut out = String::new();
        match result {
            Err(stop) => write!(out, "{stop:?}").unwrap(),
            Ok(()) => {
                for (value, found) in inference.statistics() {
                    if options.split_by.is_some() {
                        let value = value.map(|value| (value.tag, String::from_utf8_lossy(&value.text)));
                        writeln!(out, "= {value:?}").unwrap();
                    }
                    write!(out, "{} records", found.records).unwrap();
                    if options.export_type == ExportType::Incremental {
                        write!(out, ", {}+ {}- {} old", found.puts, found.deletes, found.old_images).unwrap();
                    }
                    out.push('\n');
                    write_path(&mut out, "", found.item());
                    if let Some(keys) = found.keys() {
                        write_path(&mut out, "keys", keys);
                    }
                }
            }
        }
        answers.push((out, malformed));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    answers.swap_remove(0)
}

#[test]
fn bytes_are_those_of_lines() {
    let mut inference = Inference::new(quarantine(options()));
    inference.feed(b"{\"Item\":{}}\r\n\nbad\n{\"Item\":{}}").unwrap();
    inference.finish().unwrap();
    assert_eq!(inference.statistics().map(|(_, found)| found.bytes).sum::<u64>(), 24);
}

/// Checks what is found, with faulty records passed over and without: there are none.
fn check(options: &InferOptions, text: &str, expected: &str) {
    assert_eq!(infer(options, text), (expected.to_owned(), Vec::new()));
    assert_eq!(
        infer(&quarantine(options.clone()), text),
        (expected.to_owned(), Vec::new())
    );
}

#[test]
fn all_types() {
    let first = r#"{"Item":{"s":{"S":"ab"},"n":{"N":"12.50"},"b":{"B":"aGk="},"t":{"BOOL":true},"z":{"NULL":true},"ss":{"SS":["x","y"]},"ns":{"NS":["1","1E+3"]},"bs":{"BS":["aGk="]},"l":{"L":[{"S":"é\n\u00e9"},{"N":"5"},{"L":[]}]},"m":{"M":{"a":{"M":{}}}}}}"#;
    let second = r#"{"Item":{"s":{"S":""},"n":{"N":"7"},"l":{"L":[]},"m":{"M":{"b":{"N":"1"},"a":{"S":"q"}}},"ns":{"NS":["0.5"]}}}"#;
    let text = format!("{first}\n\n{second}");
    let expected = "2 records
 M×2@1 5–10
.b B×1@1 2–2
.bs BS×1@1 1–1
.l L×2@1 0–3
.l[] S×1@1 5–5 N×1@1 1.0 int64 L×1@1
.m M×2@1 1–2
.m.a S×1@3 1–1 M×1@1
.m.b N×1@3 1.0 int64
.n N×2@1 2.1
.ns NS×2@1 1–2 4.1
.s S×2@1 0–2
.ss SS×1@1 2–2
.t BOOL×1@1
.z NULL×1@1
";
    check(&options(), &text, expected);
}

#[test]
fn both_formats_agree() {
    let text = r#"$ion_1_0 {Item:{s:"ab",n:125d1,x:0xff,f:1.5e0,b:{{aGk=}},t:false,z:null.string,l:["é",{'a b':[7.]}],ns:$dynamodb_NS::[65d1,9.]}}"#;
    let expected = "1 records
 M×1@1 9–9
.b B×1@1 2–2
.f N×1@1 1.1
.l L×1@1 2–2
.l[] S×1@1 2–2 M×1@1 1–1
.l[].a b L×1@1 1–1
.l[].a b[] N×1@1 1.0 int64
.n N×1@1 4.0 int64
.ns NS×1@1 2–2 3.0 int64
.s S×1@1 2–2
.t BOOL×1@1
.x N×1@1 3.0 int64
.z NULL×1@1
";
    let ion = InferOptions {
        format: OutputFormat::Ion,
        ..options()
    };
    check(&ion, text, expected);
}

const CHANGES: &str = r#"{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"id":{"S":"a"}},"NewImage":{"id":{"S":"a"},"kind":{"S":"x"}}}
{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"id":{"S":"bc"}},"OldImage":{"id":{"S":"bc"},"kind":{"N":"1.0"}}}
{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"id":{"S":"a"}},"OldImage":{"id":{"S":"a"},"kind":{"S":"y"}},"NewImage":{"id":{"S":"a"}}}
{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"id":{"S":"a"}}}
"#;

fn incremental() -> InferOptions {
    InferOptions {
        export_type: ExportType::Incremental,
        ..options()
    }
}

#[test]
fn changes() {
    let expected = "4 records, 2+ 2- 2 old
 M×4@1 1–2
.id S×4@1 1–2
.kind S×2@1 1–1 N×1@2 1.0 int64
keys M×4@1 1–1
keys.id S×4@1 1–2
";
    check(&incremental(), CHANGES, expected);
    check(&incremental(), "", "0 records, 0+ 0- 0 old\n\nkeys\n");
    check(&options(), "\n \n", "0 records\n\n");
}

/// Records of one attribute m, an M with these keys, each of them a number of as many digits as there were records.
fn records(maps: &[&[&str]]) -> String {
    let mut text = String::new();
    for (number, keys) in (1..).zip(maps) {
        let fields: Vec<_> = keys
            .iter()
            .map(|key| format!(r#""{key}":{{"N":"{}"}}"#, "1".repeat(number)))
            .collect();
        writeln!(text, r#"{{"Item":{{"m":{{"M":{{{}}}}}}}}}"#, fields.join(",")).unwrap();
    }
    text
}

#[test]
fn keys_that_are_data() {
    let text = records(&[&["a", "b", "c"], &["b", "c"]]);
    let expected = "2 records
 M×2@1 1–1
.m M×2@1 2–3
.m.a N×1@1 1.0 int64
.m.b N×2@1 2.0 int64
.m.c N×2@1 2.0 int64
";
    check(&small(3), &text, expected);
    let text = records(&[&["a", "b", "c"], &["b", "c", "d"], &[], &["e"]]);
    let expected = "4 records
 M×4@1 1–1
.m M×4@1 0–3
.m.* N×7@1 4.0 int64
";
    check(&small(3), &text, expected);
    // The top of an item is no such map.
    let text = r#"{"Item":{"a":{"S":""},"b":{"S":""},"c":{"S":""}}}"#;
    check(&small(2), text, "1 records\n M×1@1 3–3\n.a S×1@1\n.b S×1@1\n.c S×1@1\n");
}

#[test]
fn paths_that_collapse_merge() {
    // Both have fields; one of them too many in the union; lists; one that is values already.
    let text = r#"{"Item":{"m":{"M":{"a":{"M":{"x":{"S":"1"},"y":{"L":[{"S":"1"}]}}},"b":{"M":{"y":{"L":[{"N":"10"}]},"z":{"S":"333"}}}}}}}
{"Item":{"m":{"M":{"c":{"S":"q"}}}}}
{"Item":{"m":{"M":{"a":{"M":{"w":{"BOOL":true}}}}}}}
"#;
    let expected = "3 records
 M×3@1 1–1
.m M×3@1 1–2
.m.* S×1@2 1–1 M×3@1 1–2
.m.*.* S×2@1 1–3 BOOL×1@3 L×2@1 1–1
.m.*.*[] S×1@1 1–1 N×1@1 2.0 int64
";
    check(&small(2), text, expected);
    let expected = "3 records
 M×3@1 1–1
.m M×3@1 1–2
.m.a M×2@1 1–2
.m.a.w BOOL×1@3
.m.a.x S×1@1 1–1
.m.a.y L×1@1 1–1
.m.a.y[] S×1@1 1–1
.m.b M×1@1 2–2
.m.b.y L×1@1 1–1
.m.b.y[] N×1@1 2.0 int64
.m.b.z S×1@1 3–3
.m.c S×1@2 1–1
";
    check(&small(3), text, expected);
}

#[test]
fn the_limit_of_paths() {
    // Fifty paths: m, its two fields, and 47 others.
    let mut fields: Vec<_> = (0..47)
        .map(|number| format!(r#""f{number:02}":{{"BOOL":true}}"#))
        .collect();
    fields.insert(0, r#""m":{"M":{"a":{"S":"1"}}}"#.to_owned());
    let full = format!("{{\"Item\":{{{}}}}}\n", fields.join(","));
    let with = |more: &str| {
        let (found, _) = infer(&small(1), &format!("{full}{more}\n"));
        let lines = found.lines().filter(|line| !line.starts_with(".f"));
        (found.lines().count(), lines.skip(2).collect::<Vec<_>>().join("|"))
    };
    assert_eq!(with(""), (51, ".m M×1@1 1–1|.m.a S×1@1 1–1".into()));
    // One more at the top is the fiftieth, the next goes beside.
    let (lines, found) = with(r#"{"Item":{"g":{"S":""},"h":{"S":""},"i":{"S":""},"f00":{"BOOL":true}}}"#);
    assert_eq!(
        (lines, found.as_str()),
        (53, ".g S×1@2|.m M×1@1 1–1|.m.a S×1@1 1–1|.* S×2@2")
    );
    // A map in which a name would be one more collapses, which makes room for others.
    let (_, found) = with(r#"{"Item":{"g":{"M":{"x":{"S":""}}},"h":{"S":""}}}"#);
    assert_eq!(found, ".g M×1@2 1–1|.g.* S×1@2|.m M×1@1 1–1|.m.a S×1@1 1–1|.* S×1@2");
}

#[test]
fn elements_and_values_are_bounded_too() {
    // 240 lists of 42 levels.
    let mut text = String::new();
    for number in 0..240 {
        let lists = r#"{"L":["#.repeat(42) + r#"{"S":"deep"}"# + &"]}".repeat(42);
        writeln!(text, r#"{{"Item":{{"f{number:03}":{lists}}}}}"#).unwrap();
    }
    let mut inference = Inference::new(options());
    inference.feed(text.as_bytes()).unwrap();
    let mut found = String::new();
    for (_, statistics) in inference.statistics() {
        write_path(&mut found, "", statistics.item());
    }
    assert_eq!(found.lines().count(), 1 + 240 + tree::MAX_INNER);
    assert!(found.contains(&format!("\n.f237{} S×1@238 4–4\n", "[]".repeat(42))));
    assert!(found.contains(&format!("\n.f238{} L×1@239 1–1\n.f239 L×1@240 1–1\n", "[]".repeat(4))));
    assert!(found.ends_with("\n.f239 L×1@240 1–1\n"));
}

#[test]
fn names_are_bounded() {
    let mut tree = tree::Tree::new(usize::MAX, usize::MAX);
    let (map, _) = tree.named(tree::ITEM, b"map");
    let name = vec![b'x'; tree::MAX_NAME_BYTES - 3];
    let (long, moved) = tree.named(map, &name);
    assert!(!moved && tree.named(map, &name) == (long, false));
    let (values, moved) = tree.named(map, b"y");
    assert!(moved && values == long);
    assert!(!tree.named(tree::ITEM, &name[3..]).1);
}

#[test]
fn faulty_records_leave_nothing_behind() {
    let bad = [
        r#"{"Item":{"new":{"M":{"x":{"S":"long"}}},"s":{"S":"longer"},"bad":{"N":"x"}}}"#.to_owned(),
        r#"{"Item":{"s":{"S":"longer"},"n":{"N":"1234.5"}"#.to_owned(),
        r#"{"Item":{"s":{"S":"longer"}},"Item":{}}"#.to_owned(),
        "nothing".to_owned(),
        format!(r#"{{"Item":{{"s":{{"S":"{}"}}}}}}"#, "x".repeat(200)),
    ];
    let good = r#"{"Item":{"s":{"S":"ab"},"n":{"N":"1"}}}"#;
    let limited = InferOptions {
        max_record_size: 200,
        ..options()
    };
    let text = format!("{}\n{good}\n{}\n", bad.join("\n"), bad.join("\n"));
    let (found, malformed) = infer(&quarantine(limited.clone()), &text);
    assert_eq!(found, "1 records\n M×1@6 2–2\n.n N×1@6 1.0 int64\n.s S×1@6 2–2\n");
    let told: Vec<_> = malformed
        .iter()
        .map(|record| {
            let data = record
                .data
                .as_deref()
                .map(String::from_utf8_lossy)
                .map(std::borrow::Cow::into_owned);
            (record.misread.line, record.misread.fault.reason.slug(), data)
        })
        .collect();
    let reasons = ["number", "syntax", "member-duplicate", "syntax", "too-long"];
    let expected: Vec<_> = [(1, &bad), (7, &bad)]
        .into_iter()
        .flat_map(|(from, bad)| (from..).zip(reasons).zip(bad))
        .map(|((line, reason), text)| (line, reason, (reason != "too-long").then(|| text.clone())))
        .collect();
    assert_eq!(told, expected);
    for bad in bad {
        let (found, malformed) = infer(&limited, &format!("{good}\n{bad}\n{good}\n"));
        assert!(found.starts_with("Misread(Misread { line: 2, offset: 40"), "{found}");
        assert!(malformed.is_empty());
    }
}

#[test]
fn malformed_records_count_for_progress() {
    let mut inference = Inference::new(quarantine(options()));
    inference.feed(b"{\"Item\":{}}\nbad\n\n{\"Item\":{}}").unwrap();
    assert_eq!(inference.records(), 2);
    inference.finish().unwrap();
    assert_eq!(inference.records(), 3);
}
