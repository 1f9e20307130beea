//! What the Engine was seen to hold at one moment, as far as the stack is concerned.

use std::collections::BTreeMap;

use crate::{
    service::Service,
    stack::PROJECT,
    status::{ContainerState, PublishedPort},
};

/// Everything a plan needs to know about the Engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The stack's network, where it exists.
    pub network: Option<ObservedNetwork>,
    /// Containers that bear a service's name or the project's labels, in any state.
    pub containers: Vec<ObservedContainer>,
    /// The ids (`sha256:…`) of the wanted images that are present, by reference.
    pub images: BTreeMap<String, String>,
    /// The names of the stack's volumes that exist.
    pub volumes: Vec<String>,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedNetwork {
    /// The Engine's id for it.
    pub id: String,
    /// Its driver, as `bridge`.
    pub driver: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// How many containers are attached, running ones only.
    pub attached: usize,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedContainer {
    /// The Engine's id for it.
    pub id: String,
    /// Its name, without the leading slash.
    pub name: String,
    /// The image reference it was made from.
    pub image: String,
    /// The id of the image it was made from, `sha256:…`.
    pub image_id: String,
    /// What it does.
    pub state: ContainerState,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The ids of the networks it is attached to.
    pub networks: Vec<String>,
    /// What it publishes, or would publish when started.
    pub ports: Vec<PublishedPort>,
}

impl ObservedContainer {
    /// The value of one of Docker Compose's labels, as `config-hash`.
    pub fn compose_label(&self, name: &str) -> Option<&str> {
        self.labels.get(&format!("com.docker.compose.{name}")).map(String::as_str)
    }

    /// The service of the stack in this folder that the container belongs to, if it does. Any Compose project in a
    /// folder called `monitor` bears the same project name, so the working directory decides.
    pub fn service_of(&self, directory: &str) -> Option<Service> {
        let ours = self.compose_label("project") == Some(PROJECT)
            && self.compose_label("oneoff") != Some("True")
            && self.compose_label("project.working_dir") == Some(directory);
        ours.then(|| self.compose_label("service")).flatten().and_then(Service::from_name)
    }

    /// What owns the container, as far as its labels say.
    pub fn owner(&self) -> Option<String> {
        let project = self.compose_label("project")?;
        Some(match self.compose_label("project.working_dir") {
            Some(directory) => format!("the Compose project `{project}` in `{directory}`"),
            None => format!("the Compose project `{project}`"),
        })
    }
}
