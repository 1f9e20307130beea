//! Starts the real binary with its own folders, and requests pages from it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// New settings and data folders, removed when this is dropped.
pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// `settings` is the text of `settings.yaml`.
    pub fn new(name: &str, settings: &str) -> Result<Home> {
        let folder = std::env::temp_dir().join(format!("clawker-monitor-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("config"))?;
        std::fs::create_dir_all(folder.join("data"))?;
        std::fs::write(folder.join("config/settings.yaml"), settings)?;
        Ok(Home { folder })
    }

    /// The folder of the generated files.
    pub fn monitor_folder(&self) -> PathBuf {
        self.folder.join("data/monitor")
    }

    /// A command that uses these folders.
    pub fn command(&self, binary: &Path) -> Command {
        let mut command = Command::new(binary);
        command.env("CLAWKER_CONFIG_DIR", self.folder.join("config"));
        command.env("CLAWKER_DATA_DIR", self.folder.join("data"));
        command
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A running server, stopped when this is dropped.
pub struct Panel {
    process: Child,
    /// As `127.0.0.1:40000`.
    pub address: String,
    /// From the start of the process to the first response with status 200.
    pub first_answer: Duration,
}

impl Panel {
    /// Starts `serve` and waits until it serves pages.
    pub fn start(mut command: Command) -> Result<Panel> {
        let started = Instant::now();
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("`clawker-monitor serve` could not be started")?;
        let stdout = process.stdout.take().context("stdout is piped")?;
        let mut panel = Panel { process, address: String::new(), first_answer: Duration::ZERO };
        for line in BufReader::new(stdout).lines() {
            if let Some(address) = line?.strip_prefix("listening on http://") {
                panel.address = address.trim_end_matches('/').to_owned();
                break;
            }
        }
        if panel.address.is_empty() {
            bail!("`clawker-monitor serve` ended without saying where it listens");
        }
        let response = get(&panel.address, "/", "identity")?;
        if response.status != 200 {
            bail!("`GET /` answered {}", response.status);
        }
        panel.first_answer = started.elapsed();
        Ok(panel)
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An HTTP response.
pub struct Response {
    pub status: u16,
    /// Size of header and body as received.
    pub wire_bytes: u64,
    pub body: Vec<u8>,
}

/// `GET` with this `Accept-Encoding`. The body stays compressed.
pub fn get(address: &str, path: &str, accept_encoding: &str) -> Result<Response> {
    let mut stream = TcpStream::connect(address).with_context(|| format!("`{address}` does not answer"))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html,*/*\r\nAccept-Encoding: {accept_encoding}\r\n\
         Connection: close\r\n\r\n"
    )?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").context("an answer without a header")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    Ok(Response { status, wire_bytes: bytes.len() as u64, body: bytes[end + 4..].to_vec() })
}
