//! What the panel shows: pages, components, and the server functions behind them.
//!
//! **Invariant:** nothing here names Docker or tokio. What a server function may ask is `ControlPlane`; the server
//! implements it.

pub mod api;
#[cfg(feature = "ssr")]
pub mod control_plane;
