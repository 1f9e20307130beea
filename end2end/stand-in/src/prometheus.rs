//! A Prometheus that stores what tests send it, and the metrics that a collector would derive from the events that tests
//! send to the stand-in for Loki. It reads those from Loki, which is one of its scrape targets.
//!
//! `POST /stand-in/metrics` accepts one JSON object per line, which replaces the one with the same name and labels:
//! `{"name":"claude_code_active_time_seconds_total","value":90,"labels":{"project":"p","agent":"a"}}`. It is a delta of
//! now, or of `ago` seconds before now, and only a query that names the metric finds it. The services' own counters are
//! told apart by the result's label `counter`, and the name to send is how the query begins its list of them:
//! `otelcol_(receiver_accepted` for what was delivered and `otelcol_receiver_(refused` for what was lost, as in
//! `{"name":"otelcol_(receiver_accepted","value":60,"labels":{"counter":"otelcol_receiver_accepted_log_records"}}`.
//! A query that contains such a name is answered with the labels and the value.
//! `DELETE /stand-in/metrics` deletes everything. `up` is 1 for every service.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{TcpStream, ToSocketAddrs as _},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use time::OffsetDateTime;

use crate::{
    derived::{by_agent, derive},
    promql::{Samples, Vector, evaluate},
    records::{Labels, Record, parse_records},
    request::{Reply, Request, json_object},
};

#[derive(Debug, Default)]
pub struct Prometheus {
    /// `host:port` of the stand-in for Loki.
    loki: Option<String>,
    posted: Mutex<BTreeMap<(String, Labels), Posted>>,
    derived: Mutex<Derived>,
}

#[derive(Debug)]
struct Posted {
    /// Milliseconds since 1970.
    at: i64,
    value: String,
}

/// What was derived from Loki's events so far.
#[derive(Debug, Default)]
struct Derived {
    samples: Samples,
    /// The state of Loki's events that this was read from, and how many.
    generation: String,
    events: usize,
}

impl Prometheus {
    /// A store that reads events from this stand-in for Loki.
    pub fn reading_events_from(loki: Option<String>) -> Prometheus {
        Prometheus { loki, ..Prometheus::default() }
    }

    /// The reply, or `None` if the path is not one of the store's.
    pub fn handle(&self, request: &Request) -> Option<Reply> {
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/stand-in/metrics") => match parse_records(&request.body()) {
                Ok(records) => {
                    for record in records {
                        let value = |name: &str| record.values.get(name).cloned().unwrap_or_default();
                        let ago = value("ago").parse::<f64>().unwrap_or_default();
                        let sample = Posted { at: now() - (ago * 1000.0) as i64, value: value("value") };
                        posted.insert((value("name"), record.nested), sample);
                    }
                    Reply::new("204 No Content", "text/plain", "")
                }
                Err(problem) => Reply::text("400 Bad Request", problem),
            },
            ("DELETE", "/stand-in/metrics") => {
                posted.clear();
                Reply::new("204 No Content", "text/plain", "")
            }
            (_, "/api/v1/query") => instant(request, &posted, &self.samples(&posted)),
            (_, "/api/v1/query_range") => over_time(request, &self.samples(&posted)),
            _ => return None,
        })
    }

    /// Everything that is a sample of a metric.
    fn samples(&self, posted: &BTreeMap<(String, Labels), Posted>) -> Samples {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        // A Loki that does not answer takes nothing away: the collector sends to both.
        if let Some(loki) = &self.loki
            && let Ok(body) = fetch_events(loki, &derived)
        {
            derived.read(&body);
        }
        let mut samples = derived.samples.clone();
        for ((name, labels), Posted { at, value }) in posted {
            let mut labels = labels.clone();
            labels.entry("temporality".to_owned()).or_insert_with(|| "delta".to_owned());
            let value = value.parse().unwrap_or_default();
            if let Some((name, labels)) = by_agent(name, &labels) {
                samples.add_by_name_only(&name, labels, *at, value);
            }
            samples.add_by_name_only(name, labels, *at, value);
        }
        samples
    }
}

