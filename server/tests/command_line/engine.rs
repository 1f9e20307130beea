//! A Docker Engine in this process, on a socket, which answers with what the tests give it.

use std::{path::Path, sync::Arc, thread};

use axum::{
    Router,
    body::Body,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::UnixListener;

/// Answers a path without its version. `None` is 404.
pub type Answers = dyn Fn(&str) -> Option<Response> + Send + Sync;

/// Starts an Engine on a socket in this folder and returns its address.
pub fn start(folder: &Path, answers: Box<Answers>) -> String {
    let path = folder.join("engine.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    let answers: Arc<Answers> = answers.into();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let app = Router::new().fallback(move |uri: Uri| {
                let answers = Arc::clone(&answers);
                async move { answer(&uri, answers.as_ref()) }
            });
            axum::serve(UnixListener::from_std(listener).unwrap(), app).await.unwrap();
        });
    });
    format!("unix://{}", path.display())
}

fn answer(uri: &Uri, answers: &Answers) -> Response {
    let path = uri.path();
    let path = match path.strip_prefix("/v1.").and_then(|rest| rest.find('/').map(|slash| &rest[slash..])) {
        Some(rest) => rest,
        None => path,
    };
    if let Some(response) = answers(path) {
        return response;
    }
    match path {
        "/_ping" => ([("api-version", "1.47")], "OK").into_response(),
        "/version" => document(&json!({ "Version": "27.0.0", "ApiVersion": "1.47", "MinAPIVersion": "1.24" })),
        "/info" => document(&json!({ "SystemTime": "2026-11-22T07:12:56Z", "DockerRootDir": "/nowhere" })),
        "/containers/json" => document(&json!([])),
        "/volumes" => document(&json!({ "Volumes": [] })),
        "/networks/create" => document(&json!({ "Id": "n", "Warning": "" })),
        "/networks" => document(&json!([])),
        _ => refusal(StatusCode::NOT_FOUND, "no such object"),
    }
}

pub fn document(value: &Value) -> Response {
    ([("content-type", "application/json")], value.to_string()).into_response()
}

/// An error as the Engine sends it.
pub fn refusal(status: StatusCode, message: &str) -> Response {
    (status, [("content-type", "application/json")], json!({ "message": message }).to_string()).into_response()
}

/// A log in the Engine's format: frames of 8 bytes and the text.
pub fn log(lines: &[&str]) -> Response {
    let mut frames = Vec::new();
    for line in lines {
        frames.extend([1, 0, 0, 0]);
        frames.extend(u32::try_from(line.len()).unwrap().to_be_bytes());
        frames.extend(line.as_bytes());
    }
    Response::new(Body::from(frames))
}
