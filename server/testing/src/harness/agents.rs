//! Agents in the panel under test: their containers, and their data in the stores.

use monitor_core::{
    agent_page::AgentPage,
    agents::{AgentContainer, ClawkerVariables},
    live::Snapshot,
    status::ContainerState,
    telemetry::{Owner, OwnerLastSeen, Range},
    timestamp::Timestamp,
};

use super::Harness;
use crate::fake_engine::STARTED_AT;

/// A running container as Clawker creates it for that agent of the project `demo`, without any variables.
pub fn agent_container(name: &str) -> AgentContainer {
    AgentContainer {
        id: format!("id-{name}"),
        container: format!("clawker.demo.{name}"),
        managed: true,
        project: Some("demo".into()),
        agent: name.into(),
        image: "clawker-demo:latest".into(),
        state: ContainerState::Running,
        created_at: Some(STARTED_AT),
        started_at: Some(STARTED_AT),
        finished_at: None,
        workdir: None,
        networks: vec!["clawker-net".into()],
        addresses: vec!["172.18.0.7".into()],
        environment: Vec::new(),
        image_environment: None,
        claude_version: None,
        settings_files: Vec::new(),
        clawker: ClawkerVariables::default(),
        proxy: Default::default(),
        files_read: false,
    }
}

/// The same with the variables that Clawker sets for a collector on its default port.
pub fn configured_agent(name: &str) -> AgentContainer {
    let variables = [
        "CLAUDE_CODE_ENABLE_TELEMETRY=1",
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        "OTEL_METRICS_EXPORTER=otlp",
        "OTEL_LOGS_EXPORTER=otlp",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://otel-collector:4318/v1/metrics",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://otel-collector:4318/v1/logs",
        "OTEL_METRICS_INCLUDE_ACCOUNT_UUID=true",
        "OTEL_METRICS_INCLUDE_SESSION_ID=true",
        "OTEL_LOGS_EXPORT_INTERVAL=5000",
        "OTEL_METRIC_EXPORT_INTERVAL=10000",
        "OTEL_LOG_TOOL_DETAILS=1",
    ];
    let tags = format!("OTEL_RESOURCE_ATTRIBUTES=project=demo,agent={name}");
    AgentContainer {
        environment: variables.map(str::to_owned).into_iter().chain([tags]).collect(),
        ..agent_container(name)
    }
}

impl Harness {
    /// The requests about agents since the last call.
    pub fn questions(&self) -> Vec<String> {
        std::mem::take(&mut self.engine.world().questions)
    }

    /// How often the stores were asked when agents were last seen.
    pub fn heard(&self) -> usize {
        self.telemetry.answers().asked.iter().filter(|question| **question == "heard").count()
    }

    pub async fn shown(&self) -> Snapshot {
        self.until("shown", |snapshot| snapshot.new_agents.is_some()).await
    }

    /// From now on, the stores say that the agent was last seen at that time.
    pub fn hears(&self, agent: &str, last_seen: Timestamp) {
        let owner = Owner { project: Some("demo".into()), agent: Some(agent.into()) };
        let heard = OwnerLastSeen { last_seen: Some(last_seen), ..OwnerLastSeen::default() };
        self.telemetry.answers().heard.owners.insert(owner, heard);
    }

    pub fn have_dev(&self) {
        let dev = AgentContainer {
            environment: [
                "OTEL_LOGS_EXPORTER=none",
                "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer hush",
                "OTEL_RESOURCE_ATTRIBUTES=project=demo,agent=dev",
            ]
            .map(str::to_owned)
            .into(),
            image_environment: Some(vec!["OTEL_LOGS_EXPORTER=otlp".into()]),
            workdir: Some("/home/ada/demo".into()),
            ..agent_container("dev")
        };
        self.engine.agent_is(dev, "start");
    }

    pub async fn agent_page(&self) -> AgentPage {
        self.plane.agent_page("clawker.demo.dev".into(), Range::Hour).await.unwrap()
    }
}
