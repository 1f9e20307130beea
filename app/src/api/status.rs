//! The HTTP status and the redirect of a response. Knows no request.

use leptos::{
    prelude::use_context,
    server_fn::http_export::{StatusCode, header::ACCEPT, request::Parts},
};
use leptos_axum::ResponseOptions;

use super::ApiError;

/// Sets the status of the current response, where there is one.
pub fn set_status(status: u16) {
    if let (Some(options), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        options.set_status(status);
    }
}

/// Gives the response the status of the error, where the client is not a browser that shows a page.
pub(super) fn set_error_status(error: &ApiError) {
    if !client_shows_html() {
        set_status(error.status());
    }
}

/// Redirects a browser that posted a form without JavaScript.
pub(super) fn redirect_browser_to(path: &str) {
    if client_shows_html() {
        leptos_axum::redirect(path);
    }
}

/// Whether the client is a browser that posted a form without JavaScript, or that loads a page. Whatever the server
/// function returns, the first must get its redirect and the second its page. Such clients accept HTML.
fn client_shows_html() -> bool {
    use_context::<Parts>().is_none_or(|parts| {
        parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default().contains("text/html")
    })
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use leptos::{
        prelude::{Owner, provide_context},
        server_fn::http_export::Request,
    };
    use monitor_core::error::StackError;

    use super::*;
    use crate::api::respond;

    /// The status that the response gets where a server function fails.
    fn status_of_failure(accept: &str, error: ApiError) -> Option<u16> {
        Owner::new().with(|| {
            let request = Request::builder().header(ACCEPT, accept).body(()).expect("the request is valid");
            provide_context(request.into_parts().0);
            let options = ResponseOptions::default();
            provide_context(options.clone());
            let result = block_on(respond(async { Err::<(), _>(error) }));
            assert!(result.is_err());
            let parts = options.0.read().expect("nothing else holds the lock");
            parts.status.map(|status| status.as_u16())
        })
    }

    #[test]
    fn programs_get_the_status_of_the_error_and_browsers_get_their_page() {
        for (accept, error, status) in [
            ("application/json", ApiError::Unavailable, Some(503)),
            ("application/json", StackError::Cancelled.into(), Some(409)),
            ("text/html,*/*", ApiError::Unavailable, None),
        ] {
            assert_eq!(status_of_failure(accept, error.clone()), status, "{accept} {error:?}");
        }
    }

    #[test]
    fn converting_an_error_does_not_touch_the_response() {
        Owner::new().with(|| {
            let request = Request::builder().header(ACCEPT, "application/json").body(()).expect("the request is valid");
            provide_context(request.into_parts().0);
            let options = ResponseOptions::default();
            provide_context(options.clone());
            let _error = ApiError::from(StackError::Cancelled);
            assert_eq!(options.0.read().expect("nothing else holds the lock").status, None);
        });
    }
}
