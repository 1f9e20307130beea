//! One answer for all who ask at the same time, and shortly after.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

/// The last answer.
#[derive(Debug)]
struct Kept<T> {
    answer: T,
    until: Instant,
    generation: u64,
}

/// Keeps the last answer. While it is asked for, whoever else asks waits for it.
#[derive(Debug)]
pub struct Shared<T> {
    kept: Mutex<Option<Kept<T>>>,
}

impl<T> Default for Shared<T> {
    fn default() -> Shared<T> {
        Shared { kept: Mutex::new(None) }
    }
}

impl<T: Clone> Shared<T> {
    /// The kept answer, else a new one and how long it is to be kept. An answer of another generation is not kept: the
    /// stores were elsewhere then.
    pub async fn get(&self, generation: u64, ask: impl AsyncFnOnce() -> (T, Duration)) -> T {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = &*kept
            && kept.generation == generation
            && kept.until > Instant::now()
        {
            return kept.answer.clone();
        }
        let (answer, fresh_for) = ask().await;
        *kept = Some(Kept { answer: answer.clone(), until: Instant::now() + fresh_for, generation });
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
    async fn twenty_who_ask_at_once_cause_one_question() {
        let (shared, asked, door) = (Shared::default(), AtomicU32::new(0), Semaphore::new(0));
        let ask = async |generation, fresh_for| {
            let question = async || {
                door.acquire().await.expect("it is never closed").forget();
                (asked.fetch_add(1, Ordering::Relaxed), fresh_for)
            };
            shared.get(generation, question).await
        };
        let all = join_all((0..20).map(|_| ask(0, LONG)));
        // The door opens for one question only.
        let open = async { door.add_permits(1) };
        assert_eq!(futures::join!(all, open).0, [0; 20]);
        door.add_permits(3);
        assert_eq!(ask(1, Duration::ZERO).await, 1, "the stores have moved");
        assert_eq!(ask(1, LONG).await, 2, "the answer was not to be kept");
        assert_eq!(ask(1, LONG).await, 2);
    }

    #[tokio::test]
    async fn who_leaves_in_the_middle_leaves_the_question_to_the_next() {
        let shared = Shared::default();
        let never = shared.get(0, async || std::future::pending::<(u32, Duration)>().await);
        assert_eq!(never.now_or_never(), None);
        assert_eq!(shared.get(0, async || (2, LONG)).await, 2);
    }
}
