//! Any bytes as a data file of Ion text.
#![no_main]

use exportkit_core::ion::IonParser;
use exportkit_core::strict::OutputFormat;

libfuzzer_sys::fuzz_target!(|data: &[u8]| exportkit_fuzz::scan::<IonParser>(OutputFormat::Ion, data));
