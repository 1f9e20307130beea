//! Limits: of open files, and of memory while a large log is read.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{body::Body, response::Response};
use futures::{StreamExt, stream};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::{
    engine,
    installation::{Said, command, web_server},
    lying_peers::{Panel, honest_engine},
};

pub const MIB: u64 = 1 << 20;
/// So much text is in the log of the tests' Engine.
const LOG_BYTES: u64 = 256 * MIB;

/// An Engine whose log of Loki has short lines, then one that never ends. Counts the bytes that were taken from it.
fn talkative_engine(folder: &std::path::Path, taken: Arc<AtomicU64>) -> String {
    engine::start(
        folder,
        Box::new(move |path| {
            if path != "/containers/loki/logs" {
                return None;
            }
            let taken = Arc::clone(&taken);
            let lines = stream::iter(0..LOG_BYTES / (16 << 10)).map(move |index| {
                let end = if index < LOG_BYTES / (32 << 10) { "\n" } else { "x" };
                let text = format!("2026-11-22T07:12:56.123456789Z {}{end}", "y".repeat((16 << 10) - 32));
                let mut frame = vec![1, 0, 0, 0];
                frame.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
                frame.extend(text.as_bytes());
                taken.fetch_add(text.len() as u64, Ordering::SeqCst);
                Ok::<_, std::io::Error>(frame)
            });
            Some(Response::new(Body::from_stream(lines)))
        }),
    )
}

/// The most memory that a process of the binary has had, in bytes. `None` if it has ended, or is still what starts it.
pub fn peak_memory(child: &Child) -> Option<u64> {
    let of_process = |name: &str| format!("/proc/{}/{name}", child.id());
    fs::read_link(of_process("exe")).ok().filter(|exe| exe.ends_with("clawker-monitor"))?;
    let status = fs::read_to_string(of_process("status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// Reads half of the log and then waits: what was taken from the Engine by then is what the process buffers, beside what
/// sockets hold. Then reads the rest. Returns the bytes read.
fn read_slowly(mut output: impl Read, taken: &AtomicU64) -> u64 {
    let mut half = vec![0; usize::try_from(LOG_BYTES / 2).unwrap()];
    output.read_exact(&mut half).unwrap();
    let buffered = taken.load(Ordering::SeqCst).saturating_sub(LOG_BYTES / 2);
    assert!(buffered < 32 * MIB, "{} MiB are buffered", buffered / MIB);
    let mut rest = [0; 1 << 16];
    let mut count = LOG_BYTES / 2;
    loop {
        match output.read(&mut rest).unwrap() {
            0 => return count,
            read => count += read as u64,
        }
    }
}

#[test]
fn a_log_of_any_size_is_printed_with_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let taken = Arc::new(AtomicU64::new(0));
    let engine = talkative_engine(folder.path(), Arc::clone(&taken));
    let mut logs = command(folder.path(), &engine, &["logs", "loki", "-n", "4000000"]);
    let mut child = logs.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut first = [0; 1];
    output.read_exact(&mut first).unwrap();
    let mut half = vec![0; usize::try_from(LOG_BYTES / 2).unwrap()];
    output.read_exact(&mut half).unwrap();
    let peak = peak_memory(&child).unwrap();
    assert!(peak < 128 * MIB, "{} MiB for half of {} MiB", peak / MIB, LOG_BYTES / MIB);
    let rest = std::io::copy(&mut output, &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(rest > LOG_BYTES / 3, "{rest}");
}

#[test]
fn a_log_of_any_size_is_downloaded_with_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let taken = Arc::new(AtomicU64::new(0));
    let engine = talkative_engine(folder.path(), Arc::clone(&taken));
    let mut serve = command(folder.path(), &engine, &["serve", "--listen", "127.0.0.1:0"]);
    let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
    let mut connection = TcpStream::connect(&address).unwrap();
    let request = format!("GET /logs/loki/download HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let count = read_slowly(&mut connection, &taken);
    let peak = peak_memory(&child).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(count > LOG_BYTES / 10 * 9, "{count}");
    assert!(peak < 160 * MIB, "{} MiB for {} MiB", peak / MIB, LOG_BYTES / MIB);
}

/// The command with limits of a shell.
pub fn limited(limits: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{limits}; exec \"$0\" \"$@\"")]).arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

#[test]
fn the_limit_of_open_files_is_raised_as_far_as_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let serve = command(folder.path(), "unix:///nowhere/docker.sock", &["serve", "--listen", "127.0.0.1:0"]);
    let mut child =
        limited("ulimit -Sn 64; ulimit -Hn 512", &serve).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().nth(3), Some("512"), "{line}");
}

/// What is said about a lack of descriptors.
const LACK: &str = "as many files and connections open as it may";

#[test]
fn a_lack_of_descriptors_is_never_told_as_a_peer_that_does_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let engine = honest_engine(folder.path(), web_server(200, "{}"));
    for arguments in [&["status"][..], &["agents"]] {
        let command = command(folder.path(), &engine, arguments);
        let mut told_the_truth = 0;
        for limit in 4..32 {
            let said = Said::of(&mut limited(&format!("ulimit -n {limit}"), &command));
            assert!(!said.err.contains("can't reach Docker"), "{limit}: {}", said.err);
            assert!(!said.out.contains("no answer on port"), "{limit}: {}", said.out);
            told_the_truth += usize::from(said.err.contains(LACK));
        }
        assert!(told_the_truth > 0, "{arguments:?}");
    }
}

#[test]
fn a_panel_that_runs_out_of_descriptors_says_so_about_services_too() {
    let folder = tempfile::tempdir().unwrap();
    let engine = honest_engine(folder.path(), web_server(200, "{}"));
    let panel = Panel::start(folder.path(), &engine);
    // A page does not wait for services longer than a moment.
    let deadline = Instant::now() + Duration::from_secs(20);
    while !panel.get("/").0.contains("Ready") {
        assert!(Instant::now() < deadline, "{}", panel.get("/").0);
    }
    let pid = Pid::from_child(&panel.child);
    // The limit that leaves so many numbers free: a limit is one of numbers, and some below the highest are free.
    let limit_that_leaves = |free: u64| {
        let listed = fs::read_dir(format!("/proc/{}/fd", panel.child.id())).unwrap();
        let open: BTreeSet<u64> =
            listed.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect();
        (0..).filter(|number| !open.contains(number)).nth(free as usize).unwrap()
    };
    let mut told_the_truth = 0;
    // The first one is the page's own connection.
    for more in 1..6 {
        let limit = Some(limit_that_leaves(more));
        prlimit(Some(pid), Resource::Nofile, Rlimit { current: limit, maximum: limit.map(|it| it.max(1024)) }).unwrap();
        let page = panel.get("/").0;
        assert!(!page.contains("no answer on port"), "{more}: {page}");
        told_the_truth += usize::from(page.contains(LACK));
    }
    assert!(told_the_truth > 0);
}
