//! The built-in receiver's file as a source of telemetry. Every answer is read from the file itself, off the request
//! threads; nothing is asked of the receiver, which may be another process.

mod convert;
mod numbers;
mod seen;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use monitor_core::{
    telemetry::{
        AgentEvent, CLAUDE_CODE_SERVICE, CollectorThen, Egress, Flow, LastSeen, Losses, Numbers, Range, Sender,
        Session,
        event::{EventPosition, RecentEvents, events_in_order},
        stores::queries::ACTIVITY_EVENTS,
    },
    timestamp::Timestamp,
};
use monitor_receiver::{
    Nanoseconds,
    store::{EventPlace, OpenError, ReadResult, Reader, StoredEvent},
};
use tokio::{sync::watch, time::Instant};

use super::{NoAnswer, TelemetrySource, cached::Cached};
use crate::clock::now;

/// How long a file may take to answer: a disk may hang.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long looking whether it is there may take.
const LOOKED_WITHIN: Duration = Duration::from_secs(1);
/// How long the answers that the watch polls are shared.
const SHARED_BRIEFLY: Duration = Duration::from_secs(1);
/// How long the comparison of metrics and events is shared. It looks at a day.
const COMPARED_FOR: Duration = Duration::from_secs(60);
/// How long the numbers of all agents are shared at least, and for how many times as long as they took.
const NUMBERS_SHARED: (Duration, u32) = (Duration::from_millis(500), 3);
/// How far back events tell what agents are doing, in nanoseconds.
const RECENT: Nanoseconds = 3 * 3_600 * 1_000_000_000;
/// The most recent events of one answer.
const MOST_RECENT: u32 = 2_000;
/// The most events of one answer about an agent.
const MOST_EVENTS: u32 = 5_000;

/// Reads the built-in receiver's file.
#[derive(Debug)]
pub struct BuiltInTelemetry {
    file: PathBuf,
    recent: Mutex<Recent>,
    seen: Cached<Result<LastSeen, NoAnswer>>,
    losses: Cached<Losses>,
    numbers: [Cached<Numbers>; Range::ALL.len()],
    arrivals: Arc<watch::Sender<u64>>,
    /// Whether data was seen in the file.
    has_data: AtomicBool,
    /// Never changes: a file stays where it is.
    relocations: watch::Sender<u64>,
}

/// The newest events that are known, and the number of the last event in the file.
#[derive(Debug, Default)]
struct Recent {
    events: Arc<RecentEvents>,
    stored_after: i64,
}

impl BuiltInTelemetry {
    /// A source that reads this file, which may not exist. `arrivals` changes after each commit of a receiver in this
    /// process.
    pub fn new(file: PathBuf, arrivals: Arc<watch::Sender<u64>>) -> BuiltInTelemetry {
        BuiltInTelemetry {
            file,
            arrivals,
            has_data: AtomicBool::new(false),
            recent: Mutex::default(),
            seen: Cached::default(),
            losses: Cached::default(),
            numbers: Default::default(),
            relocations: watch::Sender::default(),
        }
    }

    /// Whether anything was ever received; `None` if there is no file. A file that can't be read may have data.
    pub async fn has_data(&self) -> Option<bool> {
        if !exists(&self.file).await {
            return None;
        }
        Some(
            self.has_data.load(Ordering::Relaxed) || {
                let has_data = self.read(Reader::has_data).await.unwrap_or(true);
                self.has_data.store(has_data, Ordering::Relaxed);
                has_data
            },
        )
    }

    /// What `read` reads from the file.
    ///
    /// # Errors
    /// Why it can't be read.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> ReadResult<T> + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let file = self.file.clone();
        let name = || file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let named = name();
        let task = tokio::task::spawn_blocking(move || -> Result<T, OpenError> {
            let reader = Reader::open(&file)?;
            read(&reader).map_err(|error| OpenError::Unusable { path: file.clone(), detail: error.to_string() })
        });
        match tokio::time::timeout(TIMEOUT, task).await {
            Ok(Ok(answer)) => answer.map_err(|error| error.to_string()),
            Ok(Err(_)) => Err(format!("reading `{named}` failed")),
            Err(_) => Err(format!("reading `{named}` takes longer than {} s", TIMEOUT.as_secs())),
        }
    }
}

/// Whether a file is there. One on a disk that does not answer is not.
pub async fn exists(file: &Path) -> bool {
    let file = file.to_owned();
    let look = tokio::task::spawn_blocking(move || file.is_file());
    matches!(tokio::time::timeout(LOOKED_WITHIN, look).await, Ok(Ok(true)))
}

