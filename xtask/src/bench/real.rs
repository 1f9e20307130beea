//! Measurements on the real programs: how long `up` takes, how soon a number is on the page, what one refresh of the
//! dashboard costs the stores, and what the services need while 200 simulated agents send sixty times faster than life.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::Measured;
use crate::{
    panel::{Home, Panel, get},
    stand_ins,
    step::{run_quietly, say},
    tools::{Engine, RealPrograms},
};

/// Points sent one after another, each awaited on the page.
const POINTS: u32 = 40;
/// Arguments of `simulate`, one run after the other. The collector is the slowest part: on two cores it takes 200 to 400
/// events a second, with the metrics beside them, so that the second run has half of what 200 agents send in a day.
const RUNS: [[&str; 6]; 2] =
    [["--agents", "200", "--rate", "60", "--for", "90s"], ["--agents", "200", "--rate", "150", "--for", "920s"]];

/// What was measured.
pub struct Figures {
    /// The programs, with version and how each came here: `prometheus v3.10.0 (built from Go modules)`.
    pub programs: Vec<String>,
    pub up: Measured,
    pub compose_up: Measured,
    /// From a point sent to its number in the page's stream.
    pub point_to_page: Measured,
    pub loads: Vec<Load>,
    pub services: Vec<ServiceUse>,
    /// LogQL aggregations in one refresh of the dashboard, without the row about egress.
    pub aggregations: usize,
}

/// The stores with a number of events in them.
pub struct Load {
    pub events: u64,
    /// One refresh of the whole dashboard, its queries one after another.
    pub dashboard: Duration,
    pub queries: usize,
    pub slowest: Duration,
    /// From a request to a new panel to its first numbers of the last 24 hours.
    pub numbers: Duration,
}

/// What a container used while the first simulation ran.
pub struct ServiceUse {
    pub service: String,
    pub peak_mebibytes: f64,
    pub limit_mebibytes: f64,
    /// The mean of all samples; 100 is one core.
    pub cpu_percent: f64,
    pub was_killed: bool,
}

pub fn measure(
    programs: &RealPrograms,
    engine: &Engine,
    binary: &Path,
    compose: &Path,
    runs: usize,
) -> Result<Figures> {
    let listed: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&programs.file)?)?;
    let field = |program: &Value, name: &str| program[name].as_str().unwrap_or_default().to_owned();
    let images: Vec<(String, String)> =
        listed.iter().map(|program| (field(program, "service"), field(program, "image"))).collect();
    let home = Home::new("bench-real", &stand_ins::settings_with_free_ports(&images)?)?;
    let ours = |words: &[&str]| {
        let mut command = home.command(binary);
        command.args(words);
        command
    };
    run_quietly(&mut ours(&["init"]))?;
    let (mut up, mut compose_up) = (Measured::new(), Measured::new());
    for _ in 0..=runs {
        let started = Instant::now();
        run_quietly(&mut ours(&["up"]))?;
        up.push(started.elapsed());
        run_quietly(&mut ours(&["down"]))?;
        let started = Instant::now();
        run_quietly(Command::new(compose).current_dir(home.monitor_folder()).args(["up", "-d"]))?;
        compose_up.push(started.elapsed());
        run_quietly(&mut ours(&["down"]))?;
    }
    // The first round creates the network and the volumes.
    up.milliseconds.remove(0);
    compose_up.milliseconds.remove(0);

    run_quietly(&mut ours(&["up"]))?;
    let address = |key: &str| -> Result<String> {
        let port = run_quietly(&mut ours(&["settings", "get", key]))?;
        Ok(format!("127.0.0.1:{}", port.trim()))
    };
    let (collector, prometheus) = (address("otel_collector_port")?, address("prometheus_port")?);
    let point_to_page = point_to_page(&Panel::start(ours(&[]))?.address, &collector)?;

    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(home.monitor_folder().join("grafana-dashboard.json"))?)?;
    let (mut loads, mut services, mut events) = (Vec::new(), Vec::new(), 0);
    for words in RUNS {
        say(&format!("simulate {}", words.join(" ")));
        let simulate = || -> Result<u64> {
            let mut command = ours(&["simulate", "--json", "--endpoint", &format!("http://{collector}")]);
            let ledger: Value = serde_json::from_str(&run_quietly(command.args(words))?)?;
            ledger["total"]["events"]["records"].as_u64().context("`simulate --json` counts its events")
        };
        let (sent, used) = while_sampling(engine, simulate)?;
        events += sent;
        services = if services.is_empty() { used } else { services };
        await_all_events(&prometheus)?;
        let (dashboard, queries, slowest) = refresh(&dashboard, &prometheus)?;
        loads.push(Load { events, dashboard, queries, slowest, numbers: first_numbers(ours(&[]))? });
    }
    run_quietly(&mut ours(&["down", "--volumes"]))?;
    let program = |program: &Value| {
        format!("{} {} ({})", field(program, "service"), field(program, "version"), field(program, "origin"))
    };
    Ok(Figures {
        programs: listed.iter().map(program).collect(),
        up,
        compose_up,
        point_to_page,
        loads,
        services,
        aggregations: targets(&dashboard).filter(Target::is_aggregation_of_events).count(),
    })
}

