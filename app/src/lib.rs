//! What the panel shows: pages, components, and the server functions behind them.
//!
//! **Invariant:** nothing here names Docker or tokio. What a server function may ask is `ControlPlane`; the server
//! implements it.
//!
//! Every page is whole without JavaScript: the server renders it from the snapshot it holds, forms post, links link.
//! In the browser the same code hydrates and the live stream keeps it current.

#![recursion_limit = "256"]

mod address;
pub mod api;
mod app;
mod charts;
mod components;
#[cfg(feature = "ssr")]
pub mod control_plane;
mod forms;
mod frame;
#[cfg(feature = "hydrate")]
mod hydrate;
mod jobs;
mod live;
mod order;
mod pages;
mod parts;
mod reactive;
mod routes;
#[cfg(feature = "ssr")]
pub mod shell;
mod words;

pub use app::App;
#[cfg(feature = "hydrate")]
pub use hydrate::hydrate;
