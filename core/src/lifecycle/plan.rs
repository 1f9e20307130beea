//! Compares the actual with the wanted state and plans the actions.

use std::collections::BTreeMap;

use super::{
    Recreate,
    observed::{Observed, ObservedContainer, containers_of},
};
use crate::{
    error::StackError,
    service::Service,
    settings::ImageRef,
    stack::{CONFIG_LABEL, NETWORK, NETWORK_LABELS, ServiceSpec, StackSpec, VolumeSpec, service_config_hash},
    status::ContainerState,
};

/// The actions to start the stack: first the network, then for each service its image, its volumes and its container. A
/// container starts after those that it depends on; everything else runs in parallel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpPlan {
    /// Whether the network has to be created.
    pub create_network: bool,
    /// Images to pull, each with the services that need it.
    pub pulls: Vec<(ImageRef, Vec<Service>)>,
    /// Volumes to create.
    pub volumes: Vec<VolumeSpec>,
    /// One entry per service, in the order of `Service::ALL`.
    pub services: Vec<ServicePlan>,
    /// Second containers of services, to remove first.
    pub leftovers: Vec<Leftover>,
}

/// A second container of a service, which a killed recreation has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The service.
    pub service: Service,
    /// The container's ID.
    pub id: String,
    /// The container's name, for example `1a2b3c4d5e6f_loki`.
    pub name: String,
}

impl Leftover {
    /// What is said when they are removed, as a sentence without a trailing period.
    pub fn removal(leftovers: &[Leftover]) -> Option<String> {
        let names: Vec<String> = leftovers.iter().map(|leftover| format!("`{}`", leftover.name)).collect();
        match names.len() {
            0 => None,
            1 => Some(format!("removing 1 container that an interrupted recreation has left: {}", names[0])),
            count => Some(format!(
                "removing {count} containers that an interrupted recreation has left: {}",
                names.join(", ")
            )),
        }
    }
}

impl UpPlan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        !self.create_network
            && self.leftovers.is_empty()
            && self.volumes.is_empty()
            && self.services.iter().all(|plan| matches!(plan.action, ServiceAction::Keep { .. }))
    }
}

/// The action for one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePlan {
    /// The service.
    pub service: Service,
    /// What to do with its container.
    pub action: ServiceAction,
}

/// What to do with a service's container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceAction {
    /// It is running and up to date.
    Keep {
        /// The container's ID.
        id: String,
    },
    /// It is up to date but not running.
    Start {
        /// The container's ID.
        id: String,
    },
    /// There is no container.
    Create,
    /// The container is out of date.
    Recreate {
        /// The ID of the container to remove first.
        id: String,
        /// Why it is out of date.
        because: Recreate,
    },
}

/// Plans the start of the stack.
///
/// # Errors
/// A container or network outside the stack has a required name.
pub fn plan_up(stack: &StackSpec, observed: &Observed) -> Result<UpPlan, StackError> {
    check_folder(stack, observed)?;
    check_network(observed)?;
    let mut pulls: Vec<(ImageRef, Vec<Service>)> = Vec::new();
    let mut services = Vec::new();
    for spec in &stack.services {
        let container = check_container(stack, observed, spec.service)?;
        let image_id = observed.images.get(spec.image.as_str());
        if image_id.is_none() {
            match pulls.iter_mut().find(|(image, _)| *image == spec.image) {
                Some((_, needed_by)) => needed_by.push(spec.service),
                None => pulls.push((spec.image.clone(), vec![spec.service])),
            }
        }
        let action = match container {
            None => ServiceAction::Create,
            Some(container) => {
                let id = container.id.clone();
                let same_definition =
                    container.compose_label("config-hash") == Some(service_config_hash(spec).as_str());
                let same_image = image_id.is_some_and(|wanted| *wanted == container.image_id);
                let attached =
                    observed.network.as_ref().is_some_and(|network| container.networks.contains(&network.id));
                match container.state {
                    ContainerState::Dead | ContainerState::Removing => {
                        ServiceAction::Recreate { id, because: Recreate::Dead }
                    }
                    _ if container.name != spec.service.name() => {
                        ServiceAction::Recreate { id, because: Recreate::OtherName { name: container.name.clone() } }
                    }
                    _ if !same_definition => {
                        ServiceAction::Recreate { id, because: why_definition_differs(spec, container) }
                    }
                    _ if !same_image => ServiceAction::Recreate { id, because: Recreate::ImageChanged },
                    _ if !attached => ServiceAction::Recreate { id, because: Recreate::NetworkChanged },
                    ContainerState::Running | ContainerState::Restarting => ServiceAction::Keep { id },
                    _ => ServiceAction::Start { id },
                }
            }
        };
        services.push(ServicePlan { service: spec.service, action });
    }
    let volumes = stack.volumes.iter().filter(|volume| !observed.volumes.contains(&volume.name)).cloned().collect();
    let leftovers = find_leftovers(stack, &observed.containers);
    Ok(UpPlan { create_network: observed.network.is_none(), pulls, volumes, services, leftovers })
}

