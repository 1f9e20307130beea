//! Tells the receiver beside the panel to look whether it still may receive, and waits until it has stopped.

use std::time::Duration;

use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

/// How long somebody who needs the ports waits for them.
const STOPPED_WITHIN: Duration = Duration::from_secs(5);

/// Whether this process receives, and the request to look whether it still may.
#[derive(Debug, Default)]
pub struct ReceiverControl {
    check_due: Notify,
    is_receiving: watch::Sender<bool>,
}

impl ReceiverControl {
    /// Makes the receiver look whether it still may receive.
    pub fn check(&self) {
        self.check_due.notify_one();
    }

    /// Makes the receiver end. Whatever forbids it to receive has to be in place before. Returns when the ports are free.
    pub async fn stop_and_wait(&self) {
        self.check();
        let mut state = self.is_receiving.subscribe();
        if timeout(STOPPED_WITHIN, state.wait_for(|is_receiving| !is_receiving)).await.is_err() {
            tracing::warn!("the receiver did not end in time");
        }
    }

    /// Tells whether this process receives.
    pub fn set_receiving(&self, is_receiving: bool) {
        self.is_receiving.send_replace(is_receiving);
    }

    /// Resolves when it should be looked at once whether this process may receive.
    pub async fn check_requested(&self) {
        self.check_due.notified().await;
    }
}