fn fetch_events(loki: &str, known: &Derived) -> std::io::Result<String> {
    let unknown = || std::io::Error::other("no address");
    let address = loki.to_socket_addrs()?.next().ok_or_else(unknown)?;
    let mut connection = TcpStream::connect_timeout(&address, Duration::from_millis(300))?;
    connection.set_read_timeout(Some(Duration::from_secs(2)))?;
    let target = format!("/stand-in/events?generation={}&from={}", known.generation, known.events);
    write!(connection, "GET {target} HTTP/1.1\r\nHost: {loki}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(unknown)?;
    if head.starts_with("HTTP/1.1 200") { Ok(body.to_owned()) } else { Err(unknown()) }
}

impl Derived {
    /// Reads the answer of `Loki::list_events`: the generation and its first event, then one event per line.
    fn read(&mut self, body: &str) {
        let Ok(mut records) = parse_records(body) else { return };
        if records.is_empty() {
            return;
        }
        let head = records.remove(0);
        let value = |record: &Record, name: &str| record.values.get(name).cloned().unwrap_or_default();
        if value(&head, "generation") != self.generation {
            *self = Derived { generation: value(&head, "generation"), ..Derived::default() };
        }
        for record in records {
            self.events += 1;
            let at = value(&record, "at").parse::<i64>().unwrap_or_default() / 1_000_000;
            if record.nested.get("service_name").is_some_and(|name| name == "claude-code") {
                for (name, labels, value) in derive(&record.nested, at) {
                    if let Some((name, labels)) = by_agent(name, &labels) {
                        self.samples.add(&name, labels, at, value);
                    }
                    self.samples.add(name, labels, at, value);
                }
            }
        }
    }
}

fn now() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

/// Milliseconds since 1970; now without the parameter.
fn time(request: &Request, name: &str) -> i64 {
    request.parameter(name).parse::<f64>().map_or_else(|_| now(), |seconds| (seconds * 1000.0).round() as i64)
}

fn instant(request: &Request, posted: &BTreeMap<(String, Labels), Posted>, samples: &Samples) -> Reply {
    let (query, at) = (request.parameter("query"), time(request, "time"));
    let seconds = at as f64 / 1000.0;
    let to_json = |labels: &Labels, value: &str| {
        format!("{{\"metric\":{},\"value\":[{seconds},\"{value}\"]}}", json_object(labels))
    };
    let mut results: Vec<String> = match evaluate(query, samples, &[at]) {
        Ok(answers) => {
            let series = answers.into_iter().flat_map(|(_, vector)| vector);
            series.map(|(labels, value)| to_json(&labels, &value.to_string())).collect()
        }
        Err(_) => {
            let named = posted.iter().filter(|((name, _), _)| query.contains(name.as_str()));
            named.map(|((_, labels), sample)| to_json(labels, &sample.value)).collect()
        }
    };
    if query.contains("up{job=") {
        for job in ["otel-collector-self", "promtail", "grafana"] {
            let labels = Labels::from([("job".to_owned(), job.to_owned())]);
            let before = labels.clone().into_iter().chain([("when".to_owned(), "before".to_owned())]);
            results.push(to_json(&before.collect(), "1"));
            results.push(to_json(&labels, "1"));
        }
    }
    success("vector", &results)
}

fn over_time(request: &Request, samples: &Samples) -> Reply {
    let step = request.parameter("step").parse::<f64>().map_or(60_000, |seconds| (seconds * 1000.0) as i64).max(1);
    let times: Vec<i64> = (time(request, "start")..=time(request, "end")).step_by(step as usize).collect();
    let answers: Vec<(i64, Vector)> = evaluate(request.parameter("query"), samples, &times).unwrap_or_default();
    let mut series: BTreeMap<Labels, Vec<String>> = BTreeMap::new();
    for (at, vector) in answers {
        for (labels, value) in vector {
            series.entry(labels).or_default().push(format!("[{},\"{value}\"]", at as f64 / 1000.0));
        }
    }
    let to_json = |(labels, values): (&Labels, &Vec<String>)| {
        format!("{{\"metric\":{},\"values\":[{}]}}", json_object(labels), values.join(","))
    };
    success("matrix", &series.iter().map(to_json).collect::<Vec<String>>())
}

fn success(kind: &str, results: &[String]) -> Reply {
    let results = results.join(",");
    Reply::json(format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"{kind}\",\"result\":[{results}]}}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loki::Loki;

    fn post(path: &str, body: &str) -> Request {
        Request::new("POST", path, body.as_bytes().to_vec())
    }

    fn ask(prometheus: &Prometheus, query: &str) -> String {
        let mut request = Request::new("GET", "/api/v1/query", Vec::new());
        request.parameters.insert("query".to_owned(), query.to_owned());
        prometheus.handle(&request).expect("a reply").body
    }

    #[test]
    fn a_query_is_answered_with_the_series_that_it_names() {
        let prometheus = Prometheus::default();
        let records = "{\"name\":\"active_time\",\"value\":90,\"labels\":{\"agent\":\"a\",\"b\":\"c\"}}\n\
                       {\"name\":\"lines\",\"value\":1}\n\
                       {\"name\":\"otelcol_(x\",\"value\":3,\"labels\":{\"counter\":\"y\"}}";
        let pushed = prometheus.handle(&post("/stand-in/metrics", records)).expect("a reply");
        assert_eq!(pushed.status, "204 No Content");
        let active = ask(&prometheus, r#"sum by (agent) (sum_over_time(active_time{temporality="delta"}[1h]))"#);
        assert!(
            active.contains("{\"agent\":\"a\"}") && active.contains("\"90\"") && !active.contains("\"1\""),
            "{active}"
        );
        assert!(ask(&prometheus, r#"last_over_time({__name__=~"otelcol_(x|z)"}[5m]) - 1"#).contains("\"3\""));
        assert!(ask(&prometheus, "up{job=~1}").contains("\"promtail\""));
    }

    #[test]
    fn lokis_events_become_metrics_once() {
        let (loki, mut derived) = (Loki::default(), Derived::default());
        let event = "{\"agent\":\"a\",\"event\":\"tool_result\",\"fields\":{\"success\":false}}\n";
        let count = |derived: &Derived| {
            let query = r#"sum by (agent, success) (sum_over_time(clawker_tool_calls{temporality="delta"}[1h]))"#;
            let found = evaluate(query, &derived.samples, &[now() + 1]).expect("it is supported").remove(0).1;
            found.first().map(|(labels, value)| (labels["success"].clone(), *value))
        };
        for expected in [1.0, 2.0] {
            loki.handle(&post("/stand-in/events", event)).expect("a reply");
            let target = format!("/stand-in/events?generation={}&from={}", derived.generation, derived.events);
            derived.read(&loki.handle(&Request::new("GET", &target, Vec::new())).expect("a reply").body);
            assert_eq!(count(&derived), Some(("false".to_owned(), expected)));
        }
        loki.handle(&Request::new("DELETE", "/stand-in/events", Vec::new())).expect("a reply");
        let target = format!("/stand-in/events?generation={}&from={}", derived.generation, derived.events);
        derived.read(&loki.handle(&Request::new("GET", &target, Vec::new())).expect("a reply").body);
        assert_eq!(count(&derived), None);
    }
}
