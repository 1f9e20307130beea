//! The web interface of the panel: pages, components, and the server functions behind them.
//!
//! **Invariant:** nothing here uses Docker or tokio. Server functions call the trait `ControlPlane`, which the server
//! implements.
//!
//! Every page works without JavaScript: the server renders it from the current snapshot, and forms post. In the browser
//! the same code hydrates the page, and the live stream keeps it current.

#![recursion_limit = "256"]

mod address;
pub mod api;
mod app;
mod charts;
mod components;
#[cfg(feature = "ssr")]
pub mod control_plane;
pub mod forms;
mod frame;
#[cfg(feature = "hydrate")]
mod hydrate;
mod jobs;
mod live;
mod pages;
mod parts;
mod routes;
#[cfg(feature = "hydrate")]
mod scroll_memory;
#[cfg(feature = "ssr")]
pub mod shell;
mod sort;
mod unsaved;
mod words;

pub use app::App;
#[cfg(feature = "hydrate")]
pub use hydrate::hydrate;
