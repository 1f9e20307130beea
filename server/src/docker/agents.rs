//! Looking for agents: who they are, what their images and files say, and the collector that they send to.
//!
//! The list of containers holds no environment, so each is inspected once; those that turn out to be no agents are
//! remembered, because a container's environment never changes.

mod convert;
mod files;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bollard::{
    models::{ContainerInspectResponse, ContainerSummary},
    query_parameters::ListContainersOptionsBuilder,
};
use futures::{StreamExt, TryStreamExt, stream};
use monitor_core::{
    agents::{AgentContainer, CollectorEvidence},
    error::StackError,
};

pub(super) use files::files;

use super::{
    client::{Client, Connection},
    observe::inspect,
};

/// How many containers are inspected at a time. The Engine answers one in a millisecond or two.
const AT_A_TIME: usize = 8;
/// What Clawker's own check looks for in names (v0.8.0, `internal/docker/client.go`).
const COLLECTOR: &str = "otel-collector";

/// How many containers or images are remembered. A panel runs for weeks on machines that make thousands a day.
const REMEMBERED: usize = 4096;

/// What need not be asked again.
#[derive(Default)]
pub(super) struct Memory {
    /// Ids of containers that are no agents'.
    others: Mutex<BTreeSet<String>>,
    /// The telemetry variables of images, by id.
    images: Mutex<BTreeMap<String, Vec<String>>>,
}

impl Memory {
    fn others(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew rather than grow without end; what is still there is asked for once more.
    fn forget_if_full(&self) {
        if self.others().len() >= REMEMBERED {
            self.others().clear();
        }
        if self.images().len() >= REMEMBERED {
            self.images().clear();
        }
    }

    fn images(&self) -> MutexGuard<'_, BTreeMap<String, Vec<String>>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everybody, by container name. A container that goes meanwhile is left out.
pub(super) async fn all(client: &Client, memory: &Memory) -> Result<Vec<AgentContainer>, StackError> {
    let engine = client.connection().await?;
    let options = ListContainersOptionsBuilder::default().all(true).build();
    let listed = engine.docker.list_containers(Some(options)).await;
    let listed = listed.map_err(|error| engine.failure(error).or_refused("list the agents"))?;
    let present: BTreeSet<&str> = listed.iter().filter_map(|container| container.id.as_deref()).collect();
    memory.others().retain(|id| present.contains(id.as_str()));
    let ids: Vec<String> = listed
        .into_iter()
        .filter(|container| !is_of_the_stack(container))
        .filter_map(|container| container.id)
        .collect();
    let (engine, memory) = (&engine, memory);
    let looked = stream::iter(ids).map(|id| async move { look(engine, memory, &id).await }).buffer_unordered(AT_A_TIME);
    let found: Vec<Option<AgentContainer>> = looked.try_collect().await?;
    let mut agents: Vec<AgentContainer> = found.into_iter().flatten().collect();
    agents.sort_by(|one, other| one.container.cmp(&other.container));
    Ok(agents)
}

/// One, by id or full name.
pub(super) async fn one(client: &Client, memory: &Memory, id: &str) -> Result<Option<AgentContainer>, StackError> {
    look(&client.connection().await?, memory, id).await
}

async fn look(engine: &Connection, memory: &Memory, id: &str) -> Result<Option<AgentContainer>, StackError> {
    if memory.others().contains(id) {
        return Ok(None);
    }
    // An inspection also answers for an id that begins so.
    let named = |inspected: &ContainerInspectResponse| {
        inspected.id.as_deref() == Some(id) || convert::name(inspected) == Some(id)
    };
    let Some(inspected) = inspect(engine, id).await?.filter(named) else { return Ok(None) };
    if !convert::is_agent(&inspected) {
        memory.forget_if_full();
        memory.others().extend(inspected.id);
        return Ok(None);
    }
    let baked = image_environment(engine, memory, inspected.image.as_deref().unwrap_or_default()).await;
    Ok(Some(convert::agent(inspected, baked)))
}

/// What an image bakes in about telemetry; `None` where it is gone, or is not shown.
async fn image_environment(engine: &Connection, memory: &Memory, image: &str) -> Option<Vec<String>> {
    if let Some(known) = memory.images().get(image) {
        return Some(known.clone());
    }
    let inspected = engine.docker.inspect_image(image).await.map_err(|error| engine.failure(error)).ok()?;
    let baked = convert::telemetry(inspected.config.and_then(|config| config.env).unwrap_or_default());
    memory.forget_if_full();
    memory.images().insert(image.to_owned(), baked.clone());
    Some(baked)
}

/// Six services need not be inspected to know that they are no agents.
fn is_of_the_stack(container: &ContainerSummary) -> bool {
    container.labels.as_ref().is_some_and(convert::is_of_the_stack)
}

/// The best of the containers that Clawker's check would consider: where one does, that one.
pub(super) async fn collector(client: &Client) -> Result<CollectorEvidence, StackError> {
    let engine = client.connection().await?;
    let filters = [("name", vec![COLLECTOR])].into();
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let listed = engine.docker.list_containers(Some(options)).await;
    let listed = listed.map_err(|error| engine.failure(error).or_refused("look for the collector"))?;
    let engine = &engine;
    let ids = listed.into_iter().filter_map(|container| container.id);
    let inspected = stream::iter(ids).map(|id| async move { inspect(engine, &id).await }).buffer_unordered(AT_A_TIME);
    let found: Vec<Option<ContainerInspectResponse>> = inspected.try_collect().await?;
    let candidates = found.into_iter().flatten().map(convert::collector);
    Ok(candidates.max_by_key(fitness).unwrap_or_default())
}

/// Of several the exact name wins, so that a stopped collector is told of and not some other program.
fn fitness(collector: &CollectorEvidence) -> (bool, bool, bool, bool) {
    let passes = collector.running && collector.labelled && collector.on_network;
    (passes, collector.container.as_deref() == Some(COLLECTOR), collector.running, collector.labelled)
}
