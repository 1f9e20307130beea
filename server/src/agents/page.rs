//! The page of one agent: everything on it, queried concurrently.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::join;
use monitor_core::{
    agent_page::{AgentPage, compare_variables, owner_numbers},
    agents::{Agent, CollectorEvidence, StackEvidence, agent_without_container, owner_from_name},
    error::StackError,
    settings::Settings,
    telemetry::{
        AgentEvent, Egress, Missing, Numbers, OwnerNumbers, Range, Sender, Session, Store, event::RecentEvents,
    },
    timestamp::Timestamp,
};
use tokio::time::Instant;

use super::{AgentFileCache, agent_with_verdict, collector_then, losses, times_to_ask_about, with_activity};
use crate::{
    background::in_background,
    clock::now,
    deadline::{NOT_YET, answer_until, shared_answer_until},
    installation::Installation,
    telemetry::TelemetrySource,
};

/// How many events the page begins with. It holds them twice, as text and as data; the browser then requests more.
const EVENTS: u32 = 20;

/// Everything about the agent in this container. Data from stores that do not answer within this time is missing.
///
/// # Errors
/// `UnknownAgent` if there is no such container or it is not an agent's, and errors of the Engine.
pub async fn page(
    installation: &Installation,
    agent_files: &AgentFileCache,
    container: &str,
    range: Range,
    wait_for_stores: Duration,
) -> Result<AgentPage, StackError> {
    if let Some((owner, simulated)) = owner_from_name(container) {
        let sender = Sender { owner, simulated };
        return page_without_container(installation, sender, container, range, wait_for_stores).await;
    }
    let Installation { engine, telemetry, configuration, .. } = installation;
    let Some(mut found) = engine.agent(container).await?.filter(|found| found.container == container) else {
        return Err(StackError::UnknownAgent { agent: container.to_owned() });
    };
    agent_files.fill_in(&mut found);
    let sender = Sender::real(found.owner());
    let addresses = found.addresses.clone();
    let settings = {
        let configuration = configuration.clone();
        in_background(move || configuration.settings().unwrap_or_default())
    };
    // The Engine's time is not the stores'.
    let deadline = Instant::now() + wait_for_stores;
    let (for_last_seen, for_losses) = (Arc::clone(telemetry), (Arc::clone(engine), Arc::clone(telemetry)));
    let (settings, files, collector, last_seen, losses, answers) = join!(
        settings,
        agent_files.load_and_fill_in(installation, &mut found),
        engine.collector(),
        shared_answer_until(deadline, async move { for_last_seen.last_seen().await }),
        shared_answer_until(deadline, async move { losses(for_losses.0.as_ref(), for_losses.1.as_ref()).await }),
        store_answers(installation, deadline, &sender, &addresses, range),
    );
    if let Err(error) = files {
        tracing::debug!(%error, container, "the agent's files could not be read");
    }
    let last_seen = last_seen.unwrap_or_else(|| Err(NOT_YET.to_owned()));
    let losses = losses.unwrap_or_default();
    let collector = collector?;
    let asked = times_to_ask_about([&found], &collector);
    let for_collector = Arc::clone(telemetry);
    let then = shared_answer_until(deadline, async move { collector_then(for_collector.as_ref(), asked).await });
    let collector_then = then.await.unwrap_or_else(|| Err(NOT_YET.to_owned()));
    let stack =
        StackEvidence { now: now(), settings, containers_known: true, collector, collector_then, last_seen, losses };
    // The version also decides which variables count.
    if found.claude_version.is_none() {
        let known = stack.last_seen.as_ref().ok().and_then(|heard| heard.owners.get(&sender.owner));
        found.claude_version = known.and_then(|known| known.version.clone());
    }
    let agent = agent_with_verdict(&found, &stack, &answers.recent_events);
    Ok(AgentPage {
        variables: compare_variables(&found, &stack.settings),
        claude_version: found.claude_version.clone(),
        workdir: found.workdir,
        networks: found.networks,
        ..answers.page(agent, range)
    })
}

