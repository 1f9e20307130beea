//! Requests of real releases with random damage: none ends the process, and what is still accepted can be stored and
//! read again.

use monitor_core::telemetry::Sender;
use monitor_receiver::{
    mapping,
    otlp::{Encoding, Signal, decode},
    store::{Store, Window},
};

use super::{
    client::{JSON, PROTOBUF},
    fixtures::{RELEASES, requests},
    server::OPTIONS,
};

const ROUNDS: u64 = 60;

/// A small generator of random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn damage(body: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(2) {
        let place = random.below(body.len());
        let end = (place + random.below(40)).min(body.len());
        match random.below(6) {
            0 => body[place] ^= 1 << random.below(8),
            1 => body[place] = random.below(256) as u8,
            2 => drop(body.drain(place..end)),
            3 => {
                let copy = body[place..end].to_vec();
                let to = random.below(body.len());
                body.splice(to..to, copy);
            }
            4 => body.truncate(place.max(1)),
            _ => drop(body.splice(
                place..place,
                [b"\xff\xff\xff\xff\x0f", &b"-1e999"[..], b"{[\"\\u0000"][random.below(3)].to_vec(),
            )),
        }
        if body.is_empty() {
            body.push(0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_requests_end_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("telemetry.db"), OPTIONS).expect("it can be opened");
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut decoded, mut refused, mut waiting) = (0, 0, Vec::new());
    for release in RELEASES {
        for (kind, encoding) in [(JSON, Encoding::Json), (PROTOBUF, Encoding::Protobuf)] {
            for request in requests(release, kind) {
                for _ in 0..ROUNDS {
                    let mut body = request.body.clone();
                    damage(&mut body, &mut random);
                    // Sometimes the wrong kind of request.
                    let signal = match (request.path, random.below(10)) {
                        (_, 0) => Signal::Traces,
                        ("/v1/logs", 1) => Signal::Metrics,
                        ("/v1/logs", _) => Signal::Logs,
                        _ => Signal::Metrics,
                    };
                    match decode(signal, encoding, &body) {
                        Ok(request) => {
                            decoded += 1;
                            waiting.push(mapping::map(request, &body, &store.rules()));
                        }
                        Err(error) => {
                            refused += 1;
                            assert!(!error.to_string().is_empty());
                        }
                    }
                }
            }
        }
    }
    assert!(decoded > 300 && refused > 300, "{decoded} decoded, {refused} refused");
    let mut events = 0;
    for batch in waiting {
        events += batch.events.len() as u64;
        store.append(batch).await.expect("it is stored");
    }
    let reader = store.reader().expect("a reader");
    let stored = reader.count_events().expect("a number");
    assert!(stored > 0 && stored <= events, "{stored} of {events}");
    assert!(reader.totals(Window::ALL).expect("they can be read").iter().all(|total| !total.value.is_nan()));
    for total in reader.totals_by_session(Window::ALL, None).expect("they can be read") {
        reader
            .events(&Sender { owner: total.owner, simulated: total.simulated }, None, 5000)
            .expect("they can be read");
    }
}
