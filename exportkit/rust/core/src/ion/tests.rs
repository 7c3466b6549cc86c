//! Records: what is told of them, and what is wrong with them.

mod changes;
mod symbols;

use super::IonParser;
use crate::events::{Line, Visitor};
use crate::reader::{ExportType, Parser};
use crate::transcode::{DynamodbJson, Transcoder};

/// What a transcoder is told of a line's end: it looks at nothing of it.
const LINE: Line<'static> = Line {
    number: 1,
    offset: 0,
    length: 0,
    has_line_feed: true,
    bytes: b"",
};

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
                transcoder.end_record(&LINE);
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
