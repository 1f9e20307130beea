//! Measures the receiver: `cargo run --release -p monitor-receiver --example load`.
//!
//! 50 senders post requests like those of Claude Code to a receiver in a process of its own: first as fast as they are
//! acknowledged, then at a tenth of that. `-- size` stores a day of 200 agents instead and says how large the file is.

#![expect(clippy::print_stdout, reason = "the results are what this program is for")]

mod agents;
mod size;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use monitor_receiver::{
    http::{Limits, Paths, Receiver, serve_http},
    store::{Options, Reader, Store},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

pub const OPTIONS: Options = Options {
    clock: || agents::START + 86_400_000_000_000,
    keep_events: None,
    keep_metrics: None,
    max_bytes: None,
    keep_account: true,
    keep_spans: false,
    makes_way: false,
};

const SENDERS: u64 = 50;
const EVENTS: u64 = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", file] => runtime.block_on(serve(Path::new(file))),
        ["size"] => runtime.block_on(size::measure()),
        _ => runtime.block_on(measure()),
    }
}

async fn serve(file: &Path) {
    let store = Arc::new(Store::open(file, OPTIONS).expect("the file can be opened"));
    let receiver = Arc::new(Receiver::new(store, Paths::default(), Limits::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("it is bound"));
    serve_http(listener, receiver, CancellationToken::new()).await;
}

async fn measure() {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from).join("receiver-load");
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("telemetry.db");
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program).arg("serve").arg(&file).stdout(Stdio::piped()).spawn().expect("a process");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("it is piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("it says its address");
    let address: SocketAddr = line.trim().parse().expect("an address");

    let before = cpu_seconds(child.id());
    let (records, seconds, mut latencies) = run(address, 0, 40, None).await;
    let rate = records as f64 / seconds;
    println!(
        "as fast as acknowledged: {rate:.0} events/s ({records} in {seconds:.1} s), {}",
        quantiles(&mut latencies)
    );
    println!("  the receiver's CPU: {:.2} s", cpu_seconds(child.id()) - before);
    let pause = Duration::from_secs_f64((SENDERS * EVENTS) as f64 / (rate / 10.0));
    let (records, seconds, mut latencies) = run(address, 40, 20, Some(pause)).await;
    println!("at a tenth: {:.0} events/s, {}", records as f64 / seconds, quantiles(&mut latencies));
    println!("  the receiver's memory: {} at most", peak_memory(child.id()));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let begun = Instant::now();
    let store = Store::open(&file, OPTIONS).expect("it can be opened");
    let opened = begun.elapsed();
    let count = Reader::open(&file).expect("a reader").count_events().expect("a number");
    println!("after `kill -9`: opened in {opened:.1?}, {count} events of {}", SENDERS * EVENTS * 60);
    drop(store);
    std::fs::remove_dir_all(&folder).ok();
}

/// All senders at once. Returns the number of records, the seconds, and the latency of each request.
async fn run(address: SocketAddr, from: u64, requests: u64, pause: Option<Duration>) -> (u64, f64, Vec<Duration>) {
    let bodies: Vec<Vec<Vec<u8>>> = (0..SENDERS)
        .map(|sender| (from..from + requests).map(|request| agents::request(sender, request, EVENTS)).collect())
        .collect();
    let begun = Instant::now();
    let senders: Vec<_> = bodies
        .into_iter()
        .enumerate()
        .map(|(sender, bodies)| tokio::spawn(send(address, sender as u32, bodies, pause)))
        .collect();
    let mut latencies = Vec::new();
    for sender in senders {
        latencies.extend(sender.await.expect("it ends"));
    }
    (SENDERS * EVENTS * requests, begun.elapsed().as_secs_f64(), latencies)
}

async fn send(address: SocketAddr, sender: u32, bodies: Vec<Vec<u8>>, pause: Option<Duration>) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let mut latencies = Vec::with_capacity(bodies.len());
    let mut next = Instant::now() + pause.unwrap_or_default() * sender / SENDERS as u32;
    for body in bodies {
        if let Some(pause) = pause {
            tokio::time::sleep_until(next.into()).await;
            next += pause;
        }
        let head = format!(
            "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let begun = Instant::now();
        stream.write_all(&[head.as_bytes(), &body].concat()).await.expect("it is taken");
        let mut answer = Vec::new();
        while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
            let count = stream.read_buf(&mut answer).await.expect("an answer");
            assert!(count > 0, "the connection was closed");
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        latencies.push(begun.elapsed());
    }
    latencies
}

fn quantiles(latencies: &mut [Duration]) -> String {
    latencies.sort();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    format!("p50 {:.1?}, p99 {:.1?}", at(0.5), at(0.99))
}

fn status(process: u32, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim().to_owned()))
}

fn peak_memory(process: u32) -> String {
    status(process, "VmHWM").unwrap_or_else(|| "unknown".into())
}

/// In ticks of 10 ms, as Linux counts.
fn cpu_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}
