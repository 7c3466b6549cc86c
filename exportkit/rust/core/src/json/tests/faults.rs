//! What is wrong with records, and where.

use super::*;

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
