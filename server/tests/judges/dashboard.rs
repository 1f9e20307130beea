//! A real Prometheus with the recorded data of real agents answers every Prometheus query of the dashboard. The answers
//! must agree with the ledgers.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use monitor_core::{
    dashboard::{PanelId, render, simulated as shown},
    telemetry::stores::queries::ACTIVITY_EVENTS,
};

use super::{
    machine::program,
    queries::{Chosen, Question, Store, every_choice, every_question},
    real_prometheus::{Answer, Prometheus, free_port},
    recorded::{Delta, Run, Series, history},
    stored::{Sends, Stored, page, stored},
};

/// Every query of the dashboard.
pub fn questions() -> Vec<Question> {
    every_question(&serde_json::from_str(&render()).expect("JSON"))
}

/// One query of a dashboard panel.
pub fn question(panel: PanelId, name: &str) -> Question {
    let number = Some(panel.number().into());
    let found = questions().into_iter().find(|question| question.panel == number && question.name == name);
    found.unwrap_or_else(|| panic!("{panel:?} has no query {name}"))
}

/// Prometheus with the data of all recorded runs.
struct Filled {
    prometheus: Prometheus,
    runs: Vec<Run>,
    /// 10 minutes after the last point, in seconds since 1970.
    end: f64,
    _folder: tempfile::TempDir,
}

impl Filled {
    async fn new(sends: Sends) -> Filled {
        let folder = tempfile::tempdir().expect("a folder");
        let runs = Run::all();
        let times: Vec<(f64, f64)> = runs.iter().map(Run::times).collect();
        let begin = times.iter().map(|times| times.0).fold(f64::INFINITY, f64::min).floor();
        let end = times.iter().map(|times| times.1).fold(0.0, f64::max).ceil() + 600.0;
        // Every 15 s, as in the generated file. The collector runs for 2 hours before the first agent.
        let scrapes: Vec<f64> = (0..).map(|n| begin - 7200.0 + 15.0 * f64::from(n)).take_while(|t| *t <= end).collect();
        fill(folder.path(), &history(&losses(begin), &scrapes));
        let real = runs.iter().flat_map(|run| stored(run, sends));
        // Hidden, so no other test sees it.
        let simulated = stored(&runs[SIMULATED_RUN], sends).into_iter().map(simulated);
        fill(folder.path(), &page(&real.chain(simulated).collect::<Vec<_>>()));
        let prometheus = start(folder.path()).await;
        Filled { prometheus, runs, end, _folder: folder }
    }

    async fn ask(&self, question: &Question, chosen: &Chosen) -> Vec<Answer> {
        let filled = chosen.fill(question);
        let answer = match question.instant {
            true => self.prometheus.once(&filled, Some(self.end)).await,
            false => self.prometheus.over_time(&filled, self.end, chosen.range, chosen.step).await,
        };
        answer.unwrap_or_else(|refusal| panic!("{question}\nas {filled}\n{refusal}"))
    }

    /// The sum of the ledgers of the chosen runs.
    fn truth(&self, metric: &str, is_chosen: impl Fn(&Run) -> bool) -> f64 {
        self.runs.iter().filter(|run| is_chosen(run)).map(|run| run.truth(metric)).sum()
    }

    /// The sum of the ledgers' numbers about events.
    fn truth_of_events(&self, pointer: &str) -> f64 {
        self.runs.iter().map(|run| run.truth_of_events(pointer)).sum()
    }

    /// Asserts that the query has exactly one answer for each of these values of `label`, with these numbers.
    async fn check(&self, panel: PanelId, name: &str, label: &str, expected: &[(&str, f64)]) {
        let question = question(panel, name);
        expect(&question.to_string(), &self.ask(&question, &Chosen::all()).await, label, expected);
    }
}

/// The run that is also stored as a simulated agent's.
const SIMULATED_RUN: usize = 1;
const SIMULATED_PROJECT: &str = "simulated-shop";

