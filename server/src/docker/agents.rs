//! Finds agents, what their images and files say about telemetry, and the collector that they send to.
//!
//! The Engine's list of containers does not include environment variables, so each container is inspected. Containers
//! that are not agents are cached, because a container's environment never changes.

mod archive;
mod convert;
mod files;
mod places;
#[cfg(test)]
mod tests;
mod version;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bollard::models::{ContainerInspectResponse, ContainerSummary};
use futures::{StreamExt, TryStreamExt, stream};
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence, SettingsFile},
    error::StackError,
};

pub(super) use files::read_agent_files;

use super::{
    client::{Client, Connection},
    list,
    observe::inspect,
};

/// Each inspection takes the Engine 1 to 2 ms.
const MAX_CONCURRENT_INSPECTIONS: usize = 8;
/// The substring that Clawker's own check looks for in container names (v0.8.0, `internal/docker/client.go`).
const COLLECTOR_NAME: &str = "otel-collector";

/// In entries. A limit is needed because a panel runs for weeks on machines that create thousands of containers a day.
const CACHE_LIMIT: usize = 4096;

/// What does not have to be requested again.
#[derive(Default)]
pub(super) struct AgentCache {
    /// Ids of containers that are not agents.
    non_agents: Mutex<BTreeSet<String>>,
    /// Telemetry variables of images, by image id.
    images: Mutex<BTreeMap<String, Vec<String>>>,
}

impl AgentCache {
    fn non_agents(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.non_agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clears a full cache. What is still needed is requested once more.
    fn clear_if_full(&self) {
        if self.non_agents().len() >= CACHE_LIMIT {
            self.non_agents().clear();
        }
        if self.images().len() >= CACHE_LIMIT {
            self.images().clear();
        }
    }

    fn images(&self) -> MutexGuard<'_, BTreeMap<String, Vec<String>>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All agents, sorted by container name. Containers that are removed in the meantime are left out.
pub(super) async fn list_agents(client: &Client, cache: &AgentCache) -> Result<Vec<AgentContainer>, StackError> {
    let engine = client.connection().await?;
    let listed = list::containers(&engine, None).await?;
    let present: BTreeSet<&str> = listed.iter().filter_map(|container| container.id.as_deref()).collect();
    cache.non_agents().retain(|id| present.contains(id.as_str()));
    let ids: Vec<String> = listed
        .into_iter()
        .filter(|container| !is_stack_container(container))
        .filter_map(|container| container.id)
        .collect();
    let engine = &engine;
    let inspected = stream::iter(ids)
        .map(|id| async move { inspect_agent(engine, cache, &id).await })
        .buffer_unordered(MAX_CONCURRENT_INSPECTIONS);
    let found: Vec<Option<AgentContainer>> = inspected.try_collect().await?;
    let mut agents: Vec<AgentContainer> = found.into_iter().flatten().collect();
    agents.sort_by(|one, other| one.container.cmp(&other.container));
    Ok(agents)
}

/// One agent, by the container's id or full name. `None` if there is no such container or it is not an agent.
pub(super) async fn find_agent(
    client: &Client,
    cache: &AgentCache,
    id: &str,
) -> Result<Option<AgentContainer>, StackError> {
    inspect_agent(&client.connection().await?, cache, id).await
}

async fn inspect_agent(
    engine: &Connection,
    cache: &AgentCache,
    id: &str,
) -> Result<Option<AgentContainer>, StackError> {
    if cache.non_agents().contains(id) {
        return Ok(None);
    }
    // The Engine also accepts the beginning of an id.
    let is_exact = |inspected: &ContainerInspectResponse| {
        inspected.id.as_deref() == Some(id) || convert::container_name(inspected) == Some(id)
    };
    let Some(inspected) = inspect(engine, id).await?.filter(is_exact) else { return Ok(None) };
    let mut settings = Vec::new();
    if !convert::is_agent(&inspected) {
        if !convert::may_run_claude_code(&inspected) {
            cache.clear_if_full();
            cache.non_agents().extend(inspected.id);
            return Ok(None);
        }
        // Not cached, because files change.
        settings = files::read_settings(engine, &inspected).await?;
        if !settings.iter().any(SettingsFile::sets_telemetry) {
            return Ok(None);
        }
    }
    let image_environment = image_environment(engine, cache, inspected.image.as_deref().unwrap_or_default()).await;
    Ok(Some(convert::with_settings(convert::agent_container(inspected, image_environment), settings)))
}

/// The telemetry variables that are set in an image. `None` if it was removed or can't be inspected.
async fn image_environment(engine: &Connection, cache: &AgentCache, image: &str) -> Option<Vec<String>> {
    if let Some(known) = cache.images().get(image) {
        return Some(known.clone());
    }
    let inspected = engine.docker.inspect_image(image).await.map_err(|error| engine.failure(error)).ok()?;
    let variables = convert::telemetry_variables(inspected.config.and_then(|config| config.env).unwrap_or_default());
    cache.clear_if_full();
    cache.images().insert(image.to_owned(), variables.clone());
    Some(variables)
}

/// The stack's own services need no inspection to tell that they are not agents.
fn is_stack_container(container: &ContainerSummary) -> bool {
    container.labels.as_ref().is_some_and(convert::is_stack_container)
}

/// The container that Clawker's check would accept as the collector, or else the one that comes closest.
pub(super) async fn find_collector(client: &Client) -> Result<CollectorEvidence, StackError> {
    let engine = client.connection().await?;
    let listed = list::containers(&engine, Some(COLLECTOR_NAME)).await?;
    let engine = &engine;
    let ids = listed.into_iter().filter_map(|container| container.id);
    let inspected = stream::iter(ids)
        .map(|id| async move { inspect(engine, &id).await })
        .buffer_unordered(MAX_CONCURRENT_INSPECTIONS);
    let found: Vec<Option<ContainerInspectResponse>> = inspected.try_collect().await?;
    let candidates = found.into_iter().flatten().map(convert::collector_evidence);
    Ok(candidates.max_by_key(collector_rank).unwrap_or_default())
}

/// If none passes the check, the exact name wins, so that a stopped collector is reported and not another program.
fn collector_rank(collector: &CollectorEvidence) -> (bool, bool, bool, bool) {
    let passes_check = collector.running && collector.labelled && collector.on_network;
    (passes_check, collector.container.as_deref() == Some(COLLECTOR_NAME), collector.running, collector.labelled)
}
