//! Live streams about agents: everybody's numbers, and one agent's events as they arrive.
//!
//! `GET /events/numbers?range=24h` sends `Numbers` at once and whenever they changed. `GET /events/agent/{container}` sends
//! batches of `AgentEvent`s, oldest first: the last hundred at once (none is a batch as well), then new ones. Where the
//! store does not answer it sends an event `trouble` with the words, once, and a batch as soon as it answers again.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, StreamExt, future::ready, stream};
use monitor_core::{
    error::StackError,
    telemetry::{AgentEvent, Numbers, Owner, Range, event},
};
use serde::Deserialize;
use tokio::time::sleep;

use super::{
    Panel,
    live::{in_json, with_json},
};
use crate::telemetry::TelemetrySource;

/// Between two looks at everybody's numbers; the source answers all tabs at once.
const NUMBERS_EVERY: Duration = Duration::from_secs(5);
/// Between two looks for new events of one agent.
const EVENTS_EVERY: Duration = Duration::from_secs(1);
/// How many events of the past a reader is given.
const PAST: u32 = 100;
/// How many new events travel in one batch.
const BATCH: u32 = 500;
/// By how much an event may arrive after one that happened later, in milliseconds: processes of one agent send on their
/// own, every few seconds.
const OVERTAKEN_BY: i64 = 15_000;
/// How many events are looked at again for that; fewer than a batch, or nothing new would come of it.
const OVERLAP: usize = 200;
/// For how many rounds after the last event they are looked at again.
const OVERLAP_ROUNDS: u32 = 15;

#[derive(Deserialize)]
pub(super) struct Options {
    range: Option<String>,
}

type Events = Result<Event, Infallible>;

pub(super) async fn numbers(
    State(panel): State<Panel>,
    Query(options): Query<Options>,
) -> Result<Sse<impl Stream<Item = Events>>, Response> {
    let range = match options.range.as_deref() {
        None => Range::default(),
        Some(name) => Range::from_name(name)
            .ok_or_else(|| (StatusCode::BAD_REQUEST, "the ranges are `1h`, `6h`, `24h` and `7d`\n").into_response())?,
    };
    let events = numbers_of(panel.telemetry, range).map(|numbers| Ok(in_json(&numbers)));
    Ok(Sse::new(events.take_until(panel.shutdown.cancelled_owned())).keep_alive(KeepAlive::default()))
}

/// Everybody's numbers, at once and after each change. Their moment alone is no change.
fn numbers_of(telemetry: Arc<dyn TelemetrySource>, range: Range) -> impl Stream<Item = Numbers> {
    let asked = stream::unfold((telemetry, Duration::ZERO), move |(telemetry, pause)| async move {
        sleep(pause).await;
        Some((telemetry.numbers(range).await, (telemetry, NUMBERS_EVERY)))
    });
    let changed = asked.scan(None, |last: &mut Option<Numbers>, numbers| {
        let same = last.as_ref().is_some_and(|last| Numbers { at: numbers.at, ..last.clone() } == numbers);
        let news = (!same).then(|| numbers.clone());
        *last = Some(numbers);
        ready(Some(news))
    });
    changed.filter_map(ready)
}

pub(super) async fn events(
    State(panel): State<Panel>,
    Path(container): Path<String>,
) -> Result<Sse<impl Stream<Item = Events>>, Response> {
    let events = match owner_of(&panel, &container).await {
        Ok(Some(owner)) => events_of(Arc::clone(&panel.telemetry), owner).boxed(),
        Ok(None) => {
            let error = StackError::UnknownAgent { agent: container };
            return Err((StatusCode::NOT_FOUND, format!("{error}\n")).into_response());
        }
        // The browser asks again after the end of the stream, and by then the Engine may answer.
        Err(error) => stream::once(ready(trouble(&error.to_string()))).boxed(),
    };
    let events = events.map(Ok).take_until(panel.shutdown.cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// The tags of the agent in that container. Just after the start the Engine knows it before the snapshot does.
async fn owner_of(panel: &Panel, container: &str) -> Result<Option<Owner>, StackError> {
    if let Some(agent) = panel.hub.snapshot().agent(container) {
        return Ok(Some(agent.owner()));
    }
    let found = panel.engine.agent(container).await?.filter(|found| found.container == container);
    Ok(found.map(|found| found.owner()))
}

/// Where a reader of events stands.
#[derive(Default)]
struct Place {
    /// The last events that were sent, oldest first; what is new is looked for behind the first of them.
    recent: Vec<AgentEvent>,
    /// Rounds in which nothing new came.
    quiet: u32,
    /// What keeps events from coming, as it was told.
    trouble: Option<String>,
    /// The store was asked before.
    began: bool,
}

fn events_of(telemetry: Arc<dyn TelemetrySource>, owner: Owner) -> impl Stream<Item = Event> {
    stream::unfold((telemetry, owner, Place::default()), |(telemetry, owner, mut place)| async move {
        loop {
            if place.began {
                sleep(EVENTS_EVERY).await;
            }
            let limit = if place.recent.is_empty() { PAST } else { BATCH };
            let answer = telemetry.events(&owner, place.recent.first(), limit).await;
            if let Some(event) = place.news(answer) {
                return Some((event, (telemetry, owner, place)));
            }
        }
    })
}

impl Place {
    /// What the reader is to hear of an answer: nothing where it is as before.
    fn news(&mut self, answer: Result<Vec<AgentEvent>, String>) -> Option<Event> {
        let first = !std::mem::replace(&mut self.began, true);
        match answer {
            Ok(mut batch) => {
                batch.retain(|event| !self.recent.iter().any(|sent| sent.id == event.id));
                self.remember(&batch);
                let recovered = self.trouble.take().is_some();
                (first || recovered || !batch.is_empty()).then(|| in_json(&batch))
            }
            Err(words) if self.trouble.as_ref() == Some(&words) => None,
            Err(words) => {
                let event = trouble(&words);
                self.trouble = Some(words);
                Some(event)
            }
        }
    }

    fn remember(&mut self, batch: &[AgentEvent]) {
        if batch.is_empty() {
            self.quiet = self.quiet.saturating_add(1);
            if self.quiet >= OVERLAP_ROUNDS {
                self.recent.drain(..self.recent.len().saturating_sub(1));
            }
            return;
        }
        self.quiet = 0;
        self.recent.extend_from_slice(batch);
        self.recent.sort_by_cached_key(|event| event::EventPosition::from_id(&event.id));
        let newest = self.recent.last().map_or(0, |event| event.at.unix_milliseconds());
        self.recent.retain(|event| event.at.unix_milliseconds() >= newest - OVERTAKEN_BY);
        self.recent.drain(..self.recent.len().saturating_sub(OVERLAP));
    }
}

fn trouble(words: &str) -> Event {
    with_json(Event::default().event("trouble"), &words)
}
