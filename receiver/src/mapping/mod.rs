//! Turns OTLP messages into records: whose they are, what counts, and what is refused. Pure: the same request gives the
//! same records, so that a repeated one is recognized. Knows nothing about files.

mod attributes;
mod context;
mod derived;
mod events;
mod points;
mod spans;

use sha2::{Digest, Sha256};

use crate::{
    Nanoseconds,
    otlp::{Request, Signal},
    records::Batch,
};

pub use attributes::{decimal, json_of, text_of};
pub use context::SIMULATED;
pub use derived::{MANAGED_SETTINGS, bucket_upper_bound};

/// The most attributes of one record. The same as the stack's (`max_structured_metadata_entries_count`).
pub const MAX_ATTRIBUTES: usize = 256;
/// The most bytes of attributes of one record. The same as the stack's (`max_structured_metadata_size`).
pub const MAX_ATTRIBUTE_BYTES: usize = 1_000_000;
/// The most bytes of labels of one point.
pub const MAX_LABEL_BYTES: usize = 4_000;
/// The largest number, in either direction. A sum of such numbers stays finite.
pub const MAX_NUMBER: f64 = 1e18;

const SECOND: Nanoseconds = 1_000_000_000;
/// How far ahead of our clock a record may be, in nanoseconds: as far as a clock in the wrong time zone.
const MAX_AHEAD: Nanoseconds = 86_400 * SECOND;

/// What decides how a request is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The time of our clock.
    pub now: Nanoseconds,
    /// Older records are rejected.
    pub oldest: Nanoseconds,
    /// Whether the account of the user is kept (`include_account_uuid`).
    pub keep_account: bool,
    /// Whether spans are kept.
    pub keep_spans: bool,
}

impl Rules {
    /// The time of a record: the first that is not 0, else our clock's.
    ///
    /// # Errors
    /// Why there can be no such record.
    fn time(&self, given: &[u64]) -> Result<Nanoseconds, String> {
        let Some(given) = given.iter().find(|given| **given != 0) else { return Ok(self.now) };
        let at = Nanoseconds::try_from(*given).unwrap_or(Nanoseconds::MAX);
        if at > self.now.saturating_add(MAX_AHEAD) {
            return Err("the time is more than a day ahead of this machine's clock".into());
        }
        if at < self.oldest {
            return Err("the time is older than what is kept".into());
        }
        Ok(at)
    }
}

/// Maps a request. `body` is its decompressed body, from which it is recognized when it is repeated.
pub fn map(request: Request, body: &[u8], rules: &Rules) -> Batch {
    let mut batch = Batch::default();
    let signal = match request {
        Request::Logs(request) => {
            events::map(request, rules, &mut batch);
            Signal::Logs
        }
        Request::Metrics(request) => {
            points::map(request, rules, &mut batch);
            Signal::Metrics
        }
        Request::Traces(request) => {
            spans::map(request, rules, &mut batch);
            Signal::Traces
        }
    };
    let hash = Sha256::new().chain_update([signal as u8]).chain_update(body).finalize();
    batch.print = first_eight(&hash);
    batch
}

/// The first 8 bytes of a hash as a number, as SQLite keeps one.
fn first_eight(hash: &[u8]) -> i64 {
    hash.iter().take(8).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests;
