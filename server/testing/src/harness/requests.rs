//! Requests to the panel's router, and what it answers.

use axum::{
    body::Body,
    http::{HeaderMap, Request, Response, StatusCode, request::Builder},
};
use futures::StreamExt;
use tower::ServiceExt;

use super::Harness;

impl Harness {
    /// A request to `127.0.0.1:8484`, as a program would send it.
    pub async fn send(&self, request: Builder, body: &str) -> Answered {
        let request: Request<Body> = request.body(Body::from(body.to_owned())).unwrap();
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let mut text = Vec::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            text.extend_from_slice(&chunk.unwrap());
        }
        Answered { status: parts.status, headers: parts.headers, text: String::from_utf8(text).unwrap() }
    }

    /// The response to a `GET`, with its body still to be read: for streams.
    pub async fn open(&self, request: Builder) -> Response<Body> {
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
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

/// What came back.
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
