//! A Prometheus that stores what tests send it. Any query that contains a stored series' name is answered with the
//! series' labels and value, because the panel's queries are long and few, and each names its counters.
//!
//! `POST /stand-in/metrics` accepts one JSON object per line, which replaces the one with the same name and labels:
//! `{"name":"claude_code_active_time_seconds_total","value":90,"labels":{"project":"p","agent":"a"}}`. The services' own
//! counters are told apart by the result's label `counter`, and the name to send is how the query begins its list of
//! them: `otelcol_(receiver_accepted` for what was delivered and `otelcol_receiver_(refused` for what was lost, as in
//! `{"name":"otelcol_(receiver_accepted","value":60,"labels":{"counter":"otelcol_receiver_accepted_log_records"}}`.
//! `DELETE /stand-in/metrics` deletes everything. `up` is 1 for every service.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use time::OffsetDateTime;

use crate::{
    records::{Labels, parse_records},
    request::{Reply, Request, json_object},
};

#[derive(Debug, Default)]
pub struct Prometheus {
    series: Mutex<BTreeMap<(String, Labels), String>>,
}

impl Prometheus {
    /// The reply, or `None` if the path is not one of the store's.
    pub fn handle(&self, request: &Request) -> Option<Reply> {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/stand-in/metrics") => match parse_records(&request.body()) {
                Ok(records) => {
                    for record in records {
                        let value = |name: &str| record.values.get(name).cloned().unwrap_or_default();
                        let (name, value) = (value("name"), value("value"));
                        series.insert((name, record.nested), value);
                    }
                    Reply::new("204 No Content", "text/plain", "")
                }
                Err(problem) => Reply::text("400 Bad Request", problem),
            },
            ("DELETE", "/stand-in/metrics") => {
                series.clear();
                Reply::new("204 No Content", "text/plain", "")
            }
            (_, "/api/v1/query") => run_query(request.parameter("query"), &series),
            _ => return None,
        })
    }
}

fn run_query(query: &str, series: &BTreeMap<(String, Labels), String>) -> Reply {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let to_json =
        |labels: &Labels, value: &str| format!("{{\"metric\":{},\"value\":[{now},\"{value}\"]}}", json_object(labels));
    let matching = series.iter().filter(|((name, _), _)| query.contains(name.as_str()));
    let mut results: Vec<String> = matching.map(|((_, labels), value)| to_json(labels, value)).collect();
    if query.contains("up{job=") {
        for job in ["otel-collector-self", "promtail", "grafana"] {
            results.push(to_json(&[("job".to_owned(), job.to_owned())].into(), "1"));
        }
    }
    let results = results.join(",");
    Reply::json(format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{results}]}}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_answered_with_the_series_that_it_names() {
        let prometheus = Prometheus::default();
        let records =
            "{\"name\":\"active_time\",\"value\":90,\"labels\":{\"agent\":\"a\"}}\n{\"name\":\"lines\",\"value\":1}";
        let push = Request::new("POST", "/stand-in/metrics", records.into());
        assert_eq!(prometheus.handle(&push).expect("a reply").status, "204 No Content");
        let body = |query: &str| {
            let request = Request::new("GET", &format!("/api/v1/query?query={query}"), Vec::new());
            prometheus.handle(&request).expect("a reply").body
        };
        let active = body("max_over_time(active_time)");
        assert!(
            active.contains("{\"agent\":\"a\"}") && active.contains("\"90\"") && !active.contains("\"1\""),
            "{active}"
        );
        assert!(body("up{job=~1}").contains("\"promtail\""));
    }
}
