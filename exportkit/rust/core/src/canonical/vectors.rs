//! The canonical encodings of `tests/vectors/canonical.json`, which both engines have to meet.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::{Canonicaliser, Output};
use crate::reader::{DEFAULT_MAX_RECORD_SIZE, ExportType};
use crate::strict::{OutputFormat, StrictReader};

fn outputs(format: OutputFormat, export_type: ExportType, output: Output, record: &str) -> Vec<String> {
    let mut reader = StrictReader::new(format, export_type, DEFAULT_MAX_RECORD_SIZE);
    let mut canonicaliser = Canonicaliser::new(output);
    // Twice, so that what one record leaves behind would spoil the next.
    reader
        .feed(format!("{record}\n{record}\n").as_bytes(), &mut canonicaliser)
        .unwrap();
    canonicaliser.outputs().map(hexadecimal).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Compares a group of vectors; returns how many records were read.
fn meet(group: &str, export_type: ExportType) -> usize {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/vectors/canonical.json");
    let vectors: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut records = 0;
    for vector in vectors[group].as_array().unwrap() {
        for (format, lines) in [
            (OutputFormat::DynamodbJson, "dynamodb_json"),
            (OutputFormat::Ion, "ion"),
        ] {
            for line in vector[lines].as_array().unwrap() {
                let line = line.as_str().unwrap();
                for (output, expected) in [(Output::Encoding, "canonical"), (Output::Hash, "sha256")] {
                    let expected = vector[expected].as_str().unwrap();
                    let found = outputs(format, export_type, output, line);
                    assert_eq!(found, [expected, expected], "{}: {line}", vector["name"]);
                }
                records += 1;
            }
        }
    }
    records
}

#[test]
fn items() {
    assert!(meet("items", ExportType::Full) >= 100);
}

#[test]
fn changes() {
    assert!(meet("changes", ExportType::Incremental) >= 10);
}
