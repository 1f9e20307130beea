//! The state of the Engine at one moment, as far as it concerns the stack.

use std::collections::BTreeMap;

use crate::{
    service::Service,
    stack::PROJECT,
    status::{ContainerState, PublishedPort},
};

/// Everything that a plan needs to know about the Engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The stack's network; `None` if it does not exist.
    pub network: Option<ObservedNetwork>,
    /// Containers with a service's name or the project's labels, in any state.
    pub containers: Vec<ObservedContainer>,
    /// IDs (`sha256:…`) of the wanted images that are present, by reference.
    pub images: BTreeMap<String, String>,
    /// Names of the stack's volumes that exist.
    pub volumes: Vec<String>,
}

/// The stack's network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObservedNetwork {
    /// Docker's network ID.
    pub id: String,
    /// The driver, for example `bridge`.
    pub driver: String,
    /// All labels by name.
    pub labels: BTreeMap<String, String>,
    /// Number of attached running containers.
    pub attached: usize,
    /// It was created with `--internal`, so the Engine publishes no port on it.
    pub internal: bool,
    /// IDs of all networks with this name, if there are several.
    pub same_name: Vec<String>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedContainer {
    /// Docker's container ID.
    pub id: String,
    /// The name, without the leading slash.
    pub name: String,
    /// The image reference that it was created from.
    pub image: String,
    /// The ID of its image, `sha256:…`.
    pub image_id: String,
    /// The container's state.
    pub state: ContainerState,
    /// All labels by name.
    pub labels: BTreeMap<String, String>,
    /// IDs of the networks it is attached to.
    pub networks: Vec<String>,
    /// Published ports, also while it is stopped.
    pub ports: Vec<PublishedPort>,
}

/// The containers of a service of the stack in this folder: the one that counts, and those left over.
///
/// Docker Compose recreates a container under the name `<id>_<service>` and renames it at the end. Killed in between, it
/// leaves two. The one with the service's own name counts; it is the one that works and that others find.
pub fn containers_of<'a>(
    containers: &'a [ObservedContainer],
    directory: &str,
    service: Service,
) -> (Option<&'a ObservedContainer>, Vec<&'a ObservedContainer>) {
    let mut ours: Vec<_> =
        containers.iter().filter(|container| container.service_of(directory) == Some(service)).collect();
    // Stable: without one of that name, the first counts.
    ours.sort_by_key(|container| container.name != service.name());
    let mut ours = ours.into_iter();
    (ours.next(), ours.collect())
}

impl ObservedContainer {
    /// The value of one of Docker Compose's labels, for example `config-hash`.
    pub fn compose_label(&self, name: &str) -> Option<&str> {
        self.labels.get(&format!("com.docker.compose.{name}")).map(String::as_str)
    }

    /// The service of the stack in this folder that the container belongs to, if any. All Compose projects in folders
    /// named `monitor` have the same project name, so the working directory decides.
    pub fn service_of(&self, directory: &str) -> Option<Service> {
        let ours = self.compose_label("project") == Some(PROJECT)
            && self.compose_label("oneoff") != Some("True")
            && self.compose_label("project.working_dir") == Some(directory);
        ours.then(|| self.compose_label("service")).flatten().and_then(Service::from_name)
    }

    /// What owns the container, according to its labels; `None` if unknown.
    pub fn owner(&self) -> Option<String> {
        let project = self.compose_label("project")?;
        Some(match self.compose_label("project.working_dir") {
            Some(directory) => format!("the Compose project `{project}` in `{directory}`"),
            None => format!("the Compose project `{project}`"),
        })
    }
}
