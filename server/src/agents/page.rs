//! One agent, looked at closely: everything that its page shows, asked side by side.

use futures::join;
use monitor_core::{
    agent_page::{AgentPage, compare_variables, owner_numbers},
    agents::StackEvidence,
    error::StackError,
    telemetry::{Missing, Range, Store},
};

use super::{Details, standing};
use crate::{
    background::in_background, clock::now, configuration::Configuration, engine::ContainerEngine,
    telemetry::TelemetrySource,
};

/// How many events the page begins with. They are in it twice, as text and for the browser, which then asks for more.
const EVENTS: u32 = 20;

/// Looks at the agent in the container of that name. A store that does not answer costs what it would have told.
pub async fn page(
    engine: &dyn ContainerEngine,
    telemetry: &dyn TelemetrySource,
    configuration: &Configuration,
    details: &Details,
    container: &str,
    range: Range,
) -> Result<AgentPage, StackError> {
    let Some(mut found) = engine.agent(container).await?.filter(|found| found.container == container) else {
        return Err(StackError::UnknownAgent { agent: container.to_owned() });
    };
    let owner = found.owner();
    let addresses = found.addresses.clone();
    let settings = {
        let configuration = configuration.clone();
        in_background(move || configuration.settings().unwrap_or_default())
    };
    let (settings, learnt, collector, heard, losses, numbers, sessions, events, egress, embedding) = join!(
        settings,
        details.complete(engine, &mut found),
        engine.collector(),
        telemetry.heard(),
        telemetry.losses(),
        telemetry.numbers(range),
        telemetry.sessions(&owner, range),
        telemetry.events(&owner, None, EVENTS),
        telemetry.egress(&owner, &addresses, range),
        telemetry.embedding(),
    );
    if let Err(error) = learnt {
        tracing::debug!(%error, container, "its files could not be looked at");
    }
    let around = StackEvidence { now: now(), settings, collector: collector?, last_seen: heard, losses };
    let heard_version = || {
        around
            .last_seen
            .as_ref()
            .ok()
            .and_then(|heard| heard.owners.get(&owner))
            .and_then(|heard| heard.version.clone())
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
        agent: standing::agent(&found, &around),
        variables: compare_variables(&found, &around.settings),
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
