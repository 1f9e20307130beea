//! A Loki that keeps what tests feed it and answers the panel's questions about it; what it does not understand is
//! refused, as by the real one, with a parse error.
//!
//! `POST /stand-in/events` takes one JSON object a line:
//! `{"project":"p","agent":"a","session":"s","event":"tool_result","ago":5,"fields":{"tool_name":"Bash"}}`. `at` is a
//! moment (RFC 3339) or nanoseconds since 1970, else `ago` is seconds before now, else it is now. `service` is
//! `claude-code` unless it says `envoy` or `coredns`. `DELETE /stand-in/events` forgets everything.

use std::sync::{Mutex, PoisonError};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    records::{self as fed, Fed, Labels},
    logql::{Entry, Series, evaluate, parse},
    request::{Reply, Request, json_object, json_text},
};

/// Everything that was fed.
#[derive(Debug, Default)]
pub struct Loki {
    entries: Mutex<Vec<Entry>>,
}

impl Loki {
    /// The answer, if it is a question to the store.
    pub fn answer(&self, request: &Request) -> Option<Reply> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/stand-in/events") => match fed::read(&request.body) {
                Ok(fed) => {
                    entries.extend(fed.into_iter().map(entry));
                    Reply::new("204 No Content", "text/plain", "")
                }
                Err(problem) => Reply::text("400 Bad Request", problem),
            },
            ("DELETE", "/stand-in/events") => {
                entries.clear();
                Reply::new("204 No Content", "text/plain", "")
            }
            (_, "/loki/api/v1/query") => {
                let at = moment(request.parameter("time"));
                asked(request, &entries, &[at])
            }
            (_, "/loki/api/v1/query_range") => {
                let (start, end) = (moment(request.parameter("start")), moment(request.parameter("end")));
                let step = request.parameter("step").trim_end_matches('s').parse::<u64>().unwrap_or(60).max(1);
                let times: Vec<u64> = (start..=end).step_by((step * 1_000_000_000) as usize).collect();
                if request.parameter("query").starts_with('{') {
                    lines(request, &entries, start, end)
                } else {
                    asked(request, &entries, &times)
                }
            }
            _ => return None,
        })
    }
}

fn entry(fed: Fed) -> Entry {
    let own = |name: &str| fed.own.get(name).cloned();
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() as u64;
    let before = |ago: String| now.saturating_sub((ago.parse::<f64>().unwrap_or_default() * 1e9) as u64);
    let at = own("at").map_or_else(|| own("ago").map_or(now, before), |at| moment(&at));
    let mut labels: Labels = fed.object.clone();
    for (name, label) in
        [("project", "project"), ("agent", "agent"), ("session", "session_id"), ("event", "event_name")]
    {
        labels.extend(own(name).map(|value| (label.to_owned(), value)));
    }
    labels.insert("service_name".to_owned(), own("service").unwrap_or_else(|| "claude-code".to_owned()));
    let line = own("event").map_or_else(String::new, |event| format!("claude_code.{event}"));
    Entry { at, labels, line }
}

/// Nanoseconds since 1970: of a moment, of nanoseconds, of seconds, of nothing, which is now.
fn moment(text: &str) -> u64 {
    let now = || OffsetDateTime::now_utc().unix_timestamp_nanos() as u64;
    match (text.parse::<u64>(), text.parse::<f64>(), OffsetDateTime::parse(text, &Rfc3339)) {
        (Ok(nanoseconds), _, _) if nanoseconds > 100_000_000_000 => nanoseconds,
        (_, Ok(seconds), _) => (seconds * 1e9) as u64,
        (_, _, Ok(moment)) => moment.unix_timestamp_nanos() as u64,
        _ => now(),
    }
}

fn asked(request: &Request, entries: &[Entry], times: &[u64]) -> Reply {
    let question = match parse(request.parameter("query")) {
        Ok(question) => question,
        Err(problem) => return Reply::text("400 Bad Request", format!("parse error : {problem}\n")),
    };
    let is_instant = request.path.ends_with("/query");
    let mut series: Vec<(Labels, Vec<String>)> = Vec::new();
    for &time in times {
        for Series { labels, value } in evaluate(&question, entries, time) {
            let value = format!("[{},\"{value}\"]", time as f64 / 1e9);
            match series.iter_mut().find(|(known, _)| *known == labels) {
                Some((_, values)) => values.push(value),
                None => series.push((labels, vec![value])),
            }
        }
    }
    let one = |(labels, values): &(Labels, Vec<String>)| match is_instant {
        true => format!("{{\"metric\":{},\"value\":{}}}", json_object(labels), values.join("")),
        false => format!("{{\"metric\":{},\"values\":[{}]}}", json_object(labels), values.join(",")),
    };
    success(if is_instant { "vector" } else { "matrix" }, &series.iter().map(one).collect::<Vec<_>>())
}

fn lines(request: &Request, entries: &[Entry], start: u64, end: u64) -> Reply {
    let question = match parse(request.parameter("query")) {
        Ok(question) => question,
        Err(problem) => return Reply::text("400 Bad Request", format!("parse error : {problem}\n")),
    };
    let within = |entry: &&Entry| (start..end).contains(&entry.at) && question.takes(entry);
    let mut found: Vec<&Entry> = entries.iter().filter(within).collect();
    found.sort_by_key(|entry| entry.at);
    if request.parameter("direction") != "forward" {
        found.reverse();
    }
    found.truncate(request.parameter("limit").parse().unwrap_or(100));
    let one = |entry: &&Entry| {
        let (labels, line) = (json_object(&entry.labels), json_text(&entry.line));
        format!("{{\"stream\":{labels},\"values\":[[\"{}\",{line}]]}}", entry.at)
    };
    success("streams", &found.iter().map(one).collect::<Vec<_>>())
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

    fn ask(loki: &Loki, target: &str) -> String {
        loki.answer(&Request::new("GET", target, Vec::new())).expect("an answer").body
    }

    #[test]
    fn what_was_fed_is_counted_and_shown() {
        let loki = Loki::default();
        let fed = "{\"agent\":\"dev\",\"event\":\"tool_result\",\"at\":1000000000000000,\"fields\":{\"n\":2}}\n\
                   {\"agent\":\"dev\",\"event\":\"tool_result\",\"at\":1000001000000000,\"fields\":{\"n\":3}}\n";
        let push = Request { body: fed.to_owned(), ..Request::new("POST", "/stand-in/events", Vec::new()) };
        assert_eq!(loki.answer(&push).expect("an answer").status, "204 No Content");
        let of = "%7Bservice_name%3D%22claude-code%22%7D";
        let sum =
            format!("sum%20by%20(agent)%20(sum_over_time({of}%20|%20unwrap%20n%20|%20__error__%3D%22%22%20[1h]))");
        let vector = ask(&loki, &format!("/loki/api/v1/query?time=1000002000000000&query={sum}"));
        assert!(vector.contains("{\"metric\":{\"agent\":\"dev\"},\"value\":[1000002,\"5\"]}"), "{vector}");
        let range = format!("/loki/api/v1/query_range?start=1000001000000000&end=1000002000000000&query={of}");
        assert_eq!(ask(&loki, &range).matches("\"stream\":").count(), 1);
        let refused = loki.answer(&Request::new("GET", "/loki/api/v1/query?query=rate(x)", Vec::new()));
        assert_eq!(refused.expect("an answer").status, "400 Bad Request");
        assert!(loki.answer(&Request::new("GET", "/elsewhere", Vec::new())).is_none());
    }
}
