//! Records: what is told of them, and what is wrong with them.

use super::IonParser;
use crate::events::{Line, Visitor};
use crate::reader::{ExportType, Parser};
use crate::transcode::{DynamodbJson, Transcoder};

/// The record as DynamoDB JSON, or its fault as `reason path`. Lines after it change nothing.
fn read(export_type: ExportType, line: &str) -> String {
    let mut parser = IonParser::new(export_type);
    let mut found = None;
    // The second time, the parser has seen such a record.
    for after in [
        "",
        "\n",
        " $ion_1_0 {Item:{a:\"*/}}'''\\\"\"}}\n",
        &"}".repeat(100),
        "*/\"'''}}]",
    ] {
        for _ in 0..2 {
            let lines = format!("{line}\n{after}");
            let mut transcoder = Transcoder::<DynamodbJson>::default();
            transcoder.begin_record();
            let seen = if let Ok(rest) = parser.record(lines.as_bytes(), &mut transcoder) {
                assert_eq!(rest, after.as_bytes(), "{line}");
                transcoder.end_record(&Line {
                    number: 1,
                    offset: 0,
                    length: 0,
                    has_line_feed: true,
                    bytes: b"",
                });
                String::from_utf8(transcoder.lines().trim_ascii_end().to_vec()).unwrap()
            } else {
                let fault = parser.diagnose(line.as_bytes());
                format!("{} {}", fault.reason.slug(), fault.path)
            };
            assert_eq!(*found.get_or_insert(seen.clone()), seen, "{line}, then {after}");
        }
    }
    found.unwrap()
}

fn full(line: &str) -> String {
    read(ExportType::Full, line)
}

fn change(line: &str) -> String {
    read(ExportType::Incremental, line)
}

/// What an item's attribute `a` is told as.
fn value(ion: &str) -> String {
    let found = full(&format!("$ion_1_0 {{Item:{{a:{ion}}}}}"));
    match found
        .strip_prefix("{\"Item\":{\"a\":")
        .and_then(|rest| rest.strip_suffix("}}"))
    {
        Some(value) => value.to_owned(),
        None => found,
    }
}

#[test]
fn the_spelling_of_exports() {
    let item = r#"{Item:{PK0:"Id:1",n:616d2,price:3.875,i:1.,ok:true,no:false,nil:null,b:{{aGk=}},'a b':"é\n",l:["x",{m:-0.5}],s:$dynamodb_SS::["A","B"],ns:$dynamodb_NS::[1.,2d1],bs:$dynamodb_BS::[{{}},{{aGk=}}],e:{},el:[]}}"#;
    let json = r#"{"Item":{"PK0":{"S":"Id:1"},"n":{"N":"61600"},"price":{"N":"3.875"},"i":{"N":"1"},"ok":{"BOOL":true},"no":{"BOOL":false},"nil":{"NULL":true},"b":{"B":"aGk="},"a b":{"S":"é\n"},"l":{"L":[{"S":"x"},{"M":{"m":{"N":"-0.5"}}}]},"s":{"SS":["A","B"]},"ns":{"NS":["1","20"]},"bs":{"BS":["","aGk="]},"e":{"M":{}},"el":{"L":[]}}}"#;
    for before in [
        "$ion_1_0 ",
        " $ion_1_0 ",
        "",
        "$ion_1_0",
        "\t$ion_1_0 $ion_1_0/**/ ",
        "// no\r",
    ] {
        let line = format!("{before}{item}");
        assert_eq!(
            full(&line),
            if before.starts_with('/') {
                "syntax ".to_owned()
            } else {
                json.to_owned()
            },
            "{line}"
        );
    }
    for after in [
        " ",
        "\r",
        "/* */ // }",
        " $ion_1_0",
        "$ion_symbol_table::{symbols:[\"a\"]}",
        "$ion_1_0 $ion_1_0\t",
    ] {
        assert_eq!(full(&format!("{item}{after}")), json, "{after}");
    }
    let spaced = item
        .replace(',', " , ")
        .replace(':', " :\t")
        .replace(" :\t :\t", " ::\x0b")
        .replace("Id :\t1", "Id:1");
    assert_eq!(
        full(&format!(
            "$ion_1_0 {}",
            spaced
                .replace('{', "{ ")
                .replace("{ { ", "{{")
                .replace('}', " }")
                .replace(" } }", "}}")
                + " }"
        )),
        "syntax "
    );
    assert_eq!(full(&spaced.replace(']', ", ]").replace("[, ]", "[]")), json);
}

