//! Runs blocking work, on files or in the kernel, outside the threads that answer requests.

use tokio::task::JoinError;

/// Runs `work` on a blocking thread. A panic in it continues in the caller.
pub async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    finished(tokio::task::spawn_blocking(work).await).await
}

/// The result of blocking work; a panic in it continues in the caller.
pub async fn finished<T>(joined: Result<T, JoinError>) -> T {
    match joined {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and the caller with it.
            Err(_) => std::future::pending().await,
        },
    }
}