/// The same sample of a simulated agent with sessions of its own.
fn simulated(mut sample: Stored) -> Stored {
    let labels = &mut sample.series.1;
    for (label, value) in [("project", SIMULATED_PROJECT), ("agent", "sim-1"), ("clawker_simulated", "true")] {
        labels.insert(label.to_owned(), value.to_owned());
    }
    if let Some(session) = labels.get_mut("session_id") {
        session.insert_str(0, "sim-");
    }
    sample
}

/// Loss counters of the collector, Loki, and Prometheus: two series with equal labels, series that first appear with a
/// loss, one with an old loss that does not increase, and three that count again what another one counts.
fn losses(begin: f64) -> Vec<Delta> {
    let delta = |name: &str, labels: &[(&str, &str)], time: f64, value: f64| {
        let labels: BTreeMap<String, String> =
            labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
        let series: Series = (name.to_owned(), labels);
        Delta { series, time, value }
    };
    let receiver = [("receiver", "otlp"), ("transport", "http")];
    let [prometheus, loki] = ["otlp_http/prometheus", "otlp_http/loki"].map(|exporter| [("exporter", exporter)]);
    let long_ago = begin - 7200.0;
    vec![
        delta("otelcol_receiver_refused_log_records_total", &receiver, long_ago, 0.0),
        delta("otelcol_receiver_refused_metric_points_total", &receiver, long_ago, 0.0),
        delta("otelcol_exporter_send_failed_spans_total", &[("exporter", "otlp_grpc/jaeger")], long_ago, 5.0),
        delta("otelcol_receiver_refused_log_records_total", &receiver, begin, 4.0),
        delta("otelcol_receiver_refused_metric_points_total", &receiver, begin, 3.0),
        delta("otelcol_exporter_enqueue_failed_metric_points_total", &prometheus, begin, 3.0),
        delta("otelcol_exporter_send_failed_metric_points_total", &prometheus, begin, 2.0),
        delta("prometheus_tsdb_too_old_samples_total", &[("type", "float")], begin, 2.0),
        delta("otelcol_exporter_send_failed_log_records_total", &loki, begin, 500.0),
        delta("loki_discarded_samples_total", &[("reason", "structured_metadata_too_large")], begin, 1.0),
        // Loki refused it for now, and the collector sends it again.
        delta("loki_discarded_samples_total", &[("reason", "rate_limited")], begin, 700.0),
    ]
}

