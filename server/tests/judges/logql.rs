//! Grafana's LogQL grammar on every Loki query of the dashboard.

use serde_json::{Value, json};

use super::{
    dashboard::questions,
    grammar::problems,
    queries::{Question, Store, every_choice},
};

#[test]
#[ignore = "needs Grafana's LogQL grammar; run by cargo xtask test"]
fn grafanas_grammar_parses_every_dashboard_query() {
    let questions: Vec<Question> = questions().into_iter().filter(|question| question.store == Store::Loki).collect();
    let variables = questions.iter().filter(|question| question.panel.is_none()).count();
    assert_eq!(variables, 1, "addresses come from Loki");
    assert!(questions.len() >= 10, "lists of events, and the firewall's logs: {}", questions.len());
    let filled: Vec<Value> = every_choice()
        .iter()
        .flat_map(|chosen| {
            questions.iter().map(|question| json!({ "place": place(question), "expression": chosen.fill(question) }))
        })
        .collect();
    let problems = problems(&Value::Array(filled));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn place(question: &Question) -> String {
    match question.panel {
        Some(id) => format!("panel {id}, query {}", question.name),
        None => format!("variable {}", question.name),
    }
}

#[test]
#[ignore = "needs Grafana's LogQL grammar; run by cargo xtask test"]
fn each_query_rule_finds_its_violation() {
    let agents = r#"{service_name="claude-code"}"#;
    let cases = [
        (format!("sum(count_over_time({agents} | event_name= [1h]))"), "not valid LogQL"),
        (format!("sum(count_over_time({agents} | event_name=\"api_request\" [$__range]))"), "not valid LogQL"),
        (
            format!("sum(count_over_time({agents} | json | event_name=\"api_request\" [1h]))"),
            "their fields are metadata",
        ),
        (format!("sum(count_over_time({agents} |= \"api_request\" [1h]))"), "compare `event_name`"),
        (
            format!("avg by (agent) (avg_over_time({agents} | unwrap duration_ms | __error__=\"\" [1h]))"),
            "without its own `by`",
        ),
        (format!("max_over_time({agents} | unwrap ts | __error__=\"\" [1h]) * 1000"), "without its own `by`"),
        (format!("sum_over_time({agents} | unwrap cost_usd | __error__=\"\" [1h]) by (agent)"), "takes no grouping"),
        (format!("max by (agent) (count_over_time({agents} [1h]))"), "directly inside `sum`"),
        (format!("count_over_time({agents} [1h])"), "directly inside `sum`"),
        (format!("sum(sum_over_time({agents} | unwrap cost_usd [1h]))"), "fails at the first bad number"),
        (format!("sum(count_over_time({agents} [1h])) or vector(0)"), "invents a value"),
        ("{service_name=~\".*\"}".to_owned(), "compares no label"),
    ];
    for (expression, why) in cases {
        let problems = problems(&json!([{ "place": "here", "expression": expression }]));
        assert!(problems.iter().any(|problem| problem.contains(why)), "{expression}: {problems:?}");
    }
    let right = [
        format!("sum by (agent) (sum_over_time({agents} | event_name=\"x\" | unwrap cost_usd | __error__=\"\" [1h]))"),
        format!(
            "topk(3, quantile_over_time(0.95, {agents} | unwrap duration_ms | __error__=\"\" [5m]) by (tool_name))"
        ),
        "{service_name=\"envoy\"} | json | line_format `{{.domain}}`".to_owned(),
    ];
    for expression in right {
        assert_eq!(problems(&json!([{ "place": "here", "expression": expression }])), Vec::<String>::new());
    }
}
