//! Why containers are recreated.

use serde::{Deserialize, Serialize};

/// Why a container has to be recreated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recreate {
    /// The service's definition changed.
    DefinitionChanged,
    /// A generated file that it mounts changed.
    FilesChanged,
    /// The setting names another image, or the image reference resolves to another image now.
    ImageChanged,
    /// It is attached to an old network with the same name that no longer exists.
    NetworkChanged,
    /// Docker Compose created it with a second file, which the panel does not merge.
    OverrideFile {
        /// The file's name.
        file: String,
    },
    /// Its hash differs, and it was created by a release of Docker Compose whose hashes may differ from ours.
    OtherCompose {
        /// The release, for example `2.26.1`.
        version: String,
    },
    /// Docker marked it as dead.
    Dead,
    /// Docker Compose was killed before it gave the container its own name.
    OtherName {
        /// The container's name, for example `1a2b3c4d5e6f_loki`.
        name: String,
    },
}

impl Recreate {
    /// The reason, as a clause about the container.
    pub fn reason(&self) -> String {
        match self {
            Recreate::DefinitionChanged => "its definition changed".into(),
            Recreate::FilesChanged => "a file that it mounts changed".into(),
            Recreate::ImageChanged => "its image changed".into(),
            Recreate::NetworkChanged => "it is attached to a network that was removed".into(),
            Recreate::OverrideFile { file } => {
                format!("Docker Compose created it with `{file}`, which clawker-monitor does not merge")
            }
            Recreate::OtherCompose { version } => format!(
                "its definition changed, or Docker Compose {version}, which created it, hashes definitions differently"
            ),
            Recreate::Dead => "Docker marked it as dead".into(),
            Recreate::OtherName { name } => format!("an interrupted recreation has left it under the name `{name}`"),
        }
    }
}
