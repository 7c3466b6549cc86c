//! Records told apart by the value of an attribute.

use super::*;

fn split(options: &InferOptions, by: &str) -> InferOptions {
    InferOptions {
        split_by: Some(by.as_bytes().to_vec()),
        ..options.clone()
    }
}

#[test]
fn records_are_told_apart() {
    let text = r#"{"Item":{"x":{"N":"5"},"kind":{"S":"a"}}}
{"Item":{"kind":{"N":"10e1"}}}
{"Item":{"m":{"M":{"kind":{"S":"a"}}}}}
{"Item":{"kind":{"S":"a"},"y":{"N":"5"}}}
{"Item":{"k\u0069nd":{"N":"100"}}}
{"Item":{"kind":{"B":"YR=="}}}
{"Item":{"kind":{"BOOL":true}}}
{"Item":{"kind":{"L":[{"S":"a"}]}}}
{"Item":{"kind":{"SS":["a"]}}}
{"Item":{"kind":{"NULL":true}}}
"#;
    let (found, _) = infer(&split(&options(), "kind"), text);
    let expected = r#"= Some(("S", "a"))
2 records
 M×2@1 2–2
.kind S×2@1 1–1
.x N×1@1 1.0 int64
.y N×1@4 1.0 int64
= Some(("N", "100"))
2 records
 M×2@2 1–1
.kind N×2@2 3.0 int64
= None
4 records
 M×4@3 1–1
.kind NULL×1@10 SS×1@9 1–1 L×1@8 1–1
.kind[] S×1@8 1–1
.m M×1@3 1–1
.m.kind S×1@3 1–1
= Some(("B", "YQ=="))
1 records
 M×1@6 1–1
.kind B×1@6 1–1
= Some(("BOOL", "true"))
1 records
 M×1@7 1–1
.kind BOOL×1@7
"#;
    assert_eq!(found, expected);
    let (found, _) = infer(&split(&options(), "kind"), "");
    assert_eq!(found, "");
}

#[test]
fn changes_are_told_apart_by_their_images() {
    let (found, _) = infer(&split(&incremental(), "kind"), CHANGES);
    let heads: Vec<_> = found
        .lines()
        .filter(|line| line.starts_with('=') || line.contains("records"))
        .collect();
    // The third has it in the old image alone.
    assert_eq!(
        heads,
        [
            r#"= Some(("S", "x"))"#,
            "1 records, 1+ 0- 0 old",
            r#"= Some(("N", "1"))"#,
            "1 records, 0+ 1- 1 old",
            r#"= Some(("S", "y"))"#,
            "1 records, 1+ 0- 1 old",
            "= None",
            "1 records, 0+ 1- 0 old",
        ]
    );
    let (found, _) = infer(&split(&incremental(), "id"), CHANGES);
    assert!(found.starts_with("= Some((\"S\", \"a\"))\n3 records"), "{found}");
}

#[test]
fn values_to_split_by_are_bounded() {
    let text = "{\"Item\":{\"k\":{\"S\":\"a\"}}}\n{\"Item\":{\"k\":{\"S\":\"b\"}}}\n{\"Item\":{}}\n{\"Item\":{\"k\":{\"S\":\"c\"}}}\nbad\n";
    let limited = |max_split_values| InferOptions {
        max_split_values,
        ..split(&options(), "k")
    };
    let refused = "TooManyValues(Refused { line: 3, offset: 50, value: None })";
    assert_eq!(infer(&limited(2), text), (refused.to_owned(), Vec::new()));
    assert_eq!(infer(&quarantine(limited(2)), text).0, refused);
    assert!(infer(&limited(4), text).0.starts_with("Misread(Misread { line: 5"));
    assert_eq!(infer(&quarantine(limited(4)), text).1.len(), 1);
    // A faulty record's value is none.
    let text = "{\"Item\":{\"k\":{\"S\":\"a\"}}\n{\"Item\":{\"k\":{\"S\":\"b\"}}}\n";
    let (found, malformed) = infer(&quarantine(limited(1)), text);
    assert!(found.starts_with("= Some((\"S\", \"b\"))\n1 records"), "{found}");
    assert_eq!(malformed.len(), 1);
}
