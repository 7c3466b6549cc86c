//! Good records, in either format, written in both and read again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| exportkit_fuzz::roundtrip(data));
