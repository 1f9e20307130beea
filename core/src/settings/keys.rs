//! The table of keys: path, kind, default, meaning, and what a change of it needs. Sources: Clawker v0.8.0's settings
//! schema for the defaults, its image template and container creation for what agents have to be made anew for.

use super::kind::Kind;

/// The section in which a form shows a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Where the services listen.
    Ports,
    /// What agents record.
    Privacy,
    /// How often agents send.
    Intervals,
    /// Where in the collector agents send.
    Telemetry,
    /// How the collector is found.
    Collector,
    /// How long data is kept.
    Retention,
    /// Who can reach the stack.
    Sharing,
    /// From where the services come.
    Images,
}

impl Group {
    /// Every group, in the order of the form.
    pub const ALL: [Group; 8] = [
        Group::Ports,
        Group::Privacy,
        Group::Intervals,
        Group::Telemetry,
        Group::Collector,
        Group::Retention,
        Group::Sharing,
        Group::Images,
    ];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Group::Ports => "Ports",
            Group::Privacy => "Privacy",
            Group::Intervals => "Intervals",
            Group::Telemetry => "Telemetry",
            Group::Collector => "Collector",
            Group::Retention => "Retention",
            Group::Sharing => "Sharing",
            Group::Images => "Images",
        }
    }
}

/// What agents need before they follow a changed setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentNeed {
    /// Nothing: the setting does not concern them.
    Nothing,
    /// New containers from the same images: Clawker hands the value over when it creates a container.
    NewContainers,
    /// New images, and new containers from them: Clawker bakes the value into its images.
    NewImages,
}

/// What a change of a setting needs before it has taken effect everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Services of the stack are made anew; which ones follows from the values.
    pub services: bool,
    /// What becomes of agents.
    pub agents: AgentNeed,
}

impl Needs {
    const NOTHING: Needs = Needs { services: false, agents: AgentNeed::Nothing };
    const SERVICES: Needs = Needs { services: true, ..Needs::NOTHING };
    const NEW_AGENTS: Needs = Needs { agents: AgentNeed::NewContainers, ..Needs::SERVICES };
    const AGENT_IMAGES: Needs = Needs { agents: AgentNeed::NewImages, ..Needs::NOTHING };
    const BOTH: Needs = Needs { agents: AgentNeed::NewImages, ..Needs::SERVICES };

    /// The same in words.
    pub const fn description(self) -> &'static str {
        match (self.services, self.agents) {
            (false, AgentNeed::Nothing) => "Takes effect immediately",
            (true, AgentNeed::Nothing) => "Recreates services",
            (false, AgentNeed::NewContainers) => "Requires new agent containers",
            (true, AgentNeed::NewContainers) => "Recreates services; requires new agent containers",
            (false, AgentNeed::NewImages) => "Requires rebuilt agent images and new containers",
            (true, AgentNeed::NewImages) => "Recreates services; requires rebuilt agent images and new containers",
        }
    }
}

/// One key below `monitoring`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Dotted, without `monitoring.`.
    pub path: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The default, as one would write it; empty where there is none.
    pub default: &'static str,
    /// Its name in a form; no other key has the same.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// Where a form shows it.
    pub group: Group,
    /// What a change of it needs.
    pub needs: Needs,
}

impl Key {
    /// The key of that path, with or without the leading `monitoring.`.
    pub fn find(path: &str) -> Option<&'static Key> {
        let path = path.strip_prefix("monitoring.").unwrap_or(path);
        KEYS.iter().find(|key| key.path == path)
    }

    /// Says in one sentence what is wrong with a text as the value of this key. No text at all is fine where the
    /// default is none: that is how one says "none" in a file that has the key.
    pub fn check(&self, text: &str) -> Result<(), String> {
        self.canonical(text).map(drop)
    }

    /// The value as it is written; see `Kind::canonical`.
    pub fn canonical(&self, text: &str) -> Result<String, String> {
        if text.is_empty() && self.default.is_empty() { Ok(String::new()) } else { self.kind.canonical(text) }
    }

    const fn new(
        group: Group,
        needs: Needs,
        kind: Kind,
        path: &'static str,
        default: &'static str,
        title: &'static str,
        meaning: &'static str,
    ) -> Key {
        Key { path, kind, default, title, meaning, group, needs }
    }

    const fn port(path: &'static str, default: &'static str, title: &'static str, meaning: &'static str) -> Key {
        Key::new(Group::Ports, Needs::SERVICES, Kind::Port, path, default, title, meaning)
    }

    const fn switch(path: &'static str, title: &'static str, meaning: &'static str) -> Key {
        Key::new(Group::Privacy, Needs::AGENT_IMAGES, Kind::Switch, path, "true", title, meaning)
    }

    const fn image(path: &'static str, title: &'static str, meaning: &'static str) -> Key {
        Key::new(Group::Images, Needs::SERVICES, Kind::Image, path, "", title, meaning)
    }

    const fn needing(self, needs: Needs) -> Key {
        Key { needs, ..self }
    }
}

