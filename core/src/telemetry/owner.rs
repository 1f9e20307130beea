//! Project and agent that a piece of telemetry belongs to.

use serde::{Deserialize, Serialize};

/// Project and agent that a piece of telemetry belongs to, from `OTEL_RESOURCE_ATTRIBUTES`. Both are `None` for
/// untagged data.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The project; `None` for an agent without a project.
    pub project: Option<String>,
    /// The agent's name within the project.
    pub agent: Option<String>,
}

/// Who sends data: its tags, and whether it is simulated. A simulated agent may have the tags of a real one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sender {
    /// The tags.
    pub owner: Owner,
    /// Whether the data is marked as simulated.
    pub simulated: bool,
}

impl Sender {
    /// The sender of real data with these tags.
    pub fn real(owner: Owner) -> Sender {
        Sender { owner, simulated: false }
    }
}

impl Owner {
    /// The owner with these tags. An empty tag is the same as no tag: Loki and Prometheus do not distinguish them.
    pub fn new(project: Option<&str>, agent: Option<&str>) -> Owner {
        let tag = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Owner { project: tag(project), agent: tag(agent) }
    }

    /// The owner from the labels `project` and `agent`.
    #[cfg(feature = "engine")]
    pub fn from_labels(labels: &super::series::Labels) -> Owner {
        use super::series::label;
        Owner::new(label(labels, "project"), label(labels, "agent"))
    }
}
