//! The HTTP status of an answer. Knows nothing of what was asked.

use leptos::{
    prelude::use_context,
    server_fn::http_export::{StatusCode, header::ACCEPT, request::Parts},
};
use leptos_axum::ResponseOptions;

/// Sets the status of the response that is being made, where one is.
pub fn set_status(status: u16) {
    if let (Some(options), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        options.set_status(status);
    }
}

/// Leads a browser that posted a form without JavaScript to that page.
pub(super) fn lead_to(path: &str) {
    if !asked_by_a_program() {
        leptos_axum::redirect(path);
    }
}

/// Whether the answer goes to a program. A browser that posts a form without JavaScript, or asks for a page, accepts
/// HTML: the first must get its redirect, and the second its page, whatever the server function said.
pub(super) fn asked_by_a_program() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        !parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default().contains("text/html")
    })
}
