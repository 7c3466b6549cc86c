//! How fast the scanner and the inference are, by the shape of the items: `cargo run --release --example scan_bench [filter]`.
//!
//! Prints megabytes (10^6) of DynamoDB JSON a second, the best of many rounds, on one thread, and beside it what
//! validating UTF-8 alone takes. The data is the same at every run.

mod shapes;

use std::hint::black_box;

use exportkit_core::inference::{InferOptions, Inference};
use exportkit_core::json::JsonParser;
use exportkit_core::scanner::{ScanOptions, Scanner};
use exportkit_core::strict::OutputFormat;

use self::shapes::{CHUNK, SHAPES, generate, measure};

fn scan(text: &str, options: &ScanOptions) -> u64 {
    let mut scanner: Scanner<JsonParser> = Scanner::new(options.clone());
    for chunk in text.as_bytes().chunks(CHUNK) {
        scanner.feed(chunk);
        black_box(scanner.take_keys());
    }
    let report = scanner.finish();
    assert!(report.faults.is_empty(), "{:?}", report.faults[0]);
    report.records
}

fn infer(text: &str, options: &ScanOptions) -> u64 {
    let mut inference = Inference::new(InferOptions {
        format: OutputFormat::DynamodbJson,
        export_type: options.export_type,
        max_record_size: options.max_record_size,
        max_map_fields: 200,
        split_by: None,
        max_split_values: 0,
        quarantine: false,
    });
    for chunk in text.as_bytes().chunks(CHUNK) {
        let fed = inference.feed(chunk);
        assert!(fed.is_ok(), "{fed:?}");
    }
    inference.records()
}

fn main() -> Result<(), std::fmt::Error> {
    let filter = std::env::args().nth(1).unwrap_or_default();
    println!(
        "{:8} {:>6} {:>8} {:>8} {:>8} {:>8}",
        "MB/s", "bytes", "scan", "keys", "infer", "utf-8"
    );
    for shape in SHAPES {
        if !shape.name.contains(&filter) {
            continue;
        }
        let text = generate(shape.line)?;
        let options = ScanOptions::new(shape.export_type);
        let keyed = ScanOptions {
            key_names: Some(shape.key.iter().map(|name| name.as_bytes().to_vec()).collect()),
            collect_keys: true,
            ..options.clone()
        };
        let records = usize::try_from(scan(&text, &options)).unwrap_or(1);
        println!(
            "{:8} {:6} {:8.0} {:8.0} {:8.0} {:8.0}",
            shape.name,
            text.len() / records,
            measure(text.len(), || assert_eq!(scan(&text, &options), records as u64)),
            measure(text.len(), || assert_eq!(scan(&text, &keyed), records as u64)),
            measure(text.len(), || assert_eq!(infer(&text, &options), records as u64)),
            measure(text.len(), || {
                for chunk in text.as_bytes().chunks(CHUNK) {
                    black_box(simdutf8::basic::from_utf8(chunk).is_ok());
                }
            }),
        );
    }
    Ok(())
}
