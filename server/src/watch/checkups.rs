//! When the doctor comes: after something changed that he goes by, and when somebody sends for him. Never by the clock.

use std::time::Duration;

use tokio::time::sleep;

use super::Watch;

/// Changes come in bursts, and nobody reads findings that fast.
const BURST: Duration = Duration::from_millis(300);

impl Watch {
    /// Keeps the snapshot's checkup true. While a job is at work it would be wrong as soon as it is made; the end of the
    /// job is followed by one.
    pub(super) async fn run_checkups(&self) {
        loop {
            self.panel.checkup_due.notified().await;
            sleep(BURST).await;
            if self.panel.jobs.current().is_some_and(|job| job.is_running()) {
                continue;
            }
            self.panel.check_up().await;
        }
    }
}
