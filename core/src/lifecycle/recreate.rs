//! Why containers are made anew.

use serde::{Deserialize, Serialize};

/// Why a container has to be made anew. The first three are Docker Compose's own reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recreate {
    /// Its definition changed.
    DefinitionChanged,
    /// The image of that name is another one now.
    ImageChanged,
    /// It is attached to a network of that name which no longer exists.
    NetworkChanged,
    /// The Engine gave it up.
    Dead,
}
