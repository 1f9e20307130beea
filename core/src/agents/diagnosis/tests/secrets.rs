//! Whatever sets a variable, nothing that is said or shown about the agent contains its secrets.

use super::*;
use crate::{agent_environment::differences, agent_page::compare_variables};

const LINES: [&str; 24] = [
    "OTEL_EXPORTER_OTLP_HEADERS=\"Authorization=Bearer hush\"",
    "OTEL_EXPORTER_OTLP_PASSWORD=hush",
    "OTEL_SERVICE_TOKEN='hush'",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://me:hush@otel.example/v1/logs?token=hush#hush",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=me:hush@otel-collector:4317",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://me:1/hush@otel-collector:4318/v1/logs",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=hush:1#hush@otel-collector:4317",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=\"http://me:hush@otel-collector:4318/v1/logs\"",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://otel-collector:4318/v1/metrics?key=hush",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://hush@otel-collector:4318",
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://me:hush@otel-collector:4318",
    "OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,token=hush",
    "OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,token=hu sh hush",
    "OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,token=hush=hush",
    "OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,hush",
    "OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,key=hush%zz",
    "OTEL_RESOURCE_ATTRIBUTES=token=hush",
    "OTEL_RESOURCE_ATTRIBUTES=project=shop,agent=dev,service.name=me:hush@host",
    "OTEL_SERVICE_NAME=token=hush",
    "OTEL_LOGS_EXPORTER=token=hush",
    "OTEL_EXPORTER_OTLP_PROTOCOL=http://me:hush@host",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=me:hush@host",
    "CLAUDE_CODE_ENABLE_TELEMETRY=me:hush@host",
    "OTEL_LOG_USER_PROMPTS=token=hush",
];

#[test]
fn no_source_of_a_secret_leads_to_a_page_or_a_sentence() {
    for line in LINES {
        let (name, value) = line.split_once('=').expect("a pair");
        let json = serde_json::json!({ "env": { name: value } }).to_string();
        let base = || silent().given("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1").given("OTEL_TRACES_EXPORTER=otlp");
        let scenes = [
            base().given(line),
            base().baked(line),
            base().filed(line),
            base().by_hand().given(line),
            base().user_settings(&json),
            base().project_settings(&json),
            base().managed_settings(&json),
            base().given("OTEL_EXPORTER_OTLP_PROTOCOL=grpc").given(line),
            base().settings(&[("otel_collector_endpoint", "https://me:hush@otel.example")]).given(line),
        ];
        for (index, scene) in scenes.into_iter().enumerate() {
            for release in ["", "2.0.30", "2.1.100", "2.1.191", "2.1.252", "2.1.330"] {
                let scene = scene.clone().version(release);
                let Scene { agent, stack } = &scene;
                let compared = compare_variables(agent, &stack.settings);
                let drift = differences(&agent.environment, &stack.settings, "shop", "dev");
                let all = format!("{}\n{compared:#?}\n{drift:#?}", scene.told());
                assert!(!all.contains("hush"), "{line}, scene {index}, release {release}: {all}");
                assert!(index > 0 || compared.iter().any(|variable| variable.name == name), "{line}: {all}");
            }
        }
    }
}
