//! Reads a form to its end before it is handled, with a limit on its size and on the time that it may take.

use std::{error::Error, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use tokio::time::timeout;

/// The largest form contains a settings file of 1 MiB, each byte of which may be encoded as three.
const LIMIT_BYTES: usize = 4 << 20;

/// How long a form may take to arrive.
const LIMIT_TIME: Duration = Duration::from_secs(30);

pub(super) async fn read(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let refused = match timeout(LIMIT_TIME, to_bytes(body, LIMIT_BYTES)).await {
        Ok(Ok(bytes)) => return next.run(Request::from_parts(head, Body::from(bytes))).await,
        Ok(Err(error)) if error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) => {
            (StatusCode::PAYLOAD_TOO_LARGE, "The form is too large: more than 4 MiB.\n")
        }
        Ok(Err(_)) => (StatusCode::BAD_REQUEST, "The form did not arrive as a whole.\n"),
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "The form did not arrive within 30 s.\n"),
    };
    refused.into_response()
}
