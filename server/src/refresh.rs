//! Requests fresh answers, from stores or services, when a page is loaded after no page was open for a while. Without
//! JavaScript, nothing would update the page later.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};

/// Pages request a refresh; the watch does it and reports when it is done. Clones share it.
#[derive(Debug, Clone)]
pub struct Refresh {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// How long answers count as fresh.
    fresh_for: Duration,
    requested: Notify,
    done_at: watch::Sender<Option<Instant>>,
}

impl Refresh {
    /// Answers count as fresh for that long.
    pub fn new(fresh_for: Duration) -> Refresh {
        Refresh { shared: Arc::new(Shared { fresh_for, requested: Notify::new(), done_at: watch::Sender::new(None) }) }
    }

    /// Requests a refresh if the answers are old.
    pub fn request(&self) {
        if self.is_stale() {
            self.shared.requested.notify_one();
        }
    }

    /// Resolves when a refresh was requested.
    pub async fn requested(&self) {
        self.shared.requested.notified().await;
    }

    /// Everybody has answered, and the snapshot holds the answers.
    pub fn done(&self) {
        self.shared.done_at.send_replace(Some(Instant::now()));
    }

    /// Requests a refresh if the answers are old, and waits for it, but no longer than `limit`.
    pub async fn wait_until_fresh(&self, limit: Duration) {
        if !self.is_stale() {
            return;
        }
        let mut done = self.shared.done_at.subscribe();
        self.request();
        // What comes later arrives on the live stream.
        timeout(limit, done.changed()).await.ok();
    }

    fn is_stale(&self) -> bool {
        self.shared.done_at.borrow().is_none_or(|done_at| done_at.elapsed() >= self.shared.fresh_for)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_refresh_is_requested_only_when_answers_are_old_and_can_be_waited_for() {
        let refresh = Refresh::new(Duration::from_secs(3600));
        refresh.request();
        refresh.requested().await;
        refresh.done();
        refresh.request();
        assert_eq!(refresh.requested().now_or_never(), None, "the answers are fresh");
        assert_eq!(refresh.wait_until_fresh(Duration::from_secs(3600)).now_or_never(), Some(()), "no need to wait");

        let always_stale = Refresh::new(Duration::ZERO);
        let (_, ()) = tokio::join!(always_stale.wait_until_fresh(Duration::from_secs(3600)), async {
            always_stale.requested().await;
            always_stale.done();
        });
        always_stale.wait_until_fresh(Duration::ZERO).await;
    }
}
