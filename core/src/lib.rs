//! The rules of clawker-monitor: valid settings, the files and containers that follow from them, plans to get there,
//! and the text of everything that can go wrong.
//!
//! **Invariant:** nothing here does I/O, reads a clock, or knows an async runtime. Everything is a function from data
//! to data, so that the same rules run in the browser and on the server, and can be tested without either.
//!
//! Rendering and planning are behind the feature `engine` and not part of the WebAssembly.

#![warn(missing_docs)]

pub mod access;
pub mod agent_environment;
pub mod agent_page;
pub mod agents;
pub mod count;
pub mod dashboard;
pub mod diff;
pub mod doctor;
pub mod error;
pub mod file_view;
pub mod job;
mod job_kind;
pub mod lifecycle;
pub mod links;
pub mod live;
pub mod logs;
pub mod problem;
pub mod service;
pub mod settings;
pub mod settings_page;
pub mod status;
pub mod telemetry;
pub mod timestamp;
mod yaml;

#[cfg(feature = "engine")]
pub mod claude_settings;
#[cfg(feature = "engine")]
pub mod compose_env;
#[cfg(feature = "engine")]
pub mod compose_override;
#[cfg(feature = "engine")]
pub mod files;
#[cfg(feature = "engine")]
pub mod simulation;
#[cfg(feature = "engine")]
pub mod stack;
