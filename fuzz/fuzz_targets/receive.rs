//! A request to the receiver in any encoding: it is refused or mapped, and ends nothing.

#![no_main]

use monitor_receiver::{
    mapping::{Rules, map},
    otlp::{Encoding, Signal, decode},
};

const RULES: Rules = Rules { now: 1_795_416_658_000_000_000, oldest: 0, keep_account: false, keep_spans: true };

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((kind, body)) = input.split_first() else { return };
    let encoding = if kind % 2 == 0 { Encoding::Json } else { Encoding::Protobuf };
    let signal = [Signal::Logs, Signal::Metrics, Signal::Traces][usize::from(kind / 2) % 3];
    if let Ok(request) = decode(signal, encoding, body) {
        map(request, body, &RULES);
    }
});
