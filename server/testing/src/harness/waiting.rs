//! Waiting for what the panel does in the background.

use std::time::{Duration, Instant};

use monitor_core::{
    job::Job,
    live::{LiveEvent, Snapshot},
};

use super::Harness;
use crate::deadline::{DEADLINE, within_deadline};

impl Harness {
    /// Waits until the snapshot is as wanted, as a reader of the live stream. Panics with the snapshot as it is when it
    /// never is.
    pub async fn until(&self, awaited: &str, is_wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let mut reader = self.panel.hub.subscribe();
        let found = async {
            loop {
                let snapshot = self.panel.hub.snapshot();
                if is_wanted(&snapshot) {
                    return snapshot;
                }
                reader.next().await.unwrap();
            }
        };
        match tokio::time::timeout(DEADLINE, found).await {
            Ok(snapshot) => snapshot,
            Err(_) => panic!("never {awaited}: {:#?}", self.panel.hub.snapshot()),
        }
    }

    /// As `until`, without being a reader: a reader makes the panel measure and ask.
    pub async fn until_unobserved(&self, awaited: &str, is_wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let began = Instant::now();
        loop {
            let snapshot = self.panel.hub.snapshot();
            if is_wanted(&snapshot) {
                return snapshot;
            }
            assert!(began.elapsed() < DEADLINE, "never {awaited}: {snapshot:#?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The job with that id, once it has ended.
    pub async fn ended(&self, id: u32) -> Job {
        within_deadline(&format!("the end of job {id}"), self.panel.jobs.wait_for_end(id)).await.unwrap()
    }

    /// Every snapshot from now on, one for each change.
    pub fn follow(&self) -> Follower {
        let reader = self.panel.hub.subscribe();
        Follower { snapshot: self.panel.hub.snapshot(), reader }
    }
}

/// A reader of the live stream that keeps a snapshot up to date, as a browser tab does.
pub struct Follower {
    pub snapshot: Snapshot,
    reader: clawker_monitor::hub::Reader,
}

impl Follower {
    /// Waits for the next change and applies it.
    pub async fn next(&mut self, awaited: &str) -> &Snapshot {
        match within_deadline(awaited, self.reader.next()).await.unwrap() {
            LiveEvent::Changes { changes, .. } => changes.into_iter().for_each(|change| self.snapshot.apply(change)),
            LiveEvent::Snapshot(fresh) => self.snapshot = *fresh,
            LiveEvent::Hello { .. } => panic!("the hub says no hello"),
        }
        &self.snapshot
    }
}
