//! What real releases of Claude Code sent, and what it amounts to.

use std::{collections::BTreeMap, path::PathBuf};

use monitor_receiver::store::{Reader, Window};
use serde_json::Value;

use super::client::{JSON, PROTOBUF, Send};

pub const RELEASES: [&str; 3] = ["2.0.30", "2.1.100", "2.1.330"];

/// One recorded request.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub path: &'static str,
    pub kind: &'static str,
    pub body: Vec<u8>,
}

impl Recorded {
    pub fn send(&self) -> Send<'_> {
        Send::post(self.path, self.kind, self.body.clone())
    }
}

fn folder(release: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../server/tests/fixtures/claude-code").join(release)
}

/// The requests of a run, in their order. `kind` is `JSON` or `PROTOBUF`.
pub fn requests(release: &str, kind: &'static str) -> Vec<Recorded> {
    let (folder, ending) = match kind {
        JSON => (folder(release), "json"),
        _ => (folder(release).join("protobuf"), "pb"),
    };
    assert!(kind == JSON || kind == PROTOBUF);
    let entries = std::fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().contains("-v1-")).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    files.sort();
    let recorded = |file: PathBuf| Recorded {
        path: if file.to_string_lossy().contains("logs") { "/v1/logs" } else { "/v1/metrics" },
        kind,
        body: std::fs::read(&file).expect("a file"),
    };
    assert!(files.len() >= 7, "{release} has requests");
    files.into_iter().map(recorded).collect()
}

/// Sums by name and, in braces, the labels that matter. Rounded to a billionth.
pub type Sums = BTreeMap<String, f64>;

/// What the ledger of a run says.
pub fn ledger(release: &str) -> Sums {
    let text = std::fs::read_to_string(folder(release).join("ledger.json")).expect("a ledger");
    let ledger: Value = serde_json::from_str(&text).expect("it is JSON");
    let mut sums = Sums::new();
    let mut add = |name: String, value: &Value| sums.insert(name, rounded(value.as_f64().expect("a number")));
    for (name, value) in ledger["from_metrics_sum_of_deltas"].as_object().expect("metrics") {
        add(name.clone(), value);
    }
    let events = &ledger["from_events"];
    for (name, value) in events["by_event"].as_object().expect("events") {
        add(format!("clawker.events{{{name}}}"), value);
    }
    for (model, value) in events["cost_usd_by_model"].as_object().expect("models") {
        add(format!("clawker.request.cost_usd{{{model}}}"), value);
    }
    for (field, kind) in [
        ("input_tokens", "input"),
        ("output_tokens", "output"),
        ("cache_read_tokens", "cacheRead"),
        ("cache_creation_tokens", "cacheCreation"),
    ] {
        add(format!("clawker.request.tokens{{{kind}}}"), &events[field]);
    }
    for (tool, value) in events["tool_results"].as_object().expect("tools") {
        add(format!("clawker.tool.calls{{{tool}}}"), value);
    }
    add("failed".into(), &events["tool_failures"]);
    sums
}

/// What the store says, in the ledger's terms; only what `of` has.
pub fn stored(reader: &Reader, of: &Sums) -> Sums {
    let mut sums: Sums = of.keys().map(|name| (name.clone(), 0.0)).collect();
    for total in reader.totals(Window::ALL).expect("it can be read") {
        assert_eq!((total.owner.project.as_deref(), total.owner.agent.as_deref()), (Some("demo"), Some("dev")));
        assert!(!total.simulated);
        let labels = &total.series.labels;
        let label = |key: &str| labels.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let metric = total.series.metric.as_ref();
        let mut names = match metric {
            "clawker.events" => vec![format!("{metric}{{{}}}", label("event.name").unwrap_or_default())],
            "clawker.request.cost_usd" => vec![format!("{metric}{{{}}}", label("model").unwrap_or_default())],
            "clawker.request.tokens" => vec![format!("{metric}{{{}}}", label("type").unwrap_or_default())],
            "clawker.tool.calls" => vec![format!("{metric}{{{}}}", label("tool_name").unwrap_or_default())],
            _ if metric.starts_with("clawker.") => continue,
            _ => match label("type") {
                Some(kind) => vec![format!("{metric}{{type={kind}}}")],
                None => vec![metric.to_owned()],
            },
        };
        if metric == "clawker.tool.calls" && label("success") == Some("false") {
            names.push("failed".into());
        }
        for name in names {
            *sums.entry(name).or_default() += total.value;
        }
    }
    sums.into_iter().map(|(name, value)| (name, rounded(value))).collect()
}

fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}
