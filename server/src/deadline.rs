//! How long a page waits for the stores.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// How long a page waits for all stores together. What comes later arrives on the live streams.
pub const PAGE_WAITS_FOR_STORES: Duration = Duration::from_millis(250);
/// Why something is missing on a page that did not wait any longer.
pub const NOT_YET: &str = "no answer within 250 ms";

/// The answer, or `NOT_YET`.
///
/// # Errors
/// `NOT_YET` after the deadline, or the answer's own error.
pub async fn answer_until<T>(deadline: Instant, answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    timeout_at(deadline, answer).await.unwrap_or_else(|_| Err(NOT_YET.to_owned()))
}

/// The answer, if there is one in time. A request that takes longer continues, so that the next page finds its answer.
pub async fn shared_answer_until<T: Send + 'static>(
    deadline: Instant,
    answer: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let mut answer = Box::pin(answer);
    let in_time = timeout_at(deadline, &mut answer).await.ok();
    if in_time.is_none() {
        tokio::spawn(answer);
    }
    in_time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_is_there_counts_after_the_deadline_as_well() {
        let passed = Instant::now();
        assert_eq!(answer_until(passed, async { Ok(1) }).await, Ok(1));
        assert_eq!(answer_until(passed, std::future::pending::<Result<(), _>>()).await, Err(NOT_YET.to_owned()));
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let slow = async move {
            tokio::task::yield_now().await;
            sender.send(2)
        };
        assert_eq!(shared_answer_until(passed, slow).await, None);
        assert_eq!(receiver.await, Ok(2), "it continues");
    }
}
