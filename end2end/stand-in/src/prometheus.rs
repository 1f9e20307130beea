//! A Prometheus that answers with what tests feed it. Any question in which a fed series' name occurs is answered with
//! the series' labels and value: questions are long and few, and each names its counters.
//!
//! `POST /stand-in/metrics` takes one JSON object a line, in place of a line of the same name and labels:
//! `{"name":"claude_code_active_time_seconds_total","value":90,"labels":{"project":"p","agent":"a"}}`. Of the services'
//! own counters the answer's label `counter` is what tells them apart, and the name to feed is how the question begins
//! its list of them, `otelcol_(receiver_accepted` for what went through and `otelcol_receiver_(refused` for what was lost:
//! `{"name":"otelcol_(receiver_accepted","value":60,"labels":{"counter":"otelcol_receiver_accepted_log_records"}}`.
//! `DELETE /stand-in/metrics` forgets everything. That all services are `up` is answered without being fed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use time::OffsetDateTime;

use crate::{
    records::{self as fed, Labels},
    request::{Reply, Request, json_object},
};

/// Everything that was fed.
#[derive(Debug, Default)]
pub struct Prometheus {
    series: Mutex<BTreeMap<(String, Labels), String>>,
}

impl Prometheus {
    /// The answer, if it is a question to the store.
    pub fn answer(&self, request: &Request) -> Option<Reply> {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/stand-in/metrics") => match fed::read(&request.body) {
                Ok(fed) => {
                    let of = |own: &Labels, name: &str| own.get(name).cloned().unwrap_or_default();
                    series
                        .extend(fed.into_iter().map(|fed| ((of(&fed.own, "name"), fed.object), of(&fed.own, "value"))));
                    Reply::new("204 No Content", "text/plain", "")
                }
                Err(problem) => Reply::text("400 Bad Request", problem),
            },
            ("DELETE", "/stand-in/metrics") => {
                series.clear();
                Reply::new("204 No Content", "text/plain", "")
            }
            (_, "/api/v1/query") => vector(request.parameter("query"), &series),
            _ => return None,
        })
    }
}

fn vector(query: &str, series: &BTreeMap<(String, Labels), String>) -> Reply {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let one =
        |labels: &Labels, value: &str| format!("{{\"metric\":{},\"value\":[{now},\"{value}\"]}}", json_object(labels));
    let fed = series.iter().filter(|((name, _), _)| query.contains(name.as_str()));
    let mut results: Vec<String> = fed.map(|((_, labels), value)| one(labels, value)).collect();
    if query.contains("up{job=") {
        for job in ["otel-collector-self", "promtail", "grafana"] {
            results.push(one(&[("job".to_owned(), job.to_owned())].into(), "1"));
        }
    }
    let results = results.join(",");
    Reply::json(format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{results}]}}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_with_the_series_that_it_names() {
        let prometheus = Prometheus::default();
        let fed =
            "{\"name\":\"active_time\",\"value\":90,\"labels\":{\"agent\":\"a\"}}\n{\"name\":\"lines\",\"value\":1}";
        let push = Request { body: fed.to_owned(), ..Request::new("POST", "/stand-in/metrics", Vec::new()) };
        assert_eq!(prometheus.answer(&push).expect("an answer").status, "204 No Content");
        let body = |query: &str| {
            let request = Request::new("GET", &format!("/api/v1/query?query={query}"), Vec::new());
            prometheus.answer(&request).expect("an answer").body
        };
        let active = body("max_over_time(active_time)");
        assert!(
            active.contains("{\"agent\":\"a\"}") && active.contains("\"90\"") && !active.contains("\"1\""),
            "{active}"
        );
        assert!(body("up{job=~1}").contains("\"promtail\""));
    }
}
