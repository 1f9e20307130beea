//! The `receive` command, from simulated agents to the file.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use monitor_core::telemetry::Owner;
use monitor_receiver::store::{Reader, Total, Window};
use serde_json::{Value, json};

use super::real_prometheus::free_port;

pub struct Receiving {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Receiving {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn next_line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clawker-monitor"));
    command.args(arguments).env("CLAWKER_CONFIG_DIR", folder).env("CLAWKER_DATA_DIR", folder);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    command
}

pub fn receive(folder: &Path) -> Receiving {
    running(folder, &["receive"])
}

fn running(folder: &Path, arguments: &[&str]) -> Receiving {
    let mut child =
        command(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    Receiving { child, lines }
}

pub fn settings(folder: &Path) -> (u16, u16) {
    let (http, grpc) = (free_port("127.0.0.1"), free_port("127.0.0.1"));
    let text = format!("monitoring:\n  otel_collector_port: {http}\n  otel_grpc_port: {grpc}\n");
    fs::write(folder.join("settings.yaml"), text).expect("it can be written");
    (http, grpc)
}

/// Everything in the file equals what the simulated agents count themselves.
fn equals_ledgers(file: &Path, report: &Value) {
    let totals = Reader::open(file).expect("a reader").totals(Window::ALL).expect("they can be read");
    for ledger in report["agents"].as_array().expect("ledgers") {
        let owner = Owner::new(ledger["project"].as_str(), ledger["agent"].as_str());
        let of_agent: Vec<&Total> = totals.iter().filter(|total| total.owner == owner).collect();
        assert!(of_agent.iter().all(|total| total.simulated));
        let sum = |metric: &str, factor: f64| {
            let values = of_agent.iter().filter(|total| total.series.metric == metric).map(|total| total.value);
            Value::from((values.sum::<f64>() * factor).round() as u64)
        };
        let (events, metrics) = (&ledger["events"], &ledger["metrics"]);
        let agent = &ledger["agent"];
        assert!(events["records"].as_u64() > Some(0), "{agent}");
        assert_eq!(sum("clawker.events", 1.0), events["records"], "{agent}");
        assert_eq!(sum("clawker.request.cost_usd", 1e6), events["cost_micro_usd"], "{agent}");
        assert_eq!(sum("clawker.tool.calls", 1.0), events["tool_calls"], "{agent}");
        assert_eq!(sum("claude_code.cost.usage", 1e6), metrics["cost_micro_usd"], "{agent}");
        assert_eq!(sum("claude_code.active_time.total", 1e3), metrics["active_ms"], "{agent}");
        let tokens =
            |of: &Value| of["tokens"].as_object().expect("types").values().filter_map(Value::as_u64).sum::<u64>();
        assert_eq!(sum("clawker.request.tokens", 1.0), tokens(events), "{agent}");
        assert_eq!(sum("claude_code.token.usage", 1.0), tokens(metrics), "{agent}");
    }
}

#[test]
fn simulated_agents_are_in_the_file_to_the_last_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let (http, grpc) = settings(folder.path());
    let mut receiving = receive(folder.path());
    let expected = format!("receiving OTLP on http://127.0.0.1:{http} and grpc://127.0.0.1:{grpc}");
    assert_eq!(receiving.next_line(), expected);
    let file = folder.path().join("telemetry/telemetry.db");
    assert_eq!(receiving.next_line(), format!("keeping it in {}", file.display()));

    let base = format!("http://127.0.0.1:{http}");
    let arguments = ["simulate", "--for", "4s", "--rate", "600", "--agents", "4", "--json", "--endpoint", &base];
    let output = command(folder.path(), &arguments).output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["requests"]["rejected_items"], 0);

    equals_ledgers(&file, &report);

    let process = receiving.child.id().to_string();
    assert!(Command::new("kill").arg(process).status().expect("it runs").success());
    assert!(receiving.child.wait().expect("it ends").success());
}

#[test]
fn a_second_receiver_says_what_is_in_the_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let (http, _) = settings(folder.path());
    let mut first = receive(folder.path());
    first.next_line();
    first.next_line();
    let output = command(folder.path(), &["receive"]).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains(&format!("127.0.0.1:{http}")) && said.contains("another program is using this port"),
        "{said}"
    );
    assert!(said.contains("settings set otel_collector_port") && !said.contains("--listen"), "{said}");
    // Other ports, the same file.
    let data = folder.path().join("telemetry");
    let other = tempfile::tempdir().expect("a folder");
    settings(other.path());
    let data = data.to_string_lossy().into_owned();
    let output = command(other.path(), &["receive", "--data", &data]).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is in use by another receiver"), "{said}");
}

