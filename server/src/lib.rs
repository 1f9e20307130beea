//! The server side of clawker-monitor: Docker, files, jobs, HTTP and the command line.
//!
//! `installation` is the outside world: the Engine, files, stores. `panel` is the running panel on top of it, `work` what
//! it and the command line do to the stack, `watch` what keeps its snapshot up to date. `http` and `cli` are the two ways
//! in; between `http` and `panel` stands `access`, which asks whether the caller may.

// A page's view is one deeply nested type.
#![recursion_limit = "256"]

pub mod access;
pub mod agents;
pub mod background;
pub mod cli;
pub mod clock;
pub mod configuration;
pub mod diff;
pub mod docker;
pub mod doctor;
pub mod engine;
pub mod file_watch;
pub mod host;
pub mod http;
pub mod hub;
pub mod installation;
pub mod jobs;
pub mod lifecycle;
pub mod otlp;
pub mod panel;
pub mod paths;
pub mod readiness;
pub mod settings_page;
pub mod simulate;
pub mod site;
pub mod status;
pub mod store_refresh;
pub mod telemetry;
pub mod watch;
pub mod work;