/// Pages are about Claude Code; the file also keeps what other programs send.
fn is_claude_codes(event: &StoredEvent) -> bool {
    event.service == CLAUDE_CODE_SERVICE
}

#[async_trait]
impl TelemetrySource for BuiltInTelemetry {
    async fn is_built_in(&self) -> bool {
        true
    }

    async fn last_seen(&self) -> Result<LastSeen, NoAnswer> {
        let ask = async || {
            let at = now();
            (self.read(move |reader| seen::last_seen(reader, at)).await, SHARED_BRIEFLY)
        };
        self.seen.get(0, ask).await
    }

    async fn collector_then(&self, _time: Timestamp) -> Result<CollectorThen, NoAnswer> {
        // The file does not say when a receiver was running.
        Ok(CollectorThen::NotMeasured)
    }

    async fn losses(&self) -> Losses {
        let ask = async || {
            let at = now();
            let mismatches = self.read(move |reader| seen::mismatches(reader, at)).await;
            (Losses { mismatches: mismatches.unwrap_or_default(), ..Losses::default() }, COMPARED_FOR)
        };
        self.losses.get(0, ask).await
    }

    async fn recent_events(&self) -> Result<Arc<RecentEvents>, NoAnswer> {
        let oldest = convert::nanoseconds(now()).saturating_sub(RECENT);
        let after = self.recent.lock().unwrap_or_else(PoisonError::into_inner).stored_after;
        let (found, last) = self.read(move |reader| reader.recent(oldest, after, MOST_RECENT)).await?;
        let tells = |name: &str| ACTIVITY_EVENTS.contains(&name);
        let new =
            found.iter().filter(|event| is_claude_codes(event) && tells(&event.name)).map(convert::activity).collect();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.stored_after = last;
        let events = Arc::make_mut(&mut recent.events);
        events.add(new);
        events.forget_before(u64::try_from(oldest).unwrap_or_default());
        Ok(Arc::clone(&recent.events))
    }

    async fn numbers(&self, range: Range) -> Numbers {
        let place = Range::ALL.iter().position(|other| *other == range).unwrap_or_default();
        let ask = async || {
            let (begun, at) = (Instant::now(), now());
            let numbers = match self.read(move |reader| numbers::numbers(reader, range, at)).await {
                Ok(numbers) => numbers,
                Err(error) => numbers::unknown(range, at, &error),
            };
            (numbers, NUMBERS_SHARED.0.max(begun.elapsed() * NUMBERS_SHARED.1))
        };
        self.numbers[place].get(0, ask).await
    }

    async fn sessions(&self, sender: &Sender, range: Range) -> Result<Vec<Session>, NoAnswer> {
        let (sender, at) = (sender.clone(), now());
        self.read(move |reader| numbers::sessions(reader, &sender, range, at)).await
    }

    async fn egress(&self, sender: &Sender, _addresses: &[String], _range: Range) -> Result<Egress, NoAnswer> {
        // Simulated agents connect to nothing.
        if sender.simulated { Ok(Egress::default()) } else { Err("connections are recorded by the stack only".into()) }
    }

    async fn events(
        &self,
        sender: &Sender,
        after: Option<&AgentEvent>,
        limit: u32,
    ) -> Result<Vec<AgentEvent>, NoAnswer> {
        let (sender, limit) = (sender.clone(), limit.clamp(1, MOST_EVENTS));
        let after = after.and_then(|event| EventPosition::from_id(&event.id));
        let place = after.map(|after| EventPlace { at: i64::try_from(after.at).unwrap_or(i64::MAX), print: i64::MIN });
        let stored = self.read(move |reader| reader.events(&sender, place, limit)).await?;
        let records: Vec<_> = stored
            .iter()
            .filter(|event| is_claude_codes(event))
            .map(convert::record)
            .filter(|record| after.is_none_or(|after| EventPosition::of(record) > after))
            .collect();
        Ok(events_in_order(&records))
    }

    async fn flow(&self) -> Flow {
        Flow { hops: Vec::new(), error: None, warnings: Vec::new() }
    }

    fn arrivals(&self) -> Option<watch::Receiver<u64>> {
        Some(self.arrivals.subscribe())
    }

    fn relocations(&self) -> watch::Receiver<u64> {
        self.relocations.subscribe()
    }
}
