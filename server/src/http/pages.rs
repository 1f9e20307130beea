//! The pages and the server functions: everything that `app` renders.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
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
use monitor_app::{App, control_plane::PageNeeds, forms::PostedRefusal, shell::shell};
use monitor_core::{live::Snapshot, service::Service, telemetry::Range};

use super::error_response;
use crate::{access::BoundControlPlane, background::finished, site};

pub(super) fn router() -> Router {
    let (routes, _) = generate_route_list_with_exclusions_and_ssg_and_context(App, None, provide_request_context);
    let options = LeptosOptions::builder().output_name("clawker-monitor").build();
    let not_found = render_app_async_with_context(provide_request_context, shell);
    Router::new()
        .leptos_routes_with_context(&options, routes, provide_request_context, shell)
        .with_state(options)
        // Other paths are files of the site, or else get the page for 404.
        .fallback(move |request: Request| async move {
            match site::find_asset(request.uri().path()) {
                Some(asset) => site::respond(asset, request.headers()),
                None => not_found(request).await,
            }
        })
}

/// What pages and server functions find in their context. While the list of routes is generated there is no request,
/// and no panel either.
fn provide_request_context() {
    let extensions = use_context::<Parts>().map(|parts| parts.extensions).unwrap_or_default();
    if let Some(refusal) = extensions.get::<PostedRefusal>() {
        provide_context(refusal.clone());
    }
    let plane = extensions.get::<BoundControlPlane>().cloned();
    let snapshot = plane.as_ref().and_then(|plane| plane.snapshot().ok());
    if let Some(plane) = plane {
        provide_context(plane);
    }
    provide_context(site::entry());
    set_policy(snapshot.as_ref());
}

/// Brings the snapshot up to date before a page is rendered from it.
pub(super) async fn refresh(request: Request, next: Next) -> Response {
    let plane = request.extensions().get::<BoundControlPlane>().cloned();
    if let Some(plane) = plane.filter(|_| is_page(&request)) {
        let about_agents = request.uri().path().starts_with("/agents");
        let needs = if about_agents { PageNeeds::Agents(range_of(&request)) } else { PageNeeds::Configuration };
        if let Err(error) = plane.refresh(needs).await {
            return error_response(&error);
        }
    }
    next.run(request).await
}

/// Renders a page, or carries out a server function, to its end, even if nobody waits for it anymore: Leptos renders parts
/// of a page in tasks of their own, and these panic when what they read is dropped with the request.
pub(super) async fn complete(request: Request, next: Next) -> Response {
    let rendering = tokio::spawn(async move {
        let (head, body) = next.run(request).await.into_parts();
        match to_bytes(body, usize::MAX).await {
            Ok(bytes) => Response::from_parts(head, Body::from(bytes)),
            Err(error) => {
                tracing::error!(%error, "a page ended early");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    });
    finished(rendering.await).await
}

/// The range that the page's address selects.
fn range_of(request: &Request) -> Range {
    let pairs = request.uri().query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let mut names = pairs.filter(|(name, _)| *name == "range").map(|(_, value)| value);
    names.next().and_then(Range::from_name).unwrap_or_default()
}

/// Whether a page will be rendered; files of the site and server functions need no fresh snapshot.
fn is_page(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == Method::GET && !path.starts_with("/api/") && site::find_asset(path).is_none()
}

/// Grafana's current address, for example `http://127.0.0.1:3000`. Only its panels may be embedded.
fn grafana_origin(snapshot: &Snapshot) -> Option<String> {
    let url = snapshot.service(Service::Grafana)?.url.clone()?;
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // The result becomes part of a header, so anything but an authority is refused.
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || ".:[]-".contains(letter);
    (matches!(scheme, "http" | "https") && !authority.is_empty() && authority.chars().all(is_allowed))
        .then(|| format!("{scheme}://{authority}"))
}

/// Allows only the page's own scripts, which have its nonce, and what the WebAssembly loader needs.
fn set_policy(snapshot: Option<&Snapshot>) {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         manifest-src 'self'; frame-src {}; frame-ancestors 'none'",
        snapshot.and_then(grafana_origin).as_deref().unwrap_or("'none'")
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    // Pages show the current state, so going back must not show a cached one.
    response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
