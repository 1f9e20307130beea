//! An Engine behind a real socket that answers by a script. For tests.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixListener,
    path::Path,
    thread::JoinHandle,
};

use super::connect::{Endpoint, endpoint_from_environment};

/// The endpoint at that socket.
pub(super) fn at(path: &Path) -> Endpoint {
    let host = format!("unix://{}", path.display());
    endpoint_from_environment(|name| (name == "DOCKER_HOST").then(|| host.clone())).expect("an endpoint")
}

/// Answers one request after the other with these statuses and bodies, and reports the paths that were asked for.
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
            write!(stream, "HTTP/1.1 {status} Words\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
                .expect("it is read");
            request.split(' ').nth(1).expect("a path").to_owned()
        });
        answered.collect()
    })
}

/// What Docker Engine 20.10 says of itself.
pub(super) const ENGINE_20: &str = r#"{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#;
/// What Docker Engine 29 says of itself.
pub(super) const ENGINE_29: &str = r#"{"Version":"29.1.0","ApiVersion":"1.52","MinAPIVersion":"1.44"}"#;
