//! A Loki that stores what tests send it and answers the panel's queries. A query that it does not support is answered
//! with a parse error, as by the real Loki.
//!
//! `POST /stand-in/events` accepts one JSON object per line:
//! `{"project":"p","agent":"a","session":"s","event":"tool_result","ago":5,"fields":{"tool_name":"Bash"}}`. `at` is a
//! time (RFC 3339) or nanoseconds since 1970; without it, `ago` is seconds before now; without both, it is now. `service`
//! is `claude-code`, `envoy` or `coredns`, and `claude-code` by default. `DELETE /stand-in/events` deletes everything.
//! `GET /stand-in/events` is read by the stand-in for Prometheus, which derives metrics from the events.
//!
//! What the collector sends arrives at `POST /otlp/v1/logs` (`otlp`). It is kept on disk like the real one's write-ahead
//! log, so that nothing is lost when the process is killed.
//!
//! The firewall's raw lines go to Promtail's stand-in, which pushes them to `POST /loki/api/v1/push` (`push`); so does
//! Clawker with agents' addresses.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    journal::Journal,
    log::{Level, ServiceLog},
    logql::{Entry, Series, evaluate, parse},
    otlp::{self, Limits, Received, Refusal},
    push::parse_push,
    records::{Labels, Record, parse_records},
    request::{Reply, Request, json_object, json_string},
};

#[derive(Debug, Default)]
pub struct Loki {
    entries: Mutex<Vec<Entry>>,
    /// Nanoseconds since 1970.
    started_at: OnceLock<u64>,
    deletions: AtomicU64,
    received: Mutex<FromCollector>,
    limits: Limits,
    log: Option<ServiceLog>,
}

/// What came over OTLP.
#[derive(Debug, Default)]
struct FromCollector {
    /// Time, and a hash of labels, metadata and line. A repeated entry is stored once: senders repeat what was not
    /// acknowledged. Real agents write entries of one time and line that differ in their metadata, and a real Loki
    /// 3.7.0 stores each of them.
    known: HashSet<(u64, u64)>,
    /// Entries by the reason why they were discarded.
    discarded: BTreeMap<&'static str, u64>,
    journal: Option<Journal>,
}

impl Loki {
    /// A Loki with these limits, which keeps what it receives in a file of that folder.
    pub fn new(limits: Limits, folder: &std::path::Path, log: ServiceLog) -> Loki {
        let loki = Loki { limits, log: Some(log), ..Loki::default() };
        let (journal, requests) = Journal::open(folder);
        for request in requests.iter().filter_map(|stored| otlp::restore(stored)) {
            if let Ok(Received { pushed, .. }) = otlp::receive(request, &loki.limits) {
                loki.append(pushed);
            }
        }
        loki.received.lock().unwrap_or_else(PoisonError::into_inner).journal = Some(journal);
        loki
    }

    /// How long the real one is not ready after its start.
    pub fn ready_after(&self) -> std::time::Duration {
        // Only one with a configuration has a start.
        if self.log.is_some() { self.limits.ready_after } else { std::time::Duration::ZERO }
    }

    fn append(&self, pushed: Vec<Entry>) {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in pushed {
            let mut hasher = DefaultHasher::new();
            (&entry.labels, &entry.line).hash(&mut hasher);
            if received.known.insert((entry.at, hasher.finish())) {
                entries.push(entry);
            }
        }
    }

    fn receive(&self, request: &Request) -> Result<Reply, Refusal> {
        let decoded = otlp::decode(request)?;
        let stored = otlp::store(&decoded);
        let Received { pushed, discarded } = otlp::receive(decoded, &self.limits)?;
        {
            let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            for one in &discarded {
                *received.discarded.entry(one.reason).or_default() += 1;
            }
            if let Some(journal) = &mut received.journal {
                journal.append(&stored).map_err(|error| ("500 Internal Server Error", error.to_string()))?;
            }
        }
        self.append(pushed);
        let mut messages: BTreeMap<&str, u64> = BTreeMap::new();
        for one in &discarded {
            *messages.entry(&one.message).or_default() += 1;
            if let Some(log) = self.log {
                let details = format!(
                    "component=distributor path=write msg=\"write operation failed\" details={:?} org_id=fake",
                    one.message
                );
                log.write_fields(Level::Error, &details);
            }
        }
        if messages.is_empty() {
            return Ok(Reply::new("204 No Content", "text/plain", ""));
        }
        // Equal errors are told once.
        let told = messages.iter().map(|(message, count)| match count {
            1 => (*message).to_owned(),
            count => format!("{count} errors like: {message}"),
        });
        Err(("400 Bad Request", told.collect::<Vec<_>>().join("; ")))
    }

    /// The counters that the panel and the dashboard read, in Prometheus' text format.
    fn metrics(&self) -> String {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = "# TYPE loki_discarded_samples_total counter\n".to_owned();
        for (reason, count) in &received.discarded {
            text.push_str(&format!("loki_discarded_samples_total{{reason=\"{reason}\",tenant=\"fake\"}} {count}\n"));
        }
        let lines = received.known.len();
        text.push_str("# TYPE loki_distributor_lines_received_total counter\n");
        text.push_str(&format!("loki_distributor_lines_received_total{{tenant=\"fake\"}} {lines}\n"));
        text
    }

