//! Names, types and order of everything that is simulated, compared with recordings of real releases. The recordings
//! are decoded with the same messages.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use clawker_monitor::{
    otlp::{
        messages::{AnyValue, KeyValue, LogRecord, LogsRequest, Resource, ResourceLogs, Scope, ScopeLogs, Value},
        metrics::MetricsRequest,
    },
    simulate::to_otlp::encode,
};
use monitor_core::simulation::{Agent, Body, MARK, Release};
use prost::Message;
use serde_json::Value as Json;

use super::bodies::{INTERVALS, course};

/// Name and type of each attribute, in order.
type Shape = Vec<(String, &'static str)>;

/// What is compared.
#[derive(Default)]
struct Seen {
    resources: BTreeSet<Vec<(String, String)>>,
    scopes: BTreeSet<(String, String)>,
    /// Name, description, unit, temporality, monotonic.
    metrics: BTreeMap<String, (String, String, i32, bool)>,
    /// By metric.
    points: BTreeMap<String, BTreeSet<Shape>>,
    /// By event, tool, success and decision.
    records: BTreeMap<String, BTreeSet<Shape>>,
    bodies: usize,
}

impl Seen {
    fn metrics(&mut self, bytes: &[u8]) {
        self.bodies += 1;
        for of_resource in MetricsRequest::decode(bytes).expect("OTLP").resource_metrics {
            self.resource(&of_resource.resource.expect("a resource").attributes);
            for of_scope in of_resource.scope_metrics {
                let scope = of_scope.scope.expect("a scope");
                self.scopes.insert((scope.name, scope.version));
                for metric in of_scope.metrics {
                    let sum = metric.sum.expect("a sum");
                    let about = (metric.description, metric.unit, sum.aggregation_temporality, sum.is_monotonic);
                    self.metrics.insert(metric.name.clone(), about);
                    let points = self.points.entry(metric.name).or_default();
                    for point in sum.data_points {
                        assert!(point.as_double.is_some(), "points are doubles");
                        points.insert(shape(&point.attributes));
                    }
                }
            }
        }
    }

    fn logs(&mut self, bytes: &[u8]) {
        self.bodies += 1;
        for of_resource in LogsRequest::decode(bytes).expect("OTLP").resource_logs {
            self.resource(&of_resource.resource.expect("a resource").attributes);
            for of_scope in of_resource.scope_logs {
                let scope = of_scope.scope.expect("a scope");
                self.scopes.insert((scope.name, scope.version));
                for record in of_scope.log_records {
                    assert_eq!((record.severity_number, record.severity_text.as_str()), (0, ""));
                    let name = text(&record.attributes, "event.name");
                    let body = record.body.and_then(|body| body.value);
                    assert_eq!(body, Some(Value::String(format!("claude_code.{name}"))));
                    let of = ["tool_name", "success", "decision"].map(|key| text(&record.attributes, key));
                    let key = format!("{name} {}", of.join(" "));
                    self.records.entry(key.trim_end().to_owned()).or_default().insert(shape(&record.attributes));
                }
            }
        }
    }

    /// Project and agent differ from run to run, so their values are left out.
    fn resource(&mut self, attributes: &[KeyValue]) {
        let pairs = attributes.iter().filter(|pair| pair.key != MARK).map(|pair| match pair.key.as_str() {
            "project" | "agent" => (pair.key.clone(), String::new()),
            key => (key.to_owned(), text(attributes, key)),
        });
        self.resources.insert(pairs.collect());
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let held = attributes.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_ref());
    match held {
        Some(AnyValue { value: Some(Value::String(text)) }) => text.clone(),
        _ => String::new(),
    }
}

/// Leaves out the mark of simulated data, which real agents do not send.
fn shape(attributes: &[KeyValue]) -> Shape {
    let kind = |pair: &KeyValue| match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::String(_)) => "text",
        Some(Value::Int(_)) => "whole",
        Some(Value::Double(_)) => "decimal",
        Some(Value::Bool(_)) => "truth",
        Some(Value::Array(_)) => "list",
        Some(Value::Map(_)) => "map",
        Some(Value::Bytes(_)) => "bytes",
        None => "nothing",
    };
    attributes.iter().filter(|pair| pair.key != MARK).map(|pair| (pair.key.clone(), kind(pair))).collect()
}

fn recorded(release: Release) -> Seen {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/claude-code");
    let mut seen = Seen::default();
    for entry in std::fs::read_dir(folder.join(release.name()).join("protobuf")).expect("the fixtures") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a body");
        match path.to_string_lossy().ends_with("-v1-metrics.pb") {
            true => seen.metrics(&bytes),
            false => seen.logs(&bytes),
        }
    }
    // One event was recorded only as JSON.
    if release == Release::V2_1_330 {
        let text = std::fs::read_to_string(folder.join(release.name()).join("007-v1-logs.json")).expect("a body");
        seen.logs(&from_json(&serde_json::from_str(&text).expect("JSON")).encode_to_vec());
    }
    assert!(seen.bodies >= 7, "{} bodies", seen.bodies);
    seen
}