#[test]
fn lines_that_are_no_record() {
    for (line, fault) in [
        ("$ion_1_0", "syntax "),
        ("$ion_1_0 {Item:{}} {Item:{}}", "syntax "),
        ("$ion_1_0 {Item:{}} 1", "syntax "),
        ("$ion_1_0 {Item:{}}}", "syntax "),
        ("$ion_1_0 {Item:{}", "syntax "),
        ("$ion_1_0 {Item:{}},", "syntax "),
        ("$ion_1_1 {Item:{}}", "syntax "),
        ("$ion_01_0 {Item:{}}", "syntax "),
        ("$ion_1_0 {Item:{a:1.}} $ion_2_0", "syntax "),
        ("$ion_1_0:: {Item:{}}", "ion-annotation "),
        ("$ion_1_1:: {Item:{}}", "ion-annotation "),
        ("'$ion_1_0' {Item:{}}", "syntax "),
        ("$2 {Item:{}}", "syntax "),
        ("\u{feff}{Item:{}}", "syntax "), // the reader has looked for it before
        ("{Item:{}}\0", "syntax "),
        ("1", "not-an-object "),
        ("[{Item:{}}]", "not-an-object "),
        ("(a b)", "not-an-object "),
        ("a", "not-an-object "),
        ("'$ion_1_0'", "not-an-object "),
        ("$2", "not-an-object "),
        ("null", "not-an-object "),
        ("null.struct", "not-an-object "),
        ("a::null.struct", "not-an-object "),
        ("$ion_symbol_table::null.struct", "not-an-object "),
        ("{{}}", "not-an-object "),
        ("{{\"a\"}}", "not-an-object "),
        ("\"{}\"", "not-an-object "),
        ("2007-01-01", "not-an-object "),
        ("+inf", "not-an-object "),
        ("a::{Item:{}}", "ion-annotation "),
        ("{}", "member-type /Item"),
        ("{Item:1}", "member-type /Item"),
        ("{Item:null.struct}", "member-type /Item"),
        ("{Item:{{}}}", "member-type /Item"),
        ("{Item:[]}", "member-type /Item"),
        ("{Item:a::{}}", "ion-annotation /Item"),
        ("{Item:a::1}", "ion-annotation /Item"),
        ("{Item:{},Item:{}}", "member-duplicate /Item"),
        ("{Item:{},'Item':1}", "member-duplicate /Item"),
        ("{Item:{},'a/b~':{}}", "member-unknown /a~1b~0"),
        ("{item:{}}", "member-unknown /item"),
        ("{Item:{},Keys:{}}", "member-unknown /Keys"),
        ("{Keys:{},x:1}", "change-in-full "),
        ("{x:1,'Record':2}", "change-in-full "),
        ("{'New\\x49mage':[]}", "change-in-full "),
        ("{Keys:{}", "syntax "),
        ("{Keys:{a:nan,b:1__0}}", "syntax "),
    ] {
        assert_eq!(full(line), fault, "{line}");
    }
}

