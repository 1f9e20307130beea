//! When the doctor runs: after a change that may affect its findings, and on request. It does not run on a schedule.

use std::time::Duration;

use tokio::time::sleep;

use super::Watch;

/// Changes come in bursts, so the doctor runs once for all changes within this time.
const BURST: Duration = Duration::from_millis(300);

impl Watch {
    /// Keeps the snapshot's checkup up to date. Pauses while a job is running, because findings would be out of date at once.
    /// The end of the job requests a checkup.
    pub(super) async fn run_checkups(&self) {
        loop {
            self.panel.checkup_due.notified().await;
            sleep(BURST).await;
            let is_running = self.panel.jobs.current().is_some_and(|job| job.is_running());
            if is_running || self.panel.hub.snapshot().running_job().is_some() {
                continue;
            }
            self.panel.check_up().await;
        }
    }
}