/// Every key that is known.
pub const KEYS: &[Key] = &[
    Key::new(
        Group::Collector,
        Needs::AGENT_IMAGES,
        Kind::Url,
        "otel_collector_endpoint",
        "",
        "External collector",
        "Agents send telemetry to this collector instead of the stack's",
    ),
    Key::port("otel_collector_port", "4318", "Collector port, HTTP", "OTLP over HTTP; agents send here")
        .needing(Needs::BOTH),
    Key::new(
        Group::Collector,
        Needs::NOTHING,
        Kind::Text,
        "otel_collector_host",
        "localhost",
        "Name on the host",
        "Host name of the collector as seen from the host; currently unused by Clawker",
    ),
    Key::new(
        Group::Collector,
        Needs::BOTH,
        Kind::HostName,
        "otel_collector_internal",
        "otel-collector",
        "Name on the network",
        "Host name that agents use to reach the collector",
    ),
    Key::port("otel_grpc_port", "4317", "Collector port, gRPC", "OTLP over gRPC"),
    // The firewall in an agent's container sends its own events straight to Loki, at a port it is told when it is made.
    Key::port("loki_port", "3100", "Loki port", "Loki's HTTP API").needing(Needs::NEW_AGENTS),
    Key::port("prometheus_port", "9090", "Prometheus port", "Prometheus web UI and API"),
    Key::port("jaeger_port", "16686", "Jaeger port", "Jaeger web UI and API"),
    Key::port("grafana_port", "3000", "Grafana port", "Grafana web UI"),
    Key::port(
        "prometheus_metrics_port",
        "8889",
        "Collector port, metrics",
        "Where Prometheus scrapes the collector; not published on the host",
    ),
    Key::port("promtail_port", "9080", "Promtail port", "Promtail status page"),
    Key::new(
        Group::Sharing,
        Needs::SERVICES,
        Kind::BindAddress,
        "bind_address",
        "127.0.0.1",
        "Bind address",
        "Host address on which ports are published",
    ),
    Key::new(
        Group::Telemetry,
        Needs::BOTH,
        Kind::UrlPath,
        "telemetry.metrics_path",
        "/v1/metrics",
        "Path for metrics",
        "Collector path for metrics",
    ),
    Key::new(
        Group::Telemetry,
        Needs::BOTH,
        Kind::UrlPath,
        "telemetry.logs_path",
        "/v1/logs",
        "Path for events",
        "Collector path for events",
    ),
    Key::new(
        Group::Intervals,
        Needs::AGENT_IMAGES,
        Kind::Milliseconds,
        "telemetry.metric_export_interval_ms",
        "10000",
        "Metrics interval, milliseconds",
        "How often agents send metrics",
    ),
    Key::new(
        Group::Intervals,
        Needs::AGENT_IMAGES,
        Kind::Milliseconds,
        "telemetry.logs_export_interval_ms",
        "5000",
        "Events interval, milliseconds",
        "How often agents send events",
    ),
    // Events hold what a tool was asked to do and, where it failed, the error; of its output only the size.
    Key::switch(
        "telemetry.log_tool_details",
        "Tool details",
        "Record what tools are asked to do (commands, file names, inputs) and their error messages",
    ),
    Key::switch("telemetry.log_user_prompts", "Prompts", "Record prompts and Claude's answers"),
    // The collector drops it as well, for agents whose images are older than the setting.
    Key::switch("telemetry.include_account_uuid", "Account ID", "Attach the Anthropic account ID").needing(Needs::BOTH),
    Key::switch("telemetry.include_session_id", "Session ID", "Attach the session ID"),
    Key::new(
        Group::Retention,
        Needs::SERVICES,
        Kind::Retention,
        "retention.metrics",
        "30d",
        "Metrics kept for",
        "How long Prometheus keeps metrics",
    ),
    Key::new(
        Group::Retention,
        Needs::SERVICES,
        Kind::Retention,
        "retention.logs",
        "30d",
        "Events kept for",
        "How long Loki keeps events and the firewall's logs",
    ),
    Key::image("images.otel-collector", "Collector image", "Override the collector image"),
    Key::image("images.prometheus", "Prometheus image", "Override the Prometheus image"),
    Key::image("images.loki", "Loki image", "Override the Loki image"),
    Key::image("images.jaeger", "Jaeger image", "Override the Jaeger image"),
    Key::image("images.grafana", "Grafana image", "Override the Grafana image"),
    Key::image("images.promtail", "Promtail image", "Override the Promtail image"),
];

/// The default of a key; empty for a key that is not in the table.
pub(super) fn default_of(path: &str) -> &'static str {
    Key::find(path).map_or("", |key| key.default)
}
