//! The browser's door: pages, server functions, live streams, logs, and the files of the site.

mod agents;
mod guard;
mod headers;
mod live;
mod logs;
mod pages;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get};
use monitor_app::control_plane::ControlPlane;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

use crate::{engine::ContainerEngine, hub::Hub, telemetry::TelemetrySource, visits::Visits};

/// The largest form is the text of a settings file, 1 MiB, every byte of which may take three in a form.
const FORM_LIMIT_BYTES: usize = 4 << 20;

/// What the routes need.
#[derive(Clone)]
pub struct Panel {
    /// What server functions may ask.
    pub control_plane: Arc<dyn ControlPlane>,
    /// The live stream's source.
    pub hub: Hub,
    /// Rung before a page about agents is rendered.
    pub visits: Visits,
    /// What the stores know about agents.
    pub telemetry: Arc<dyn TelemetrySource>,
    /// For following logs.
    pub engine: Arc<dyn ContainerEngine>,
    /// Cancelled at shutdown: streams end, so that the process can.
    pub shutdown: CancellationToken,
}

/// All routes, behind the guard.
pub fn router(panel: Panel) -> Router {
    let pages = pages::router(&panel)
        .layer(middleware::from_fn_with_state(panel.clone(), pages::with_fresh_agents))
        .layer(CompressionLayer::new());
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/events", get(live::events))
        .route("/events/numbers", get(agents::numbers))
        .route("/events/agent/{container}", get(agents::events))
        .route("/logs/{service}/stream", get(logs::stream))
        .route("/logs/{service}/download", get(logs::download))
        .with_state(panel)
        .merge(pages)
        .layer(DefaultBodyLimit::max(FORM_LIMIT_BYTES))
        .layer(middleware::from_fn(headers::add))
        .layer(middleware::from_fn(guard::check))
}
