//! What the server rendered the page from. It travels to the browser inside the page.

use monitor_core::{live::Snapshot, timestamp::Timestamp};
use serde::{Deserialize, Serialize};

/// The initial state of the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seed {
    /// The build of the server that rendered the page.
    pub build: String,
    /// The snapshot at that time.
    pub snapshot: Snapshot,
}

impl Seed {
    /// Reads it on the server. Not called in the browser, where it arrives with the page.
    pub fn gather() -> Seed {
        #[cfg(feature = "ssr")]
        if let Some(plane) = leptos::prelude::use_context::<crate::api::Plane>()
            && let Ok(snapshot) = plane.snapshot()
        {
            return Seed { build: plane.build(), snapshot };
        }
        Seed::empty()
    }

    /// Nothing is known, as while the list of routes is generated.
    pub fn empty() -> Seed {
        Seed { build: String::new(), snapshot: Snapshot::unknown(Timestamp::from_unix_milliseconds(0)) }
    }
}
