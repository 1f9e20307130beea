//! Holds the current snapshot and sends changes to its readers. Takes whole snapshots, and sends only the differences.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use monitor_core::live::{LiveEvent, Snapshot, changes};
use tokio::sync::{broadcast, watch};

use crate::clock::now;

/// How many changes a reader may lag behind. Beyond that it gets a new snapshot instead.
const BACKLOG: usize = 256;

/// The snapshot and its readers.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    current: Mutex<Snapshot>,
    events: broadcast::Sender<LiveEvent>,
    /// The number of readers. Expensive measurements run only while it is not zero.
    readers: watch::Sender<usize>,
}

impl Hub {
    /// A hub with this snapshot and no readers.
    pub fn new(first: Snapshot) -> Hub {
        let inner = Inner {
            current: Mutex::new(first),
            events: broadcast::Sender::new(BACKLOG),
            readers: watch::Sender::new(0),
        };
        Hub { inner: Arc::new(inner) }
    }

    /// A copy of the current snapshot.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { taken_at: now(), ..self.current().clone() }
    }

    /// What `read` reads from the current snapshot, without a copy of it.
    pub fn read<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> T {
        read(&self.current())
    }

    /// Changes the snapshot and sends the differences to all readers.
    pub fn update(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut current = self.current();
        let mut new = current.clone();
        change(&mut new);
        let differences = changes(&current, &new);
        if differences.is_empty() {
            return;
        }
        new.taken_at = now();
        let event = LiveEvent::Changes { at: new.taken_at, changes: differences };
        *current = new;
        // Sent while locked, so that no reader subscribes between the change and its event. An error means no readers.
        let _ = self.inner.events.send(event);
    }

    /// A reader of all changes from now on. Its first event is not a snapshot.
    pub fn subscribe(&self) -> Reader {
        let current = self.current();
        let reader = Reader { events: self.inner.events.subscribe(), hub: self.clone() };
        drop(current);
        self.inner.readers.send_modify(|readers| *readers += 1);
        reader
    }

    /// The number of readers, and notifications when it changes.
    pub fn readers(&self) -> watch::Receiver<usize> {
        self.inner.readers.subscribe()
    }

    fn current(&self) -> MutexGuard<'_, Snapshot> {
        self.inner.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reader of the live stream.
pub struct Reader {
    events: broadcast::Receiver<LiveEvent>,
    hub: Hub,
}

impl Reader {
    /// The next event. A reader that lags too far behind gets a new snapshot. `None` if the hub was dropped.
    pub async fn next(&mut self) -> Option<LiveEvent> {
        match self.events.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let current = self.hub.current();
                self.events = self.hub.inner.events.subscribe();
                Some(LiveEvent::Snapshot(Box::new(Snapshot { taken_at: now(), ..current.clone() })))
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.hub.inner.readers.send_modify(|readers| *readers -= 1);
    }
}

#[cfg(test)]
mod tests {
    use monitor_core::{live::Change, status::StackState};

    use super::*;

    fn hub() -> Hub {
        Hub::new(Snapshot::unknown(now()))
    }

    #[tokio::test]
    async fn only_differences_are_sent() {
        let hub = hub();
        let mut reader = hub.subscribe();
        hub.update(|_| {});
        hub.update(|snapshot| snapshot.stack = StackState::Stopped);
        let Some(LiveEvent::Changes { changes, .. }) = reader.next().await else { panic!("expected a change") };
        assert_eq!(changes, [Change::Stack(StackState::Stopped)]);
    }

    #[tokio::test]
    async fn a_reader_that_lags_behind_gets_a_new_snapshot() {
        let hub = hub();
        let mut reader = hub.subscribe();
        for round in 0..=BACKLOG {
            hub.update(|snapshot| snapshot.configuration.directory = format!("/{round}"));
        }
        let Some(LiveEvent::Snapshot(fresh)) = reader.next().await else { panic!("expected a snapshot") };
        assert_eq!(fresh.configuration.directory, format!("/{BACKLOG}"));
    }

    #[tokio::test]
    async fn readers_are_counted() {
        let hub = hub();
        let readers = hub.readers();
        let reader = hub.subscribe();
        assert_eq!(*readers.borrow(), 1);
        drop(reader);
        assert_eq!(*readers.borrow(), 0);
    }
}
