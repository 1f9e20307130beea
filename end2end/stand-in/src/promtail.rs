//! A Promtail that gets its lines from tests and pushes them to Loki, through the stages of the mounted configuration.
//!
//! `POST /stand-in/lines?container=clawker-envoy` accepts raw lines, as the container writes them to its log.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use saphyr::YamlOwned;
use time::OffsetDateTime;

use crate::{
    pipeline::{Line, Pipeline},
    request::{Reply, Request, json_object, json_string},
};

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Promtail {
    pipeline: Pipeline,
    /// `http://loki:3100/loki/api/v1/push`
    push_url: String,
}

impl Promtail {
    /// Reads the configuration. What the real Promtail would refuse is an error.
    pub fn new(configuration: &YamlOwned) -> Result<Promtail> {
        let clients = configuration.as_mapping_get("clients").and_then(|clients| clients.as_sequence());
        let url = clients.and_then(|clients| clients.first()?.as_mapping_get("url")?.as_str());
        Ok(Promtail {
            pipeline: Pipeline::new(configuration)?,
            push_url: url.context("no client should be run without a URL: `clients` has none")?.to_owned(),
        })
    }

    /// The reply, or `None` if the path is not one of the stand-in's.
    pub fn handle(&self, request: &Request) -> Option<Reply> {
        if (request.method.as_str(), request.path.as_str()) != ("POST", "/stand-in/lines") {
            return None;
        }
        let container = request.parameter("container");
        if container.is_empty() {
            return Some(Reply::text("400 Bad Request", "name the container: /stand-in/lines?container=clawker-envoy"));
        }
        let now = OffsetDateTime::now_utc().unix_timestamp_nanos() as u64;
        let body = request.body();
        let texts = body.lines().filter(|text| !text.is_empty());
        let lines: Vec<Line> = texts.map(|text| self.pipeline.process(container, text, now)).collect();
        Some(match push(&self.push_url, &lines) {
            Ok(()) => Reply::new("204 No Content", "text/plain", ""),
            Err(error) => Reply::text("502 Bad Gateway", format!("{error:#}")),
        })
    }
}

/// The body of a push in Loki's JSON format.
pub fn push_body(lines: &[Line]) -> String {
    let stream = |line: &Line| {
        let (labels, text, metadata) =
            (json_object(&line.labels), json_string(&line.text), json_object(&line.metadata));
        format!("{{\"stream\":{labels},\"values\":[[\"{}\",{text},{metadata}]]}}", line.at)
    };
    let streams: Vec<String> = lines.iter().map(stream).collect();
    format!("{{\"streams\":[{}]}}", streams.join(","))
}

fn push(url: &str, lines: &[Line]) -> Result<()> {
    let (address, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .with_context(|| format!("`{url}` is not a push URL"))?;
    let body = push_body(lines);
    let mut stream = TcpStream::connect(address).with_context(|| format!("can't reach `{address}`"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 204 "), "Loki refused the lines: {answer}");
    Ok(())
}
