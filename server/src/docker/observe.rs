//! Reads the state of the Engine with few requests, in parallel.

use std::{collections::BTreeSet, path::PathBuf};

use bollard::{
    ClientVersion,
    models::ContainerInspectResponse,
    query_parameters::{ListNetworksOptionsBuilder, ListVolumesOptionsBuilder},
};
use futures::future::{try_join, try_join_all, try_join4};
use monitor_core::{
    error::StackError,
    lifecycle::{Observed, ObservedContainer, ObservedNetwork},
    service::Service,
    stack::{NETWORK, PROJECT, StackSpec},
    status::ContainerState,
};

use super::{
    client::{Client, Connection},
    connect::host_of_published_ports,
    convert, list, plain,
};
use crate::engine::{ContainerDetail, DetailedContainer, EngineLocation};

/// Docker Engine 28, the oldest version that lists the manifests of an image.
const MANIFESTS_API_VERSION: ClientVersion = ClientVersion { major_version: 1, minor_version: 48 };
/// As many digits of an id as the Docker CLI shows.
const SHORT_ID: usize = 12;

/// Reads the stack's network, containers, images and volumes.
pub(super) async fn observe(client: &Client, stack: &StackSpec) -> Result<Observed, StackError> {
    let engine = client.connection().await?;
    let references: BTreeSet<&str> = stack.services.iter().map(|spec| spec.image.as_str()).collect();
    let images = try_join_all(references.into_iter().map(|image| {
        let engine = &engine;
        async move { Ok::<_, StackError>(find_image_id(engine, image).await?.map(|id| (image.to_owned(), id))) }
    }));
    let (network, mut containers, images, volumes) =
        try_join4(find_network(&engine), stack_containers(&engine), images, existing_volumes(&engine, stack)).await?;
    if let Some(network) = &network {
        // Before its first start, a container may have only the name of its network.
        for attached in containers.iter_mut().flat_map(|container| &mut container.networks) {
            if attached == NETWORK {
                attached.clone_from(&network.id);
            }
        }
    }
    Ok(Observed { network, containers, images: images.into_iter().flatten().collect(), volumes })
}

/// Where the Engine publishes ports, and its storage folder. Inside a virtual machine that folder is not a local one.
pub(super) async fn location(client: &Client) -> Result<EngineLocation, StackError> {
    let engine = client.connection().await?;
    let info = engine.docker.info().await;
    let info = info.map_err(|error| engine.failure(error).or_refused("report its configuration"))?;
    Ok(EngineLocation {
        publishes_here: host_of_published_ports(&engine.endpoint).is_none(),
        storage: info.docker_root_dir.map(PathBuf::from).filter(|_| engine.endpoint.shares_local_disk()),
    })
}

/// The stack's network.
pub(super) async fn find_network(engine: &Connection) -> Result<Option<ObservedNetwork>, StackError> {
    match engine.docker.inspect_network(NETWORK, None).await.map_err(|error| engine.failure(error)) {
        // The Engine also accepts the beginning of an id, so the name is checked.
        Ok(network) => Ok((network.name.as_deref() == Some(NETWORK)).then(|| convert::observed_network(network))),
        Err(failure) if failure.is_missing() => Ok(None),
        // Engines before 25 may hold several networks of one name, and then find none by that name.
        Err(failure) if failure.message().contains("ambiguous") => find_ambiguous_network(engine).await,
        Err(failure) => Err(failure.or_refused(&format!("inspect the network `{NETWORK}`"))),
    }
}

/// One of several networks with the stack's name, with the ids of all.
async fn find_ambiguous_network(engine: &Connection) -> Result<Option<ObservedNetwork>, StackError> {
    let filters = [("name", vec![NETWORK])].into();
    let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
    let listed = engine.docker.list_networks(Some(options)).await;
    let listed = listed.map_err(|error| engine.failure(error).or_refused("list the networks"))?;
    // The Engine's filter also matches names that contain this one.
    let named = listed.into_iter().filter(|network| network.name.as_deref() == Some(NETWORK));
    let mut networks: Vec<ObservedNetwork> = named.map(convert::listed_network).collect();
    let ids = networks.iter().map(|network| network.id.chars().take(SHORT_ID).collect()).collect();
    Ok(networks.pop().map(|network| ObservedNetwork { same_name: ids, ..network }))
}

/// Containers with a service's name or the stack's label, with what plans need.
async fn stack_containers(engine: &Connection) -> Result<Vec<ObservedContainer>, StackError> {
    let listed = list_service_containers(engine).await?;
    let completed = try_join_all(listed.map(|container| add_details(engine, container))).await?;
    Ok(completed.into_iter().flatten().collect())
}

