//! How fast the decoder is, by the shape of the items: `cargo run --release --example decode_bench [filter]`.
//!
//! Prints, of both formats, megabytes (10^6) of text and millions of items a second with the plan given, the best of
//! many rounds, on one thread, and beside it what the scanner takes. The data is the same at every run.

mod shapes;

use std::hint::black_box;

use exportkit_core::columns::plan::{Column, ColumnPlan, Field, NumberColumn, Others, SetColumn, Struct};
use exportkit_core::decoder::{DecodeOptions, Decoder, Plans};
use exportkit_core::ion::IonParser;
use exportkit_core::json::JsonParser;
use exportkit_core::reader::{ExportType, Parser};
use exportkit_core::scanner::{ScanOptions, Scanner};
use exportkit_core::strict::{OutputFormat, StrictReader};
use exportkit_core::transcode::{Ion, Transcoder};

use self::shapes::{CHUNK, SHAPES, Shape, generate, measure};

const INT64: Column = Column::Number(NumberColumn::Int64);
const DECIMAL: Column = Column::Number(NumberColumn::Decimal {
    precision: 18,
    scale: 6,
});

fn fields(columns: impl IntoIterator<Item = (impl Into<String>, Column)>) -> Vec<Field> {
    let columns = columns.into_iter().map(|(name, column)| (name.into(), column));
    columns
        .map(|(name, column)| Field {
            attribute: name.clone(),
            name,
            column,
        })
        .collect()
}

fn struct_of(fields: Vec<Field>) -> Struct {
    Struct {
        fields,
        others: Others::Misfit,
    }
}

fn typical() -> Vec<Field> {
    let geo = struct_of(fields([("lat", DECIMAL), ("lon", DECIMAL)]));
    let address = [
        ("street", Column::String),
        ("zip", Column::String),
        ("geo", Column::Struct(geo)),
    ];
    let line = [("sku", Column::String), ("qty", INT64), ("price", INT64)];
    fields([
        ("pk", Column::String),
        ("sk", Column::String),
        ("createdAt", Column::String),
        ("total", DECIMAL),
        ("note", Column::String),
        ("address", Column::Struct(struct_of(fields(address)))),
        ("tags", Column::Set(SetColumn::Strings)),
        ("lines", Column::List(Box::new(Column::Struct(struct_of(fields(line)))))),
        ("digest", Column::Binary),
        ("paid", Column::Bool),
        ("coupon", Column::String),
    ])
}

fn plan(shape: &Shape) -> ColumnPlan {
    let item = match shape.name {
        "narrow" => fields([
            ("id", Column::String),
            ("n", INT64),
            ("score", DECIMAL),
            ("count", INT64),
            ("active", Column::Bool),
        ]),
        "sparse" => {
            let sparse = (0..60).map(|number| match number % 3 {
                0 => (format!("attribute{number:02}"), Column::String),
                1 => (format!("attr{number:02}"), INT64),
                _ => (format!("anAttributeName{number:02}"), Column::Bool),
            });
            fields([("id".to_owned(), Column::String)].into_iter().chain(sparse))
        }
        "long" => fields([
            ("id", Column::String),
            ("text", Column::String),
            ("blob", Column::Binary),
        ]),
        _ => typical(),
    };
    let keys = shape.key.iter().map(|name| (*name, Column::String));
    ColumnPlan {
        item: struct_of(item),
        keys: (shape.export_type == ExportType::Incremental).then(|| struct_of(fields(keys))),
        keep_nulls: false,
        rescue: false,
    }
}

fn scan<P: Parser>(text: &[u8], options: &ScanOptions) -> u64 {
    let mut scanner: Scanner<P> = Scanner::new(options.clone());
    text.chunks(CHUNK).for_each(|chunk| scanner.feed(chunk));
    scanner.finish().records
}

fn decode(text: &[u8], options: &DecodeOptions, plan: &ColumnPlan) -> usize {
    let mut decoder = Decoder::new(options, Plans::One(plan.clone()));
    let mut rows = 0;
    for chunk in text.chunks(CHUNK).map(Some).chain([None]) {
        let (batches, stop) = match chunk {
            Some(chunk) => decoder.feed(chunk),
            None => decoder.finish(),
        };
        assert!(stop.is_none(), "{stop:?}");
        rows += black_box(batches).iter().map(|(_, batch)| batch.rows).sum::<usize>();
    }
    rows
}

/// The same records in Ion.
fn ion(text: &str, export_type: ExportType) -> Vec<u8> {
    let mut reader = StrictReader::new(OutputFormat::DynamodbJson, export_type, 1 << 20);
    let mut writer: Transcoder<Ion> = Transcoder::default();
    assert!(reader.feed(text.as_bytes(), &mut writer).is_ok());
    writer.lines().to_vec()
}

fn main() -> Result<(), std::fmt::Error> {
    let filter = std::env::args().nth(1).unwrap_or_default();
    println!(
        "{:8} {:6} {:>6} {:>9} {:>9} {:>9} {:>9}",
        "", "", "bytes", "scan MB/s", "MB/s", "ns/item", "ms/MB"
    );
    for shape in SHAPES.iter().filter(|shape| shape.name.contains(&filter)) {
        let json = generate(shape.line)?;
        let ion = ion(&json, shape.export_type);
        for (format, text) in [(OutputFormat::DynamodbJson, json.as_bytes()), (OutputFormat::Ion, &ion)] {
            let options = DecodeOptions {
                format,
                export_type: shape.export_type,
                max_record_size: 1 << 20,
                batch_rows: 1 << 16,
                batch_bytes: 1 << 25,
                quarantine: false,
                misfit_limit: 20,
                infer: None,
            };
            let (plan, scan_options) = (plan(shape), ScanOptions::new(shape.export_type));
            let scan = match format {
                OutputFormat::DynamodbJson => scan::<JsonParser>,
                OutputFormat::Ion => scan::<IonParser>,
            };
            let rows = decode(text, &options, &plan);
            let scanned = measure(text.len(), || {
                black_box(scan(text, &scan_options));
            });
            let decoded = measure(text.len(), || assert_eq!(decode(text, &options, &plan), rows));
            let bytes = text.len() / rows;
            #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
            let nanoseconds = bytes as f64 * 1e3 / decoded;
            println!(
                "{:8} {:6} {bytes:6} {scanned:9.0} {decoded:9.0} {nanoseconds:9.0} {:9.3}",
                shape.name,
                if format == OutputFormat::Ion { "ion" } else { "json" },
                1e3 / decoded
            );
        }
    }
    Ok(())
}
