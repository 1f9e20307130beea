//! Follows what another process does to the stack.

use std::time::Duration;

use tokio::time::sleep;

use super::Watch;

/// The time between two looks while another process works. The file tells of its changes, but not everywhere, and not
/// always that its holder was killed.
const INTERVAL: Duration = Duration::from_millis(500);

impl Watch {
    /// Keeps the snapshot's job up to date with other processes. Looks at the lock's file when it changes.
    pub(super) async fn watch_other_work(&self) {
        let lock = self.panel.installation.configuration.work_lock();
        loop {
            let is_at_work = self.panel.refresh_other_work().await;
            tokio::select! {
                () = lock.changed() => {}
                () = sleep(INTERVAL), if is_at_work => {}
            }
        }
    }
}
