//! The pages and the server functions: everything that `app` renders.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{
    LeptosRoutes, ResponseOptions, generate_route_list_with_exclusions_and_ssg_and_context,
    render_app_async_with_context,
};
use monitor_app::{App, shell::shell};
use monitor_core::service::Service;

use super::Panel;
use crate::{hub::Hub, site};

pub(super) fn router(panel: &Panel) -> Router {
    let context = {
        let (control_plane, hub) = (Arc::clone(&panel.control_plane), panel.hub.clone());
        move || {
            provide_context(Arc::clone(&control_plane));
            provide_context(site::entry());
            set_policy(&hub);
        }
    };
    let (routes, _) = generate_route_list_with_exclusions_and_ssg_and_context(App, None, context.clone());
    let options = LeptosOptions::builder().output_name("clawker-monitor").build();
    let not_found = render_app_async_with_context(context.clone(), shell);
    Router::new()
        .leptos_routes_with_context(&options, routes, context, shell)
        .with_state(options)
        // What is no page is a file of the site; what is neither is a page that says so and offers the way back.
        .fallback(move |request: Request| async move {
            match site::find(request.uri().path()) {
                Some(asset) => site::answer(asset, request.headers()),
                None => not_found(request).await,
            }
        })
}

/// How long a page about agents waits for the stores, where nobody has looked for a while.
const PATIENCE: Duration = Duration::from_millis(250);

/// A page about agents shows verdicts of now: without a script nobody would mend them. While somebody looks they are.
pub(super) async fn with_fresh_agents(State(panel): State<Panel>, request: Request, next: Next) -> Response {
    let about_agents = request.uri().path().starts_with("/agents") && request.method() == Method::GET;
    if about_agents && !panel.hub.snapshot().agents.is_empty() {
        panel.visits.fresh(PATIENCE).await;
    }
    next.run(request).await
}

/// Where Grafana is published right now, as `http://127.0.0.1:3000`: its panels may be shown within a page, and nobody
/// else's.
fn frames(hub: &Hub) -> Option<String> {
    let url = hub.snapshot().service(Service::Grafana)?.url.clone()?;
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // It goes into a header of its own grammar, so it has to look like an authority and nothing else.
    let fine = |letter: char| letter.is_ascii_alphanumeric() || ".:[]-".contains(letter);
    (matches!(scheme, "http" | "https") && !authority.is_empty() && authority.chars().all(fine))
        .then(|| format!("{scheme}://{authority}"))
}

/// Only the page's own scripts run: those with its nonce, and what the WebAssembly loader needs.
fn set_policy(hub: &Hub) {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         manifest-src 'self'; frame-src {}; frame-ancestors 'none'",
        frames(hub).as_deref().unwrap_or("'none'")
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    // A page shows the state of this moment; going back must not show an old one as if it were new.
    response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
