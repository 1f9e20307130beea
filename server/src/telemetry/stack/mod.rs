//! The six-service stack as a source of telemetry: Prometheus and Loki over HTTP, with limits on time, concurrency and
//! size. One request covers all agents. Knows nothing about containers and verdicts.

mod agent_details;
mod collector_then;
mod embedding;
mod events;
mod last_seen;
mod mismatches;
mod numbers;
mod recent_events;
mod requests;
mod store;
mod stores;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::{join, join4};
use monitor_core::{
    telemetry::{
        AgentEvent, CollectorThen, Egress, Flow, LastSeen, Losses, Mismatch, Numbers, Owner, Range, Sender, Session,
        event::RecentEvents,
        series::Sample,
        stores::{
            hops::{self, HopCounters},
            losses,
            numbers::StoreAnswer,
            queries,
        },
    },
    timestamp::Timestamp,
};
use tokio::{
    sync::{Mutex, watch},
    time::Instant,
};

use self::{
    collector_then::KnownCollector, events::IdleSenders, last_seen::LastSeenTracker,
    recent_events::RecentEventsTracker, requests::query_prometheus, store::Priority,
};
use super::{NoAnswer, TelemetrySource, cached::Cached};
use crate::clock::now;

pub use stores::{Dashboards, StackStores};

/// How long the answers that the watch polls are shared.
const SHARED_BRIEFLY: Duration = Duration::from_secs(2);
/// How long the comparison of metrics and events is shared. It looks at a day.
const COMPARED_FOR: Duration = Duration::from_secs(60);

/// How long the numbers of all agents are shared at least. A page asks once a second.
const SHORTEST_SHARED: Duration = Duration::from_millis(500);
/// Numbers that took long to answer are shared for that many times as long, so that Prometheus is busy with the panel
/// for a quarter of the time at most.
const SHARED_FOR_TIMES: u32 = 3;

/// Queries the stack's stores.
#[derive(Debug)]
pub struct StackTelemetry {
    stores: Arc<StackStores>,
    last_seen: Mutex<LastSeenTracker>,
    collector_then: KnownCollector,
    idle_senders: IdleSenders,
    recent_events: Mutex<RecentEventsTracker>,
    recent: Cached<Result<Arc<RecentEvents>, NoAnswer>>,
    heard: Cached<Result<LastSeen, NoAnswer>>,
    lost: Cached<StoreAnswer<Sample>>,
    mismatches: Cached<Result<BTreeMap<Owner, Mismatch>, NoAnswer>>,
    flow: Cached<Flow>,
    numbers: [Cached<Numbers>; Range::ALL.len()],
}

impl StackTelemetry {
    /// A source that queries these stores.
    pub fn new(stores: Arc<StackStores>) -> StackTelemetry {
        StackTelemetry {
            stores,
            last_seen: Mutex::default(),
            collector_then: KnownCollector::default(),
            idle_senders: IdleSenders::default(),
            recent_events: Mutex::default(),
            recent: Cached::default(),
            heard: Cached::default(),
            lost: Cached::default(),
            mismatches: Cached::default(),
            flow: Cached::default(),
            numbers: Default::default(),
        }
    }

    /// The stores that are queried.
    pub fn stores(&self) -> &StackStores {
        &self.stores
    }

    /// The answer to `queries::hop_losses`, which both losses and flow are computed from.
    async fn lost(&self) -> StoreAnswer<Sample> {
        let ask = async || {
            let answer = query_prometheus(&self.stores.prometheus, queries::hop_losses(), now(), Priority::Quick).await;
            (answer, SHARED_BRIEFLY)
        };
        self.lost.get(self.stores.generation(), ask).await
    }

    async fn query_flow(&self) -> Flow {
        let ask = |query: String| query_prometheus(&self.stores.prometheus, query, now(), Priority::Quick);
        let answers = join4(
            ask(queries::hop_throughput()),
            self.lost(),
            ask(queries::reachable_services()),
            ask(queries::queues()),
        )
        .await;
        // Without the answer to `up`, every hop is unknown.
        let error = answers.2.as_ref().or(answers.0.as_ref()).err().or(answers.1.as_ref().err()).cloned();
        let counted = HopCounters {
            through: answers.0.unwrap_or_default(),
            lost: answers.1.unwrap_or_default(),
            queues: answers.3.unwrap_or_default(),
            up: if error.is_some() { Vec::new() } else { answers.2.unwrap_or_default() },
        };
        Flow { error, ..hops::flow(&counted) }
    }
}

#[async_trait]
impl TelemetrySource for StackTelemetry {
    async fn last_seen(&self) -> Result<LastSeen, NoAnswer> {
        let ask = async || {
            let mut last_seen = self.last_seen.lock().await;
            (last_seen.refresh(&self.stores.prometheus, now()).await, SHARED_BRIEFLY)
        };
        self.heard.get(self.stores.generation(), ask).await
    }

    async fn collector_then(&self, time: Timestamp) -> Result<CollectorThen, NoAnswer> {
        self.collector_then.ask(&self.stores.prometheus, self.stores.generation(), time).await
    }

    async fn losses(&self) -> Losses {
        let compare = async || (mismatches::query(&self.stores.prometheus, now()).await, COMPARED_FOR);
        let (lost, mismatches) = join(self.lost(), self.mismatches.get(self.stores.generation(), compare)).await;
        let losses = lost.map(|lost| losses::total(&lost)).unwrap_or_default();
        Losses { mismatches: mismatches.unwrap_or_default(), ..losses }
    }

    async fn recent_events(&self) -> Result<Arc<RecentEvents>, NoAnswer> {
        let ask = async || {
            let mut tracker = self.recent_events.lock().await;
            (tracker.refresh(&self.stores.loki, now()).await, SHARED_BRIEFLY)
        };
        self.recent.get(self.stores.generation(), ask).await
    }

    async fn numbers(&self, range: Range) -> Numbers {
        let place = match range {
            Range::Hour => 0,
            Range::SixHours => 1,
            Range::Day => 2,
            Range::Week => 3,
        };
        let ask = async || {
            let begun = Instant::now();
            let numbers = numbers::query(&self.stores.prometheus, range, now()).await;
            (numbers, SHORTEST_SHARED.max(begun.elapsed() * SHARED_FOR_TIMES))
        };
        self.numbers[place].get(self.stores.generation(), ask).await
    }

    async fn sessions(&self, sender: &Sender, range: Range) -> Result<Vec<Session>, NoAnswer> {
        agent_details::sessions(&self.stores.prometheus, sender, range).await
    }

    async fn egress(&self, sender: &Sender, addresses: &[String], range: Range) -> Result<Egress, NoAnswer> {
        agent_details::egress(&self.stores.loki, sender, addresses, range).await
    }

    async fn events(
        &self,
        sender: &Sender,
        after: Option<&AgentEvent>,
        limit: u32,
    ) -> Result<Vec<AgentEvent>, NoAnswer> {
        events::query(&self.stores.loki, &self.idle_senders, sender, after, limit).await
    }

    async fn flow(&self) -> Flow {
        self.flow.get(self.stores.generation(), async || (self.query_flow().await, SHARED_BRIEFLY)).await
    }

    fn relocations(&self) -> watch::Receiver<u64> {
        self.stores.relocations()
    }
}