/// The same containers, with everything that is shown. Those with a service's name, normally all, are inspected while they
/// are listed.
pub(super) async fn service_containers(engine: &Connection) -> Result<Vec<DetailedContainer>, StackError> {
    let named = try_join_all(Service::ALL.map(|service| inspect(engine, service.name())));
    let (listed, named) = try_join(list_service_containers(engine), named).await?;
    let named: Vec<ContainerInspectResponse> = named.into_iter().flatten().collect();
    let inspected = try_join_all(listed.map(|container| async {
        let known = named.iter().find(|known| known.id.as_ref() == Some(&container.id)).cloned();
        let inspected = match known {
            Some(known) => Some(known),
            None => inspect(engine, &container.id).await?,
        };
        // One that was removed in the meantime is left out.
        let Some(mut inspected) = inspected else { return Ok::<_, StackError>(None) };
        let detail = convert::container_detail(inspected.state.take());
        Ok(Some(DetailedContainer { container: convert::with_inspection(container, inspected), detail }))
    }))
    .await?;
    Ok(inspected.into_iter().flatten().collect())
}

/// Containers with a service's name or the stack's label. Filtered here, because the Engine can't filter by name or label.
async fn list_service_containers(engine: &Connection) -> Result<impl Iterator<Item = ObservedContainer>, StackError> {
    let ours = |container: &ObservedContainer| {
        Service::from_name(&container.name).is_some() || container.compose_label("project") == Some(PROJECT)
    };
    Ok(list_containers(engine).await?.into_iter().filter(ours))
}

/// All containers, in any state.
pub(super) async fn list_containers(engine: &Connection) -> Result<Vec<ObservedContainer>, StackError> {
    let listed = list::containers(engine, None).await?;
    Ok(listed.into_iter().map(convert::listed_container).collect())
}

/// Inspects a container for what the list lacks. `None` if it was removed in the meantime.
async fn add_details(
    engine: &Connection,
    container: ObservedContainer,
) -> Result<Option<ObservedContainer>, StackError> {
    let inspected = inspect(engine, &container.id).await?;
    Ok(inspected.map(|inspected| convert::with_inspection(container, inspected)))
}

/// Inspects a container by id or name. `None` if it does not exist.
pub(super) async fn inspect(engine: &Connection, id: &str) -> Result<Option<ContainerInspectResponse>, StackError> {
    match list::inspect(engine, id).await.map_err(|error| engine.failure(error)) {
        Ok(inspected) => Ok(Some(inspected)),
        Err(failure) if failure.is_missing() => Ok(None),
        Err(failure) => Err(failure.or_refused(&format!("inspect the container `{id}`"))),
    }
}

/// A container's state, start time and problem. One that was removed is `Missing`.
pub(super) async fn container_detail(client: &Client, id: &str) -> Result<ContainerDetail, StackError> {
    let engine = client.connection().await?;
    Ok(match inspect(&engine, id).await? {
        Some(inspected) => convert::container_detail(inspected.state),
        None => {
            ContainerDetail { state: ContainerState::Missing, started_at: None, problem: None, health_output: None }
        }
    })
}

async fn find_image_id(engine: &Connection, image: &str) -> Result<Option<String>, StackError> {
    match engine.docker.inspect_image(image).await.map_err(|error| engine.failure(error)) {
        Ok(inspected) => Ok(inspected.id),
        Err(failure) if failure.is_missing() => Ok(None),
        Err(failure) => Err(failure.or_refused(&format!("inspect the image `{image}`"))),
    }
}

/// The id of a local image.
pub(super) async fn image_id(client: &Client, image: &str) -> Result<Option<String>, StackError> {
    find_image_id(&client.connection().await?, image).await
}

/// What Docker Compose's label for the image of a container says. An Engine that stores images of several platforms says
/// which of their manifests it runs.
pub(super) async fn image_label(engine: &Connection, image: &str, image_id: &str) -> String {
    if engine.version < MANIFESTS_API_VERSION {
        return image_id.to_owned();
    }
    let inspected = plain::get_json(engine, &format!("/images/{image}/json?manifests=true")).await;
    let inspected = inspected.and_then(|inspected| serde_json::from_value(inspected).ok());
    inspected.and_then(convert::runnable_manifest).unwrap_or_else(|| image_id.to_owned())
}

/// The names of the stack's volumes that exist.
pub(super) async fn existing_volumes(engine: &Connection, stack: &StackSpec) -> Result<Vec<String>, StackError> {
    if stack.volumes.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = stack.volumes.iter().map(|volume| volume.name.as_str()).collect();
    // The Engine's filter also matches names that contain one of these.
    let filters = [("name", names.clone())].into();
    let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
    let listed = engine.docker.list_volumes(Some(options)).await;
    let listed = listed.map_err(|error| engine.failure(error).or_refused("list the volumes"))?;
    let mut found: Vec<String> = listed.volumes.unwrap_or_default().into_iter().map(|volume| volume.name).collect();
    found.retain(|name| names.contains(&name.as_str()));
    Ok(found)
}

#[cfg(test)]
#[path = "observe_tests.rs"]
mod tests;
