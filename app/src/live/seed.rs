//! What the server rendered the page from, carried to the browser inside the page.

use monitor_core::{
    live::{Configuration, EngineState, Snapshot},
    status::{NetworkStatus, StackState},
    timestamp::Timestamp,
};
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
        if let Some(plane) = leptos::prelude::use_context::<crate::api::Plane>() {
            return Seed { build: plane.build(), snapshot: plane.snapshot() };
        }
        Seed::empty()
    }

    /// Nothing is known: while the list of routes is made, there is nobody to ask.
    pub fn empty() -> Seed {
        Seed {
            build: String::new(),
            snapshot: Snapshot {
                taken_at: Timestamp::from_unix_milliseconds(0),
                engine: EngineState::Connecting,
                configuration: Configuration {
                    directory: String::new(),
                    settings_file: String::new(),
                    settings_base: String::new(),
                    initialized: false,
                    differing: Vec::new(),
                    error: None,
                },
                stack: StackState::NotInitialized,
                network: NetworkStatus { name: String::new(), exists: false },
                services: Vec::new(),
                job: None,
                checkup: None,
            },
        }
    }
}
