//! What columns hold, over chunk and batch sizes, and after records that were taken back.

mod batches;

use std::fmt::Write as _;

use arrow_data::ArrayData;
use arrow_schema::DataType;

use super::plan::{Column, ColumnPlan, Field, NumberColumn, Others, SetColumn, Struct, Tag};
use crate::decoder::{DecodeOptions, Decoder, Plans, Stop};
use crate::reader::ExportType;
use crate::split::SplitValue;
use crate::strict::OutputFormat;

const INT64: Column = Column::Number(NumberColumn::Int64);

fn fields(columns: &[(&str, Column)]) -> Vec<Field> {
    let columns = columns.iter().map(|(name, column)| Field {
        attribute: (*name).to_owned(),
        name: (*name).to_owned(),
        column: column.clone(),
    });
    columns.collect()
}

fn struct_of(columns: &[(&str, Column)], others: Others) -> Struct {
    Struct {
        fields: fields(columns),
        others,
    }
}

fn plan(columns: &[(&str, Column)]) -> ColumnPlan {
    ColumnPlan {
        item: struct_of(columns, Others::Misfit),
        keys: None,
        keep_nulls: false,
        rescue: true,
    }
}

fn decimal(precision: u8, scale: u8) -> Column {
    Column::Number(NumberColumn::Decimal { precision, scale })
}

fn numbers(precision: u8, scale: u8) -> Column {
    Column::Set(SetColumn::Numbers(NumberColumn::Decimal { precision, scale }))
}

fn list(element: Column) -> Column {
    Column::List(Box::new(element))
}

/// One value of an array, as text; `.` is null.
fn shown(data: &ArrayData, row: usize) -> String {
    if data.is_null(row) {
        return ".".to_owned();
    }
    let range = || {
        let offsets = data.buffer::<i32>(0);
        let [start, end] = [offsets[row], offsets[row + 1]].map(|offset| usize::try_from(offset).unwrap());
        start..end
    };
    let parts = |data: &ArrayData, rows: std::ops::Range<usize>| {
        let parts: Vec<_> = rows.map(|row| shown(data, row)).collect();
        parts.join(" ")
    };
    match data.data_type() {
        DataType::Binary => String::from_utf8_lossy(&data.buffers()[1][range()]).into_owned(),
        DataType::Boolean => (data.buffers()[0][row / 8] >> (row % 8) & 1 == 1).to_string(),
        DataType::Int64 | DataType::Timestamp(..) => data.buffer::<i64>(0)[row].to_string(),
        DataType::Float64 => data.buffer::<f64>(0)[row].to_string(),
        DataType::Decimal128(..) => data.buffer::<i128>(0)[row].to_string(),
        DataType::Decimal256(..) => data.buffer::<arrow_buffer::i256>(0)[row].to_string(),
        DataType::List(_) => format!("[{}]", parts(&data.child_data()[0], range())),
        DataType::Map(..) => format!("<{}>", parts(&data.child_data()[0], range())),
        DataType::Struct(_) => {
            let fields: Vec<_> = data.child_data().iter().map(|child| shown(child, row)).collect();
            format!("({})", fields.join(" "))
        }
        other => panic!("{other}"),
    }
}

/// What came of a text: rows a line, and a line with the plan before each batch.
struct Decoded {
    rows: String,
    stop: Option<Stop>,
    decoder: Decoder,
}

fn options(export_type: ExportType) -> DecodeOptions {
    DecodeOptions {
        format: OutputFormat::DynamodbJson,
        export_type,
        max_record_size: 10_000,
        batch_rows: 100,
        batch_bytes: 1 << 20,
        quarantine: true,
        misfit_limit: 3,
        infer: None,
    }
}