/// Reads the compared fields of a body in OTLP's JSON format.
fn from_json(body: &Json) -> LogsRequest {
    let list = |value: &Json, key: &str| value[key].as_array().expect("a list").clone();
    let text = |value: &Json| value.as_str().expect("a text").to_owned();
    let attributes = |of: &Json| -> Vec<KeyValue> {
        let pair = |pair: &Json| {
            let value = pair["value"].as_object().expect("a value");
            let held = match value.iter().next().expect("one kind") {
                (kind, Json::String(text)) if kind == "stringValue" => Value::String(text.clone()),
                (kind, Json::Bool(truth)) if kind == "boolValue" => Value::Bool(*truth),
                (kind, Json::Number(number)) if kind == "intValue" => Value::Int(number.as_i64().expect("whole")),
                other => panic!("{other:?} is not read yet"),
            };
            KeyValue { key: text(&pair["key"]), value: Some(AnyValue { value: Some(held) }) }
        };
        list(of, "attributes").iter().map(pair).collect()
    };
    let record = |record: &Json| LogRecord {
        body: Some(AnyValue { value: Some(Value::String(text(&record["body"]["stringValue"]))) }),
        attributes: attributes(record),
        ..LogRecord::default()
    };
    let scope = |of: &Json| ScopeLogs {
        scope: Some(Scope {
            name: text(&of["scope"]["name"]),
            version: text(&of["scope"]["version"]),
            ..Scope::default()
        }),
        log_records: list(of, "logRecords").iter().map(record).collect(),
    };
    let resource = |of: &Json| ResourceLogs {
        resource: Some(Resource { attributes: attributes(&of["resource"]) }),
        scope_logs: list(of, "scopeLogs").iter().map(scope).collect(),
    };
    LogsRequest { resource_logs: list(body, "resourceLogs").iter().map(resource).collect() }
}

/// What several agents of that release send over many hours.
fn played(release: Release) -> Seen {
    let mut seen = Seen::default();
    for index in 0..16 {
        let mut agent = Agent::new(1, index, INTERVALS);
        if agent.identity().release != release {
            continue;
        }
        for _ in 0..700 {
            let export = agent.next_export();
            let bytes = encode(agent.identity(), &export, course(1_795_331_576_123, 1.0));
            match export.body {
                Body::Metrics(_) => seen.metrics(&bytes),
                Body::Logs(_) => seen.logs(&bytes),
            }
        }
    }
    seen
}

/// Leaves out the shapes of subagents, which add `agent.name`. The recorded runs had no subagents.
fn without_subagents(shapes: &BTreeSet<Shape>) -> BTreeSet<Shape> {
    shapes.iter().filter(|shape| shape.iter().all(|(key, _)| key != "agent.name")).cloned().collect()
}

#[test]
fn resources_and_scopes_equal_the_recorded_ones() {
    for release in Release::ALL {
        let (recorded, played) = (recorded(release), played(release));
        assert_eq!(played.resources, recorded.resources, "{release:?}");
        assert_eq!(played.scopes, recorded.scopes, "{release:?}");
    }
}

#[test]
fn every_recorded_counter_is_simulated_with_the_same_attributes() {
    for release in Release::ALL {
        let (recorded, played) = (recorded(release), played(release));
        for (name, about) in &recorded.metrics {
            assert_eq!(played.metrics.get(name), Some(about), "{release:?}: {name}");
            let shapes = played.points.get(name).map(without_subagents).unwrap_or_default();
            assert_eq!(shapes, recorded.points[name], "{release:?}: {name}");
        }
        let others: Vec<&str> =
            played.metrics.keys().filter(|name| !recorded.metrics.contains_key(*name)).map(String::as_str).collect();
        assert_eq!(others, ["claude_code.commit.count", "claude_code.pull_request.count"], "{release:?}");
    }
}

#[test]
fn every_recorded_event_is_simulated_with_the_same_attributes() {
    for release in Release::ALL {
        let (recorded, played) = (recorded(release), played(release));
        let names: BTreeSet<&str> = recorded.records.keys().filter_map(|key| key.split(' ').next()).collect();
        let expected: &[&str] = match release {
            Release::V2_0_30 => &["api_request", "tool_result", "user_prompt"],
            Release::V2_1_100 => &["api_request", "tool_decision", "tool_result", "user_prompt"],
            Release::V2_1_330 => &[
                "api_request",
                "assistant_response",
                "managed_settings_resolved",
                "plugin_loaded",
                "retention_sweep",
                "tool_decision",
                "tool_result",
                "user_prompt",
            ],
        };
        assert!(names.iter().eq(expected), "{release:?}: {names:?} are recorded");
        for (event, shapes) in &recorded.records {
            let found = played.records.get(event).map(without_subagents).unwrap_or_default();
            assert_eq!(&found, shapes, "{release:?}: {event}");
        }
    }
}

#[test]
fn the_oldest_releases_send_no_numbers_in_events() {
    for (release, numbers) in [(Release::V2_0_30, &[][..]), (Release::V2_1_100, &["event.sequence"])] {
        for (event, shapes) in played(release).records {
            for (key, kind) in shapes.into_iter().flatten() {
                assert!(kind == "text" || numbers.contains(&key.as_str()), "{release:?}: {event}: {key} is {kind}");
            }
        }
    }
}
