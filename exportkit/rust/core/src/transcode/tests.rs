//! Records of DynamoDB JSON, written in every form.

use super::{DynamodbJson, Form, Ion, Json, Transcoder};
use crate::reader::{DEFAULT_MAX_RECORD_SIZE, ExportType};
use crate::strict::{OutputFormat, StrictReader};

fn written<F: Form>(export_type: ExportType, lines: &str) -> String {
    let mut reader = StrictReader::new(OutputFormat::DynamodbJson, export_type, DEFAULT_MAX_RECORD_SIZE);
    let mut transcoder = Transcoder::<F>::default();
    reader.feed(lines.as_bytes(), &mut transcoder).unwrap();
    reader.finish(&mut transcoder).unwrap();
    String::from_utf8(transcoder.lines().to_vec()).unwrap()
}

/// An item's attributes in DynamoDB JSON, plain JSON and Ion, without what stands around an item.
fn item(dynamodb_json: &str) -> [String; 3] {
    let record = format!("{{\"Item\":{dynamodb_json}}}\n");
    let full = ExportType::Full;
    let between = |line: String, (before, behind): (&str, &str)| {
        line.strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(&format!("{behind}\n")))
            .unwrap()
            .to_owned()
    };
    [
        between(written::<DynamodbJson>(full, &record), ("{\"Item\":", "}")),
        between(written::<Json>(full, &record), ("", "")),
        between(written::<Ion>(full, &record), ("$ion_1_0 {Item:", "}")),
    ]
}