fn decode_by(options: &DecodeOptions, plans: Plans, text: &str, chunk: usize) -> Decoded {
    let mut decoder = Decoder::new(options, plans);
    let mut rows = String::new();
    let mut stop = None;
    for chunk in text.as_bytes().chunks(chunk).map(Some).chain([None]) {
        let (batches, why) = match chunk {
            Some(chunk) => decoder.feed(chunk),
            None => decoder.finish(),
        };
        for (plan, batch) in batches {
            assert!(batch.rows > 0 && batch.rows == batch.data.len());
            batch.data.validate_full().unwrap();
            writeln!(rows, "{plan}:").unwrap();
            (0..batch.rows).for_each(|row| writeln!(rows, "{}", shown(&batch.data, row)).unwrap());
        }
        if why.is_some() {
            stop = why;
            break;
        }
    }
    Decoded { rows, stop, decoder }
}

/// The rows of items, the same in chunks of any size.
fn rows(plan: &ColumnPlan, items: &[&str]) -> String {
    let lines = items.iter().map(|item| format!("{{\"Item\":{{{item}}}}}\n"));
    let text: String = lines.collect();
    let all = [1, 3, 64, 1 << 20].map(|chunk| {
        let decoded = decode_by(&options(ExportType::Full), Plans::One(plan.clone()), &text, chunk);
        assert_eq!(decoded.stop, None);
        decoded.rows
    });
    for rows in &all {
        assert_eq!(rows, &all[0]);
    }
    all[0].clone()
}

#[test]
fn every_kind() {
    let inner = struct_of(&[("x", Column::String), ("y", INT64)], Others::Misfit);
    let mixed = Column::Mixed(
        [(Tag::N, INT64), (Tag::M, Column::Json), (Tag::Null, Column::Null)]
            .into_iter()
            .map(|(tag, column)| {
                let field = fields(&[(tag.name(), column)]).remove(0);
                (tag, field)
            })
            .collect(),
    );
    let plan = plan(&[
        ("s", Column::String),
        ("b", Column::Binary),
        ("o", Column::Bool),
        ("i", INT64),
        ("d", decimal(18, 2)),
        ("w", decimal(40, 1)),
        ("f", Column::Number(NumberColumn::Double)),
        ("t", Column::Number(NumberColumn::String)),
        ("ss", Column::Set(SetColumn::Strings)),
        ("ns", numbers(4, 1)),
        ("bs", Column::Set(SetColumn::Binaries)),
        ("l", list(mixed)),
        ("m", Column::Struct(inner.clone())),
        ("p", Column::Map(Box::new(INT64))),
        ("flat", Column::Flat(inner.fields)),
        ("j", Column::Json),
        ("x", Column::Text),
        ("skip", Column::Skip),
    ]);
    let item = concat!(
        r#""s":{"S":"a\"\u00e9"},"b":{"B":"aGk="},"o":{"BOOL":false},"i":{"N":"1E+2"},"d":{"N":"-0.5"},"w":{"N":"1e38"},"#,
        r#""f":{"N":"0.1"},"t":{"N":"1.50"},"ss":{"SS":["b","a"]},"ns":{"NS":["999.9","-1"]},"bs":{"BS":["aGk=",""]},"#,
        r#""l":{"L":[{"N":"7"},{"M":{"a":{"S":""}}},{"NULL":true},{"N":"0.5"},{"S":"u"}]},"m":{"M":{"y":{"N":"2"}}},"#,
        r#""p":{"M":{"k":{"N":"3"},"n":{"NULL":true}}},"flat":{"M":{"x":{"S":"fx"}}},"j":{"L":[{"BS":["AP=="]}]},"#,
        r#""x":{"B":"AP=="},"skip":{"M":{"a":{"L":[{"SS":["x"]}]}}}"#,
    );
    let expected = concat!(
        r#"(a"é hi false 100 -50 1000000000000000000000000000000000000000 0.1 1.5 [b a] [9999 -10] [hi ] "#,
        r#"[(7 . .) (. {"M":{"a":{"S":""}}} .) (. . true) . .] (. 2) <(k 3) (n .)> fx . {"L":[{"BS":["AA=="]}]} AA== "#,
        r#"<(/l/3 {"N":"0.5"}) (/l/4 {"S":"u"})>)"#,
    );
    let nothing = "(. . . . . . . . . . . . . . . . . . .)";
    assert_eq!(
        rows(&plan, &[item, "", item]),
        format!("0:\n{expected}\n{nothing}\n{expected}\n")
    );
}

