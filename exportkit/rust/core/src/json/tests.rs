//! Lines and what they are judged to be; `docs/records.md` has the rules.

use super::*;
use crate::events::{Binary, Line, Member, Number, SetKind, Text};
use crate::path::NodeId;

/// Writes down what it is told.
#[derive(Default)]
struct Told(String);

impl Told {
    fn say(&mut self, word: &str) {
        self.0.push_str(word);
        self.0.push(' ');
    }

    fn text(&mut self, mark: &str, text: Text<'_>) {
        let text = String::from_utf8(text.bytes(&mut Vec::new()).to_vec()).unwrap();
        self.say(&format!("{mark}{text:?}"));
    }
}

impl Visitor for Told {
    fn begin_record(&mut self) {}
    fn member(&mut self, member: Member) {
        self.say(member.name());
    }
    fn write_timestamp(&mut self, micros: u64) {
        self.say(&format!("@{micros}"));
    }
    fn begin_map(&mut self, _: NodeId) {
        self.say("{");
    }
    fn name(&mut self, _: NodeId, name: Text<'_>) {
        self.text(".", name);
    }
    fn end_map(&mut self) {
        self.say("}");
    }
    fn begin_list(&mut self) {
        self.say("[");
    }
    fn end_list(&mut self) {
        self.say("]");
    }
    fn begin_set(&mut self, kind: SetKind) {
        self.say(&format!("{kind:?}("));
    }
    fn end_set(&mut self) {
        self.say(")");
    }
    fn string(&mut self, value: Text<'_>) {
        self.text("", value);
    }
    fn number(&mut self, value: Number<'_>) {
        let mut out = Vec::new();
        value.decimal().write(&mut out);
        self.say(&String::from_utf8(out).unwrap());
    }
    fn binary(&mut self, value: Binary<'_>) {
        let mut out = Vec::new();
        value.append_to(&mut out);
        self.say(&format!("b{:?}", String::from_utf8_lossy(&out)));
    }
    fn boolean(&mut self, value: bool) {
        self.say(&value.to_string());
    }
    fn null(&mut self) {
        self.say("null");
    }
    fn end_record(&mut self, _: &Line<'_>) {}
    fn discard_record(&mut self) {}
}

/// Reads a line three times with one parser, the last time with much behind it: what it tells, or its fault.
fn read(export_type: ExportType, line: &str) -> Result<String, Fault> {
    let mut parser = JsonParser::new(export_type);
    let mut answers = Vec::new();
    for padding in [0, 0, 100] {
        let lines = format!("{line}\n{}", "\n".repeat(padding));
        let mut told = Told::default();
        answers.push(match parser.record(lines.as_bytes(), &mut told) {
            Ok(rest) => {
                assert_eq!(rest.len(), padding, "{line}");
                Ok(told.0.trim_end().to_owned())
            }
            Err(Rejected) => Err(parser.diagnose(line.as_bytes())),
        });
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{line}: {answers:?}"
    );
    answers.remove(0)
}

fn item(attributes: &str) -> Result<String, Fault> {
    read(ExportType::Full, &format!("{{\"Item\":{{{attributes}}}}}"))
}

/// Checks faults of attributes: reason and path.
fn check_attributes(cases: &[(&str, Reason, &str)]) {
    for (attributes, reason, path) in cases {
        let fault = item(attributes).unwrap_err();
        assert_eq!((fault.reason, fault.path.as_str()), (*reason, *path), "{attributes}");
    }
}

#[test]
fn every_type() {
    let told = item(
        r#""s":{"S":"x"},"n":{"N":"1.50"},"b":{"B":"aGk="},"t":{"BOOL":true},"f":{"BOOL":false},"z":{"NULL":true},"ss":{"SS":["a","b"]},
        "ns":{"NS":["1","2e1"]},"bs":{"BS":["aGk=",""]},"l":{"L":[{"N":"1"},{"S":""},{"L":[]}]},"m":{"M":{"a":{"M":{}}}},"":{"S":""}"#
            .replace('\n', "")
            .as_str(),
    );
    assert_eq!(
        told.unwrap(),
        r#"Item { ."s" "x" ."n" 1.5 ."b" b"hi" ."t" true ."f" false ."z" null ."ss" Strings( "a" "b" ) ."ns" Numbers( 1 20 ) ."bs" Binaries( b"hi" b"" ) ."l" [ 1 "" [ ] ] ."m" { ."a" { } } ."" "" }"#
    );
}

#[test]
fn white_space_and_escapes_anywhere() {
    let line = " \t{ \"\\u0049tem\" :\t{ \"\\u0061\" : { \"\\u0053\" : \"\\ud83d\\ude00\" } , \"n\" : { \"N\" : \"\\u0031\" } , \
                \"b\" : { \"B\" : \"\\/\\/8\\u003d\" } , \"l\" : { \"L\" : [ { \"N\" : \"2\" } , { \"BOOL\" : true } ] } , \
                \"s\" : { \"SS\" : [ \"\\n\" , \"y\" ] } , \"m\" : { \"M\" : { } } , \"x\" : { \"NS\" : [ \"\\u0033\" ] } } } \t\r";
    assert_eq!(
        read(ExportType::Full, line).unwrap(),
        "Item { .\"a\" \"😀\" .\"n\" 1 .\"b\" b\"��\" .\"l\" [ 2 true ] .\"s\" Strings( \"\\n\" \"y\" ) .\"m\" { } .\"x\" Numbers( 3 ) }"
    );
}

#[test]
fn change_records() {
    let keys = r#""Keys":{"pk":{"S":"a"}}"#;
    for (timestamp, expected) in [
        (r#"{"N":"1684374845117899"}"#, 1_684_374_845_117_899_u64),
        (r#""1684374845117899""#, 1_684_374_845_117_899),
        ("1684374845117899", 1_684_374_845_117_899),
        ("168437484511789e1", 1_684_374_845_117_890),
        (r#"{ "\u004e" : "1.0e3" }"#, 1000),
        ("0", 0),
        (r#"{"N":"9223372036854775807"}"#, 9_223_372_036_854_775_807),
    ] {
        let line = format!(r#"{{"Metadata":{{"WriteTimestampMicros":{timestamp}}},{keys},"NewImage":{{}}}}"#);
        assert_eq!(
            read(ExportType::Incremental, &line).unwrap(),
            format!("@{expected} Keys {{ .\"pk\" \"a\" }} NewImage {{ }}")
        );
    }
    let line = format!(
        r#"{{"OldImage":{{}},{keys},"Metadata":{{"x":[1,{{"y":{{}},"y":null}}],"WriteTimestampMicros":1,"":-1}}}}"#
    );
    assert_eq!(
        read(ExportType::Incremental, &line).unwrap(),
        "OldImage { } Keys { .\"pk\" \"a\" } @1"
    );
}

#[test]
fn faults_of_full_records() {
    let deep = "[".repeat(133);
    for (line, reason, path) in [
        ("", Reason::Syntax, ""),
        ("{", Reason::Syntax, ""),
        ("[]", Reason::NotAnObject, ""),
        ("null", Reason::NotAnObject, ""),
        ("{}", Reason::MemberType, "/Item"),
        ("{} ", Reason::MemberType, "/Item"),
        ("{}x", Reason::Syntax, ""),
        (r#"{"Item":[]}"#, Reason::MemberType, "/Item"),
        (r#"{"Item":null}"#, Reason::MemberType, "/Item"),
        (r#"{"item":{}}"#, Reason::MemberUnknown, "/item"),
        (r#"{"Item":{},"Item":{}}"#, Reason::MemberDuplicate, "/Item"),
        (r#"{"Item":{},"a/b":{}}"#, Reason::MemberUnknown, "/a~1b"),
        (r#"{"Item":{},"Keys":{}}"#, Reason::MemberUnknown, "/Keys"),
        (r#"{"Keys":{}}"#, Reason::ChangeInFull, ""),
        (r#"{"x":1,"Record":5}"#, Reason::ChangeInFull, ""),
        (r#"{"Item":{}}{"Item":{}}"#, Reason::Syntax, ""),
        (r#"{"Item":{}},"#, Reason::Syntax, ""),
        (r#"{"Item":{"a":{"S":"x"}}"#, Reason::Syntax, ""),
        (r#"{"Item":{"a":{"S":"x"},}}"#, Reason::Syntax, ""),
        (r#"{"Item":{"a":{"N":"x"}},}"#, Reason::Syntax, ""),
        (
            r#"{"Item":{"a":{"N":"x"},"a":{"S":"y"}},"b":1}"#,
            Reason::Number,
            "/Item/a",
        ),
        (r#"{"Item":{"a":{"S":"\ud800"}}}"#, Reason::Syntax, ""),
        ("{\"Item\":{\"a\":{\"S\":\"\t\"}}}", Reason::Syntax, ""),
        (deep.as_str(), Reason::Nesting, ""),
    ] {
        let fault = read(ExportType::Full, line).unwrap_err();
        assert_eq!((fault.reason, fault.path.as_str()), (reason, path), "{line}");
    }
}

#[test]
fn faults_of_change_records() {
    let metadata = r#""Metadata":{"WriteTimestampMicros":{"N":"1"}}"#;
    let keys = r#""Keys":{"pk":{"S":"a"}}"#;
    for (line, reason, path) in [
        ("{}".to_owned(), Reason::KeysAbsent, "/Keys"),
        (format!("{{{metadata}}}"), Reason::KeysAbsent, "/Keys"),
        (format!(r#"{{"Keys":{{ }},{metadata}}}"#), Reason::KeysEmpty, "/Keys"),
        (
            format!("{{{keys}}}"),
            Reason::TimestampAbsent,
            "/Metadata/WriteTimestampMicros",
        ),
        (
            format!(r#"{{{keys},"Metadata":{{ }}}}"#),
            Reason::TimestampAbsent,
            "/Metadata/WriteTimestampMicros",
        ),
        (
            format!(r#"{{{keys},"Metadata":{{"x":1}}}}"#),
            Reason::TimestampAbsent,
            "/Metadata/WriteTimestampMicros",
        ),
        (
            format!(r#"{{{keys},"Metadata":{{"x":1,"\u0078":2}}}}"#),
            Reason::AttributeDuplicate,
            "/Metadata/x",
        ),
        (format!(r#"{{{keys},"Metadata":[]}}"#), Reason::MemberType, "/Metadata"),
        (
            format!(r#"{{{keys},{metadata},"NewImage":null}}"#),
            Reason::MemberType,
            "/NewImage",
        ),
        (
            format!(r"{{{keys},{metadata},{keys}}}"),
            Reason::MemberDuplicate,
            "/Keys",
        ),
        (
            format!(r"{{{keys},{metadata},{metadata}}}"),
            Reason::MemberDuplicate,
            "/Metadata",
        ),
        (
            format!(r#"{{{keys},{metadata},"Item":{{}}}}"#),
            Reason::MemberUnknown,
            "/Item",
        ),
        (
            format!(r#"{{{metadata},{keys},"OldImage":{{"a":{{"L":[{{"N":""}}]}}}}}}"#),
            Reason::Number,
            "/OldImage/a/0",
        ),
        (r#"{"Item":{}}"#.to_owned(), Reason::ItemInIncremental, ""),
        (r#"{"x":{},"Item":5}"#.to_owned(), Reason::ItemInIncremental, ""),
        (
            r#"{"Metadata":{"WriteTimestampMicros":1,"WriteTimestampMicros":1}}"#.to_owned(),
            Reason::AttributeDuplicate,
            "/Metadata/WriteTimestampMicros",
        ),
    ] {
        let fault = read(ExportType::Incremental, &line).unwrap_err();
        assert_eq!((fault.reason, fault.path.as_str()), (reason, path), "{line}");
    }
    for timestamp in [
        "null",
        "true",
        "[]",
        "{}",
        r#""""#,
        r#""x""#,
        r#""-1""#,
        "-1",
        "1.5",
        "9223372036854775808",
        r#"{"N":1}"#,
        r#"{"S":"1"}"#,
        r#"{"N":"1","N":"1"}"#,
        r#"{"N":"1","x":1}"#,
        "1e400",
        r#"{"N":"1 "}"#,
    ] {
        let line = format!(r#"{{"Metadata":{{"WriteTimestampMicros":{timestamp}}},{keys}}}"#);
        let fault = read(ExportType::Incremental, &line).unwrap_err();
        assert_eq!(
            (fault.reason, fault.path.as_str()),
            (Reason::TimestampInvalid, "/Metadata/WriteTimestampMicros"),
            "{line}"
        );
    }
}

#[test]
fn faults_of_types() {
    check_attributes(&[
        (r#""a":1"#, Reason::TypeTag, "/Item/a"),
        (r#""a":{}"#, Reason::TypeTag, "/Item/a"),
        (r#""a":[]"#, Reason::TypeTag, "/Item/a"),
        (r#""a":{"X":"x"}"#, Reason::TypeTag, "/Item/a"),
        (r#""a":{"s":"x"}"#, Reason::TypeTag, "/Item/a"),
        (r#""a":{"S":"x","N":"1"}"#, Reason::TypeTag, "/Item/a"),
        (r#""a":{"S":"x","S":"x"}"#, Reason::TypeTag, "/Item/a"),
        (r#""a":{"N":"x","S":"x"}"#, Reason::Number, "/Item/a"),
        (r#""a":{"L":[{"S":1,"N":"1"}],"X":1}"#, Reason::TypeValue, "/Item/a/0"),
        (r#""a":{"S":1}"#, Reason::TypeValue, "/Item/a"),
        (r#""a":{"N":1}"#, Reason::TypeValue, "/Item/a"),
        (r#""a":{"B":null}"#, Reason::TypeValue, "/Item/a"),
        (r#""a":{"BOOL":"true"}"#, Reason::TypeValue, "/Item/a"),
        (r#""a":{"BOOL":null}"#, Reason::TypeValue, "/Item/a"),
        (r#""a":{"NULL":false}"#, Reason::TypeValue, "/Item/a"),
        (r#""a":{"M":[]}"#, Reason::TypeValue, "/Item/a"),
        (r#""a":{"L":{}}"#, Reason::TypeValue, "/Item/a"),
        (r#""a":{"SS":"x"}"#, Reason::TypeValue, "/Item/a"),
        (
            r#""a":{"M":{"b":{"L":[{"S":"x"},{"M":{"c/d":5}}]}}}"#,
            Reason::TypeTag,
            "/Item/a/b/1/c~1d",
        ),
    ]);
}

#[test]
fn faults_of_values() {
    let nines = format!(r#""a":{{"N":"{}"}}"#, "9".repeat(39));
    check_attributes(&[
        (&nines, Reason::NumberPrecision, "/Item/a"),
        (r#""a":{"N":""}"#, Reason::Number, "/Item/a"),
        (r#""a":{"N":"1 "}"#, Reason::Number, "/Item/a"),
        (r#""a":{"N":"\u0031x"}"#, Reason::Number, "/Item/a"),
        (r#""a":{"N":"1e126"}"#, Reason::NumberRange, "/Item/a"),
        (r#""a":{"B":"a"}"#, Reason::Binary, "/Item/a"),
        (r#""a":{"B":"aGk"}"#, Reason::Binary, "/Item/a"),
        (r#""a":{"B":"a-_b"}"#, Reason::Binary, "/Item/a"),
        (r#""a":{"B":"YQ==\""}"#, Reason::Binary, "/Item/a"),
        (r#""a":{"SS":[]}"#, Reason::SetEmpty, "/Item/a"),
        (r#""a":{"SS":[ ]}"#, Reason::SetEmpty, "/Item/a"),
        (r#""a":{"SS":["x","y","x"]}"#, Reason::SetDuplicate, "/Item/a"),
        (r#""a":{"SS":["x","\u0078"]}"#, Reason::SetDuplicate, "/Item/a"),
        (r#""a":{"NS":["1","1.0"]}"#, Reason::SetDuplicate, "/Item/a"),
        (r#""a":{"NS":["\u0031","1"]}"#, Reason::SetDuplicate, "/Item/a"),
        (r#""a":{"BS":["YQ==","YR=="]}"#, Reason::SetDuplicate, "/Item/a"),
        (r#""a":{"BS":["\/\/\/\/","////"]}"#, Reason::SetDuplicate, "/Item/a"),
        (r#""a":{"SS":["x",1]}"#, Reason::SetElement, "/Item/a/1"),
        (r#""a":{"SS":["x","x",null]}"#, Reason::SetElement, "/Item/a/2"),
        (r#""a":{"NS":["1","x"]}"#, Reason::Number, "/Item/a/1"),
        (r#""a":{"BS":["aGk=","x"]}"#, Reason::Binary, "/Item/a/1"),
    ]);
}

#[test]
fn duplicate_attributes() {
    check_attributes(&[
        (
            r#""a":{"S":"x"},"b":{"S":"x"},"a":{"S":"x"}"#,
            Reason::AttributeDuplicate,
            "/Item/a",
        ),
        (r#""a":{"S":"x"},"a":1"#, Reason::AttributeDuplicate, "/Item/a"),
        (
            r#""a":{"S":"x"},"\u0061":{"S":"x"}"#,
            Reason::AttributeDuplicate,
            "/Item/a",
        ),
        (r#""":{"S":"x"},"":{"S":"x"}"#, Reason::AttributeDuplicate, "/Item/"),
        (
            r#""l":{"L":[{"M":{"x":{"S":""}}},{"M":{"x":{"S":""},"x":{"S":""}}}]}"#,
            Reason::AttributeDuplicate,
            "/Item/l/1/x",
        ),
    ]);
    assert!(item(r#""a":{"M":{"a":{"M":{"a":{"S":""}}},"b":{"S":""}}},"b":{"S":""},"A":{"S":""}"#).is_ok());
}

#[test]
fn more_names_than_the_trie_holds() {
    let many: Vec<String> = (0..30_000)
        .map(|number| format!(r#""k{number}":{{"N":"{number}"}}"#))
        .collect();
    let mut many = many.join(",");
    assert!(item(&many).is_ok());
    many.push_str(r#","m":{"M":{"k1":{"S":""},"k2":{"S":""}}},"k29998":{"S":""}"#);
    let fault = item(&many).unwrap_err();
    assert_eq!(
        (fault.reason, fault.path.as_str()),
        (Reason::AttributeDuplicate, "/Item/k29998")
    );
}

#[test]
fn nesting() {
    let nested = |levels: usize, inner: &str| {
        let open: String = (0..levels)
            .map(|level| if level % 2 == 0 { r#"{"L":["# } else { r#"{"M":{"a":"# })
            .collect();
        let close: String = (0..levels)
            .rev()
            .map(|level| if level % 2 == 0 { "]}" } else { "}}" })
            .collect();
        item(&format!("\"a\":{open}{inner}{close}"))
    };
    assert!(nested(64, r#"{"SS":["x"]}"#).is_ok());
    let fault = nested(64, r#"{"L":[]}"#).unwrap_err();
    assert_eq!((fault.reason, fault.path.matches('/').count()), (Reason::Nesting, 66));
    assert_eq!(nested(65, r#"{"SS":["x"]}"#).unwrap_err().path, "");
    for levels in [65, 70, 10_000] {
        assert_eq!(nested(levels, "{}").unwrap_err().reason, Reason::Nesting);
    }
}

#[test]
fn columns_help() {
    let fault = item(r#""a":{"N":"x"}"#).unwrap_err();
    assert_eq!(fault.column, Some(19));
    assert_eq!(read(ExportType::Full, "{\"Item\" {}}").unwrap_err().column, Some(8));
}

/// Changes every byte of a good record into every other: nothing panics, and whatever is accepted is JSON.
#[test]
fn every_byte_changed() {
    let line = r#"{"Metadata":{"WriteTimestampMicros":{"N":"1"}},"Keys":{"pk":{"S":"\u00e9"}},"NewImage":{"pk":{"S":"é"},"a":{"L":[{"BS":["YQ=="]}]}}}"#;
    let mut parser = JsonParser::new(ExportType::Incremental);
    let mut accepted = 0;
    for at in 0..line.len() {
        for byte in 0..=127 {
            let mut changed = line.as_bytes().to_vec();
            changed[at] = byte;
            if byte == b'\n' || std::str::from_utf8(&changed).is_err() {
                continue;
            }
            let lines = [&changed[..], b"\n"].concat();
            if parser.record(&lines, &mut Ignore).is_ok() {
                accepted += 1;
                assert_eq!(syntax::check(&changed), Ok(()), "{}", String::from_utf8_lossy(&changed));
            } else {
                parser.diagnose(&changed);
            }
            let _ = parser.record(&[&line.as_bytes()[..at], b"\n"].concat(), &mut Ignore);
        }
    }
    assert!(accepted > line.len());
}

#[test]
fn what_a_name_was_followed_by_before_does_not_matter() {
    let values = [
        r#"{"BOOL":true}"#,
        r#"{"BOOL": false}"#,
        r#"{ "BOOL" : true }"#,
        r#"{"NULL":true}"#,
        r#"{"NULL":	true}"#,
        r#"{"S":"a"}"#,
        r#"{"S": "a"}"#,
        r#"{"N":"1"}"#,
        r#"{"N":"1e0"}"#,
        r#"{"L":[]}"#,
        r#"{"L": [] }"#,
        r#"{"M":{}}"#,
        r#"{"SS":["a"]}"#,
        r#"{"B":""}"#,
        r#"{"BOOL":"true"}"#,
        r#"{"BOOL":1}"#,
        "true",
        "",
    ];
    for name in [r#""a""#, r#""a" "#, r#""\u0061""#] {
        let told = |parser: &mut JsonParser, value: &str| {
            let line = format!("{{\"Item\":{{{name}:{value}}}}}\n{}", "\n".repeat(64));
            let mut told = Told::default();
            parser.record(line.as_bytes(), &mut told).is_ok().then_some(told.0)
        };
        for before in values {
            for value in values {
                let fresh = told(&mut JsonParser::new(ExportType::Full), value);
                let mut parser = JsonParser::new(ExportType::Full);
                told(&mut parser, before);
                assert_eq!(told(&mut parser, value), fresh, "{name}: {value} after {before}");
            }
        }
    }
}
