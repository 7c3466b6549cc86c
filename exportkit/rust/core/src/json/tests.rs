//! Lines and what they are judged to be; `docs/records.md` has the rules.

mod faults;

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
