//! The raw bound of `up`: the same six containers, created and started through the Engine's API two at a time, and nothing
//! else. Nothing is looked up first, no service waits for another one, and nothing is asked whether it is ready.

use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::stand_ins::SERVICES;

/// How many containers are created and started at the same time.
const AT_ONCE: usize = 2;

/// The requests that create the stack's containers.
pub struct Bound {
    engine: Engine,
    /// Names and bodies.
    requests: Vec<(&'static str, Value)>,
}

impl Bound {
    /// Takes the requests from the stack that is running now.
    pub fn of_running_stack() -> Result<Bound> {
        let engine = Engine::from_environment()?;
        let request = |(name, _): (&'static str, &str)| {
            let inspected: Value =
                serde_json::from_slice(&engine.send("GET", &format!("/containers/{name}/json"), "")?)?;
            Ok((name, create_request(name, inspected)))
        };
        let requests = SERVICES.into_iter().map(request).collect::<Result<_>>()?;
        Ok(Bound { engine, requests })
    }

    /// Creates and starts the containers, and removes them afterwards. Returns how long creating and starting took.
    pub fn measure(&self) -> Result<Duration> {
        let waiting = Mutex::new(self.requests.iter().collect::<VecDeque<_>>());
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let work = || {
            while let Some((name, body)) = next() {
                self.engine.send("POST", &format!("/containers/create?name={name}"), &body.to_string())?;
                self.engine.send("POST", &format!("/containers/{name}/start"), "")?;
            }
            Ok(())
        };
        let started = Instant::now();
        let done: Result<()> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?)
        });
        let taken = started.elapsed();
        for (name, _) in &self.requests {
            // One that was never created can't be removed, and `done` says why.
            let _ = self.engine.send("DELETE", &format!("/containers/{name}?force=true&v=true"), "");
        }
        done.map(|()| taken)
    }
}

/// The request that created the container. The Engine puts the host name and its own alias into the answer.
fn create_request(name: &str, inspected: Value) -> Value {
    let mut body = inspected["Config"].clone();
    body["Hostname"] = Value::Null;
    body["HostConfig"] = inspected["HostConfig"].clone();
    let network = inspected["HostConfig"]["NetworkMode"].as_str().unwrap_or_default();
    body["NetworkingConfig"] = json!({ "EndpointsConfig": { network: { "Aliases": [name] } } });
    body
}

/// The Engine's socket.
struct Engine {
    socket: PathBuf,
}

impl Engine {
    fn from_environment() -> Result<Engine> {
        let host = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        let socket = host.strip_prefix("unix://").with_context(|| format!("`{host}` is not a Unix socket"))?;
        Ok(Engine { socket: socket.into() })
    }

    /// Sends a request and returns the body of the answer, which must be a success.
    fn send(&self, method: &str, path: &str, body: &str) -> Result<Vec<u8>> {
        let socket = self.socket.display();
        let mut stream = UnixStream::connect(&self.socket).with_context(|| format!("`{socket}` does not answer"))?;
        let length = body.len();
        // In HTTP 1.0 the answer ends with the connection, without chunks.
        let head = format!("Host: docker\r\nContent-Type: application/json\r\nContent-Length: {length}");
        stream.write_all(format!("{method} {path} HTTP/1.0\r\n{head}\r\n\r\n{body}").as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").context("an answer without a header")?;
        let status = String::from_utf8_lossy(&answer[..end]).lines().next().unwrap_or_default().to_owned();
        let text = String::from_utf8_lossy(&answer[end + 4..]).into_owned();
        ensure!(status.contains(" 20"), "`{method} {path}`: {status}: {text}");
        Ok(answer.split_off(end + 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_what_the_container_was_created_with() {
        let inspected = json!({
            "Id": "6f", "Name": "/loki",
            "Config": {"Hostname": "6f", "Image": "grafana/loki:3.7.0", "Labels": {"a": "b"}},
            "HostConfig": {"NetworkMode": "clawker-net", "Memory": 1},
            "NetworkSettings": {"Networks": {"clawker-net": {"Aliases": ["loki", "6f"], "IPAddress": "172.18.0.2"}}},
        });
        assert_eq!(
            create_request("loki", inspected),
            json!({
                "Hostname": null, "Image": "grafana/loki:3.7.0", "Labels": {"a": "b"},
                "HostConfig": {"NetworkMode": "clawker-net", "Memory": 1},
                "NetworkingConfig": {"EndpointsConfig": {"clawker-net": {"Aliases": ["loki"]}}},
            })
        );
    }
}
