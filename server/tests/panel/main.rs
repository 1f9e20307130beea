//! The panel in process, on a container engine in memory: lifecycle, live stream and HTTP.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod aborted;
mod access;
mod agent_page;
mod agents;
mod cancel;
mod checks;
mod http;
mod lifecycle;
mod live;
mod secrets;
mod settings;
mod settings_bad_input;
mod settings_way_back;
mod slow_files;
mod status;
mod stopping;
mod two_at_once;
