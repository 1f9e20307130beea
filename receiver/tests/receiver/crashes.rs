//! `kill -9` between and during requests: what was acknowledged is there, once.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use monitor_receiver::store::{Reader, Store, Window};

use super::{
    client::{JSON, PROTOBUF, Send},
    fixtures::{RELEASES, ledger, requests, stored},
    server::{OPTIONS, Server},
    telemetry::{encoded, event},
};

const FILE: &str = "RECEIVER_TEST_FILE";
const PORT_FILE: &str = "RECEIVER_TEST_PORT_FILE";

/// A receiver in a process of its own.
pub struct Process {
    child: Child,
    pub http: SocketAddr,
}

impl Process {
    /// `prefix` are words of a shell before the command.
    pub async fn start(file: &Path, prefix: &str) -> Process {
        let port_file = PathBuf::from(format!("{}.port", file.display()));
        fs::remove_file(&port_file).ok();
        let program = std::env::current_exe().expect("this program");
        let child = Command::new("sh")
            .arg("-c")
            .arg(format!("{prefix} exec \"$0\" --exact crashes::serve_until_killed --nocapture"))
            .arg(program)
            .env(FILE, file)
            .env(PORT_FILE, &port_file)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("a process");
        let mut process = Process { child, http: SocketAddr::from(([127, 0, 0, 1], 0)) };
        loop {
            if let Some(address) = fs::read_to_string(&port_file).ok().and_then(|text| text.parse().ok()) {
                process.http = address;
                return process;
            }
            assert!(process.child.try_wait().expect("it can be asked").is_none(), "the receiver ended");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Does nothing unless it is the child process of another test.
#[tokio::test(flavor = "multi_thread")]
async fn serve_until_killed() {
    let (Ok(file), Ok(port_file)) = (std::env::var(FILE), std::env::var(PORT_FILE)) else { return };
    let server = Server::start(Path::new(&file)).await;
    let unfinished = format!("{port_file}.tmp");
    fs::write(&unfinished, server.http.to_string()).expect("it can be written");
    fs::rename(unfinished, port_file).expect("it can be renamed");
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledgers_of_real_releases_with_a_kill_after_each_request() {
    for release in RELEASES {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("telemetry.db");
        let expected = ledger(release);
        for request in requests(release, JSON) {
            let process = Process::start(&file, "").await;
            assert_eq!(request.send().to(process.http).await.expect("an answer").status, 200);
            process.kill();
            // The answer was lost, so it is sent again.
            let process = Process::start(&file, "").await;
            assert_eq!(request.send().to(process.http).await.expect("an answer").status, 200);
            process.kill();
        }
        let store = Store::open(&file, OPTIONS).expect("it can be opened");
        assert_eq!(stored(&store.reader().expect("a reader"), &expected), expected, "{release}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_that_retry_lose_and_repeat_nothing() {
    const SENDERS: u64 = 8;
    const REQUESTS: u64 = 60;
    const EVENTS: u64 = 10;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("telemetry.db");
    let first = Process::start(&file, "").await;
    let address = Arc::new(Mutex::new(first.http));
    let done = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (address, acknowledged) = (address.clone(), acknowledged.clone());
            tokio::spawn(async move {
                for request in 0..REQUESTS {
                    let from = (sender * REQUESTS + request) * EVENTS;
                    let body = encoded(&format!("s{sender}"), (from..from + EVENTS).map(event).collect());
                    loop {
                        let to = *address.lock().expect("nobody panics");
                        let answer = Send::post("/v1/logs", PROTOBUF, body.clone()).to(to).await;
                        if answer.is_some_and(|answer| answer.status == 200) {
                            break;
                        }
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let killer = {
        let (address, done, file, acknowledged) = (address.clone(), done.clone(), file.clone(), acknowledged.clone());
        tokio::spawn(async move {
            let (mut process, mut kills) = (first, 0);
            while !done.load(Ordering::Relaxed) {
                let before = acknowledged.load(Ordering::Relaxed);
                // In the middle of the next requests.
                while acknowledged.load(Ordering::Relaxed) < before + 25 && !done.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                process.kill();
                kills += 1;
                process = Process::start(&file, "").await;
                *address.lock().expect("nobody panics") = process.http;
            }
            process.kill();
            kills
        })
    };
    for sender in senders {
        sender.await.expect("it ends");
    }
    done.store(true, Ordering::Relaxed);
    let kills = killer.await.expect("it ends");
    assert!(kills >= 8, "{kills} kills");
    let reader = Reader::open(&file).expect("a reader");
    let sent = SENDERS * REQUESTS * EVENTS;
    assert_eq!(reader.count_events().expect("a number"), sent);
    let totals = reader.totals(Window::ALL).expect("they can be read");
    let counted = |metric: &str| -> f64 {
        totals.iter().filter(|total| total.series.metric == metric).map(|total| total.value).sum()
    };
    assert_eq!((counted("clawker.events"), counted("clawker.tool.calls")), (sent as f64, sent as f64));
    assert_eq!(counted("clawker.tool.duration"), 20.0 * sent as f64);
}
