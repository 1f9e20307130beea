//! The server side of clawker-monitor: Docker, files, jobs, HTTP and the command line.
//!
//! `installation` holds the outside world: the Engine, files, stores. `panel` is the running panel on top of it, `work` is
//! what it and the command line do to the stack, and `watch` keeps its snapshot up to date. `http` and `cli` are the two
//! ways in. Between `http` and `panel`, `access` checks the caller's permissions.

// A page's view is one deeply nested type.
#![recursion_limit = "256"]

pub mod access;
pub mod agents;
pub mod background;
pub mod body;
pub mod cli;
pub mod clock;
pub mod configuration;
pub mod deadline;
pub mod descriptors;
pub mod diff;
pub mod docker;
pub mod doctor;
pub mod engine;
pub mod file_access;
pub mod file_watch;
pub mod host;
pub mod http;
pub mod hub;
pub mod installation;
pub mod jobs;
pub mod lifecycle;
pub mod panel;
pub mod paths;
pub mod readiness;
pub mod receiving;
pub mod refresh;
pub mod settings_page;
pub mod simulate;
pub mod site;
pub mod status;
pub mod telemetry;
pub mod watch;
pub mod work;
pub mod work_lock;

pub use monitor_receiver::otlp;