/// A panel without Docker, and its address.
fn panel(folder: &Path, more: &[&str]) -> (Receiving, String) {
    let mut panel = running(folder, &[&["serve", "--listen", "127.0.0.1:0"], more].concat());
    let line = panel.next_line();
    (panel, line.strip_prefix("listening on ").expect("an address").to_owned())
}

/// The page, once it has the words.
fn page_with(address: &str, path: &str, words: &str) -> String {
    page_that(address, path, words, true)
}

/// The page, once it no longer has the words.
fn page_without(address: &str, path: &str, words: &str) -> String {
    page_that(address, path, words, false)
}

fn page_that(address: &str, path: &str, words: &str, has: bool) -> String {
    let begun = Instant::now();
    loop {
        let output = Command::new("curl").args(["--silent", &format!("{address}{path}")]).output().expect("curl runs");
        let page = String::from_utf8_lossy(&output.stdout).into_owned();
        if page.contains(words) == has {
            return page;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{path} with `{words}` is not {has}: {page}");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_panel_receives_and_shows_agents_without_docker() {
    let folder = tempfile::tempdir().expect("a folder");
    let (http, _) = settings(folder.path());
    let (_panel, address) = panel(folder.path(), &[]);
    let first = address.clone();
    page_with(&address, "/", "This panel receives telemetry itself");
    let base = format!("http://127.0.0.1:{http}");
    let arguments = ["simulate", "--for", "4s", "--rate", "600", "--agents", "3", "--json", "--endpoint", &base];
    let output = command(folder.path(), &arguments).output().expect("the binary starts");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    equals_ledgers(&folder.path().join("telemetry/telemetry.db"), &report);

    let ledgers = report["agents"].as_array().expect("ledgers");
    let page = page_with(&address, "/agents", "Agents in containers are not listed, because Docker");
    for ledger in ledgers {
        let micro_usd = ledger["metrics"]["cost_micro_usd"].as_u64().filter(|micro| *micro > 0);
        let micro_usd = micro_usd.or(ledger["events"]["cost_micro_usd"].as_u64()).expect("a cost");
        let exact = format!("${}.{:06} estimated by Claude Code", micro_usd / 1_000_000, micro_usd % 1_000_000);
        assert!(page.contains(&exact), "{exact}");
    }
    let output = command(folder.path(), &["agents", "--json"]).output().expect("the binary starts");
    let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let listed = list["agents"].as_array().expect("agents");
    assert_eq!(listed.len(), ledgers.len());
    assert!(listed.iter().all(|agent| agent["verdict"] == "reporting"), "{list}");
    assert!(list["warnings"][0].as_str().expect("a warning").contains("not listed: can't reach Docker"), "{list}");

    let mut watching = running(folder.path(), &["agents", "--watch", "--json"]);
    let seen: Value = serde_json::from_str(&watching.next_line()).expect("JSON");
    assert_eq!(seen["agents"].as_array().map(Vec::len), Some(ledgers.len()), "{seen}");

    // The ports are not reported as taken.
    let output = command(folder.path(), &["doctor"]).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(&format!("Port {http} for Collector is used by the panel itself")), "{said}");
    // Only one of two panels receives; the other one works all the same.
    let (_second, address) = panel(folder.path(), &[]);
    page_with(&address, "/agents", "simulated");
    // A stack was set up, and nobody can tell now what it has recorded.
    assert!(!page.contains("what the stack has recorded"), "{page}");
    assert!(command(folder.path(), &["init"]).output().expect("the binary starts").status.success());
    page_with(&first, "/agents", "what the stack has recorded");
    // Docker may start its collector any time.
    page_without(&first, "/", "This panel receives telemetry itself");
}

#[test]
fn an_empty_file_does_not_hide_that_the_stack_is_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    settings(folder.path());
    {
        let (_panel, address) = panel(folder.path(), &[]);
        page_with(&address, "/", "This panel receives telemetry itself");
    }
    assert!(folder.path().join("telemetry/telemetry.db").exists());
    assert!(command(folder.path(), &["init"]).output().expect("the binary starts").status.success());
    let (_panel, address) = panel(folder.path(), &[]);
    let page = page_with(&address, "/agents", "Can't reach Docker");
    assert!(page.contains("The list of agents is unavailable") && page.contains("Can't reach Prometheus"), "{page}");
}

