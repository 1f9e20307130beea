//! Every wait in a test has a deadline and fails with a message that says what it waited for.

use std::{future::Future, time::Duration};

/// Long enough for a busy machine, and short enough that a broken test does not stall the run.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Awaits `future`. Panics with `awaited` when it takes longer than [`DEADLINE`].
pub async fn within_deadline<T>(awaited: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {} s for {awaited}", DEADLINE.as_secs()),
    }
}
