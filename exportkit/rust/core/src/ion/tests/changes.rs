//! Records of incremental exports.

use super::*;

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
