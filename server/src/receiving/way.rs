//! How the panel's receiver makes way for whoever needs its ports.

use std::time::Duration;

use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

/// How long somebody who needs the ports waits for them.
const MADE_WITHIN: Duration = Duration::from_secs(5);

/// Whether this process receives, and the request to look whether it still may.
#[derive(Debug, Default)]
pub struct Way {
    look_again: Notify,
    is_receiving: watch::Sender<bool>,
}

impl Way {
    /// Makes the receiver look whether it still may receive.
    pub fn request(&self) {
        self.look_again.notify_one();
    }

    /// Makes the receiver end. Whatever forbids it to receive has to be in place before. Returns when the ports are free.
    pub async fn make(&self) {
        self.request();
        let mut state = self.is_receiving.subscribe();
        if timeout(MADE_WITHIN, state.wait_for(|is_receiving| !is_receiving)).await.is_err() {
            tracing::warn!("the receiver did not end in time");
        }
    }

    /// Tells whether this process receives.
    pub fn set_receiving(&self, is_receiving: bool) {
        self.is_receiving.send_replace(is_receiving);
    }

    /// Resolves when it should be looked at once whether this process may receive.
    pub async fn look_again(&self) {
        self.look_again.notified().await;
    }
}