#[test]
fn sets_that_do_not_fit_are_rescued_whole_and_leave_nothing() {
    for (element, fits) in [
        (NumberColumn::Int64, "[7 8]"),
        (decimal_number(3, 0), "[7 8]"),
        (decimal_number(40, 2), "[700 800]"),
    ] {
        let plan = plan(&[("a", Column::Set(SetColumn::Numbers(element)))]);
        let good = r#""a":{"NS":["7","8"]}"#;
        let bad = r#""a":{"NS":["1E+1","-30","0.1234567","5"]}"#;
        let rescued = r#"(. <(/a {"NS":["10","-30","0.1234567","5"]})>)"#;
        assert_eq!(
            rows(&plan, &[good, bad, good]),
            format!("0:\n({fits} .)\n{rescued}\n({fits} .)\n")
        );
    }
}

fn decimal_number(precision: u8, scale: u8) -> NumberColumn {
    NumberColumn::Decimal { precision, scale }
}

#[test]
fn faulty_records_leave_nothing_behind() {
    let columns = [
        ("s", Column::String),
        ("l", list(list(INT64))),
        (
            "p",
            Column::Map(Box::new(Column::Struct(struct_of(
                &[("x", Column::Json)],
                Others::Rest,
            )))),
        ),
        ("m", Column::Struct(struct_of(&[("x", Column::Text)], Others::Rest))),
        ("ns", numbers(10, 0)),
    ];
    let plan = plan(&columns);
    let good = concat!(
        r#""s":{"S":"ok"},"l":{"L":[{"L":[{"N":"1"},{"NULL":true}]},{"L":[]}]},"ns":{"NS":["1"]},"#,
        r#""p":{"M":{"k":{"M":{"x":{"S":"v"},"y":{"N":"2"}}}}},"m":{"M":{"z":{"L":[]}}},"q":{"S":"rescued"}"#,
    );
    let shown = concat!(
        r#"(ok [[1 .] []] <(k ({"S":"v"} {"y":{"N":"2"}}))> (. {"z":{"L":[]}}) [1] <(/q {"S":"rescued"})>)"#,
        "\n"
    );
    let line = format!("{{\"Item\":{{{good}}}}}\n");
    // A record that ends anywhere, between two that are whole.
    for end in 1..line.len() - 1 {
        let text = format!("{line}{}\n\n{line}", &line[..end]);
        let decoded = decode_by(&options(ExportType::Full), Plans::One(plan.clone()), &text, 1 << 20);
        assert_eq!(decoded.rows, format!("0:\n{shown}{shown}"), "{end}");
        let mut told = decoded.decoder;
        let report = told.report();
        assert_eq!(
            (report.rows, report.merged_nulls, report.rescued, report.rescued_rows),
            (2, 2, 2, 2)
        );
        assert_eq!(told.malformed(), 1);
        assert_eq!(told.take_malformed()[0].data.as_deref(), Some(&line.as_bytes()[..end]));
    }
}

