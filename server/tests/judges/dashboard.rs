//! A real Prometheus with the recorded data of real agents answers every Prometheus query of the dashboard. The answers
//! must agree with the ledgers.

use std::{collections::BTreeMap, path::Path, process::Command};

use monitor_core::dashboard::{PanelId, render};

use super::{
    machine::program,
    queries::{Chosen, Question, Store, every_choice, every_question},
    real_prometheus::{Answer, Prometheus, free_port},
    recorded::{Delta, Run, Series, history},
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
    /// 10 minutes after the last point, in seconds since 1970. Everything has been scraped.
    end: f64,
    _folder: tempfile::TempDir,
}

impl Filled {
    async fn new() -> Filled {
        let folder = tempfile::tempdir().expect("a folder");
        let runs = Run::all();
        let times: Vec<(f64, f64)> = runs.iter().map(Run::times).collect();
        let begin = times.iter().map(|times| times.0).fold(f64::INFINITY, f64::min).floor();
        let end = times.iter().map(|times| times.1).fold(0.0, f64::max).ceil() + 600.0;
        // Every 15 s, as in the generated file. The collector runs for 2 hours before the first agent.
        let scrapes: Vec<f64> = (0..).map(|n| begin - 7200.0 + 15.0 * f64::from(n)).take_while(|t| *t <= end).collect();
        let mut deltas: Vec<Delta> = runs.iter().flat_map(|run| run.deltas.clone()).collect();
        deltas.extend(losses(begin));
        fill(folder.path(), &history(&deltas, &scrapes));
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
}

/// Loss counters of the collector and Loki: two series with equal labels, series that first appear with a loss, and one
/// with an old loss that does not increase.
fn losses(begin: f64) -> Vec<Delta> {
    let delta = |name: &str, labels: &[(&str, &str)], time: f64, value: f64| {
        let labels: BTreeMap<String, String> =
            labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
        let series: Series = (name.to_owned(), labels);
        Delta { series, time, value }
    };
    let receiver = [("receiver", "otlp"), ("transport", "http")];
    let exporter = [("exporter", "otlp_http/loki")];
    let long_ago = begin - 7200.0;
    vec![
        delta("otelcol_receiver_refused_log_records_total", &receiver, long_ago, 0.0),
        delta("otelcol_receiver_refused_metric_points_total", &receiver, long_ago, 0.0),
        delta("otelcol_exporter_enqueue_failed_log_records_total", &exporter, long_ago, 5.0),
        delta("otelcol_receiver_refused_log_records_total", &receiver, begin, 4.0),
        delta("otelcol_receiver_refused_metric_points_total", &receiver, begin, 3.0),
        delta("otelcol_exporter_send_failed_log_records_total", &exporter, begin, 2.0),
        delta("loki_discarded_samples_total", &[("reason", "structured_metadata_too_large")], begin, 1.0),
    ]
}

/// Writes the samples into the blocks of Prometheus's database.
fn fill(folder: &Path, samples: &str) {
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

async fn start(folder: &Path) -> Prometheus {
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
    let filled = Filled::new().await;
    let questions: Vec<Question> =
        questions().into_iter().filter(|question| question.store == Store::Prometheus).collect();
    // No recorded agent made a commit or a pull request.
    let commits = u64::from(PanelId::Commits.number());
    for question in &questions {
        for chosen in every_choice() {
            filled.ask(question, &chosen).await;
        }
        let everything = filled.ask(question, &Chosen::all()).await;
        let is_expected = question.panel != Some(commits);
        assert_eq!(!everything.is_empty(), is_expected, "{question}\n{everything:?}");
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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn the_answers_agree_with_the_ledgers() {
    let filled = Filled::new().await;
    let lines = question(PanelId::LinesChanged, "A");
    let ask = async |question: &Question, metric: &str, kinds: &[(&str, &str)], chosen: &Chosen, sessions: &[&str]| {
        let truth = |key: &str| filled.truth(key, |run| sessions.contains(&run.version));
        let expected: Vec<(&str, f64)> = kinds.iter().map(|(kind, key)| (*kind, truth(key))).collect();
        let same = Question { expression: question.expression.replace(LINES, metric), ..question.clone() };
        expect(&same.to_string(), &filled.ask(&same, chosen).await, "type", &expected);
    };
    let everyone: &[&str] = &super::recorded::RUNS;
    for (metric, kinds) in COUNTERS {
        ask(&lines, metric, kinds, &Chosen::all(), everyone).await;
    }
    // Active time has its own panel. Only the newest release sends it.
    let active = question(PanelId::ActiveTime, "A");
    ask(&active, "", &[("cli", "claude_code.active_time.total{type=cli}")], &Chosen::all(), everyone).await;

    // A session by its full ID and by a prefix; then a range that starts between the second and the third session.
    for run in &filled.runs {
        for session in [run.session.clone(), run.session[..8].to_owned()] {
            ask(&lines, LINES, LINES_KINDS, &Chosen { session, ..Chosen::all() }, &[run.version]).await;
        }
    }
    let newest = &filled.runs[2];
    let range = (filled.end - newest.times().0) as u64 + 4;
    let later = Chosen { range, ..Chosen::all() };
    let added = filled.ask(&lines, &later).await;
    let truth = newest.truth("claude_code.lines_of_code.count{type=added}");
    expect("lines of the last session only", &added, "type", &[("added", truth), ("removed", 0.0)]);

    // These are only prefixes of names.
    for nobody in [Chosen { projects: vec!["dem."], ..Chosen::all() }, Chosen { agents: vec!["de"], ..Chosen::all() }] {
        assert!(filled.ask(&lines, &nobody).await.is_empty(), "{nobody:?}");
    }
}

const LINES: &str = "claude_code_lines_of_code_count_total";
const LINES_KINDS: &[(&str, &str)] = &[
    ("added", "claude_code.lines_of_code.count{type=added}"),
    ("removed", "claude_code.lines_of_code.count{type=removed}"),
];

/// Metrics by their Prometheus name, each with its types and their keys in the ledgers. The dashboard gets most of them
/// from Loki, but the same query must be right for any counter: sessions are single counts of 1, and costs are
/// fractions.
const COUNTERS: [(&str, &[(&str, &str)]); 4] = [
    (LINES, LINES_KINDS),
    ("claude_code_session_count_total", &[("", "claude_code.session.count")]),
    ("claude_code_cost_usage_USD_total", &[("", "claude_code.cost.usage")]),
    (
        "claude_code_token_usage_tokens_total",
        &[
            ("cacheCreation", "claude_code.token.usage{type=cacheCreation}"),
            ("cacheRead", "claude_code.token.usage{type=cacheRead}"),
            ("input", "claude_code.token.usage{type=input}"),
            ("output", "claude_code.token.usage{type=output}"),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn the_steps_of_a_graph_add_up_to_the_whole() {
    let filled = Filled::new().await;
    let graph = question(PanelId::LinesOverTime, "A");
    for step in [15, 60, 300] {
        let answers = filled.ask(&graph, &Chosen { step, ..Chosen::all() }).await;
        for (kind, key) in LINES_KINDS {
            let found = answers.iter().find(|answer| answer.labels.get("type").is_some_and(|label| label == kind));
            let sum: f64 = found.expect("a series of that kind").values.iter().map(|(_, value)| value).sum();
            assert_eq!(sum, filled.truth(key, |_| true), "{kind} in steps of {step} s");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs prometheus; run by cargo xtask test"]
async fn lost_data_is_counted_from_the_first_loss() {
    let filled = Filled::new().await;
    let lost = question(PanelId::LostData, "A");
    // 4 and 3 with equal labels, 2 and 1 in series that first appear with them. The 5 of 2 hours ago are not counted.
    let answers = filled.ask(&lost, &Chosen::all()).await;
    expect(&lost.to_string(), &answers, "", &[("", 10.0)]);
}
