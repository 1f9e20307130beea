//! The numbers of 200 agents. Prints how long reading and merging takes.

use std::time::Instant;

use clawker_monitor::telemetry::TelemetrySource as _;
use monitor_core::telemetry::{Owner, Range};
use serde_json::{Value, json};

use super::store::{Store, ok, telemetry};

fn body(kind: &str, more: &[&str], value: impl Fn(u64) -> Value) -> String {
    let mut results = Vec::new();
    for agent in 0..200_u64 {
        for kind in more {
            let (project, agent_name) = (format!("project-{}", agent % 10), format!("agent-{agent}"));
            let metric = json!({ "project": project, "agent": agent_name, "success": kind, "type": kind });
            let name = if value(agent)[0].is_array() { "values" } else { "value" };
            results.push(json!({ "metric": metric, name: value(agent) }));
        }
    }
    json!({ "status": "success", "data": { "resultType": kind, "result": results } }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_of_two_hundred_agents_are_read_and_merged() {
    let one = |agent: u64| json!([1_795_330_760.5, format!("{}.125", agent + 1)]);
    let steps = |_| Value::Array((0..30).map(|step| json!([1_795_330_760 + step * 120, "1.5"])).collect());
    let vector = body("vector", &["true", "false"], one);
    let matrix = body("matrix", &["true"], steps);
    let kinds = body("vector", &["added", "removed"], one);
    let prometheus = Store::start(move |asked| match asked.path.as_str() {
        "/api/v1/query" if asked.query().contains("lines_of_code") => ok(kinds.clone()),
        "/api/v1/query" => ok(vector.clone()),
        _ => ok(matrix.clone()),
    })
    .await;
    let telemetry = telemetry(1, prometheus.port);
    // Connecting takes longer than reading, so it is done before the measurement.
    telemetry.numbers(Range::Week).await;
    let begun = Instant::now();
    let numbers = telemetry.numbers(Range::Day).await;
    let took = begun.elapsed();
    assert_eq!((numbers.owners.len(), numbers.missing.len()), (200, 0));
    for agent in [0, 7, 199_u32] {
        let owner = Owner::new(Some(&format!("project-{}", agent % 10)), Some(&format!("agent-{agent}")));
        let mine = numbers.owners.iter().find(|numbers| numbers.owner == owner).expect("its numbers");
        assert_eq!(mine.cost_micro_usd, Some(u64::from(agent + 1) * 2_000_000 + 250_000), "true and false, summed");
    }
    eprintln!("200 agents, 9 answers, asked, read and merged: {} ms", took.as_millis());
}