#[test]
fn values() {
    for (ion, json) in [
        ("\"\"", r#"{"S":""}"#),
        ("'''a''' '''b\\\"'''", r#"{"S":"ab\""}"#),
        ("'''a'''", r#"{"S":"a"}"#),
        ("\"\\x41\\0\"", r#"{"S":"A\u0000"}"#),
        ("\"\t\"", r#"{"S":"\t"}"#),
        ("0.", r#"{"N":"0"}"#),
        ("-0.", r#"{"N":"0"}"#),
        ("1_0.5_0", r#"{"N":"10.5"}"#),
        ("7", r#"{"N":"7"}"#),
        ("-7", r#"{"N":"-7"}"#),
        ("1D2", r#"{"N":"100"}"#),
        ("1d+2", r#"{"N":"100"}"#),
        ("1.5d-2", r#"{"N":"0.015"}"#),
        ("1d-130", r#"{"N":"1E-130"}"#),
        ("1d125", r#"{"N":"1E+125"}"#),
        ("0d999999999", r#"{"N":"0"}"#),
        ("1.5e1", r#"{"N":"15"}"#),
        ("1e-7", r#"{"N":"0.0000001"}"#),
        ("0.1e0", r#"{"N":"0.1"}"#),
        ("-0e0", r#"{"N":"0"}"#),
        ("0xFf", r#"{"N":"255"}"#),
        ("-0b1_1", r#"{"N":"-3"}"#),
        ("{{ aG\tk= }}", r#"{"B":"aGk="}"#),
        ("{{YR==}}", r#"{"B":"YQ=="}"#),
        ("true//", "syntax "),
        ("true/**/", r#"{"BOOL":true}"#),
        ("false ", r#"{"BOOL":false}"#),
        ("null.null", r#"{"NULL":true}"#),
        ("null.sexp", r#"{"NULL":true}"#),
        ("null.struct ", r#"{"NULL":true}"#),
        ("[ ]", r#"{"L":[]}"#),
        ("[1.,]", r#"{"L":[{"N":"1"}]}"#),
        ("{ }", r#"{"M":{}}"#),
        (
            "{'':{\"x\":true,'''y''' '''z''':[[]],},}",
            r#"{"M":{"":{"M":{"x":{"BOOL":true},"yz":{"L":[{"L":[]}]}}}}}"#,
        ),
        (
            "{'null':null,$4:$dynamodb_SS::[\"\"]}",
            r#"{"M":{"null":{"NULL":true},"name":{"SS":[""]}}}"#,
        ),
        (
            "$dynamodb_NS::[1.,-1.,10.,1.5,1d3]",
            r#"{"NS":["1","-1","10","1.5","1000"]}"#,
        ),
        ("'$dynamodb_NS' :: [1, 0x2, 3e0, 4.d0]", r#"{"NS":["1","2","3","4"]}"#),
        (
            "$dynamodb_SS::['''a''' '''b''',\"a\",'''''']",
            r#"{"SS":["ab","a",""]}"#,
        ),
        ("$dynamodb_BS::[{{ }},{{a G k =}} , ]", r#"{"BS":["","aGk="]}"#),
    ] {
        assert_eq!(value(ion), json, "{ion}");
    }
}

#[test]
fn faulty_values() {
    for (ion, fault) in [
        ("", "syntax "),
        (",", "syntax "),
        ("1.,,", "syntax "),
        ("1. 2.", "syntax "),
        ("a::", "syntax "),
        (":1", "syntax "),
        ("$10", "syntax "),
        ("$dynamodb_SS::[$99::\"a\"]", "syntax "),
        ("{$0:1}", "syntax "),
        ("{null:1}", "syntax "),
        ("{a:1]", "syntax "),
        ("[1}", "syntax "),
        ("[,]", "syntax "),
        ("[1 2]", "syntax "),
        ("\"a\"\"b\"", "syntax "),
        ("'''a'''\"b\"", "syntax "),
        ("1/**/", "syntax "),
        ("01.", "syntax "),
        ("+1", "syntax "),
        (".5", "syntax "),
        ("2007-02-30", "syntax "),
        ("{{aGk}}", "syntax "),
        ("{{\"é\"}}", "syntax "),
        ("(1a)", "syntax "),
        ("(a", "syntax "),
        ("(a,b)", "syntax "),
        ("(+inf+)", "syntax "),
        ("(null.+)", "syntax "),
        ("\"\\ud800\"", "syntax "),
        ("\"\r\"", "syntax "),
        ("nan", "number /Item/a"),
        ("+inf", "number /Item/a"),
        ("-inf", "number /Item/a"),
        ("+infx", "syntax "),
        ("1e400", "number /Item/a"),
        ("1e126", "number-range /Item/a"),
        ("1d-131", "number-range /Item/a"),
        ("1d999999999", "number-range /Item/a"),
        ("1d1000000000", "syntax "),
        ("123456789012345678901234567890123456789.", "number-precision /Item/a"),
        ("0x1000000000000000000000000000000001", "number-precision /Item/a"),
        ("a", "ion-type /Item/a"),
        ("'a'", "ion-type /Item/a"),
        ("$0", "ion-type /Item/a"),
        ("inf", "ion-type /Item/a"),
        ("2007-01-01", "ion-type /Item/a"),
        ("2007T", "ion-type /Item/a"),
        ("{{\"a\"}}", "ion-type /Item/a"),
        ("{{'''a''' '''b'''}}", "ion-type /Item/a"),
        ("()", "ion-type /Item/a"),
        (
            "(a + -1 +-.5 a.b [1] a::* 'x''y' /**/ null.int {b:(1 /2)})",
            "ion-type /Item/a",
        ),
        ("b::1.", "ion-annotation /Item/a"),
        ("$0::1.", "ion-annotation /Item/a"),
        ("b::nan", "ion-annotation /Item/a"),
        ("b::c", "ion-annotation /Item/a"),
        ("$dynamodb_SS::\"a\"", "ion-annotation /Item/a"),
        ("$dynamodb_SS::null.list", "ion-annotation /Item/a"),
        ("$dynamodb_SS::b::[\"a\"]", "ion-annotation /Item/a"),
        ("b::$dynamodb_SS::[\"a\"]", "ion-annotation /Item/a"),
        ("$dynamodb_L::[1.]", "ion-annotation /Item/a"),
        ("[1.,[b::2.]]", "ion-annotation /Item/a/1/0"),
        ("{b:{c:(d)}}", "ion-type /Item/a/b/c"),
        ("{b:1.,'b':2.}", "attribute-duplicate /Item/a/b"),
        ("{b:1.,'''b''':nan}", "attribute-duplicate /Item/a/b"),
        ("{\"/~\":nan}", "number /Item/a/~1~0"),
        ("$dynamodb_SS::[]", "set-empty /Item/a"),
        ("$dynamodb_SS::[\"a\",\"\\x61\"]", "set-duplicate /Item/a"),
        ("$dynamodb_SS::[\"a\",'''a''']", "set-duplicate /Item/a"),
        ("$dynamodb_SS::[\"ab\",'''a''' '''b''']", "set-duplicate /Item/a"),
        ("$dynamodb_NS::[1.,1]", "set-duplicate /Item/a"),
        ("$dynamodb_NS::[1d2,100.]", "set-duplicate /Item/a"),
        ("$dynamodb_NS::[3.,3.]", "set-duplicate /Item/a"),
        ("$dynamodb_NS::[-3.,2.,-3.]", "set-duplicate /Item/a"),
        ("$dynamodb_NS::[0.,-0.]", "set-duplicate /Item/a"),
        ("$dynamodb_NS::[20.,1.,2_0.]", "set-duplicate /Item/a"),
        ("$dynamodb_NS::[1.5,15d-1]", "set-duplicate /Item/a"),
        ("$dynamodb_BS::[{{YQ==}},{{ YR== }}]", "set-duplicate /Item/a"),
        ("$dynamodb_SS::[\"a\",1.]", "set-element /Item/a/1"),
        ("$dynamodb_SS::[null.string]", "set-element /Item/a/0"),
        ("$dynamodb_SS::[b]", "set-element /Item/a/0"),
        ("$dynamodb_SS::[(b)]", "set-element /Item/a/0"),
        ("$dynamodb_SS::[b::1.]", "ion-annotation /Item/a/0"),
        ("$dynamodb_NS::[\"1\"]", "set-element /Item/a/0"),
        ("$dynamodb_NS::[2007T]", "set-element /Item/a/0"),
        ("$dynamodb_NS::[nan]", "number /Item/a/0"),
        ("$dynamodb_NS::[1.,-inf]", "number /Item/a/1"),
        ("$dynamodb_NS::[1d126]", "number-range /Item/a/0"),
        ("$dynamodb_BS::[{{\"a\"}}]", "set-element /Item/a/0"),
        ("$dynamodb_BS::[{b:1.}]", "set-element /Item/a/0"),
        ("$dynamodb_BS::[[]]", "set-element /Item/a/0"),
    ] {
        assert_eq!(value(ion), fault, "{ion}");
    }
}

#[test]
fn the_first_fault_in_the_document_is_told() {
    assert_eq!(full("{Item:{a:nan,b:x::1.},Keys:{}}"), "number /Item/a");
    assert_eq!(full("{Item:{a:nan},b:1__0}"), "syntax ");
    assert_eq!(value("{b:nan,b:1.}"), "number /Item/a/b");
    assert_eq!(value("$dynamodb_SS::[\"a\",\"a\",1.]"), "set-element /Item/a/2");
}

#[test]
fn nesting() {
    let lists = |levels: usize| format!("{}1.{}", "[".repeat(levels), "]".repeat(levels));
    let maps = |levels: usize| format!("{}1.{}", "{a:".repeat(levels), "}".repeat(levels));
    for make in [lists, maps] {
        assert!(value(&make(64)).starts_with('{'));
        assert!(value(&make(65)).starts_with("nesting /Item/a/"));
        assert!(value(&make(130)).starts_with("nesting /Item/a/"));
        assert_eq!(value(&make(131)), "nesting ");
        assert_eq!(value(&make(100_000)), "nesting ");
    }
    let set = format!("{}$dynamodb_SS::[\"a\"]{}", "[".repeat(64), "]".repeat(64));
    assert!(value(&set).starts_with('{'));
    let sexps = |levels: usize| format!("{}{}", "(".repeat(levels), ")".repeat(levels));
    assert_eq!(value(&sexps(130)), "ion-type /Item/a");
    assert_eq!(value(&sexps(131)), "nesting ");
    assert_eq!(value(&"(".repeat(131)), "nesting ");
    assert_eq!(value(&"(".repeat(130)), "syntax ");
    assert_eq!(full(&"{{".repeat(100_000)), "syntax ");
}

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
            transcoder.end_record(&Line {
                number: 1,
                offset: 0,
                length: 0,
                has_line_feed: true,
                bytes: b"",
            });
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

#[test]
fn changes() {
    let record =
        r#"Keys:{k:"1"},Metadata:{WriteTimestampMicros:1684374845117899.},OldImage:{k:"1",a:1.},NewImage:{k:"1"}"#;
    let json = r#"{"Metadata":{"WriteTimestampMicros":{"N":"1684374845117899"}},"Keys":{"k":{"S":"1"}},"OldImage":{"k":{"S":"1"},"a":{"N":"1"}},"NewImage":{"k":{"S":"1"}}}"#;
    assert_eq!(change(&format!("$ion_1_0 {{Record:{{{record}}}}}")), json);
    assert_eq!(change(&format!(" $ion_1_0 {{{record}}}")), json);
    assert_eq!(
        change(&format!("{{ '''Rec''' '''ord''' : {{{record} , }} , }} // x")),
        json
    );
    let stamped = |value: &str| {
        let found = change(&format!(
            "{{Record:{{Metadata:{{x:(a),WriteTimestampMicros:{value}}},Keys:{{k:1.}}}}}}"
        ));
        found
            .split_once("\"N\":\"")
            .map_or(found.clone(), |(_, rest)| rest.split('"').next().unwrap().to_owned())
    };
    for (value, micros) in [
        ("0", "0"),
        ("-0.0", "0"),
        ("168437484511789d1", "1684374845117890"),
        ("1684374845117899", "1684374845117899"),
        ("1_000", "1000"),
        ("0x10", "16"),
        ("\"1e3\"", "1000"),
        ("'''+1''' '''0.'''", "10"),
        ("9223372036854775807.", "9223372036854775807"),
    ] {
        assert_eq!(stamped(value), micros, "{value}");
    }
    for value in [
        "9223372036854775808.",
        "-1",
        "1.5",
        "1e3",
        "nan",
        "+inf",
        "-inf",
        "true",
        "null",
        "null.int",
        "a",
        "\"\"",
        "\"1_0\"",
        "\"1d3\"",
        "{}",
        "[1]",
        "{{}}",
        "2007T",
        "(1)",
        "1d30",
        "0x10000000000000000000000000000000000001",
    ] {
        assert_eq!(
            stamped(value),
            "timestamp-invalid /Metadata/WriteTimestampMicros",
            "{value}"
        );
    }
    assert_eq!(stamped("a::1"), "ion-annotation /Metadata/WriteTimestampMicros");
    assert_eq!(stamped("1,y:a::1"), "ion-annotation /Metadata/y");
    assert_eq!(stamped("1,y:[a::1],z:null"), "1");
    assert_eq!(stamped("1,x:2"), "attribute-duplicate /Metadata/x");
    assert_eq!(
        stamped("1,'WriteTimestampMicros':2"),
        "attribute-duplicate /Metadata/WriteTimestampMicros"
    );
    assert_eq!(stamped(&format!("1,y:{}{}", "[".repeat(129), "]".repeat(129))), "1");
    assert_eq!(
        stamped(&format!("1,y:{}{}", "[".repeat(130), "]".repeat(130))),
        "nesting "
    );
}

#[test]
fn faulty_changes() {
    let stamp = "Metadata:{WriteTimestampMicros:1.}";
    for (line, fault) in [
        ("{}", "keys-absent /Keys"),
        ("{Record:{}}", "keys-absent /Keys"),
        (&format!("{{{stamp}}}"), "keys-absent /Keys"),
        (&format!("{{Keys:{{}},{stamp}}}"), "keys-empty /Keys"),
        ("{Keys:{k:1.}}", "timestamp-absent /Metadata/WriteTimestampMicros"),
        (
            "{Keys:{k:1.},Metadata:{a:1}}",
            "timestamp-absent /Metadata/WriteTimestampMicros",
        ),
        (
            "{Keys:{k:1.},Metadata:{}}",
            "timestamp-absent /Metadata/WriteTimestampMicros",
        ),
        ("{Record:1}", "member-type /Record"),
        ("{Record:{{}}}", "member-type /Record"),
        ("{Record:a::{}}", "ion-annotation /Record"),
        ("{Record:{},Record:{}}", "member-duplicate /Record"),
        ("{Record:{},Keys:{}}", "member-unknown /Keys"),
        ("{Record:{Keys:1},Keys:{}}", "member-type /Keys"),
        ("{Record:{Record:{}}}", "member-unknown /Record"),
        (
            &format!("{{Keys:{{k:1.}},Record:{{}},{stamp}}}"),
            "member-unknown /Record",
        ),
        ("{Keys:{k:nan}}", "number /Keys/k"),
        ("{Record:{NewImage:{k:[nan]}}}", "number /NewImage/k/0"),
        ("{Metadata:1}", "member-type /Metadata"),
        ("{Metadata:a::{}}", "ion-annotation /Metadata"),
        ("{Metadata:{},Metadata:{}}", "member-duplicate /Metadata"),
        ("{OldImage:{},OldImage:{}}", "member-duplicate /OldImage"),
        ("{NewImage:{},NewImage:{}}", "member-duplicate /NewImage"),
        ("{Keys:{},Keys:{}}", "member-duplicate /Keys"),
        ("{Item:{}}", "item-in-incremental "),
        ("{x:1,Item:{}}", "item-in-incremental "),
        ("{Item:{},Keys:{}}", "member-unknown /Item"),
        ("{Record:{Item:{}}}", "member-unknown /Item"),
        ("{x:1}", "member-unknown /x"),
        ("a::{Record:{}}", "ion-annotation "),
    ] {
        assert_eq!(change(line), fault, "{line}");
    }
}
