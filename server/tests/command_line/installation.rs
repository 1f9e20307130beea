//! A folder for settings and data, and the binary that uses it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::Command,
    thread,
};

pub use crate::process::Said;

/// The binary with its settings and data in this folder and the Engine at this address.
pub fn command(folder: &Path, engine: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clawker-monitor"));
    command
        .args(arguments)
        .env("HOME", folder)
        .env("CLAWKER_CONFIG_DIR", folder.join("config"))
        .env("CLAWKER_DATA_DIR", folder.join("data"))
        .env("DOCKER_HOST", engine)
        .env_remove("DOCKER_CONTEXT");
    command
}

/// A server that answers every HTTP request with this status and body. Returns its port.
pub fn web_server(status: u16, body: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut reader = BufReader::new(&connection);
                let mut length = 0;
                for line in reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap_or(0);
                    }
                }
                reader.take(length).read_to_end(&mut Vec::new()).ok();
                let head =
                    format!("HTTP/1.1 {status} Some\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                (&connection).write_all(format!("{head}{body}").as_bytes()).ok();
            });
        }
    });
    port
}
