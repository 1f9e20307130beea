//! The page of one agent: everything on it, queried concurrently.

use futures::join;
use monitor_core::{
    agent_page::{AgentPage, compare_variables, owner_numbers},
    agents::StackEvidence,
    error::StackError,
    telemetry::{Missing, Range, Store},
};

use super::{AgentFileCache, agent_with_verdict};
use crate::{background::in_background, clock::now, installation::Installation};

/// How many events the page begins with. It holds them twice, as text and as data; the browser then requests more.
const EVENTS: u32 = 20;

/// Everything about the agent in this container. Data from stores that do not answer is missing.
///
/// # Errors
/// `UnknownAgent` if there is no such container or it is not an agent's, and errors of the Engine.
pub async fn page(
    installation: &Installation,
    agent_files: &AgentFileCache,
    container: &str,
    range: Range,
) -> Result<AgentPage, StackError> {
    let Installation { engine, telemetry, configuration, dashboards, .. } = installation;
    let Some(mut found) = engine.agent(container).await?.filter(|found| found.container == container) else {
        return Err(StackError::UnknownAgent { agent: container.to_owned() });
    };
    let owner = found.owner();
    let addresses = found.addresses.clone();
    let settings = {
        let configuration = configuration.clone();
        in_background(move || configuration.settings().unwrap_or_default())
    };
    let (settings, files, collector, last_seen, losses, numbers, sessions, events, egress, embedding) = join!(
        settings,
        agent_files.load_and_fill_in(engine.as_ref(), &mut found),
        engine.collector(),
        telemetry.last_seen(),
        telemetry.losses(),
        telemetry.numbers(range),
        telemetry.sessions(&owner, range),
        telemetry.events(&owner, None, EVENTS),
        telemetry.egress(&owner, &addresses, range),
        dashboards.allow_embedding(),
    );
    if let Err(error) = files {
        tracing::debug!(%error, container, "the agent's files could not be read");
    }
    let stack = StackEvidence { now: now(), settings, collector: collector?, last_seen, losses };
    let heard_version = || {
        let known = stack.last_seen.as_ref().ok()?.owners.get(&owner)?;
        known.version.clone()
    };
    let of_owner = owner_numbers(&numbers, &owner);
    let mut missing = numbers.missing;
    let mut lacks = |error: String, what: &str| match missing.iter_mut().find(|known| known.store == Store::Loki) {
        Some(known) => known.lacks = format!("{}, {what}", known.lacks),
        None => missing.push(Missing { store: Store::Loki, error, lacks: what.to_owned() }),
    };
    let sessions = sessions.map_err(|error| lacks(error, "sessions of this agent")).unwrap_or_default();
    let events = events.map_err(|error| lacks(error, "events")).unwrap_or_default();
    let egress = egress.map_err(|error| lacks(error, "connections")).unwrap_or_default();
    Ok(AgentPage {
        agent: agent_with_verdict(&found, &stack),
        variables: compare_variables(&found, &stack.settings),
        claude_version: found.claude_version.clone().or_else(heard_version),
        workdir: found.workdir,
        networks: found.networks,
        range,
        at: numbers.at,
        numbers: of_owner,
        sessions,
        events,
        egress,
        missing,
        embedding,
    })
}
