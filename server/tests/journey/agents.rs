//! Agents on a real Engine: a stand-in container for each cause, and the command line's diagnosis.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    cast::{Cast, OTHER_NETWORK, PROJECT},
    installation::{Installation, Said, docker, free_ports},
    process::Running,
};

/// `verdict: code fix, code fix` of every agent, by its name.
fn told(report: &Value) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    for agent in report["agents"].as_array().unwrap() {
        let causes: Vec<String> = agent["causes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cause| format!("{} {}", cause["code"].as_str().unwrap(), cause["fix"]["kind"].as_str().unwrap()))
            .collect();
        let container = agent["container"].as_str().unwrap_or("no container");
        let name = container.rsplit('.').next().unwrap().to_owned();
        told.insert(name, format!("{}: {}", agent["verdict"].as_str().unwrap(), causes.join(", ")));
    }
    told
}

fn agent<'a>(report: &'a Value, name: &str) -> &'a Value {
    let all = report["agents"].as_array().unwrap();
    all.iter().find(|agent| agent["agent"] == name).unwrap_or_else(|| panic!("{name}: {report:#}"))
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn every_cause_has_its_verdict_and_fix() {
    let it = Installation::new();
    it.run(&["init"]).done();
    let cast = Cast::new(&it);

    // Created as Clawker does it while the stack is down.
    cast.agent("was-down").variable("CLAUDE_CODE_ENABLE_TELEMETRY=0").start();
    cast.agent("forced").file("CLAUDE_CODE_ENABLE_TELEMETRY=1").start();
    let before = it.run(&["agents", "--json"]).done().json();
    assert_eq!(before["new_agent_would_report"], false);
    assert!(it.run(&["agents"]).done().out.contains("New agents won't report"));

    it.up().done();
    // Stores have a resolution of one second, so this agent is created first: its data must be newer than its
    // container.
    let ended = cast.agent("ended").start();
    docker(&["stop", "--time", "0", &ended]).done();
    for name in ["healthy", "silent", "returned"] {
        cast.agent(name).start();
    }
    cast.agent("off").file("CLAUDE_CODE_ENABLE_TELEMETRY=0").start();
    cast.agent("bare").image(&cast.bare).start();
    cast.agent("other-port").variable("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-collector:9/v1/logs").start();
    cast.agent("old-image").image(&cast.older).start();
    let without_path =
        format!("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-collector:{}", it.ports["otel_collector_port"]);
    cast.agent("no-path").variable(&without_path).start();
    cast.agent("no-endpoint").image(&cast.nowhere).start();
    cast.agent("http").variable("OTEL_EXPORTER_OTLP_PROTOCOL=http").start();
    cast.agent("no-protocol").variable("OTEL_EXPORTER_OTLP_PROTOCOL=").start();
    cast.agent("none").variable("OTEL_LOGS_EXPORTER=none").start();
    cast.agent("elsewhere").network(OTHER_NETWORK).start();
    cast.agent("untagged").variable("OTEL_RESOURCE_ATTRIBUTES=team=x").start();
    cast.agent("managed")
        .holds("etc/claude-code/managed-settings.json", r#"{"env":{"OTEL_LOGS_EXPORTER":"none","API_KEY":"hush"}}"#)
        .start();
    cast.agent("drop-in")
        .holds(
            "etc/claude-code/managed-settings.d/10-otel.json",
            r#"{"env":{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT":"https://otel.corp.example/v1/logs"}}"#,
        )
        .start();
    cast.agent("user-off")
        .holds("home/claude/.claude/settings.json", r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"0"}}"#)
        .start();
    cast.agent("linked")
        .holds("home/claude/dotfiles/claude.json", r#"{"env":{"OTEL_EXPORTER_OTLP_PROTOCOL":"grpc"}}"#)
        .links_to("home/claude/.claude/settings.json", "../dotfiles/claude.json")
        .start();
    cast.agent("quoted").variable("CLAUDE_CODE_ENABLE_TELEMETRY=\"1\"").start();
    cast.agent("native")
        .variable("OTEL_EXPORTER_OTLP_PROTOCOL=")
        .holds("home/claude/.local/share/claude/versions/2.1.330", "the program")
        .links_to("home/claude/.local/bin/claude", "/home/claude/.local/share/claude/versions/2.1.330")
        .start();
    cast.agent("npm")
        .variable("OTEL_EXPORTER_OTLP_PROTOCOL=")
        .holds(
            "usr/local/lib/node_modules/@anthropic-ai/claude-code/package.json",
            r#"{"name":"@anthropic-ai/claude-code","version":"2.1.252"}"#,
        )
        .start();
    cast.agent("nvm")
        .variable("OTEL_EXPORTER_OTLP_PROTOCOL=")
        .holds(
            "home/claude/.nvm/versions/node/v22.1.0/lib/node_modules/@anthropic-ai/claude-code/package.json",
            r#"{"name":"@anthropic-ai/claude-code","version":"2.1.100"}"#,
        )
        .start();
    cast.agent("devcontainer")
        .image(&cast.bare)
        .without_labels()
        .variable("CLAUDE_CONFIG_DIR=/home/node/.claude")
        .variable("DEVCONTAINER=true")
        .holds("home/node/.claude/settings.json", r#"{"env":{"CLAUDE_CODE_ENABLE_TELEMETRY":"1","API_KEY":"hush"}}"#)
        .start();
    cast.agent("rare").variable("OTEL_METRIC_EXPORT_INTERVAL=3600000").start();
    cast.agent("never-ran").create();
    cast.agent("by-hand").without_labels().start();

    it.feed_loki(&[
        r#"{"project":"journey","agent":"healthy","session":"s","event":"api_request","ago":2,"fields":{"cost_usd":0.5}}"#,
        // Sent by an earlier container of that name.
        r#"{"project":"journey","agent":"returned","session":"s","event":"api_request","ago":7200}"#,
        r#"{"project":"journey","agent":"ended","session":"s","event":"api_request"}"#,
    ]);
    let said = it.run(&["agents", "--json"]).done();
    assert!(!said.out.contains("hush"), "{}", said.out);
    let report = said.json();
    assert_eq!(report["new_agent_would_report"], true);
    insta::assert_snapshot!(lines(&told(&report)));
    let healthy = agent(&report, "healthy");
    assert_eq!((healthy["project"].as_str(), healthy["running"].as_bool()), (Some(PROJECT), Some(true)));
    assert!(healthy["last_seen"].as_str().unwrap().ends_with('Z'), "{healthy:#}");

    // Data lost downstream; then a collector that Clawker's check does not find, and one that is gone.
    it.feed_prometheus(&[
        r#"{"name":"loki_discarded_samples_total","value":4,"labels":{"counter":"loki_discarded_samples_total","reason":"structured_metadata_too_large"}}"#,
    ]);
    let lossy = it.run(&["agents", "--json"]).json();
    assert_eq!(
        told(&lossy)["silent"],
        "waiting: no_sample_yet wait, not_checked none",
        "nothing shows that its data was refused"
    );
    assert!(lossy["warnings"][0].as_str().unwrap().contains("`max_structured_metadata_size`"), "{lossy:#}");
    it.forget_prometheus();
    docker(&["network", "disconnect", "--force", "clawker-net", "otel-collector"]).done();
    let report = it.run(&["agents", "--json"]).done().json();
    assert_eq!(report["new_agent_would_report"], false);
    assert!(told(&report)["silent"].contains("collector_not_on_network"), "{:#?}", told(&report));
    docker(&["rm", "--force", "otel-collector"]).done();
    let down = it.run(&["agents", "--json"]).done().json();
    assert!(told(&down)["silent"].contains("collector_down start"), "{:#?}", told(&down));
    let stranger = cast.agent("otel-collector").without_labels().start();
    let unlabelled = it.run(&["agents"]).done().out;
    assert!(unlabelled.contains("New agents won't report: ") && unlabelled.contains(&stranger), "{unlabelled}");
    assert!(unlabelled.contains("dev.clawker.managed=true"), "{unlabelled}");
    docker(&["rm", "--force", "loki", "prometheus", &stranger]).done();
    it.up().done();
    docker(&["rm", "--force", "loki", "prometheus"]).done();
    let nobody_knows = it.run(&["agents", "--json"]).done().json();
    assert_eq!(agent(&nobody_knows, "silent")["verdict"], "unknown");
    assert!(told(&nobody_knows)["silent"].contains("stores_unreachable start"), "{:#?}", told(&nobody_knows));
}

fn lines(told: &BTreeMap<String, String>) -> String {
    told.iter().map(|(name, said)| format!("{name}: {said}\n")).collect()
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn one_agent_is_explained_and_wrong_names_are_refused() {
    let it = Installation::new();
    it.up().done();
    let cast = Cast::new(&it);
    cast.agent("dev").variable("OTEL_EXPORTER_OTLP_PROTOCOL=http").start();
    let explained = it.run(&["explain", "dev"]).done().out;
    for part in ["dev in project journey", "Not reporting", "(protocol_invalid)", "evidence: ", "   next: ", "   $ "] {
        assert!(explained.contains(part), "{part}: {explained}");
    }
    let one = it.run(&["explain", "journey/dev", "--json"]).done().json();
    assert_eq!((one["agent"].as_str(), one["verdict"].as_str()), (Some("dev"), Some("dark")));
    let command = one["causes"][0]["fix"]["command"].as_str().unwrap();
    assert!(explained.contains(command), "{explained}");

    let nobody = it.run(&["explain", "eve"]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.err.contains("no agent is named `eve`") && nobody.err.contains("hint: "), "{}", nobody.err);
    cast.agent_of("other", "dev").start();
    let either = it.run(&["explain", "dev"]);
    assert_eq!(either.code, Some(1));
    assert!(either.err.contains("`clawker.journey.dev`, `clawker.other.dev`"), "{}", either.err);
    assert_eq!(it.run(&["explain"]).code, Some(2));
    assert_eq!(it.run(&["agents", "--nonsense"]).code, Some(2));
    let away = Said::of(it.command(&["agents", "--json"]).env("DOCKER_HOST", "unix:///nowhere.sock"));
    assert_eq!(away.code, Some(1));
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn who_reports_without_a_container_is_an_agent_like_others() {
    let it = Installation::new();
    it.up().done();
    it.feed_loki(&[
        r#"{"project":"other","agent":"ghost","session":"s","event":"api_request","fields":{"cost_usd":2.5}}"#,
        r#"{"session":"s2","event":"api_request","fields":{"cost_usd":3.5}}"#,
    ]);
    let report = it.run(&["agents", "--json"]).done().json();
    let ghost = agent(&report, "ghost");
    assert_eq!(
        (ghost["project"].as_str(), ghost["verdict"].as_str()),
        (Some("other"), Some("reporting")),
        "{report:#}"
    );
    assert_eq!((ghost["kind"].as_str(), ghost["container"].as_str()), (Some("no_container"), None));
    assert_eq!(agent(&report, "")["kind"], "untagged");
    assert!(report["new_agents"]["evidence"].as_str().unwrap().contains("otel-collector"), "{report:#}");
    let table = it.run(&["agents"]).done().out;
    for part in ["ghost", "untagged data", "Untagged", "Reporting"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let explained = it.run(&["explain", "other/ghost"]).done().out;
    assert!(explained.starts_with("ghost in project other, no container: Reporting"), "{explained}");
    assert!(explained.contains("(no_container)"), "{explained}");
    assert!(it.run(&["explain", "untagged"]).done().out.contains("OTEL_RESOURCE_ATTRIBUTES"));
    assert_eq!(it.run(&["explain", "other/eve"]).code, Some(1));
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn somebody_elses_loss_makes_no_agent_dark() {
    let it = Installation::new();
    it.up().done();
    let cast = Cast::new(&it);
    cast.agent("dev").start();
    it.feed_prometheus(&[
        r#"{"name":"otelcol_receiver_(refused","value":3,"labels":{"counter":"loki_discarded_samples_total","reason":"greater_than_max_sample_age"}}"#,
    ]);
    let explained = it.run(&["explain", "journey/dev"]).done().out;
    assert!(
        explained.contains("dev in project journey") && explained.contains("Waiting for first event"),
        "{explained}"
    );
    assert!(explained.contains("warning: Loki discarded 3 events or log lines"), "{explained}");
    assert!(explained.contains("a wrong clock") && !explained.contains("clawker-monitor up"), "{explained}");
    it.forget_prometheus();
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn an_agent_that_a_file_switches_off_stays_so_when_the_collector_is_restarted() {
    let it = Installation::new();
    it.up().done();
    let cast = Cast::new(&it);
    // One has a file's word. For the other, only the collector's run says that it was not Clawker, and Docker forgets it.
    cast.agent("off").file("CLAUDE_CODE_ENABLE_TELEMETRY=0").start();
    cast.agent("manual").variable("CLAUDE_CODE_ENABLE_TELEMETRY=0").start();
    let verdicts = || {
        let report = it.run(&["agents", "--json"]).done().json();
        ["off", "manual"].map(|name| {
            let agent = agent(&report, name);
            (agent["verdict"].as_str().unwrap().to_owned(), agent["causes"][0]["code"].as_str().unwrap().to_owned())
        })
    };
    let off = || ("off".to_owned(), "disabled_by_configuration".to_owned());
    assert_eq!(verdicts(), [off(), off()]);
    docker(&["restart", "--time", "1", "otel-collector"]).done();
    let [by_file, manual] = verdicts();
    assert_eq!(by_file, off());
    // The stand-in for Prometheus has measured no earlier collector.
    assert_eq!(manual, ("dark".to_owned(), "disabled_because_stack_was_down".to_owned()));
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn an_agents_page_lists_what_the_firewall_wrote() {
    let it = Installation::new();
    it.up().done();
    let cast = Cast::new(&it);
    let dev = cast.agent("dev").start();
    let format = "{{(index .NetworkSettings.Networks \"clawker-net\").IPAddress}}";
    let address = docker(&["inspect", &dev, "--format", format]).done().out.trim().to_owned();
    let envoy = |fields: &str| {
        let now = clawker_monitor::clock::now().to_rfc3339();
        format!(r#"{{"timestamp":"{now}","client_ip":"{address}","response_flags":"-","source":"envoy",{fields}}}"#)
    };
    let connections = [
        r#""domain":"github.com","upstream_host":"192.0.2.7:443","proto":"tls","response_code":200,"request_host":"github.com""#,
        r#""domain":"github.com","upstream_host":null,"proto":"tls","response_code":403,"request_host":"github.com""#,
        r#""domain":null,"upstream_host":null,"proto":"http","response_code":403,"request_host":"evil.example:8080""#,
        r#""domain":null,"upstream_host":null,"proto":"deny""#,
    ]
    .map(envoy);
    it.feed_promtail("clawker-envoy", &connections.each_ref().map(String::as_str));
    let lookup =
        format!("[INFO] source=coredns client_ip={address} domain=evil.example. qtype=A rcode=NXDOMAIN duration=0s");
    it.feed_promtail("clawker-coredns", &[&lookup]);

    let [port] = free_ports::<1>();
    let panel = Running::reading_stderr(it.command(&["serve", "--listen", &format!("127.0.0.1:{port}")]));
    let url = format!("http://127.0.0.1:{port}/agents/{dev}");
    // The stores have a resolution of one second, and a page does not wait for them.
    let began = Instant::now();
    let rows = loop {
        let rows = rows_of_egress(&page_of_the_panel(&url));
        if rows.len() >= 3 || began.elapsed() > Duration::from_secs(20) {
            break rows;
        }
        thread::sleep(Duration::from_millis(100));
    };
    drop(panel);
    let rows: Vec<String> = rows.iter().map(|row| row.replace(&address, "ADDRESS")).collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    evil.example – 1 1
    github.com 1 1 –
    unknown from ADDRESS – 1 –
    ");
}

/// The page as soon as the panel answers.
fn page_of_the_panel(url: &str) -> String {
    let mut curl = std::process::Command::new("curl");
    Said::of(curl.args(["--silent", "--fail", "--retry", "50", "--retry-connrefused", "--retry-delay", "0", url]))
        .done()
        .out
}

/// The text of each row in the table of connections; empty if the page has none.
fn rows_of_egress(page: &str) -> Vec<String> {
    let (_, section) = page.split_once("aria-labelledby=\"egress\"").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    let Some((_, table)) = section.split_once("<tbody") else { return Vec::new() };
    let row = |row: &str| {
        let text = row.split('<').skip(1).filter_map(|tag| tag.split_once('>')).map(|(_, text)| text);
        text.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (table, _) = table.split_once("</tbody>").unwrap();
    table.split("<tr").skip(1).map(row).collect()
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn watching_agents_prints_a_document_for_each_change() {
    let it = Installation::new();
    it.up().done();
    let cast = Cast::new(&it);
    let following = Running::reading_stdout(it.command(&["agents", "--watch", "--json"]));
    let until = |awaited: &str, is_wanted: &dyn Fn(&Value) -> bool| {
        following.line(awaited, |line| is_wanted(&serde_json::from_str(line).unwrap()));
    };
    let running = |report: &Value| report["agents"].as_array().unwrap().first().map(|agent| agent["running"] == true);
    until("nobody", &|report| running(report).is_none());
    let dev = cast.agent("dev").create();
    until("created", &|report| running(report) == Some(false));
    docker(&["start", &dev]).done();
    until("started", &|report| running(report) == Some(true));
    let off_network = |report: &Value| report.to_string().contains("not_on_network");
    docker(&["network", "disconnect", "clawker-net", &dev]).done();
    until("taken off the network", &|report| off_network(report));
    docker(&["network", "connect", "clawker-net", &dev]).done();
    until("back on the network", &|report| !off_network(report));
    docker(&["stop", "--time", "0", &dev]).done();
    until("stopped", &|report| running(report) == Some(false));
    docker(&["rm", &dev]).done();
    until("removed", &|report| running(report).is_none());
    assert!(following.stop().0.success());
}