/// The page of an agent that has no container here. Needs no Engine.
async fn page_without_container(
    installation: &Installation,
    sender: Sender,
    name: &str,
    range: Range,
    wait_for_stores: Duration,
) -> Result<AgentPage, StackError> {
    let deadline = Instant::now() + wait_for_stores;
    let for_last_seen = Arc::clone(&installation.telemetry);
    let (for_engine, for_losses) = (Arc::clone(&installation.engine), Arc::clone(&installation.telemetry));
    let (answers_engine, last_seen, losses, answers) = join!(
        answer_until(deadline, async { installation.engine.check().await.map_err(|error| error.to_string()) }),
        shared_answer_until(deadline, async move { for_last_seen.last_seen().await }),
        shared_answer_until(deadline, async move { losses(for_engine.as_ref(), for_losses.as_ref()).await }),
        store_answers(installation, deadline, &sender, &[], range),
    );
    let Sender { owner, simulated } = sender;
    let stack = StackEvidence {
        now: now(),
        settings: Settings::default(),
        containers_known: answers_engine.is_ok(),
        collector: CollectorEvidence::default(),
        collector_then: Ok(BTreeMap::new()),
        last_seen: last_seen.unwrap_or_else(|| Err(NOT_YET.to_owned())),
        losses: losses.unwrap_or_default(),
    };
    let Some(agent) = agent_without_container(&owner, simulated, &stack) else {
        return Err(StackError::UnknownAgent { agent: name.to_owned() });
    };
    let heard = stack.last_seen.as_ref().ok();
    let heard = heard.and_then(|heard| if simulated { &heard.simulated } else { &heard.owners }.get(&owner));
    let claude_version = heard.and_then(|heard| heard.version.clone());
    let agent = with_activity(agent, &stack, &answers.recent_events);
    Ok(AgentPage { claude_version, ..answers.page(agent, range) })
}

/// What the stores answered about one agent.
struct StoreAnswers {
    at: Timestamp,
    numbers: OwnerNumbers,
    sessions: Vec<Session>,
    events: Vec<AgentEvent>,
    egress: Egress,
    missing: Vec<Missing>,
    embedding: bool,
    recent_events: Arc<RecentEvents>,
}

impl StoreAnswers {
    /// The page of the agent, without what is known of its container.
    fn page(self, agent: Agent, range: Range) -> AgentPage {
        let StoreAnswers { at, numbers, sessions, events, egress, missing, embedding, .. } = self;
        AgentPage {
            agent,
            workdir: None,
            claude_version: None,
            networks: Vec::new(),
            variables: Vec::new(),
            range,
            at,
            numbers,
            sessions,
            events,
            egress,
            missing,
            embedding,
        }
    }
}

async fn store_answers(
    Installation { telemetry, dashboards, .. }: &Installation,
    deadline: Instant,
    sender: &Sender,
    addresses: &[String],
    range: Range,
) -> StoreAnswers {
    let for_recent_events = Arc::clone(telemetry);
    let (numbers, sessions, events, egress, embedding, recent_events) = join!(
        numbers_until(deadline, telemetry, range),
        answer_until(deadline, telemetry.sessions(sender, range)),
        answer_until(deadline, telemetry.events(sender, None, EVENTS)),
        answer_until(deadline, telemetry.egress(sender, addresses, range)),
        answer_until(deadline, async { Ok(dashboards.allow_embedding().await) }),
        shared_answer_until(deadline, async move { for_recent_events.recent_events().await }),
    );
    let is_built_in = telemetry.is_built_in().await;
    let of_owner = owner_numbers(&numbers, &sender.owner, sender.simulated);
    let mut missing = numbers.missing;
    let mut lacks = |store: Store, error: String, what: &str| {
        // Connections are recorded by the stack only.
        let store = if is_built_in && what != "connections" { Store::BuiltIn } else { store };
        match missing.iter_mut().find(|known| known.store == store) {
            Some(known) => known.lacks = format!("{}, {what}", known.lacks),
            None => missing.push(Missing { store, error, lacks: what.to_owned() }),
        }
    };
    let sessions =
        sessions.map_err(|error| lacks(Store::Prometheus, error, "sessions of this agent")).unwrap_or_default();
    let events = events.map_err(|error| lacks(Store::Loki, error, "events")).unwrap_or_default();
    let egress = egress.map_err(|error| lacks(Store::Loki, error, "connections")).unwrap_or_default();
    StoreAnswers {
        at: numbers.at,
        numbers: of_owner,
        sessions,
        events,
        egress,
        missing,
        embedding: embedding.unwrap_or_default(),
        recent_events: recent_events.and_then(Result::ok).unwrap_or_default(),
    }
}

/// Everybody's numbers; all of them are missing if there is no answer before the deadline.
pub async fn numbers_until(deadline: Instant, telemetry: &Arc<dyn TelemetrySource>, range: Range) -> Numbers {
    let telemetry = Arc::clone(telemetry);
    let answer = shared_answer_until(deadline, async move { telemetry.numbers(range).await }).await;
    answer.unwrap_or_else(|| {
        let missing = Missing { store: Store::Prometheus, error: NOT_YET.to_owned(), lacks: "all numbers".to_owned() };
        Numbers { range, at: now(), owners: Vec::new(), missing: vec![missing] }
    })
}
