//! For tests: an Engine behind a real socket that sends scripted responses.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixListener,
    path::Path,
    thread::JoinHandle,
};

use super::connect::{Endpoint, endpoint_from_environment};

/// The endpoint of the socket at `path`.
pub(super) fn at(path: &Path) -> Endpoint {
    let host = format!("unix://{}", path.display());
    endpoint_from_environment(|name| (name == "DOCKER_HOST").then(|| host.clone())).expect("an endpoint")
}

/// Responds to one request after another with these statuses and bodies. The thread returns the requested paths.
pub(super) fn scripted(path: &Path, answers: &'static [(u16, &'static str)]) -> JoinHandle<Vec<String>> {
    std::fs::remove_file(path).ok();
    let listener = UnixListener::bind(path).expect("a socket");
    std::thread::spawn(move || {
        let answered = answers.iter().map(|(status, body)| {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
            let request = lines.next().expect("a line").expect("text");
            lines.find(|line| line.as_ref().is_ok_and(String::is_empty));
            let length = body.len();
            // An Engine sends its newest API version with every response.
            let version = body.split_once(r#""ApiVersion":""#).and_then(|(_, rest)| rest.split('"').next());
            let version = version.map(|version| format!("Api-Version: {version}\r\n")).unwrap_or_default();
            let headers = format!("{version}Content-Length: {length}\r\nConnection: close\r\n");
            write!(stream, "HTTP/1.1 {status} Words\r\n{headers}\r\n{body}").expect("it is read");
            request.split(' ').nth(1).expect("a path").to_owned()
        });
        answered.collect()
    })
}

/// The version response of Docker Engine 20.10.
pub(super) const ENGINE_20: &str = r#"{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#;
/// The version response of Docker Engine 29.
pub(super) const ENGINE_29: &str = r#"{"Version":"29.1.0","ApiVersion":"1.52","MinAPIVersion":"1.44"}"#;
/// The version response of Podman 5.8.
pub(super) const PODMAN: &str = r#"{"Version":"5.8.6","ApiVersion":"1.44","MinAPIVersion":"1.24","Components":[{"Name":"Podman Engine","Version":"5.8.6"},{"Name":"Conmon","Version":"2.1.13"}]}"#;