fn point_to_page(panel: &str, collector: &str) -> Result<Measured> {
    say(&format!("{POINTS} points, each awaited in the stream of the page"));
    let mut stream = TcpStream::connect(panel)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    write!(stream, "GET /events/numbers?range=1h HTTP/1.1\r\nHost: {panel}\r\nAccept: text/event-stream\r\n\r\n")?;
    let mut lines = BufReader::new(stream).lines();
    let mut measured = Measured::new();
    for point in 1..=POINTS {
        // The points meet the panel's rhythm at different moments.
        std::thread::sleep(Duration::from_millis(u64::from(point) * 373 % 1000));
        let sent = Instant::now();
        post_json(collector, "/v1/metrics", &cost_of_a_cent())?;
        let expected = format!("\"cost_micro_usd\":{}", u64::from(point) * 10_000);
        loop {
            let line = lines.next().context("the stream of numbers ended")??;
            if line.contains(&format!("{expected},")) {
                break;
            }
        }
        measured.push(sent.elapsed());
    }
    Ok(measured)
}

/// Since 1970.
#[expect(clippy::disallowed_methods, reason = "points and ranges need the time, and this is not the panel")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn cost_of_a_cent() -> Value {
    let now = now().as_nanos();
    let attribute = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    json!({ "resourceMetrics": [{
        "resource": { "attributes": [
            attribute("service.name", "claude-code"), attribute("project", "bench"), attribute("agent", "latency"),
        ] },
        "scopeMetrics": [{ "scope": { "name": "com.anthropic.claude_code" }, "metrics": [{
            "name": "claude_code.cost.usage", "unit": "USD",
            "sum": { "aggregationTemporality": 1, "isMonotonic": true, "dataPoints": [{
                "asDouble": 0.01,
                "startTimeUnixNano": (now - 1_000_000).to_string(),
                "timeUnixNano": now.to_string(),
                "attributes": [attribute("session.id", "bench"), attribute("model", "bench")],
            }] },
        }] }],
    }] })
}

fn post_json(address: &str, path: &str, body: &Value) -> Result<()> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "`POST {path}`: {answer}");
    Ok(())
}

/// Runs the work, and samples what the containers use meanwhile.
fn while_sampling<T>(engine: &Engine, work: impl FnOnce() -> Result<T>) -> Result<(T, Vec<ServiceUse>)> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sampler = scope.spawn(|| sample_until(engine, &done));
        let result = work();
        done.store(true, Ordering::Relaxed);
        let used = sampler.join().map_err(|_| anyhow::anyhow!("the sampling thread panicked"))??;
        Ok((result?, used))
    })
}

fn sample_until(engine: &Engine, done: &AtomicBool) -> Result<Vec<ServiceUse>> {
    let mut samples: BTreeMap<String, Vec<(f64, f64, f64)>> = BTreeMap::new();
    while !done.load(Ordering::Relaxed) {
        let format = "{{.Name}} {{.MemUsage}} {{.CPUPerc}}";
        let text = run_quietly(engine.docker().args(["stats", "--no-stream", "--format", format]))?;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [name, used, "/", limit, cpu] = words[..] {
                let cpu = cpu.trim_end_matches('%').parse().unwrap_or(f64::NAN);
                samples.entry(name.to_owned()).or_default().push((mebibytes(used), mebibytes(limit), cpu));
            }
        }
    }
    let mut used = Vec::new();
    for (service, of) in samples {
        let format = "{{.State.OOMKilled}} {{.RestartCount}}";
        let state = run_quietly(engine.docker().args(["inspect", "--format", format, &service]))?;
        used.push(ServiceUse {
            peak_mebibytes: of.iter().map(|sample| sample.0).fold(0.0, f64::max),
            limit_mebibytes: of.last().map_or(f64::NAN, |sample| sample.1),
            cpu_percent: of.iter().map(|sample| sample.2).sum::<f64>() / of.len() as f64,
            was_killed: state.trim() != "false 0",
            service,
        });
    }
    Ok(used)
}

/// Of `1.2GiB`, `130MiB` or `800KiB`.
fn mebibytes(text: &str) -> f64 {
    let letters = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: f64 = text[..letters].parse().unwrap_or(f64::NAN);
    match &text[letters..] {
        "GiB" => number * 1024.0,
        "MiB" => number,
        "KiB" => number / 1024.0,
        _ => number / 1024.0 / 1024.0,
    }
}

/// Waits until the collector has delivered what waited: the count of events has not changed for five seconds. It is not
/// compared with what was sent, because derived counts lose a few events so much faster than life.
fn await_all_events(prometheus: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(300);
    let (mut counted, mut unchanged) = (String::new(), 0);
    while Instant::now() < deadline && unchanged < 5 {
        std::thread::sleep(Duration::from_secs(1));
        let (answer, _) = ask(prometheus, "sum(sum_over_time(clawker_events[1d]))", false)?;
        let now = answer["data"]["result"][0]["value"][1].as_str().unwrap_or_default().to_owned();
        unchanged = if now == counted { unchanged + 1 } else { 0 };
        counted = now;
    }
    ensure!(unchanged >= 5, "events still arrive five minutes after the last was sent");
    Ok(())
}