#[test]
fn sparse_columns_are_filled_up() {
    let names: Vec<_> = (0..60).map(|number| format!("a{number}")).collect();
    let kinds = [Column::String, INT64, Column::Bool, numbers(5, 0), list(Column::String)];
    let columns: Vec<_> = names.iter().zip(kinds.iter().cycle()).collect();
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, kind)| (name.as_str(), (*kind).clone()))
        .collect();
    let plan = plan(&columns);
    let (mut items, mut expected) = (Vec::new(), "0:\n".to_owned());
    for row in 0..90 {
        // Each item has one attribute, some have none.
        let at = row * 7 % 75;
        let (value, text) = match at % 5 {
            0 => (r#"{"S":"x"}"#, "x"),
            1 => (r#"{"N":"-5"}"#, "-5"),
            2 => (r#"{"BOOL":true}"#, "true"),
            3 => (r#"{"NS":["1","2"]}"#, "[1 2]"),
            _ => (r#"{"L":[{"S":"y"}]}"#, "[y]"),
        };
        items.push(if at < 60 {
            format!("\"a{at}\":{value}")
        } else {
            String::new()
        });
        let cells: Vec<_> = (0..60).map(|column| if column == at { text } else { "." }).collect();
        writeln!(expected, "({} .)", cells.join(" ")).unwrap();
    }
    let items: Vec<_> = items.iter().map(String::as_str).collect();
    assert_eq!(rows(&plan, &items), expected);
}

#[test]
fn changes_have_both_images_and_their_keys() {
    let plan = ColumnPlan {
        keys: Some(struct_of(&[("k", Column::String)], Others::Misfit)),
        ..plan(&[("k", Column::String), ("n", INT64)])
    };
    let text = concat!(
        r#"{"OldImage":{"n":{"N":"1"},"z":{"S":"o"}},"Keys":{"k":{"S":"a"}},"Metadata":{"WriteTimestampMicros":{"N":"5"}},"#,
        r#""NewImage":{"n":{"S":"new"},"k":{"S":"a"}}}"#,
        "\n",
        r#"{"Metadata":{"WriteTimestampMicros":{"N":"6"}},"Keys":{"k":{"N":"1"}}}"#,
        "\n",
    );
    let decoded = decode_by(&options(ExportType::Incremental), Plans::One(plan), text, 5);
    assert_eq!(
        decoded.rows,
        concat!(
            "0:\n",
            r#"(PUT 5 (a) (a .) (. 1) <(/OldImage/z {"S":"o"}) (/NewImage/n {"S":"new"})>)"#,
            "\n",
            r#"(DELETE 6 (.) . . <(/Keys/k {"N":"1"})>)"#,
            "\n"
        )
    );
    let report = decoded.decoder.report();
    let places: Vec<_> = report
        .misfits
        .iter()
        .map(|misfit| (misfit.line, misfit.path.as_str()))
        .collect();
    assert_eq!(places, [(1, "/OldImage/z"), (1, "/NewImage/n"), (2, "/Keys/k")]);
}

#[test]
fn the_first_misfit_ends_it_where_nobody_rescues() {
    let plan = ColumnPlan {
        rescue: false,
        ..plan(&[("a", list(INT64))])
    };
    let good = "{\"Item\":{\"a\":{\"L\":[{\"N\":\"1\"}]}}}\n";
    let bad = "{\"Item\":{\"a\":{\"L\":[{\"N\":\"1\"},{\"S\":\"x\"},{\"BOOL\":true}]}}}\n";
    let decoded = decode_by(
        &options(ExportType::Full),
        Plans::One(plan),
        &format!("{good}{bad}{good}"),
        1 << 20,
    );
    assert_eq!(decoded.rows, "0:\n([1])\n");
    let Some(Stop::Misfit(misfit)) = decoded.stop else {
        panic!("{:?}", decoded.stop);
    };
    assert_eq!(
        (misfit.line, misfit.offset, misfit.path.as_str()),
        (2, good.len() as u64, "/a/1")
    );
    assert_eq!((misfit.found, decoded.decoder.report().rows), (Tag::S, 1));
}

#[test]
fn names_beyond_the_trie_are_found_too() {
    let mut filler = String::new();
    for number in 0..crate::path::DEFAULT_MAX_NODES {
        write!(filler, r#""n{number}":{{"S":""}},"#).unwrap();
    }
    let mut plan = plan(&[("late", INT64)]);
    plan.item.others = Others::Skip;
    let options = DecodeOptions {
        max_record_size: 1 << 20,
        ..options(ExportType::Full)
    };
    let line = format!("{{\"Item\":{{{filler}\"late\":{{\"N\":\"5\"}}}}}}\n");
    let decoded = decode_by(&options, Plans::One(plan), &line.repeat(2), 1 << 20);
    assert_eq!(decoded.rows, "0:\n(5 .)\n(5 .)\n");
}
