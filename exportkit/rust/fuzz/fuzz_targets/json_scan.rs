//! Any bytes as a data file of DynamoDB JSON.
#![no_main]

use exportkit_core::json::JsonParser;
use exportkit_core::strict::OutputFormat;

libfuzzer_sys::fuzz_target!(|data: &[u8]| exportkit_fuzz::scan::<JsonParser>(OutputFormat::DynamodbJson, data));