/// One query of the dashboard.
struct Target<'a> {
    is_prometheus: bool,
    /// A graph, which is asked at every step.
    is_graph: bool,
    is_egress: bool,
    expression: &'a str,
}

impl Target<'_> {
    fn is_aggregation_of_events(&self) -> bool {
        !self.is_prometheus && !self.is_egress && !self.expression.starts_with('{')
    }
}

fn targets(dashboard: &Value) -> impl Iterator<Item = Target<'_>> {
    let mut is_egress = false;
    dashboard["panels"].as_array().into_iter().flatten().flat_map(move |panel| {
        if panel["type"] == "row" {
            is_egress = panel["title"] == "Egress traffic";
        }
        let is_egress = is_egress;
        panel["targets"].as_array().into_iter().flatten().filter_map(move |target| {
            let expression = target["expr"].as_str()?;
            let is_prometheus = target["datasource"]["type"] == "prometheus";
            Some(Target { is_prometheus, is_graph: target["range"] == true, is_egress, expression })
        })
    })
}

/// Asks Prometheus everything that the dashboard asks it for the last 24 hours. Returns the sum of the times, the number
/// of queries, and the longest time.
fn refresh(dashboard: &Value, prometheus: &str) -> Result<(Duration, usize, Duration)> {
    let mut times = Vec::new();
    for target in targets(dashboard).filter(|target| target.is_prometheus) {
        let query = [
            ("$__range", "24h"),
            ("$__rate_interval", "15m"),
            ("$__interval", "15m"),
            ("$project", ".*"),
            ("$agent", ".*"),
            ("$session_id", ""),
            // All data of the benchmark is simulated.
            ("$simulated", ".*"),
        ]
        .into_iter()
        .fold(target.expression.to_owned(), |query, (variable, value)| query.replace(variable, value));
        let (answer, taken) = ask(prometheus, &query, target.is_graph)?;
        ensure!(answer["status"] == "success", "Prometheus does not answer `{query}`: {answer}");
        times.push(taken);
    }
    Ok((times.iter().sum(), times.len(), times.iter().max().copied().unwrap_or_default()))
}

/// A graph is asked as Grafana asks for 24 hours: at most a hundred points, so every 15 minutes.
fn ask(prometheus: &str, query: &str, is_graph: bool) -> Result<(Value, Duration)> {
    let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let path = if is_graph {
        let end = now().as_secs() / 900 * 900;
        format!("/api/v1/query_range?query={encoded}&start={}&end={end}&step=900", end - 86_400)
    } else {
        format!("/api/v1/query?query={encoded}")
    };
    let started = Instant::now();
    let answer = get(prometheus, &path, "identity")?;
    let taken = started.elapsed();
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    // The body may be in chunks; the JSON is between the first and the last brace.
    let json = body.find('{').zip(body.rfind('}')).map(|(start, end)| &body[start..=end]);
    let json = json.with_context(|| format!("`{query}` was answered with `{body}`"))?;
    Ok((serde_json::from_str(json).unwrap_or_else(|_| json!({ "status": "success" })), taken))
}

fn first_numbers(command: Command) -> Result<Duration> {
    let panel = Panel::start(command)?;
    let started = Instant::now();
    let mut stream = TcpStream::connect(&panel.address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    write!(stream, "GET /events/numbers?range=24h HTTP/1.1\r\nHost: {}\r\n\r\n", panel.address)?;
    for line in BufReader::new(stream).lines() {
        // The first message is empty if the panel does not know yet where Prometheus is.
        let line = line?;
        if line.starts_with("data:") && !line.contains("\"owners\":[]") {
            return Ok(started.elapsed());
        }
    }
    bail!("the stream of numbers ended before the first ones")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_every_unit() {
        assert_eq!([mebibytes("1.5GiB"), mebibytes("130MiB"), mebibytes("512KiB")], [1536.0, 130.0, 0.5]);
        assert!(mebibytes("--").is_nan());
    }

    #[test]
    fn only_aggregations_outside_of_egress_count() {
        let target = |kind: &str, expression: &str| json!({ "datasource": { "type": kind }, "expr": expression });
        let dashboard = json!({ "panels": [
            { "type": "row", "title": "Overview" },
            { "type": "stat", "targets": [target("prometheus", "sum(x)"), target("loki", "sum(count_over_time({a=\"b\"}[1h]))")] },
            { "type": "logs", "targets": [target("loki", "{a=\"b\"} | c=\"d\"")] },
            { "type": "row", "title": "Egress traffic" },
            { "type": "table", "targets": [target("loki", "sum(count_over_time({a=\"b\"}[1h]))")] },
        ] });
        assert_eq!(targets(&dashboard).count(), 4);
        assert_eq!(targets(&dashboard).filter(Target::is_aggregation_of_events).count(), 1);
    }
}
