//! Whoever loads a page is to see what the stores say now, also where nobody has looked for an hour and no script will
//! mend the page later.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};

/// Visitors ring, and whoever asks the stores says when they have answered. Clones share the bell.
#[derive(Debug, Clone)]
pub struct Visits {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// How long answers are taken for true.
    hold: Duration,
    bell: Notify,
    answered_at: watch::Sender<Option<Instant>>,
}

impl Default for Visits {
    /// A little longer than the time between two rounds while somebody looks.
    fn default() -> Visits {
        Visits::new(Duration::from_secs(6))
    }
}

impl Visits {
    /// Answers are taken for true for so long.
    pub fn new(hold: Duration) -> Visits {
        Visits { shared: Arc::new(Shared { hold, bell: Notify::new(), answered_at: watch::Sender::new(None) }) }
    }

    /// Somebody came; the stores are to be asked if their answers are old.
    pub fn ring(&self) {
        if self.is_stale() {
            self.shared.bell.notify_one();
        }
    }

    /// Resolves when the stores are to be asked.
    pub async fn rung(&self) {
        self.shared.bell.notified().await;
    }

    /// What the stores answered is in the snapshot.
    pub fn answered(&self) {
        self.shared.answered_at.send_replace(Some(Instant::now()));
    }

    /// As `ring`, and waits for the answers, but no longer than that.
    pub async fn fresh(&self, within: Duration) {
        if !self.is_stale() {
            return;
        }
        let mut answers = self.shared.answered_at.subscribe();
        self.ring();
        // What does not come in time is shown as it was; the live stream brings it later.
        timeout(within, answers.changed()).await.ok();
    }

    fn is_stale(&self) -> bool {
        self.shared.answered_at.borrow().is_none_or(|answered| answered.elapsed() >= self.shared.hold)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn the_bell_rings_only_where_answers_are_old_and_a_visitor_waits_for_new_ones() {
        let visits = Visits::new(Duration::from_secs(3600));
        visits.ring();
        visits.rung().await;
        visits.answered();
        visits.ring();
        assert_eq!(visits.rung().now_or_never(), None, "they are new");
        visits.fresh(Duration::from_secs(3600)).await;

        let always = Visits::new(Duration::ZERO);
        let (_, ()) = tokio::join!(always.fresh(Duration::from_secs(3600)), async {
            always.rung().await;
            always.answered();
        });
        always.fresh(Duration::ZERO).await;
    }
}
