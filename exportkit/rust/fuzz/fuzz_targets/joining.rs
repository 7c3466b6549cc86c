//! Any bytes as a data file of changes and of items, and as join entries.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| exportkit_fuzz::joining::join(data));