fn find_leftovers(stack: &StackSpec, containers: &[ObservedContainer]) -> Vec<Leftover> {
    let of_service = |service| {
        let (_, leftovers) = containers_of(containers, &stack.directory, service);
        let leftover =
            move |found: &ObservedContainer| Leftover { service, id: found.id.clone(), name: found.name.clone() };
        leftovers.into_iter().map(leftover)
    };
    stack.services.iter().flat_map(|spec| of_service(spec.service)).collect()
}

/// Why the container's hash is not the one that its service has now: the first reason that can be told.
fn why_definition_differs(spec: &ServiceSpec, container: &ObservedContainer) -> Recreate {
    let config = |labels: &BTreeMap<String, String>| labels.get(CONFIG_LABEL).cloned();
    let files_changed = config(&container.labels).is_some_and(|digest| Some(digest) != config(&spec.labels));
    let files = container.compose_label("project.config_files").unwrap_or_default().split(',');
    let mut names = files.filter_map(|file| file.rsplit('/').next());
    let other_file = names.find(|name| !name.is_empty() && *name != "compose.yaml");
    let version = container.compose_label("version").unwrap_or_default();
    match other_file {
        Some(file) => Recreate::OverrideFile { file: file.to_owned() },
        None if !spec.image.names_same_image(&container.image) => Recreate::ImageChanged,
        None if files_changed => Recreate::FilesChanged,
        None if !hashes_agree(version) => Recreate::OtherCompose { version: version.to_owned() },
        None => Recreate::DefinitionChanged,
    }
}

/// Whether that release of Docker Compose is known to hash the six services as we do: 2.29.3 to 2.40.3, of which 19 were
/// run, and 5.6.0. Those before 2.29.3 differ: 2.29.0 to 2.29.2 for two of the six, 2.20 to 2.28 for all. Later ones were
/// not run.
fn hashes_agree(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(2), Some(29), Some(patch)) => patch >= 3,
        (Some(2), Some(minor), Some(_)) => (30..=40).contains(&minor),
        (Some(5), Some(6), Some(_)) => true,
        _ => false,
    }
}

/// A stack like this one that was started from another data folder has the container names, the ports and the volumes.
pub(crate) fn check_folder(stack: &StackSpec, observed: &Observed) -> Result<(), StackError> {
    match observed.containers.iter().find_map(|container| other_folder_of(container, &stack.directory)) {
        Some(other) => Err(StackError::OtherFolder { directory: stack.directory.clone(), other: other.to_owned() }),
        None => Ok(()),
    }
}

/// The folder of the same stack that the container belongs to, if it is not `directory`.
pub(crate) fn other_folder_of<'a>(container: &'a ObservedContainer, directory: &str) -> Option<&'a str> {
    let folder = container.compose_label("project.working_dir")?;
    let is_clawkers = container.labels.get("dev.clawker.managed").is_some_and(|value| value == "true");
    let is_service = Service::from_name(&container.name).is_some() && container.service_of(folder).is_some();
    (folder != directory && is_clawkers && is_service).then_some(folder)
}

