//! Which rows come together in a batch.

use super::*;

#[test]
fn batches_end_with_their_rows_or_their_bytes() {
    let plan = plan(&[("a", Column::String), ("l", list(INT64))]);
    let mut text = String::new();
    for number in 0..10 {
        writeln!(
            text,
            r#"{{"Item":{{"a":{{"S":"{number}"}},"l":{{"L":[{{"N":"{number}"}}]}}}}}}"#
        )
        .unwrap();
    }
    let line = text.len() / 10;
    for (batch_rows, batch_bytes, sizes) in [
        (1, 1 << 20, vec![1; 10]),
        (3, 1 << 20, vec![3, 3, 3, 1]),
        (100, 1 << 20, vec![10]),
        (100, 1, vec![1; 10]),
        (100, 4 * line as u64, vec![4, 4, 2]),
        (100, 4 * line as u64 + 1, vec![5, 5]),
    ] {
        for chunk in [1, 7, 1 << 20] {
            let options = DecodeOptions {
                batch_rows,
                batch_bytes,
                ..options(ExportType::Full)
            };
            let decoded = decode_by(&options, Plans::One(plan.clone()), &text, chunk);
            let batches = decoded.rows.split("0:\n").skip(1);
            assert_eq!(batches.map(|rows| rows.lines().count()).collect::<Vec<_>>(), sizes);
            let rows: Vec<_> = decoded.rows.lines().filter(|line| *line != "0:").collect();
            for (number, row) in rows.iter().enumerate() {
                assert_eq!(*row, format!("({number} [{number}] .)"));
            }
        }
    }
}

#[test]
fn records_go_by_the_plan_of_their_value() {
    let value = |text: &str| {
        Some(SplitValue {
            tag: "S",
            text: text.as_bytes().to_vec(),
        })
    };
    let plans = vec![
        (value("x"), plan(&[("t", Column::String)])),
        (None, plan(&[("a", INT64), ("t", Column::Json)])),
    ];
    let text = concat!(
        "{\"Item\":{\"t\":{\"S\":\"x\"}}}\n",
        "{\"Item\":{\"a\":{\"N\":\"1\"}}}\n",
        "{\"Item\":{\"a\":{\"N\":\"2\"},\"t\":{\"L\":[]}}}\n",
        "{\"Item\":{\"a\":{\"N\":\"3\"},\"t\":{\"S\":\"y\"}}}\n",
    );
    let decoded = decode_by(
        &options(ExportType::Full),
        Plans::Split(b"t".to_vec(), plans),
        text,
        1 << 20,
    );
    assert_eq!(decoded.rows, "0:\n(x .)\n1:\n(1 . .)\n(2 {\"L\":[]} .)\n");
    let Some(Stop::Unforeseen(refused)) = decoded.stop else {
        panic!("{:?}", decoded.stop);
    };
    assert_eq!((refused.line, refused.value), (4, value("y")));
}
