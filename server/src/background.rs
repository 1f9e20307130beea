//! Work that waits for the disk or the kernel, away from the threads that answer requests.

/// Files and the kernel's tables are read where waiting holds nobody up.
pub async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is ending, and with it whoever waits here.
            Err(_) => std::future::pending().await,
        },
    }
}
