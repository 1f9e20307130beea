//! The rules of clawker-monitor: what a setting may be, which files and containers follow from the settings, what has
//! to be done to get there, and the words for what can go wrong.
//!
//! **Invariant:** nothing here does I/O, reads a clock or knows an async runtime. Everything is a function from data to
//! data, so that the same rules run in the browser's form and on the server, and can be tested without either.
//!
//! Rendering and planning sit behind the feature `engine`, so that the WebAssembly does not carry them.

pub mod access;
pub mod agent_environment;
pub mod agent_page;
pub mod agents;
pub mod dashboard;
pub mod diff;
pub mod doctor;
pub mod error;
pub mod file_view;
pub mod job;
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
pub mod files;
#[cfg(feature = "engine")]
pub mod simulation;
#[cfg(feature = "engine")]
pub mod stack;