/// Clawker ignores a network without its label and tries to create it, which fails because the name is taken.
pub(crate) fn check_network(observed: &Observed) -> Result<(), StackError> {
    let Some(network) = &observed.network else { return Ok(()) };
    let foreign = |detail: String| StackError::ForeignNetwork { name: NETWORK.into(), detail };
    if !network.same_name.is_empty() {
        return Err(StackError::AmbiguousNetwork { name: NETWORK.into(), ids: network.same_name.clone() });
    }
    if network.driver != "bridge" {
        return Err(foreign(format!("its driver is `{}`, not `bridge`", network.driver)));
    }
    for (label, value) in NETWORK_LABELS {
        if network.labels.get(label).map(String::as_str) != Some(value) {
            return Err(foreign(format!(
                "it does not have the label `{label}={value}`, so Clawker ignores it (running containers attached: {})",
                network.attached
            )));
        }
    }
    if network.internal {
        return Err(StackError::InternalNetwork { name: NETWORK.into() });
    }
    Ok(())
}

/// The service's container, if there is one. A container of that name outside the stack is an error.
pub(crate) fn check_container<'a>(
    stack: &StackSpec,
    observed: &'a Observed,
    service: Service,
) -> Result<Option<&'a ObservedContainer>, StackError> {
    let (ours, _) = containers_of(&observed.containers, &stack.directory, service);
    let named = observed.containers.iter().find(|container| container.name == service.name());
    match (ours, named) {
        (Some(ours), Some(named)) if ours.id != named.id => Err(foreign(named)),
        (None, Some(named)) => Err(foreign(named)),
        (ours, _) => Ok(ours),
    }
}

fn foreign(container: &ObservedContainer) -> StackError {
    StackError::ForeignContainer {
        name: container.name.clone(),
        image: container.image.clone(),
        owner: container.owner(),
    }
}

/// The actions to stop the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownPlan {
    /// Containers to stop and remove, in the order of `Service::ALL`.
    pub containers: Vec<StopPlan>,
    /// Those of them that are second containers of their service.
    pub leftovers: Vec<Leftover>,
    /// Names of volumes to remove once the containers are gone. They may not exist.
    pub volumes: Vec<String>,
}

/// The stop of one container. All run at the same time, except for what `after` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopPlan {
    /// The service.
    pub service: Service,
    /// The container's ID.
    pub id: String,
    /// Services whose containers have to be stopped first. Empty for most.
    pub after: Vec<Service>,
}

/// Plans the removal of the stack. Containers outside the stack are not touched.
pub fn plan_down(stack: &StackSpec, containers: &[ObservedContainer], with_volumes: bool) -> DownPlan {
    let ours: Vec<(Service, &ObservedContainer)> =
        containers.iter().filter_map(|container| Some((container.service_of(&stack.directory)?, container))).collect();
    let is_there = |service: &Service| ours.iter().any(|(other, _)| other == service);
    let mut stops: Vec<StopPlan> = ours
        .iter()
        .map(|(service, container)| StopPlan {
            service: *service,
            id: container.id.clone(),
            after: stops_after(*service).iter().copied().filter(is_there).collect(),
        })
        .collect();
    stops.sort_by_key(|stop| stop.service);
    let volumes = stack.volumes.iter().filter(|_| with_volumes).map(|volume| volume.name.clone()).collect();
    DownPlan { containers: stops, leftovers: find_leftovers(stack, containers), volumes }
}

/// The services that have to be stopped before `service`, because they would lose data without it.
///
/// Promtail holds up to a second of the firewall's lines in memory and has already saved that it read them. When it is
/// stopped, it sends them, and retries if Loki does not answer (read in Promtail's `client.go`, not run): without Loki it
/// would be killed after 10 s and the lines would be lost.
///
/// Nothing else needs an order. Prometheus, Loki and Jaeger write to their own disks, and Grafana only reads. The
/// collector's queues are on disk: stopped while Loki did not answer, collector 0.148 ended within 10 ms and delivered
/// everything after its next start.
const fn stops_after(service: Service) -> &'static [Service] {
    match service {
        Service::Loki => &[Service::Promtail],
        _ => &[],
    }
}