#[test]
fn every_type() {
    for (dynamodb_json, json, ion) in [
        ("{}", "{}", "{}"),
        (r#"{"a":{"S":"x"}}"#, r#"{"a":"x"}"#, r#"{a:"x"}"#),
        (r#"{"a":{"S":""}}"#, r#"{"a":""}"#, r#"{a:""}"#),
        (r#"{"a":{"N":"1.5"}}"#, r#"{"a":1.5}"#, "{a:1.5}"),
        (r#"{"a":{"N":"61600"}}"#, r#"{"a":61600}"#, "{a:616d2}"),
        (r#"{"a":{"N":"0"}}"#, r#"{"a":0}"#, "{a:0.}"),
        (r#"{"a":{"N":"-1E-130"}}"#, r#"{"a":-1E-130}"#, "{a:-1d-130}"),
        (r#"{"a":{"B":"aGk="}}"#, r#"{"a":"aGk="}"#, "{a:{{aGk=}}}"),
        (r#"{"a":{"B":""}}"#, r#"{"a":""}"#, "{a:{{}}}"),
        (
            r#"{"a":{"BOOL":true},"b":{"BOOL":false}}"#,
            r#"{"a":true,"b":false}"#,
            "{a:true,b:false}",
        ),
        (r#"{"a":{"NULL":true}}"#, r#"{"a":null}"#, "{a:null}"),
        (
            r#"{"a":{"SS":["y","x"]}}"#,
            r#"{"a":["y","x"]}"#,
            r#"{a:$dynamodb_SS::["y","x"]}"#,
        ),
        (
            r#"{"a":{"NS":["2","10"]}}"#,
            r#"{"a":[2,10]}"#,
            "{a:$dynamodb_NS::[2.,1d1]}",
        ),
        (
            r#"{"a":{"BS":["YQ==","Yg=="]}}"#,
            r#"{"a":["YQ==","Yg=="]}"#,
            "{a:$dynamodb_BS::[{{YQ==}},{{Yg==}}]}",
        ),
        (r#"{"a":{"L":[]},"b":{"M":{}}}"#, r#"{"a":[],"b":{}}"#, "{a:[],b:{}}"),
        (
            r#"{"a":{"L":[{"L":[{"N":"1"}]},{"M":{"b":{"L":[{"NULL":true},{"S":","}]}}},{"SS":["s"]}]},"z":{"S":"end"}}"#,
            r#"{"a":[[1],{"b":[null,","]},["s"]],"z":"end"}"#,
            r#"{a:[[1.],{b:[null,","]},$dynamodb_SS::["s"]],z:"end"}"#,
        ),
    ] {
        assert_eq!(item(dynamodb_json), [dynamodb_json, json, ion], "{dynamodb_json}");
    }
}

#[test]
fn spellings_are_the_same_everywhere() {
    let [dynamodb_json, json, ion] = item(concat!(
        r#" { "a" : { "S" : "\u0041\/\ud83d\ude00\u2028\u000b\t'\"" } , "n":{"N":"+01.50e1"},"z":{"N":"-0"},"#,
        r#""b":{"B":"\u0061Gl="},"it's \"so\"":{"NULL":true},"null":{"NULL":true},"$10":{"NULL":true},"\u0000":{"NS":["1E2"]} } "#,
    ));
    assert_eq!(
        dynamodb_json,
        concat!(
            r#"{"a":{"S":"A/😀"#,
            "\u{2028}",
            r#"\u000b\t'\""},"n":{"N":"15"},"z":{"N":"0"},"b":{"B":"aGk="},"#,
            r#""it's \"so\"":{"NULL":true},"null":{"NULL":true},"$10":{"NULL":true},"\u0000":{"NS":["100"]}}"#,
        )
    );
    assert_eq!(
        json,
        concat!(
            r#"{"a":"A/😀"#,
            "\u{2028}",
            r#"\u000b\t'\"","n":15,"z":0,"b":"aGk=","it's \"so\"":null,"null":null,"$10":null,"\u0000":[100]}"#,
        )
    );
    assert_eq!(
        ion,
        concat!(
            r#"{a:"A/😀"#,
            "\u{2028}",
            r#"\v\t'\"",n:15.,z:0.,b:{{aGk=}},'it\'s "so"':null,'null':null,'$10':null,'\0':$dynamodb_NS::[1d2]}"#,
        )
    );
}

#[test]
fn change_records_have_one_order() {
    let lines = concat!(
        r#"{"NewImage":{"k":{"S":"a"},"v":{"N":"2"}},"OldImage":{"k":{"S":"a"},"v":{"N":"1"}},"Keys":{"k":{"S":"a"}},"#,
        r#""Metadata":{"WriteTimestampMicros":"1684374845117890"}}"#,
        "\n\n",
        r#"{"Metadata":{"WriteTimestampMicros":{"N":"0"}},"Keys":{"k":{"S":"b"}}}"#,
    );
    let incremental = ExportType::Incremental;
    assert_eq!(
        written::<DynamodbJson>(incremental, lines),
        concat!(
            r#"{"Metadata":{"WriteTimestampMicros":{"N":"1684374845117890"}},"Keys":{"k":{"S":"a"}},"#,
            r#""OldImage":{"k":{"S":"a"},"v":{"N":"1"}},"NewImage":{"k":{"S":"a"},"v":{"N":"2"}}}"#,
            "\n",
            r#"{"Metadata":{"WriteTimestampMicros":{"N":"0"}},"Keys":{"k":{"S":"b"}}}"#,
            "\n",
        )
    );
    assert_eq!(
        written::<Json>(incremental, lines),
        concat!(
            r#"{"Metadata":{"WriteTimestampMicros":1684374845117890},"Keys":{"k":"a"},"#,
            r#""OldImage":{"k":"a","v":1},"NewImage":{"k":"a","v":2}}"#,
            "\n",
            r#"{"Metadata":{"WriteTimestampMicros":0},"Keys":{"k":"b"}}"#,
            "\n",
        )
    );
    assert_eq!(
        written::<Ion>(incremental, lines),
        concat!(
            "$ion_1_0 {Record:{Metadata:{WriteTimestampMicros:1684374845117890.},",
            r#"Keys:{k:"a"},OldImage:{k:"a",v:1.},NewImage:{k:"a",v:2.}}}"#,
            "\n",
            r#"$ion_1_0 {Record:{Metadata:{WriteTimestampMicros:0.},Keys:{k:"b"}}}"#,
            "\n",
        )
    );
}

#[test]
fn what_stands_before_a_faulty_record_is_kept_and_the_rest_of_it_forgotten() {
    let mut reader = StrictReader::new(OutputFormat::DynamodbJson, ExportType::Full, DEFAULT_MAX_RECORD_SIZE);
    let mut transcoder = Transcoder::<Json>::default();
    let lines =
        b"{\"Item\":{\"a\":{\"N\":\"1\"}}}\n\n{\"Item\":{\"a\":{\"S\":\"x\"},\"b\":{\"M\":{\"c\":{\"N\":\"x\"}}}}}\n{";
    let misread = reader.feed(lines, &mut transcoder).unwrap_err();
    assert_eq!(transcoder.lines(), b"{\"a\":1}\n");
    assert_eq!((misread.line, misread.offset), (3, 26));
    assert_eq!(
        (misread.fault.reason.slug(), misread.fault.path.as_str()),
        ("number", "/Item/b/c")
    );
}

/// Each value once where it is told as a short one, and once where the line's end is too near for that.
#[test]
fn short_values_are_written_as_all_others() {
    let texts = ["", "a", "\u{7f}", "x\u{7f}", "größe", "0123456789012345678901234567890"];
    let strings = texts.map(|text| format!("{{\"S\":\"{text}\"}}"));
    let numbers = [
        "0",
        "-0",
        "7",
        "-7",
        "10",
        "-10",
        "007",
        "0.5",
        "-0.5",
        ".5",
        "5.",
        "1.50",
        "1.05",
        "-840.49",
        "100.0",
        "0.0000001",
        "1234567890123456789012345678901",
        "-123456789012345.6789",
    ]
    .map(|number| format!("{{\"N\":\"{number}\"}}"));
    let sets = ["{\"SS\":[\"a\",\"\u{7f}\"]}", "{\"NS\":[\"10\",\"2.5\",\"3\"]}"];
    for value in strings.iter().chain(&numbers).map(String::as_str).chain(sets) {
        let long = item(&format!("{{\"a\":{value}}}"));
        let [dynamodb_json, json, ion] = item(&format!("{{\"a\":{value},\"b\":{{\"S\":\"{}\"}}}}", "b".repeat(64)));
        let without = |text: &str, behind: &str| {
            let behind = format!(",{behind}}}").replace('B', &"b".repeat(64));
            format!("{}}}", text.strip_suffix(&behind).unwrap())
        };
        let short = [
            without(&dynamodb_json, "\"b\":{\"S\":\"B\"}"),
            without(&json, "\"b\":\"B\""),
            without(&ion, "b:\"B\""),
        ];
        assert_eq!(short, long, "{value}");
    }
}