#[test]
fn a_panel_that_is_killed_loses_nothing_that_agents_send_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (http, _) = settings(folder.path());
    let (mut killed, address) = panel(folder.path(), &[]);
    page_with(&address, "/", "This panel receives telemetry itself");
    let base = format!("http://127.0.0.1:{http}");
    let arguments = ["simulate", "--for", "12s", "--rate", "120", "--agents", "4", "--json", "--endpoint", &base];
    let simulation = command(folder.path(), &arguments).stdout(Stdio::piped()).spawn().expect("the binary starts");
    for _ in 0..3 {
        thread::sleep(Duration::from_secs(2));
        killed.child.kill().expect("it can be killed");
        killed.child.wait().expect("it ends");
        killed = panel(folder.path(), &[]).0;
    }
    let output = simulation.wait_with_output().expect("it ends");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(report["requests"]["retries"].as_u64() > Some(0), "{report}");
    equals_ledgers(&folder.path().join("telemetry/telemetry.db"), &report);
}

#[test]
fn a_panel_can_be_told_not_to_receive() {
    let folder = tempfile::tempdir().expect("a folder");
    let (http, grpc) = settings(folder.path());
    let (_panel, address) = panel(folder.path(), &["--no-receive"]);
    let page = page_with(&address, "/", "Can't reach Docker");
    thread::sleep(Duration::from_secs(2));
    assert!(!page.contains("receives telemetry itself"), "{page}");
    for port in [http, grpc] {
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "{port}");
    }
    assert!(!folder.path().join("telemetry").exists());
}

#[test]
fn an_event_is_on_the_timeline_as_soon_as_it_is_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let (http, _) = settings(folder.path());
    let (_panel, address) = panel(folder.path(), &[]);
    page_with(&address, "/", "This panel receives telemetry itself");
    let post = |mark: usize| {
        let at = clawker_monitor::clock::now().unix_milliseconds() * 1_000_000;
        let attribute = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let record = json!({"timeUnixNano": at.to_string(), "attributes": [
            attribute("event.name", "user_prompt"), attribute("prompt", &format!("mark-{mark}-end"))]});
        let tags = ["service.name=claude-code", "project=p", "agent=host"];
        let tags: Vec<Value> = tags
            .iter()
            .map(|tag| tag.split_once('=').expect("two parts"))
            .map(|(key, value)| attribute(key, value))
            .collect();
        let body =
            json!({"resourceLogs": [{"resource": {"attributes": tags}, "scopeLogs": [{"logRecords": [record]}]}]});
        let url = format!("http://127.0.0.1:{http}/v1/logs");
        let arguments =
            ["--silent", "--fail", "--header", "content-type: application/json", "--data", &body.to_string(), &url];
        assert!(Command::new("curl").args(arguments).stdout(Stdio::null()).status().expect("curl runs").success());
        Instant::now()
    };
    post(0);
    page_with(&address, "/agents/p%2Fhost", "mark-0-end");
    let stream = format!("{address}/events/agent/p%2Fhost");
    let mut reader = Command::new("curl")
        .args(["--silent", "--no-buffer", &stream])
        .stdout(Stdio::piped())
        .spawn()
        .expect("curl runs");
    let (seen, marks) = std::sync::mpsc::channel();
    let lines = BufReader::new(reader.stdout.take().expect("it is piped")).lines();
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| seen.send((Instant::now(), line))));
    let wait_for = |mark: &str| loop {
        let (at, line) = marks.recv_timeout(Duration::from_secs(20)).expect("it comes");
        if line.contains(mark) {
            return at;
        }
    };
    wait_for("mark-0-end");
    let mut delays: Vec<Duration> = (1..=9)
        .map(|mark| {
            // So that they do not meet the regular queries, once a second.
            thread::sleep(Duration::from_millis(130));
            let stored = post(mark);
            wait_for(&format!("mark-{mark}-end")).saturating_duration_since(stored)
        })
        .collect();
    reader.kill().expect("it can be killed");
    reader.wait().expect("it ends");
    delays.sort_unstable();
    assert!(delays[4] < Duration::from_millis(100), "{delays:?}");
}
