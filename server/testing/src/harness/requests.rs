//! Requests to the panel's router, and its responses.

use axum::{
    body::Body,
    http::{HeaderMap, Request, Response, StatusCode, request::Builder},
};
use tower::ServiceExt;

use super::Harness;
use crate::deadline::within_deadline;

impl Harness {
    /// A request to `127.0.0.1:8484`, as a program would send it.
    pub async fn send(&self, request: Builder, body: &str) -> Answered {
        let request: Request<Body> = request.body(Body::from(body.to_owned())).unwrap();
        let awaited = format!("the answer to {} {}", request.method(), request.uri());
        within_deadline(&awaited, async {
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            let text = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            Answered { status: parts.status, headers: parts.headers, text: String::from_utf8(text.into()).unwrap() }
        })
        .await
    }

    /// The response to a request, before its body is read. For streams.
    pub async fn open(&self, request: Builder) -> Response<Body> {
        let request = request.body(Body::empty()).unwrap();
        let awaited = format!("the head of the answer to {} {}", request.method(), request.uri());
        within_deadline(&awaited, self.router.clone().oneshot(request)).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.send(get(path), "").await
    }

    /// A form post, as a browser without JavaScript sends it from the panel's own page.
    pub async fn press(&self, path: &str, form: &str) -> Answered {
        let request = post(path)
            .header("accept", "text/html,application/xhtml+xml")
            .header("origin", "http://127.0.0.1:8484")
            .header("referer", "http://127.0.0.1:8484/");
        self.send(request, form).await
    }
}

/// A response that has been read.
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answered {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub fn get(path: &str) -> Builder {
    Request::get(path).header("host", "127.0.0.1:8484")
}

pub fn post(path: &str) -> Builder {
    Request::post(path).header("host", "127.0.0.1:8484").header("content-type", "application/x-www-form-urlencoded")
}
