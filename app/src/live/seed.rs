//! What the server rendered the page from, carried to the browser inside the page.

use monitor_core::{live::Snapshot, timestamp::Timestamp};
use serde::{Deserialize, Serialize};

/// The beginning of the live view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seed {
    /// The build that made the page.
    pub build: String,
    /// What was known then.
    pub snapshot: Snapshot,
}

impl Seed {
    /// Reads it on the server; in the browser it comes with the page and this is not run.
    pub fn gather() -> Seed {
        #[cfg(feature = "ssr")]
        if let Some(plane) = leptos::prelude::use_context::<crate::api::Plane>()
            && let Ok(snapshot) = plane.snapshot()
        {
            return Seed { build: plane.build(), snapshot };
        }
        Seed::empty()
    }

    /// Nothing is known: while the list of routes is made, there is nobody to ask.
    pub fn empty() -> Seed {
        Seed { build: String::new(), snapshot: Snapshot::unknown(Timestamp::from_unix_milliseconds(0)) }
    }
}
