//! A real Prometheus for one test, in its own folder.

use std::{
    collections::BTreeMap,
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::machine::program;

const PATIENCE: Duration = Duration::from_secs(60);

/// The answer for one series: its labels, and times (in seconds since 1970) with values.
#[derive(Debug, Clone)]
pub struct Answer {
    pub labels: BTreeMap<String, String>,
    pub values: Vec<(f64, f64)>,
}

impl Answer {
    /// The only value. Panics if there is more than one.
    pub fn value(&self) -> f64 {
        let [(_, value)] = self.values.as_slice() else { panic!("not one value: {self:?}") };
        *value
    }
}

pub struct Prometheus {
    process: Child,
    address: String,
    log: PathBuf,
    client: reqwest::Client,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

impl Prometheus {
    /// Starts it with these arguments and waits until it is ready. `Err` contains its log if it exits instead.
    pub async fn start(folder: &Path, address: &str, arguments: &[String]) -> Result<Prometheus, String> {
        let log = folder.join("prometheus.log");
        let file = File::create(&log).expect("a log file");
        let process = Command::new(program("MONITOR_TEST_PROMETHEUS"))
            .current_dir(folder)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .expect("prometheus starts");
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        let mut prometheus = Prometheus { process, address: address.to_owned(), log, client };
        let begun = Instant::now();
        loop {
            if prometheus.process.try_wait().expect("its state").is_some() {
                return Err(prometheus.said());
            }
            let ready = prometheus.client.get(format!("http://{address}/-/ready")).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(prometheus);
            }
            assert!(begun.elapsed() < PATIENCE, "prometheus is not ready:\n{}", prometheus.said());
            breathe().await;
        }
    }

    /// Its log so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The `data` of a successful answer, or the error message.
    pub async fn ask(&self, path: &str, parameters: &[(&str, String)]) -> Result<Value, String> {
        let query: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let url = format!("http://{}/api/v1/{path}?{}", self.address, query.join("&"));
        let answer = self.client.get(url).send().await.expect("an answer").json::<Value>().await.expect("JSON");
        if answer["status"] != "success" {
            return Err(format!("{}: {}", answer["errorType"], answer["error"]));
        }
        // A warning is not an error, but Grafana shows it on the panel.
        for note in ["warnings", "infos"] {
            if !answer[note].is_null() {
                return Err(format!("{note}: {}", answer[note]));
            }
        }
        Ok(answer["data"].clone())
    }

    /// One answer for each series at that time (seconds since 1970; `None` is now).
    pub async fn once(&self, expression: &str, time: Option<f64>) -> Result<Vec<Answer>, String> {
        let mut parameters = vec![("query", expression.to_owned())];
        parameters.extend(time.map(|time| ("time", time.to_string())));
        Ok(answers(&self.ask("query", &parameters).await?))
    }

    /// One answer for each series, with a value per step of the range. All in seconds.
    pub async fn over_time(&self, expression: &str, end: f64, range: u64, step: u64) -> Result<Vec<Answer>, String> {
        let parameters = [
            ("query", expression.to_owned()),
            ("start", (end - range as f64).to_string()),
            ("end", end.to_string()),
            ("step", step.to_string()),
        ];
        Ok(answers(&self.ask("query_range", &parameters).await?))
    }
}

fn answers(data: &Value) -> Vec<Answer> {
    let result = data["result"].as_array().expect("a list of series");
    result
        .iter()
        .map(|series| {
            let labels = serde_json::from_value(series["metric"].clone()).expect("labels");
            let values = match series["values"].as_array() {
                Some(values) => values.iter().map(sample).collect(),
                None => vec![sample(&series["value"])],
            };
            Answer { labels, values }
        })
        .collect()
}

fn sample(pair: &Value) -> (f64, f64) {
    let value = pair[1].as_str().and_then(|text| text.parse().ok());
    (pair[0].as_f64().expect("a time"), value.expect("a value"))
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

/// A free port of that address.
pub fn free_port(address: &str) -> u16 {
    let listener = TcpListener::bind((address, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Pauses between two polls.
pub async fn breathe() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}
