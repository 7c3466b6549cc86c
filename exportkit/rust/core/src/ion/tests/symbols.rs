//! Symbols and their tables, and the names that parsers expect.

use super::*;

#[test]
fn symbol_tables() {
    let one = r#"{"Item":{"x":{"N":"1"}}}"#;
    for (line, expected) in [
        ("$ion_symbol_table::{symbols:[\"Item\",\"x\"]} {$10:{$11:1.}}", one),
        ("$3::{$7:['''It''' '''em''',a::\"x\"],} {$10:{$11:1.}}", one),
        ("'$ion_symbol_table'::b::{symbols:c::[\"Item\"]} {$10:{x:1.}}", one),
        ("$ion_symbol_table::{symbols:[1,\"Item\"],imports:[]} {$11:{x:1.}}", one),
        (
            "$ion_symbol_table::{symbols:[\"Item\"]} $ion_symbol_table::{symbols:[\"x\"],imports:$ion_symbol_table} {$10:{$11:1.}}",
            one,
        ),
        (
            "$ion_symbol_table::{symbols:[\"Item\"]} $ion_symbol_table::{symbols:[\"x\"],imports:$3} {Item:{$11:1.}}",
            one,
        ),
        (
            "$ion_symbol_table::{symbols:[\"y\"]} $ion_symbol_table::{symbols:[\"x\"]} {Item:{$10:1.}}",
            one,
        ),
        (
            "$ion_symbol_table::{symbols:[\"$ion_symbol_table\"]} $10::{symbols:[\"x\"]} {Item:{$10:1.}}",
            one,
        ),
        (
            "$ion_symbol_table::{symbols:[\"$dynamodb_NS\"]} {Item:{x:$10::[1]}}",
            r#"{"Item":{"x":{"NS":["1"]}}}"#,
        ),
        (
            "$ion_symbol_table::{symbols:[\"x\"]} $ion_1_0 {Item:{$10:1.}}",
            "syntax ",
        ),
        (
            "$ion_symbol_table::{symbols:[\"x\"]} $ion_symbol_table::{} {Item:{$10:1.}}",
            "syntax ",
        ),
        ("$ion_symbol_table::{symbols:[null,\"\"]} {Item:{$10:1.}}", "syntax "),
        (
            "$ion_symbol_table::{symbols:[null,\"\"]} {Item:{$11:1.}}",
            r#"{"Item":{"":{"N":"1"}}}"#,
        ),
        ("$ion_symbol_table::{symbols:[null]} {Item:{x:$10}}", "ion-type /Item/x"),
        ("$ion_symbol_table::{symbols:(\"x\")} {Item:{$10:1.}}", "syntax "),
        ("$ion_symbol_table::{symbols:\"x\",other:(y)} {Item:{x:1.}}", one),
        (
            "$ion_symbol_table::{imports:\"$ion_symbol_table\",max_id:7} {Item:{x:1.}}",
            one,
        ),
        (
            "$ion_symbol_table::{imports:[{name:\"t\",version:1,max_id:1}]} {Item:{x:1.}}",
            "syntax ",
        ),
        ("$ion_symbol_table::{imports:[1]} {Item:{x:1.}}", "syntax "),
        ("$ion_symbol_table::{symbols:[],symbols:[]} {Item:{x:1.}}", "syntax "),
        ("$ion_symbol_table::{imports:[],$6:[]} {Item:{x:1.}}", "syntax "),
        ("$ion_symbol_table::{symbols:[$10]} {Item:{x:1.}}", "syntax "),
        ("$ion_symbol_table::{symbols:[\"x\"]}", "syntax "),
        ("b::$ion_symbol_table::{symbols:[\"x\"]}", "member-unknown /symbols"),
        ("$ion_symbol_table::[] {Item:{x:1.}}", "syntax "),
        ("{Item:$ion_symbol_table::{symbols:[\"x\"]}}", "ion-annotation /Item"),
        ("{Item:{$4:1.,name:2.}}", "attribute-duplicate /Item/name"),
        (
            "{Item:{'$4':1.,\"$10\":2.,$10_:3.}}",
            r#"{"Item":{"$4":{"N":"1"},"$10":{"N":"2"},"$10_":{"N":"3"}}}"#,
        ),
        ("{Item:{$10:1.}}", "syntax "),
    ] {
        let expected = if line.starts_with("b::") {
            "ion-annotation "
        } else {
            expected
        };
        assert_eq!(full(line), expected, "{line}");
    }
}

#[test]
fn symbols_are_those_of_the_line() {
    let mut parser = IonParser::new(ExportType::Full);
    let mut read = |line: &str| parser.record(line.as_bytes(), &mut crate::events::Ignore).is_ok();
    let (first, second) = ("\"a\",\"b\"", "\"b\",\"b\"");
    for _ in 0..3 {
        let with = |symbols| format!("$ion_symbol_table::{{symbols:[{symbols}]}} {{Item:{{$10:1.,$11:2.}}}}\n");
        assert!(read(&with(first)));
        assert!(!read(&with(second)));
        assert!(!read("$ion_1_0 {Item:{$10:1.}}\n"));
    }
}

#[test]
fn what_a_name_was_followed_by_before_does_not_matter() {
    let values = [
        "1.",
        " 1.",
        "\t/**/null",
        "\"\"",
        " \"\"",
        "'''x'''",
        "{}",
        " {}",
        "{{}}",
        "{ }",
        "[]",
        " []",
        "$dynamodb_SS::[\"a\"]",
        " $dynamodb_SS::[\"a\"]",
        "$dynamodb_NS :: [1.]",
        "true",
        " true",
        "/**/ -1.5e0 ",
        "/ 1.",
        " / 1.",
        "",
    ];
    for name in ["a", "'a'", "\"a\"", "'''a'''", "'\\x61'", "a ", "'a' "] {
        let told = |parser: &mut IonParser, value: &str| {
            let line = format!("{{Item:{{{name}:{value}}}}}\n{}", "\n".repeat(64));
            let mut transcoder = Transcoder::<DynamodbJson>::default();
            transcoder.begin_record();
            let is_good = parser.record(line.as_bytes(), &mut transcoder).is_ok();
            transcoder.end_record(&LINE);
            is_good.then(|| transcoder.lines().to_vec())
        };
        for before in values {
            for value in values {
                let fresh = told(&mut IonParser::new(ExportType::Full), value);
                let mut parser = IonParser::new(ExportType::Full);
                told(&mut parser, before);
                assert_eq!(told(&mut parser, value), fresh, "{name}: {value} after {before}");
            }
        }
    }
}
