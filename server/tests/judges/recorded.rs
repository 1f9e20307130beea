//! The recorded metrics of real agents as the collector's Prometheus exporter exposes them: deltas summed per series,
//! names with unit and `_total`, project and agent on every sample.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use serde_json::Value;

/// The recorded runs, by the release of Claude Code.
pub const RUNS: [&str; 3] = ["2.0.30", "2.1.100", "2.1.330"];

/// A time series: its name and its labels.
pub type Series = (String, BTreeMap<String, String>);

/// One data point: what was added to which series, and when (seconds since 1970).
#[derive(Debug, Clone)]
pub struct Delta {
    pub series: Series,
    pub time: f64,
    pub value: f64,
}

/// One recorded run of Claude Code.
pub struct Run {
    pub version: &'static str,
    pub session: String,
    /// In the order they were sent.
    pub deltas: Vec<Delta>,
    ledger: Value,
}

impl Run {
    pub fn read(version: &'static str) -> Run {
        let deltas: Vec<Delta> = bodies(version, "-v1-metrics.json").iter().flat_map(deltas).collect();
        let session = deltas[0].series.1["session_id"].clone();
        let [ledger] = bodies(version, "ledger.json").try_into().expect("one ledger");
        Run { version, session, deltas, ledger }
    }

    /// The attributes of each event and of its resource, and its time in nanoseconds since 1970.
    pub fn events(&self) -> Vec<(u64, BTreeMap<String, String>)> {
        let mut events = Vec::new();
        for body in bodies(self.version, "-v1-logs.json") {
            for resource in list(&body["resourceLogs"]) {
                for record in list(&resource["scopeLogs"]).iter().flat_map(|scope| list(&scope["logRecords"])) {
                    let mut all = attributes(&resource["resource"]["attributes"]);
                    all.extend(attributes(&record["attributes"]));
                    events.push((text(&record["timeUnixNano"]).parse().expect("a time"), all));
                }
            }
        }
        events
    }

    /// A number in the ledger of the run's events: `/cost_usd`, `/tool_results/Bash`. 0 if the run has none.
    pub fn truth_of_events(&self, pointer: &str) -> f64 {
        self.ledger["from_events"].pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0)
    }

    pub fn all() -> Vec<Run> {
        RUNS.into_iter().map(Run::read).collect()
    }

    /// The ledger's sum of a metric, by its OTLP name: `claude_code.lines_of_code.count{type=added}`. 0 if the run has
    /// none.
    pub fn truth(&self, metric: &str) -> f64 {
        self.ledger["from_metrics_sum_of_deltas"][metric].as_f64().unwrap_or(0.0)
    }

    /// When the first and last points were sent, in seconds since 1970.
    pub fn times(&self) -> (f64, f64) {
        let times = || self.deltas.iter().map(|delta| delta.time);
        (times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max))
    }
}

/// The files of a recorded run whose names end like this, in the order they were sent.
fn bodies(version: &str, ending: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/claude-code").join(version);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(ending))
        .collect();
    names.sort();
    let read = |name: &String| {
        let text = std::fs::read_to_string(folder.join(name)).expect("a fixture");
        serde_json::from_str(&text).expect("JSON")
    };
    names.iter().map(read).collect()
}

fn deltas(body: &Value) -> Vec<Delta> {
    let mut deltas = Vec::new();
    for resource in list(&body["resourceMetrics"]) {
        let about = attributes(&resource["resource"]["attributes"]);
        for scope in list(&resource["scopeMetrics"]) {
            for metric in list(&scope["metrics"]) {
                let sum = &metric["sum"];
                assert_eq!(sum["aggregationTemporality"], 1, "the agents send deltas");
                assert_eq!(sum["isMonotonic"], true);
                for point in list(&sum["dataPoints"]) {
                    let mut labels = attributes(&point["attributes"]);
                    for key in ["project", "agent"] {
                        labels.entry(key.to_owned()).or_insert_with(|| about[key].clone());
                    }
                    labels.insert("job".to_owned(), about["service_name"].clone());
                    for (label, key) in [("otel_scope_name", "name"), ("otel_scope_version", "version")] {
                        labels.insert(label.to_owned(), text(&scope["scope"][key]));
                    }
                    let nanoseconds: f64 = text(&point["timeUnixNano"]).parse().expect("a time");
                    deltas.push(Delta {
                        series: (name(metric), labels),
                        time: nanoseconds / 1e9,
                        value: point["asDouble"].as_f64().expect("a number"),
                    });
                }
            }
        }
    }
    deltas
}

/// The name that the collector's exporter gives the metric, with suffixes, as in Clawker's own dashboard.
fn name(metric: &Value) -> String {
    let plain = text(&metric["name"]).replace('.', "_");
    let plain = plain.strip_suffix("_total").unwrap_or(&plain);
    let unit = match metric["unit"].as_str() {
        None | Some("") => String::new(),
        Some("s") => "_seconds".to_owned(),
        Some(unit) => format!("_{unit}"),
    };
    format!("{plain}{unit}_total")
}

fn attributes(list_of_pairs: &Value) -> BTreeMap<String, String> {
    let pairs = list(list_of_pairs).iter().map(|pair| {
        let value = pair["value"].as_object().and_then(|value| value.values().next()).expect("a value");
        (text(&pair["key"]).replace('.', "_"), text(value))
    });
    pairs.collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The collector's sum of each series at that time.
pub fn sums(deltas: &[Delta], until: f64) -> BTreeMap<Series, f64> {
    let mut sums = BTreeMap::new();
    for delta in deltas.iter().filter(|delta| delta.time <= until) {
        *sums.entry(delta.series.clone()).or_insert(0.0) += delta.value;
    }
    sums
}

/// What Prometheus would have scraped at these times, as input of `promtool tsdb create-blocks-from openmetrics`. A
/// `job` label of the target becomes `exported_job`.
pub fn history(deltas: &[Delta], scrapes: &[f64]) -> String {
    let mut values: BTreeMap<Series, Vec<(f64, f64)>> = BTreeMap::new();
    for &scrape in scrapes {
        for ((name, mut labels), value) in sums(deltas, scrape) {
            if let Some(job) = labels.insert("job".to_owned(), "otel-collector".to_owned()) {
                labels.insert("exported_job".to_owned(), job);
            }
            values.entry((name, labels)).or_default().push((scrape, value));
        }
    }
    let mut page = String::new();
    let mut family = "";
    for ((name, labels), samples) in &values {
        announce(&mut page, &mut family, name);
        for (time, value) in samples {
            let _ = writeln!(page, "{} {value} {time}", in_words(name, labels));
        }
    }
    page + "# EOF\n"
}

fn announce<'a>(page: &mut String, family: &mut &'a str, name: &'a str) {
    if *family != name {
        *family = name;
        let _ = writeln!(page, "# TYPE {} counter", name.trim_end_matches("_total"));
    }
}

fn in_words(name: &str, labels: &BTreeMap<String, String>) -> String {
    let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
    format!("{name}{{{}}}", labels.join(","))
}