/// Writes the samples into the blocks of Prometheus's database.
pub fn fill(folder: &Path, samples: &str) {
    let file = folder.join("samples.txt");
    std::fs::write(&file, samples).expect("a file");
    let output = Command::new(program("MONITOR_TEST_PROMTOOL"))
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([file, folder.join("data")])
        .output()
        .expect("promtool starts");
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub async fn start(folder: &Path) -> Prometheus {
    std::fs::write(folder.join("prometheus.yaml"), "scrape_configs: []\n").expect("a file");
    let address = format!("127.0.0.1:{}", free_port("127.0.0.1"));
    let arguments = [
        "--config.file=prometheus.yaml".to_owned(),
        "--storage.tsdb.path=data".to_owned(),
        format!("--web.listen-address={address}"),
        // The recording is older than the default retention.
        "--storage.tsdb.retention.time=100y".to_owned(),
    ];
    Prometheus::start(folder, &address, &arguments).await.unwrap_or_else(|said| panic!("{said}"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn prometheus_answers_every_query_of_the_dashboard() {
    let filled = Filled::new(Sends::Both).await;
    let questions: Vec<Question> =
        questions().into_iter().filter(|question| question.store == Store::Prometheus).collect();
    // No recorded agent made a commit or a pull request, failed for good, or was refused a tool. Histograms are not
    // filled in.
    let without_data = [PanelId::Commits, PanelId::FailedRequests, PanelId::ErrorBreakdown, PanelId::RequestDuration];
    let without_data = without_data.map(|panel| Some(u64::from(panel.number())));
    for question in &questions {
        for chosen in every_choice() {
            filled.ask(question, &chosen).await;
        }
        let everything = filled.ask(question, &Chosen::all()).await;
        let is_empty = without_data.contains(&question.panel) || question.expression.contains("decision=\"reject\"");
        assert_eq!(everything.is_empty(), is_empty, "{question}\n{everything:?}");
    }
}

/// Asserts that there is exactly one answer for each of these values of `label`, with these numbers.
fn expect(question: &str, answers: &[Answer], label: &str, expected: &[(&str, f64)]) {
    let found: BTreeMap<&str, f64> =
        answers.iter().map(|answer| (answer.labels.get(label).map_or("", String::as_str), answer.value())).collect();
    let names: Vec<&str> = found.keys().copied().collect();
    assert_eq!(names, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{question}");
    for (name, value) in expected {
        assert!((found[name] - value).abs() < 1e-9, "{question}\n{label}={name} is {}, not {value}", found[name]);
    }
}

const LINES: &[(&str, &str)] = &[
    ("added", "claude_code.lines_of_code.count{type=added}"),
    ("removed", "claude_code.lines_of_code.count{type=removed}"),
];
const TOKENS: [(&str, &str); 4] = [
    ("cacheCreation", "/cache_creation_tokens"),
    ("cacheRead", "/cache_read_tokens"),
    ("input", "/input_tokens"),
    ("output", "/output_tokens"),
];
const MODELS: [&str; 3] = ["claude-haiku-4-5-20251001", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929"];

/// The same numbers from an agent's own metrics, from its events, and from both.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn the_answers_agree_with_the_ledgers_whatever_agents_send() {
    for sends in [Sends::Both, Sends::Events, Sends::Metrics, Sends::NoSessionsOnMetrics] {
        let filled = Filled::new(sends).await;
        for (variable, value) in [("project", "demo"), ("agent", "dev")] {
            let mut variables = questions().into_iter().filter(|question| question.panel.is_none());
            let question = variables.find(|question| question.name == variable).expect("the variable");
            expect(&question.to_string(), &filled.ask(&question, &Chosen::all()).await, variable, &[(value, 1.0)]);
        }
        let cost = filled.truth_of_events("/cost_usd");
        filled.check(PanelId::Cost, "A", "", &[("", cost)]).await;
        filled.check(PanelId::CostByOwner, "A", "agent", &[("dev", cost)]).await;
        let of_model = |model: &'static str| (model, filled.truth_of_events(&format!("/cost_usd_by_model/{model}")));
        filled.check(PanelId::CostByModel, "A", "model", &MODELS.map(of_model)).await;
        let tokens = TOKENS.map(|(kind, pointer)| (kind, filled.truth_of_events(pointer)));
        let panels = [PanelId::CacheWrites, PanelId::CacheReads, PanelId::InputTokens, PanelId::OutputTokens];
        for (panel, (_, count)) in panels.into_iter().zip(tokens) {
            filled.check(panel, "A", "", &[("", count)]).await;
        }
        let [(_, written), (_, read), (_, fresh), (_, output)] = tokens;
        filled.check(PanelId::CacheReadRatio, "A", "", &[("", read / (written + read + fresh))]).await;
        filled.check(PanelId::TokensByOwner, "A", "agent", &[("dev", fresh + output)]).await;
        filled.check(PanelId::Sessions, "A", "", &[("", 3.0)]).await;
        filled.check(PanelId::SessionsByOwner, "A", "agent", &[("dev", 3.0)]).await;
        filled.check(PanelId::EditDecisions, "A", "tool_name", &[("Write", 2.0)]).await;
        let mut sessions: Vec<(&str, f64)> =
            filled.runs.iter().map(|run| (run.session.as_str(), run.truth_of_events("/cost_usd"))).collect();
        sessions.sort_by_key(|(session, _)| *session);
        filled.check(PanelId::SessionTable, "A", "session_id", &sessions).await;
        if sends != Sends::Metrics {
            let calls = ["Bash", "Write"].map(|tool| (tool, filled.truth_of_events(&format!("/tool_results/{tool}"))));
            filled.check(PanelId::ToolBreakdown, "A", "tool_name", &calls).await;
            let failures = filled.truth_of_events("/tool_failures");
            filled.check(PanelId::ToolBreakdown, "B", "tool_name", &[("Bash", failures)]).await;
            let all: f64 = calls.iter().map(|(_, count)| count).sum();
            filled.check(PanelId::ToolFailureRate, "A", "", &[("", failures / all)]).await;
            let requests: f64 = filled.truth_of_events("/by_event/api_request");
            let answers = filled.ask(&question(PanelId::SessionTable, "B"), &Chosen::all()).await;
            assert_eq!(answers.iter().map(Answer::value).sum::<f64>(), requests);
        }
        if sends != Sends::Events {
            let lines: Vec<(&str, f64)> =
                LINES.iter().map(|(kind, key)| (*kind, filled.truth(key, |_| true))).collect();
            filled.check(PanelId::LinesChanged, "A", "type", &lines).await;
            // Only the newest release sends it.
            let active = filled.truth("claude_code.active_time.total{type=cli}", |_| true);
            filled.check(PanelId::ActiveTime, "A", "type", &[("cli", active)]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn the_variables_and_the_range_choose_what_is_counted() {
    let filled = Filled::new(Sends::Both).await;
    let (lines, cost) = (question(PanelId::LinesChanged, "A"), question(PanelId::Cost, "A"));
    // A session by its full ID and by a prefix; then a range that starts between the second and the third session.
    for run in &filled.runs {
        for session in [run.session.clone(), run.session[..8].to_owned()] {
            let chosen = Chosen { session, ..Chosen::all() };
            let expected: Vec<(&str, f64)> = LINES.iter().map(|(kind, key)| (*kind, run.truth(key))).collect();
            expect(run.version, &filled.ask(&lines, &chosen).await, "type", &expected);
            expect(run.version, &filled.ask(&cost, &chosen).await, "", &[("", run.truth_of_events("/cost_usd"))]);
        }
    }
    let newest = &filled.runs[2];
    let range = (filled.end - newest.times().0) as u64 + 4;
    let later = Chosen { range, ..Chosen::all() };
    let truth = newest.truth("claude_code.lines_of_code.count{type=added}");
    let added = filled.ask(&lines, &later).await;
    expect("lines of the last session only", &added, "type", &[("added", truth), ("removed", 0.0)]);

    // These are only prefixes of names.
    for nobody in [Chosen { projects: vec!["dem."], ..Chosen::all() }, Chosen { agents: vec!["de"], ..Chosen::all() }] {
        assert!(filled.ask(&lines, &nobody).await.is_empty(), "{nobody:?}");
        assert!(filled.ask(&cost, &nobody).await.is_empty(), "{nobody:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn the_steps_of_a_graph_add_up_to_the_whole() {
    for sends in [Sends::Both, Sends::Events, Sends::Metrics, Sends::NoSessionsOnMetrics] {
        let filled = Filled::new(sends).await;
        let mut graphs = vec![
            (PanelId::CostOverTime, filled.truth_of_events("/cost_usd")),
            (PanelId::TokensByType, TOKENS.iter().map(|(_, pointer)| filled.truth_of_events(pointer)).sum()),
        ];
        if sends != Sends::Metrics {
            graphs.push((PanelId::ToolActivity, filled.truth_of_events("/by_event/tool_result")));
            graphs.push((PanelId::ToolFailures, filled.truth_of_events("/tool_failures")));
        }
        if sends != Sends::Events {
            graphs.push((PanelId::LinesOverTime, LINES.iter().map(|(_, key)| filled.truth(key, |_| true)).sum()));
        }
        for (panel, truth) in graphs {
            for step in [15, 60, 300] {
                let answers = filled.ask(&question(panel, "A"), &Chosen { step, ..Chosen::all() }).await;
                let sum: f64 = answers.iter().flat_map(|answer| &answer.values).map(|(_, value)| value).sum();
                assert!((sum - truth).abs() < 1e-9, "{panel:?} of {sends:?} in steps of {step} s: {sum}, not {truth}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn lost_data_is_counted_once_from_the_first_loss() {
    let filled = Filled::new(Sends::Both).await;
    // 4 and 3 with equal labels, 2 and 1 in series that first appear with them. The 5 of 2 hours ago are not counted.
    filled.check(PanelId::LostData, "A", "", &[("", 10.0)]).await;
    let causes = [
        ("loki_discarded_samples_total", 1.0),
        ("otelcol_exporter_enqueue_failed_metric_points_total", 3.0),
        ("otelcol_exporter_send_failed_metric_points_total", 2.0),
        ("otelcol_receiver_refused_log_records_total", 4.0),
        ("otelcol_receiver_refused_metric_points_total", 3.0),
        ("prometheus_tsdb_too_old_samples_total", 2.0),
    ];
    let question = question(PanelId::LostDataByCause, "A");
    let answers = filled.ask(&question, &Chosen::all()).await;
    let lost: Vec<Answer> = answers.into_iter().filter(|answer| answer.value() > 0.0).collect();
    expect(&question.to_string(), &lost, "counter", &causes);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn simulated_data_is_counted_only_if_asked_for() {
    let filled = Filled::new(Sends::Both).await;
    let real = filled.truth_of_events("/cost_usd");
    let of_simulated = filled.runs[SIMULATED_RUN].truth_of_events("/cost_usd");
    let list = |name: &str| {
        questions().into_iter().find(|question| question.panel.is_none() && question.name == name).expect("a variable")
    };
    for (simulated, cost, sessions, projects) in [
        (shown::HIDE, real, 3.0, &["demo"][..]),
        (shown::SHOW, real + of_simulated, 4.0, &["demo", SIMULATED_PROJECT]),
        (shown::ONLY, of_simulated, 1.0, &[SIMULATED_PROJECT]),
    ] {
        let chosen = Chosen { simulated, ..Chosen::all() };
        for (panel, value) in [(PanelId::Cost, cost), (PanelId::Sessions, sessions)] {
            let question = question(panel, "A");
            expect(&question.to_string(), &filled.ask(&question, &chosen).await, "", &[("", value)]);
        }
        for question in [list("project"), question(PanelId::LastSeen, "A"), question(PanelId::CostByOwner, "A")] {
            let answers = filled.ask(&question, &chosen).await;
            let found: BTreeSet<&str> = answers.iter().map(|answer| answer.labels["project"].as_str()).collect();
            assert_eq!(found, BTreeSet::from_iter(projects.iter().copied()), "{question}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn the_last_step_of_each_agent_is_its_newest_event_of_that_kind() {
    let filled = Filled::new(Sends::Both).await;
    let events = filled.runs.iter().flat_map(Run::events);
    let steps = events.filter(|(_, event)| ACTIVITY_EVENTS.contains(&event["event_name"].as_str()));
    let steps: Vec<_> = steps.map(|(at, event)| (at / 1_000_000, event)).collect();
    let newest = steps.iter().map(|(at, _)| *at).max().expect("a step");
    let answers = filled.ask(&question(PanelId::LastStep, "A"), &Chosen::all()).await;
    let [answer] = answers.as_slice() else { panic!("one real agent: {answers:?}") };
    assert_eq!((answer.labels["agent"].as_str(), answer.value()), ("dev", newest as f64));
    // Several may be of the same millisecond.
    let mut names = steps.iter().filter(|(at, _)| *at == newest).map(|(_, event)| &event["event_name"]);
    assert!(names.any(|name| *name == answer.labels["event_name"]), "{answer:?}");
}
