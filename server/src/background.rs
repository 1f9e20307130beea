//! Work that waits for the disk or the kernel, away from the threads that answer requests.

/// Files and the kernel's tables are read where waiting holds nobody up.
pub async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
