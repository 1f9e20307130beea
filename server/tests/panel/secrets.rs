//! Secrets in agents' variables: not on a page, not in JSON, not on a stream.

use clawker_monitor::engine::AgentFiles;
use monitor_core::{
    agents::{Agent, AgentContainer, CauseCode, ReportedAgent, SettingsFile, SettingsLayer},
    telemetry::Range,
};
use monitor_testing::harness::{Events, configured_agent, panel, post};

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_not_known_to_be_harmless_stay_on_the_server() {
    let panel = panel();
    let secrets = [
        "OTEL_EXPORTER_OTLP_PASSWORD=hush",
        "OTEL_SERVICE_TOKEN=\"hush\"",
        "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer hush",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://me:hush@elsewhere:4318/v1/logs?token=hush",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=me:hush@elsewhere:4318",
        "OTEL_RESOURCE_ATTRIBUTES=project=demo,agent=dev,token=hush hush",
    ];
    let settings = r#"{"env":{"OTEL_SERVICE_NAME":"me:hush@host","OTEL_LOGS_EXPORTER":"token=hush"}}"#;
    let file = SettingsFile::parse(SettingsLayer::User, "/home/claude/.claude/settings.json", settings);
    let files = AgentFiles { claude_version: None, settings: vec![file] };
    panel.engine.world().agent_files.insert("id-dev".into(), files);
    panel.engine.agent_is(
        AgentContainer { environment: secrets.map(str::to_owned).into(), ..configured_agent("dev") },
        "start",
    );
    let is_diagnosed = |agent: &Agent| agent.causes.iter().any(|cause| cause.code == CauseCode::ExporterInvalid);
    let snapshot = panel.until("files read", |snapshot| snapshot.agents.iter().any(is_diagnosed)).await;

    let report: Vec<ReportedAgent> = snapshot.agents.iter().map(ReportedAgent::from).collect();
    let mut seen = vec![format!("{report:?}"), serde_json::to_string(&snapshot).unwrap()];
    for path in ["/agents", "/agents/clawker.demo.dev", "/settings"] {
        seen.push(panel.get(path).await.text);
    }
    seen.push(panel.send(post("/api/agent"), "container=clawker.demo.dev&range=hour").await.text);
    let mut events = Events::open(&panel, "/events").await;
    seen.extend([events.next().await.unwrap(), events.next().await.unwrap()]);
    let mut events = Events::open(&panel, "/events/agent/clawker.demo.dev/page?range=1h").await;
    seen.push(events.next().await.unwrap());
    let page = panel.plane.agent_page("clawker.demo.dev".into(), Range::Hour).await.unwrap();
    seen.push(format!("{page:?}"));

    for text in &seen {
        assert!(!text.contains("hush"), "{text}");
    }
    let names: Vec<&str> = page.variables.iter().map(|variable| variable.name.as_str()).collect();
    assert!(names.contains(&"OTEL_SERVICE_TOKEN") && names.contains(&"OTEL_SERVICE_NAME"), "{names:?}");
}
