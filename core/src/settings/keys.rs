//! The table of keys: path, kind, default, meaning, and what a change requires. Sources: Clawker v0.8.0's settings
//! schema for the defaults, its image template and container creation for the effect on agents.

use super::kind::Kind;

/// A section of the settings form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Ports of the services.
    Ports,
    /// What agents record.
    Privacy,
    /// Export intervals.
    Intervals,
    /// URL paths of the collector.
    Telemetry,
    /// Addresses of the collector.
    Collector,
    /// Retention of data.
    Retention,
    /// Access from other machines.
    Sharing,
    /// Images of the services.
    Images,
}

impl Group {
    /// All groups, in the order of the form.
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

    /// The heading in the form.
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

/// What existing agents need before a changed setting reaches them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentNeed {
    /// Nothing: the setting does not affect agents.
    Nothing,
    /// New containers from the same images: Clawker sets the value when it creates a container.
    NewContainers,
    /// New images and new containers: Clawker sets the value in its images.
    NewImages,
}

/// What a changed setting needs before it takes effect everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Services are recreated; which ones depends on the values.
    pub services: bool,
    /// What existing agents need.
    pub agents: AgentNeed,
}

impl Needs {
    const NOTHING: Needs = Needs { services: false, agents: AgentNeed::Nothing };
    const SERVICES: Needs = Needs { services: true, ..Needs::NOTHING };
    const NEW_AGENTS: Needs = Needs { agents: AgentNeed::NewContainers, ..Needs::SERVICES };
    const AGENT_IMAGES: Needs = Needs { agents: AgentNeed::NewImages, ..Needs::NOTHING };
    const BOTH: Needs = Needs { agents: AgentNeed::NewImages, ..Needs::SERVICES };

    /// The needs in a few words, for the form and the command line.
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
    /// The dotted path without `monitoring.`.
    pub path: &'static str,
    /// The kind of its value.
    pub kind: Kind,
    /// The default as it would be written; empty if there is none.
    pub default: &'static str,
    /// The label in the form, unique among all keys.
    pub title: &'static str,
    /// The meaning in a few words, without a trailing period.
    pub meaning: &'static str,
    /// The section of the form that has it.
    pub group: Group,
    /// What a change needs before it takes effect.
    pub needs: Needs,
}

impl Key {
    /// The key with this path, with or without a leading `monitoring.`.
    pub fn find(path: &str) -> Option<&'static Key> {
        let path = path.strip_prefix("monitoring.").unwrap_or(path);
        KEYS.iter().find(|key| key.path == path)
    }

    /// Checks a value of this key. Empty text is valid for a key without a default.
    ///
    /// # Errors
    /// What is wrong, in one sentence.
    pub fn check(&self, text: &str) -> Result<(), String> {
        self.canonical(text).map(drop)
    }

    /// The value in its canonical spelling; see `Kind::canonical`.
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

/// All known keys.
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
    // The firewall in an agent's container sends events directly to Loki, at a port that is set when it is created.
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
    // Events have a tool's input and error message; of its output only the size.
    Key::switch(
        "telemetry.log_tool_details",
        "Tool details",
        "Record what tools are asked to do (commands, file names, inputs) and their error messages",
    ),
    Key::switch("telemetry.log_user_prompts", "Prompts", "Record prompts and Claude's answers"),
    // The collector removes it as well, for agents with older images.
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

/// The default of a key; empty for unknown keys.
pub(super) fn default_of(path: &str) -> &'static str {
    Key::find(path).map_or("", |key| key.default)
}