    /// The reply, or `None` if the path is not one of the store's.
    pub fn handle(&self, request: &Request) -> Option<Reply> {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/otlp/v1/logs") => {
                let refuse = |(status, body): Refusal| Reply::text(status, body);
                return Some(self.receive(request).unwrap_or_else(refuse));
            }
            ("GET", "/metrics") => {
                return Some(Reply::new("200 OK", "text/plain; version=0.0.4; charset=utf-8", self.metrics()));
            }
            _ => {}
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/stand-in/events") => match parse_records(&request.body()) {
                Ok(records) => {
                    entries.extend(records.into_iter().map(entry_from));
                    Reply::new("204 No Content", "text/plain", "")
                }
                Err(problem) => Reply::text("400 Bad Request", problem),
            },
            ("GET", "/stand-in/events") => self.list_events(request, &entries),
            ("POST", "/loki/api/v1/push") => match parse_push(&request.body()) {
                Ok(pushed) => {
                    entries.extend(pushed);
                    Reply::new("204 No Content", "text/plain", "")
                }
                Err(problem) => Reply::text("400 Bad Request", problem),
            },
            ("DELETE", "/stand-in/events") => {
                entries.clear();
                self.deletions.fetch_add(1, Ordering::Relaxed);
                Reply::new("204 No Content", "text/plain", "")
            }
            (_, "/loki/api/v1/query") => {
                let at = parse_time(request.parameter("time"));
                run_query(request, &entries, &[at])
            }
            (_, "/loki/api/v1/query_range") => {
                let (start, end) = (parse_time(request.parameter("start")), parse_time(request.parameter("end")));
                let step = request.parameter("step").trim_end_matches('s').parse::<u64>().unwrap_or(60).max(1);
                let times: Vec<u64> = (start..=end).step_by((step * 1_000_000_000) as usize).collect();
                if request.parameter("query").starts_with('{') {
                    query_lines(request, &entries, start, end)
                } else {
                    run_query(request, &entries, &times)
                }
            }
            _ => return None,
        })
    }
}

impl Loki {
    /// For the stand-in for Prometheus: the generation of the entries, then the entries after the first `from` of them;
    /// all of them if the reader knows another generation.
    fn list_events(&self, request: &Request, entries: &[Entry]) -> Reply {
        let generation =
            format!("{}-{}", self.started_at.get_or_init(|| parse_time("")), self.deletions.load(Ordering::Relaxed));
        let is_known = request.parameter("generation") == generation;
        let from = request.parameter("from").parse::<usize>().ok().filter(|_| is_known).unwrap_or_default();
        let mut lines = format!("{{\"generation\":\"{generation}\"}}\n");
        for Entry { at, labels, .. } in entries.iter().skip(from) {
            lines.push_str(&format!("{{\"at\":\"{at}\",\"labels\":{}}}\n", json_object(labels)));
        }
        Reply::text("200 OK", lines)
    }
}

fn entry_from(record: Record) -> Entry {
    let value = |name: &str| record.values.get(name).cloned();
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() as u64;
    let before = |ago: String| now.saturating_sub((ago.parse::<f64>().unwrap_or_default() * 1e9) as u64);
    let at = value("at").map_or_else(|| value("ago").map_or(now, before), |at| parse_time(&at));
    let mut labels: Labels = record.nested.clone();
    for (name, label) in
        [("project", "project"), ("agent", "agent"), ("session", "session_id"), ("event", "event_name")]
    {
        labels.extend(value(name).map(|value| (label.to_owned(), value)));
    }
    labels.insert("service_name".to_owned(), value("service").unwrap_or_else(|| "claude-code".to_owned()));
    let line = value("event").map_or_else(String::new, |event| format!("claude_code.{event}"));
    Entry { at, labels, line }
}

/// Nanoseconds since 1970, from RFC 3339, nanoseconds or seconds. Anything else is now.
fn parse_time(text: &str) -> u64 {
    let now = || OffsetDateTime::now_utc().unix_timestamp_nanos() as u64;
    match (text.parse::<u64>(), text.parse::<f64>(), OffsetDateTime::parse(text, &Rfc3339)) {
        (Ok(nanoseconds), _, _) if nanoseconds > 100_000_000_000 => nanoseconds,
        (_, Ok(seconds), _) => (seconds * 1e9) as u64,
        (_, _, Ok(time)) => time.unix_timestamp_nanos() as u64,
        _ => now(),
    }
}

