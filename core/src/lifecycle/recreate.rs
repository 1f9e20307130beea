//! Why containers are recreated.

use serde::{Deserialize, Serialize};

/// Why a container has to be recreated. The first three are Docker Compose's own reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recreate {
    /// The service's definition changed.
    DefinitionChanged,
    /// The image reference resolves to another image now.
    ImageChanged,
    /// It is attached to an old network with the same name that no longer exists.
    NetworkChanged,
    /// Docker marked it as dead.
    Dead,
}
