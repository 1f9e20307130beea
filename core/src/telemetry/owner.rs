//! Whose data it is.

use serde::{Deserialize, Serialize};

/// Whose data it is, as `OTEL_RESOURCE_ATTRIBUTES` tagged it. Both are empty where nothing was tagged.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The project; `None` for an agent without one.
    pub project: Option<String>,
    /// The agent.
    pub agent: Option<String>,
}

impl Owner {
    /// The owner with these tags. An empty tag means no tag: Loki and Prometheus do not tell one from the other.
    pub fn new(project: Option<&str>, agent: Option<&str>) -> Owner {
        let tag = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Owner { project: tag(project), agent: tag(agent) }
    }

    /// The owner that the labels `project` and `agent` name.
    #[cfg(feature = "engine")]
    pub fn from_labels(labels: &super::series::Labels) -> Owner {
        use super::series::label;
        Owner::new(label(labels, "project"), label(labels, "agent"))
    }
}