fn run_query(request: &Request, entries: &[Entry], times: &[u64]) -> Reply {
    let query = match parse(request.parameter("query")) {
        Ok(query) => query,
        Err(problem) => return Reply::text("400 Bad Request", format!("parse error : {problem}\n")),
    };
    let is_instant = request.path.ends_with("/query");
    let mut series: Vec<(Labels, Vec<String>)> = Vec::new();
    for &time in times {
        for Series { labels, value } in evaluate(&query, entries, time) {
            let value = format!("[{},\"{value}\"]", time as f64 / 1e9);
            match series.iter_mut().find(|(known, _)| *known == labels) {
                Some((_, values)) => values.push(value),
                None => series.push((labels, vec![value])),
            }
        }
    }
    let to_json = |(labels, values): &(Labels, Vec<String>)| {
        let (labels, values) = (json_object(labels), values.join(","));
        if is_instant {
            format!("{{\"metric\":{labels},\"value\":{values}}}")
        } else {
            format!("{{\"metric\":{labels},\"values\":[{values}]}}")
        }
    };
    success(if is_instant { "vector" } else { "matrix" }, &series.iter().map(to_json).collect::<Vec<_>>())
}

fn query_lines(request: &Request, entries: &[Entry], start: u64, end: u64) -> Reply {
    let query = match parse(request.parameter("query")) {
        Ok(query) => query,
        Err(problem) => return Reply::text("400 Bad Request", format!("parse error : {problem}\n")),
    };
    let within = |entry: &&Entry| (start..end).contains(&entry.at) && query.matches(entry);
    let mut found: Vec<&Entry> = entries.iter().filter(within).collect();
    found.sort_by_key(|entry| entry.at);
    if request.parameter("direction") != "forward" {
        found.reverse();
    }
    found.truncate(request.parameter("limit").parse().unwrap_or(100));
    let to_json = |entry: &&Entry| {
        let (labels, line) = (json_object(&entry.labels), json_string(&entry.line));
        format!("{{\"stream\":{labels},\"values\":[[\"{}\",{line}]]}}", entry.at)
    };
    success("streams", &found.iter().map(to_json).collect::<Vec<_>>())
}

fn success(kind: &str, results: &[String]) -> Reply {
    let results = results.join(",");
    Reply::json(format!(
        "{{\"status\":\"success\",\"data\":{{\"resultType\":\"{kind}\",\"result\":[{results}],\"stats\":{{}}}}}}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(loki: &Loki, target: &str) -> String {
        loki.handle(&Request::new("GET", target, Vec::new())).expect("a reply").body
    }

    #[test]
    fn what_a_sender_repeats_is_stored_once_and_what_differs_in_metadata_twice() {
        let loki = Loki::default();
        let push = |session: &str| {
            let body = format!(
                "{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{{\"timeUnixNano\":\"1000000000000000\",\
                 \"body\":{{\"stringValue\":\"plugin_loaded\"}},\"attributes\":[{{\"key\":\"session.id\",\
                 \"value\":{{\"stringValue\":\"{session}\"}}}}]}}]}}]}}]}}"
            );
            let mut request = Request::new("POST", "/otlp/v1/logs", body.into_bytes());
            request.headers.insert("content-type".to_owned(), "application/json".to_owned());
            assert_eq!(loki.handle(&request).expect("a reply").status, "204 No Content");
        };
        ["a", "a", "b"].into_iter().for_each(push);
        let of = "%7Bservice_name%3D%22unknown_service%22%7D";
        let count = format!("sum%20(count_over_time({of}%20[1h]))");
        let vector = get(&loki, &format!("/loki/api/v1/query?time=1000002000000000&query={count}"));
        assert!(vector.contains("[1000002,\"2\"]"), "{vector}");
    }

    #[test]
    fn stored_events_are_counted_and_listed() {
        let loki = Loki::default();
        let records = "{\"agent\":\"dev\",\"event\":\"tool_result\",\"at\":1000000000000000,\"fields\":{\"n\":2}}\n\
                   {\"agent\":\"dev\",\"event\":\"tool_result\",\"at\":1000001000000000,\"fields\":{\"n\":3}}\n";
        let push = Request::new("POST", "/stand-in/events", records.into());
        assert_eq!(loki.handle(&push).expect("a reply").status, "204 No Content");
        let of = "%7Bservice_name%3D%22claude-code%22%7D";
        let sum =
            format!("sum%20by%20(agent)%20(sum_over_time({of}%20|%20unwrap%20n%20|%20__error__%3D%22%22%20[1h]))");
        let vector = get(&loki, &format!("/loki/api/v1/query?time=1000002000000000&query={sum}"));
        assert!(vector.contains("{\"metric\":{\"agent\":\"dev\"},\"value\":[1000002,\"5\"]}"), "{vector}");
        let range = format!("/loki/api/v1/query_range?start=1000001000000000&end=1000002000000000&query={of}");
        assert_eq!(get(&loki, &range).matches("\"stream\":").count(), 1);
        let refused = loki.handle(&Request::new("GET", "/loki/api/v1/query?query=rate(x)", Vec::new()));
        assert_eq!(refused.expect("a reply").status, "400 Bad Request");
        assert!(loki.handle(&Request::new("GET", "/elsewhere", Vec::new())).is_none());
    }
}
