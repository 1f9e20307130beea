//! See `core/tests/support/foreign.rs`.

#![no_main]

#[path = "../../core/tests/support/foreign.rs"]
#[expect(dead_code, reason = "each target checks one of them")]
mod foreign;

libfuzzer_sys::fuzz_target!(|text: &str| foreign::read_files(text));
