//! The HTTP routes: pages, server functions, live streams, logs, and the files of the site. Every route uses the panel that
//! `access` has bound to the caller.

mod agents;
mod connections;
mod forms;
mod guard;
mod headers;
mod live;
mod logs;
mod pages;
mod refusals;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use monitor_app::api::ApiError;
use monitor_core::error::StackError;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

pub use self::connections::{Limits, serve};
use self::refusals::Refusals;
use crate::access::{Gate, bind_caller};

/// All routes, behind the guard and the gate. Streams end when `shutdown` is canceled, so that the process can.
pub fn router(gate: Gate, shutdown: CancellationToken) -> Router {
    let refusals = Arc::new(Refusals::default());
    let pages = pages::router()
        .layer(middleware::from_fn(pages::refresh))
        .layer(middleware::from_fn_with_state(refusals, refusals::exchange))
        .layer(middleware::from_fn(pages::complete))
        .layer(CompressionLayer::new());
    Router::new()
        .route("/events", get(live::events))
        .route("/events/numbers", get(agents::numbers))
        .route("/events/agent/{container}", get(agents::events))
        .route("/events/agent/{container}/page", get(agents::page))
        .route("/logs/{service}/stream", get(logs::stream))
        .route("/logs/{service}/download", get(logs::download))
        .with_state(shutdown)
        .merge(pages)
        .layer(middleware::from_fn_with_state(gate, bind_caller))
        // Reports only that the process is running. The one route without a caller.
        .route("/healthz", get(|| async { "ok\n" }))
        .layer(middleware::from_fn(forms::read))
        // The limit is that of `forms`.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(headers::add))
        .layer(middleware::from_fn(guard::check))
}

/// An error as plain text, for programs: what happened and the next step.
fn error_response(error: &StackError) -> Response {
    let status =
        StatusCode::from_u16(ApiError::Stack(error.clone()).status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, format!("{error}\nhint: {}\n", error.hint())).into_response()
}
