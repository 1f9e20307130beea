//! Tests of the whole dashboard. Other tests run its queries against real stores.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{PanelId, aggregations_of_events, datasource, grid::COLUMNS, query, query::Query, render, rows, variable};

fn panels() -> Vec<Value> {
    let dashboard: Value = serde_json::from_str(&render()).unwrap();
    dashboard["panels"].as_array().unwrap().clone()
}

#[test]
fn ids_are_unique() {
    let panels = panels();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
}

#[test]
fn panels_stay_in_the_grid_and_never_overlap() {
    let mut cells: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    for panel in panels() {
        let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
        let id = panel["id"].as_u64().unwrap();
        assert!(place("w") > 0 && place("h") > 0 && place("x") + place("w") <= u64::from(COLUMNS), "panel {id}");
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                let other = cells.insert((x, y), id);
                assert_eq!(other, None, "panel {id} lies over another at {x},{y}");
            }
        }
    }
}

#[test]
fn every_data_source_is_provisioned() {
    fn uids(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(uid) = map.get("datasource").and_then(|source| source.get("uid")) {
                    found.insert(uid.as_str().unwrap().to_owned());
                }
                map.values().for_each(|value| uids(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| uids(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    uids(&serde_json::from_str(&render()).unwrap(), &mut found);
    let known = [datasource::PROMETHEUS_UID, datasource::LOKI_UID].map(str::to_owned);
    assert_eq!(found, BTreeSet::from(known));
}

fn queries() -> Vec<Query> {
    rows::all().into_iter().flat_map(|row| row.panels).flat_map(|panel| panel.queries).collect()
}

#[test]
fn queries_only_use_existing_variables() {
    let known = [
        variable::PROJECT,
        variable::AGENT,
        variable::SESSION,
        variable::CLIENT_IP,
        variable::SIMULATED,
        "__range",
        "__auto",
        "__interval",
        // The first group of a pattern, which Grafana does not change.
        "1",
    ];
    for query in queries() {
        for after in query.expression.split('$').skip(1).filter(|after| !after.starts_with("{{")) {
            let name: String = after.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            assert!(known.contains(&name.as_str()), "`${name}` in {}", query.expression);
        }
    }
}

/// Whoever selects data by agent leaves out simulated data unless it is asked for.
#[test]
fn simulated_data_is_shown_only_if_asked_for() {
    let dashboard: Value = serde_json::from_str(&render()).unwrap();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let simulated = variables.iter().find(|it| it["name"] == variable::SIMULATED).unwrap();
    assert_eq!(simulated["current"]["value"], "^$", "a pattern that only matches a missing label");
    let of_panels = queries().into_iter().map(|query| query.expression);
    let lists = variables.iter().filter_map(|it| it["query"]["query"].as_str().map(str::to_owned));
    let mut checked = 0;
    for expression in of_panels.chain(lists) {
        // The firewall's logs and the stack's own counters know no agents.
        if ["agent_map", "service_name=\"envoy\"", "service_name=\"coredns\"", "otelcol_"]
            .iter()
            .any(|other| expression.contains(other))
        {
            continue;
        }
        let agents: usize = ["agent=~", "label_values("].iter().map(|part| expression.matches(part).count()).sum();
        let shown = expression.matches(query::SHOWN).count();
        assert!(shown > 0 && shown == agents, "{shown} of {agents}: {expression}");
        checked += 1;
    }
    assert!(checked > 40, "{checked}");
}

/// Loki reads every event of the range to aggregate them, which takes the longer the more there are.
#[test]
fn loki_is_only_asked_for_the_newest_events() {
    assert_eq!(aggregations_of_events(), 0);
    let egress = panels().iter().position(|panel| panel["id"] == PanelId::EgressRow.number()).unwrap();
    let mut lists = 0;
    for panel in &panels()[..egress] {
        for target in panel["targets"].as_array().into_iter().flatten() {
            if target["datasource"]["uid"] != datasource::LOKI_UID {
                continue;
            }
            lists += 1;
            assert_eq!((&panel["type"], &target["queryType"]), (&"logs".into(), &"range".into()), "{panel}");
            assert!(target["expr"].as_str().unwrap().starts_with("{service_name=\"claude-code\"}"), "{target}");
            assert_eq!(target["direction"], "backward", "{target}");
            assert!(target["maxLines"].as_u64().is_some_and(|lines| lines <= 500), "{target}");
        }
    }
    assert_eq!(lists, 4, "all events, requests, tools, errors");
    let counted = Query::once(datasource::Source::Loki, query::count("{a=\"b\"}", "1h", ""), "");
    assert!(counted.aggregates_lines());
}

/// Claude Code reports only what it gave up on.
#[test]
fn the_panels_of_errors_say_what_they_leave_out() {
    for id in [PanelId::FailedRequests, PanelId::ErrorBreakdown] {
        let panels = panels();
        let panel = panels.iter().find(|panel| panel["id"] == id.number()).unwrap();
        let described = panel["description"].as_str().unwrap();
        for part in ["only after its retries are used up", "(429)", "(529) leaves no event"] {
            assert!(described.contains(part), "{part} in {described}");
        }
        for name in ["429 rate limit", "529 overloaded"] {
            assert!(panel["targets"][0]["expr"].as_str().unwrap().contains(name), "{panel}");
        }
    }
}

/// A window of another length than the step would overlap with the next, or leave a gap.
#[test]
fn the_steps_of_a_graph_are_adjacent() {
    let graphs = panels().into_iter().flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    let graphs: Vec<Value> = graphs.filter(|target| target["range"] == true).collect();
    assert!(graphs.len() >= 7, "{}", graphs.len());
    for target in graphs {
        let question = target["expr"].as_str().unwrap();
        assert!(question.contains("[$__interval]"), "{question}");
        assert!(target.get("intervalFactor").is_none(), "the step would be a multiple of the interval: {question}");
        for window in question.split("[$__range]").skip(1) {
            assert!(window.starts_with(" @ end()"), "the window would move with the steps: {question}");
        }
    }
}

#[test]
fn queries_keep_the_rules_of_loki() {
    for Query { source, expression, .. } in queries() {
        if source != datasource::Source::Loki {
            assert!(!expression.contains("$__auto"), "`$__auto` is Loki's: {expression}");
            continue;
        }
        assert!(!expression.contains("| json"), "an event's fields are metadata: {expression}");
        assert!(!expression.contains("|= \"api_request\""), "finds api_request_body as well: {expression}");
        // Grouping only reaches the range aggregation below `sum`; otherwise it has to be at the aggregation itself.
        for outer in ["avg by", "max by", "min by", "quantile by"] {
            assert!(!expression.contains(outer), "makes a series of every line: {expression}");
        }
        for unwrap in expression.split("| unwrap ").skip(1) {
            assert!(unwrap.contains("__error__=\"\""), "a bad number would fail the query: {expression}");
        }
    }
}
