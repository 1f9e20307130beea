//! A sender that writes its requests byte by byte, so that they can be wrong in any way.

use std::{io::Write as _, net::SocketAddr};

use flate2::{Compression, write::GzEncoder};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub const PROTOBUF: &str = "application/x-protobuf";
pub const JSON: &str = "application/json";

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// In lower case, a line each.
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request over HTTP/1.1.
#[derive(Debug, Clone)]
pub struct Send<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: Vec<u8>,
    pub chunked: bool,
}

impl<'a> Send<'a> {
    pub fn post(path: &'a str, kind: &'a str, body: impl Into<Vec<u8>>) -> Send<'a> {
        Send { method: "POST", path, headers: vec![("content-type", kind)], body: body.into(), chunked: false }
    }

    pub fn header(mut self, name: &'a str, value: &'a str) -> Send<'a> {
        self.headers.push((name, value));
        self
    }

    pub fn gzip(mut self) -> Send<'a> {
        self.body = gzip(&self.body);
        self.header("content-encoding", "gzip")
    }

    pub fn chunked(self) -> Send<'a> {
        Send { chunked: true, ..self }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            bytes.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.chunked {
            return [format!("{bytes}content-length: {}\r\n\r\n", self.body.len()).as_bytes(), &self.body].concat();
        }
        let mut bytes = format!("{bytes}transfer-encoding: chunked\r\n\r\n").into_bytes();
        for chunk in self.body.chunks(1000) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
        bytes
    }

    /// Sends it on a connection of its own. `None` if there is no answer.
    pub async fn to(&self, address: SocketAddr) -> Option<Answer> {
        let mut stream = TcpStream::connect(address).await.ok()?;
        // A receiver may answer before it has read everything.
        let _ = stream.write_all(&self.bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        parse(&answer)
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: answer[end + 4..].to_vec() })
}
