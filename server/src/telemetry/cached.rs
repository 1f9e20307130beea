//! Caches an answer and shares it between concurrent callers.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

/// The last answer.
#[derive(Debug)]
struct CacheEntry<T> {
    answer: T,
    until: Instant,
    generation: u64,
}

/// Caches the last answer. Callers that arrive during a request wait for its result.
#[derive(Debug)]
pub struct Cached<T> {
    kept: Mutex<Option<CacheEntry<T>>>,
}

impl<T> Default for Cached<T> {
    fn default() -> Cached<T> {
        Cached { kept: Mutex::new(None) }
    }
}

impl<T: Clone> Cached<T> {
    /// The cached answer, or that of `ask`, which also returns how long to cache it. An answer of another generation is not
    /// used, because the stores' addresses have changed since.
    pub async fn get(&self, generation: u64, ask: impl AsyncFnOnce() -> (T, Duration)) -> T {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = &*kept
            && kept.generation == generation
            && kept.until > Instant::now()
        {
            return kept.answer.clone();
        }
        let (answer, keep_for) = ask().await;
        *kept = Some(CacheEntry { answer: answer.clone(), until: Instant::now() + keep_for, generation });
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::{FutureExt as _, future::join_all};
    use tokio::sync::Semaphore;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn twenty_concurrent_callers_cause_one_request() {
        let (shared, asked, door) = (Cached::default(), AtomicU32::new(0), Semaphore::new(0));
        let ask = async |generation, keep_for| {
            let question = async || {
                door.acquire().await.expect("it is never closed").forget();
                (asked.fetch_add(1, Ordering::Relaxed), keep_for)
            };
            shared.get(generation, question).await
        };
        let all = join_all((0..20).map(|_| ask(0, LONG)));
        // Only one request gets through.
        let open = async { door.add_permits(1) };
        assert_eq!(futures::join!(all, open).0, [0; 20]);
        door.add_permits(3);
        assert_eq!(ask(1, Duration::ZERO).await, 1, "the stores have moved");
        assert_eq!(ask(1, LONG).await, 2, "that answer was not to be kept");
        assert_eq!(ask(1, LONG).await, 2);
    }

    #[tokio::test]
    async fn if_a_caller_gives_up_the_next_one_sends_the_request() {
        let shared = Cached::default();
        let never = shared.get(0, async || std::future::pending::<(u32, Duration)>().await);
        assert_eq!(never.now_or_never(), None);
        assert_eq!(shared.get(0, async || (2, LONG)).await, 2);
    }
}
