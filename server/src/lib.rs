//! The server side of clawker-monitor: Docker, files, jobs, HTTP and the command line.
//!
//! `engine` says what is needed of a container engine and `docker` does it; `configuration` owns the files; `lifecycle`
//! carries plans out; `settings_page` says what settings would change and `apply` changes it; `doctor` gathers what `core`
//! judges; `agents` gathers who there is and what is known of them; `host` is this machine; `jobs` gives long work a life
//! of its own; `watch` keeps the snapshot in `hub` true, `visits` tells it who comes; `telemetry` asks the stores what agents did; `simulate` plays
//! agents before the collector; `http` and `cli` are the two doors.

// A page's view is one deeply nested type.
#![recursion_limit = "256"]

pub mod agents;
pub mod apply;
pub mod background;
pub mod cli;
pub mod clock;
pub mod configuration;
pub mod control_plane;
pub mod diff;
pub mod docker;
pub mod doctor;
pub mod engine;
pub mod file_watch;
pub mod host;
pub mod http;
pub mod hub;
pub mod jobs;
pub mod lifecycle;
pub mod paths;
pub mod readiness;
pub mod settings_page;
pub mod simulate;
pub mod site;
pub mod status;
pub mod telemetry;
pub mod visits;
pub mod watch;
