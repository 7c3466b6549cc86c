//! How fast a state is sifted, changes are indexed, and items are signed, by the shape of the items:
//! `cargo run --release --example join_bench [shape [column]]`.
//!
//! Prints megabytes (10^6) a second, the best of many rounds, on one thread: of an applier whose filter holds no key
//! and one in ten, of one that writes the other format, of a signer; of changes, of an index. Beside them what scanning
//! with the key and without takes. The data is the same at every run.

mod shapes;

use std::hint::black_box;
use std::sync::Arc;

use exportkit_core::ion::IonParser;
use exportkit_core::joining::{Applier, ApplyOptions, Entries, Index, IndexOptions, KeyFilter, Payload};
use exportkit_core::json::JsonParser;
use exportkit_core::reader::{ExportType, Parser};
use exportkit_core::scanner::{ScanOptions, Scanner};
use exportkit_core::signer::Signer;
use exportkit_core::strict::{OutputFormat, StrictReader};
use exportkit_core::transcode::{DynamodbJson, Form, Ion, Transcoder};

use self::shapes::{CHUNK, SHAPES, Shape, generate, measure};

const OTHER: [OutputFormat; 2] = [OutputFormat::Ion, OutputFormat::DynamodbJson];

fn scan<P: Parser>(text: &[u8], options: &ScanOptions) -> u64 {
    let mut scanner: Scanner<P> = Scanner::new(options.clone());
    for chunk in text.chunks(CHUNK) {
        scanner.feed(chunk);
        black_box(scanner.take_keys());
    }
    scanner.finish().records
}

fn apply_options(shape: &Shape, format: OutputFormat) -> ApplyOptions {
    ApplyOptions {
        format,
        max_record_size: 1 << 26,
        source: 0,
        file_index: 0,
        key_names: shape.key.iter().map(|name| name.as_bytes().to_vec()).collect(),
        payload: Payload::Line,
        keep_lines: true,
    }
}

/// Sifts a text, and returns the entries and how many lines were kept.
fn sift<F: Form>(
    text: &[u8],
    options: &ApplyOptions,
    form: OutputFormat,
    filter: Option<&Arc<KeyFilter>>,
) -> (Vec<u8>, u64) {
    let mut applier = Applier::<F>::new(options.clone(), form, filter.cloned());
    let mut entries = Vec::new();
    for chunk in text.chunks(CHUNK) {
        assert_eq!(applier.read(Some(chunk)), Ok(()));
        black_box(applier.lines(chunk).map(<[u8]>::len).sum::<usize>());
        entries.extend(applier.take_entries());
    }
    (entries, applier.kept())
}

fn sign(text: &[u8], format: OutputFormat) -> u64 {
    let mut signer = Signer::default();
    let mut reader = StrictReader::new(format, ExportType::Full, 1 << 26);
    for chunk in text.chunks(CHUNK) {
        assert_eq!(reader.feed(chunk, &mut signer), Ok(()));
    }
    black_box(signer.sum());
    signer.records()
}

fn index(text: &[u8], shape: &Shape, format: OutputFormat) -> u64 {
    let mut index = Index::<DynamodbJson>::new(IndexOptions {
        format,
        max_record_size: 1 << 26,
        source: 1,
        file_index: 0,
        key_names: Some(shape.key.iter().map(|name| name.as_bytes().to_vec()).collect()),
        window: None,
    });
    for chunk in text.chunks(CHUNK) {
        assert_eq!(index.read(Some(chunk)), Ok(()));
        black_box(index.take_entries());
    }
    index.records()
}

/// The text in Ion.
fn in_ion(text: &[u8], export_type: ExportType) -> Vec<u8> {
    let mut writer = Transcoder::<Ion>::default();
    let mut reader = StrictReader::new(OutputFormat::DynamodbJson, export_type, 1 << 26);
    assert_eq!(reader.feed(text, &mut writer), Ok(()));
    writer.lines().to_vec()
}

/// A filter of one key in ten, in the middle of the text.
fn tenth(entries: &[u8]) -> Arc<KeyFilter> {
    let filter = Arc::new(KeyFilter::new(1 << 14).unwrap_or_else(|error| unreachable!("{error:?}")));
    for (_, bytes) in Entries::new(entries).flatten().step_by(10) {
        assert_eq!(filter.add(bytes), Ok(()));
    }
    filter
}

fn state<P: Parser, F: Form, O: Form>(shape: &Shape, text: &[u8], format: OutputFormat, only: &str) {
    let options = ScanOptions::new(ExportType::Full);
    let keyed = ScanOptions {
        key_names: Some(shape.key.iter().map(|name| name.as_bytes().to_vec()).collect()),
        collect_keys: true,
        ..options.clone()
    };
    let apply = apply_options(shape, format);
    let other = OTHER[usize::from(format == OutputFormat::Ion)];
    let empty = tenth(&[]);
    let some = tenth(&sift::<F>(text, &apply, format, None).0);
    let records = scan::<P>(text, &options);
    assert_eq!(sift::<F>(text, &apply, format, Some(&empty)).1, records);
    let name = if format == OutputFormat::Ion { "ion" } else { "json" };
    print!("{:8} {name:5} {:6}", shape.name, text.len() as u64 / records);
    let column = |name: &str, round: &dyn Fn()| {
        if only.is_empty() || name == only {
            print!(" {:8.0}", measure(text.len(), round));
        }
    };
    column("scan", &|| assert_eq!(scan::<P>(text, &options), records));
    column("keys", &|| assert_eq!(scan::<P>(text, &keyed), records));
    column("none", &|| drop(sift::<F>(text, &apply, format, Some(&empty))));
    column("tenth", &|| drop(sift::<F>(text, &apply, format, Some(&some))));
    column("other", &|| drop(sift::<O>(text, &apply, other, Some(&empty))));
    column("sign", &|| assert_eq!(sign(text, format), records));
    println!();
}

fn main() -> Result<(), std::fmt::Error> {
    let filter = std::env::args().nth(1).unwrap_or_default();
    let only = std::env::args().nth(2).unwrap_or_default();
    println!(
        "{:8} {:5} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "MB/s", "", "bytes", "scan", "keys", "none", "tenth", "other", "sign"
    );
    for shape in &SHAPES {
        if !shape.name.contains(&filter) {
            continue;
        }
        let text = generate(shape.line)?;
        let ion = in_ion(text.as_bytes(), shape.export_type);
        if shape.export_type == ExportType::Full {
            state::<JsonParser, DynamodbJson, Ion>(shape, text.as_bytes(), OutputFormat::DynamodbJson, &only);
            state::<IonParser, Ion, DynamodbJson>(shape, &ion, OutputFormat::Ion, &only);
        } else {
            for (name, text, format) in [
                ("json", text.as_bytes(), OutputFormat::DynamodbJson),
                ("ion", &ion, OutputFormat::Ion),
            ] {
                let speed = measure(text.len(), || assert!(index(text, shape, format) > 0));
                println!("{:8} {name:5} index {speed:.0}", shape.name);
            }
        }
    }
    Ok(())
}
