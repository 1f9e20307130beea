//! The states of the settings page and its preview.

use monitor_core::{
    agent_environment::{self, Difference},
    diff::{DiffLine, FileDiff, Hunk, LineTag},
    doctor::PortHolder,
    error::StackError,
    file_view::FileState,
    lifecycle::Recreate,
    problem::Problem,
    service::Service,
    settings::{AgentNeed, KEYS, Kind, RawValue, RawValues, Settings},
    settings_page::{
        AffectedService, AgentDrift, BrokenSettings, Conflict, Drift, FieldDrift, PortUse, Preview, SettingsPage,
    },
};

const FILE: &str = "/home/ada/.config/clawker/settings.yaml";

/// The addresses to render, with the server's answers.
pub fn pages() -> Vec<(&'static str, String, SettingsPage, Preview)> {
    let form = |pairs: &str| format!("/settings?{pairs}");
    let editing = "grafana_port=3100&was.grafana_port=3001&prometheus_port=9091&was.prometheus_port=&\
                   telemetry.log_user_prompts=false&was.telemetry.log_user_prompts=&retention.logs=2&was.retention.logs=&\
                   loki_port=9000&was.loki_port=3200&images.loki=mirror.example/grafana/loki:3.7.0&was.images.loki=";
    vec![
        ("settings-agree", form(""), page(Drift::default()), preview()),
        ("settings-drift", form(""), page(drift()), preview()),
        ("settings-edited", form(editing), page(Drift::default()), preview()),
        ("settings-broken", form(""), broken(), preview()),
        ("preview", "/settings/preview?grafana_port=3001&was.grafana_port=".into(), page(drift()), preview()),
        ("preview-refused", "/settings/preview?grafana_port=x".into(), page(drift()), refused()),
        ("preview-nothing", "/settings/preview".into(), page(drift()), nothing()),
    ]
}

fn page(drift: Drift) -> SettingsPage {
    let values = [
        ("grafana_port", "3001"),
        ("loki_port", "3100"),
        ("telemetry.include_account_uuid", "false"),
        ("retention.metrics", "90d"),
    ];
    let raw: RawValues = values
        .iter()
        .map(|(key, text)| ((*key).to_owned(), RawValue { text: (*text).to_owned(), line: None }))
        .collect();
    let settings = Settings::from_values(&raw).unwrap_or_default();
    let environment = agent_environment::environment(&settings, "PROJECT", "AGENT");
    SettingsPage {
        file: FILE.into(),
        base: "a1".into(),
        values: values.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect(),
        misspelled: Vec::new(),
        broken: None,
        ports: ports(&settings),
        agent_env: agent_environment::agent_env(&environment),
        environment,
        drift,
    }
}

fn ports(settings: &Settings) -> Vec<PortUse> {
    KEYS.iter()
        .filter(|key| key.kind == Kind::Port)
        .map(|key| {
            let port = settings.value(key.path).parse().unwrap_or_default();
            let (holder, free) = match key.path {
                "prometheus_metrics_port" => (None, None),
                "jaeger_port" => {
                    (Some(PortHolder::Process(Some("process `jaeger-all-in-one` (pid 2608)".into()))), Some(16687))
                }
                "promtail_port" => (Some(PortHolder::Nobody), None),
                _ => (Some(PortHolder::Stack("ours".into())), None),
            };
            PortUse { key: key.path.into(), port, holder, free }
        })
        .chain([PortUse {
            key: String::new(),
            port: 9091,
            holder: Some(PortHolder::Container("cockpit".into())),
            free: Some(9092),
        }])
        .collect()
}

fn affected(service: Service, because: Recreate, setting: &str) -> AffectedService {
    AffectedService { service, because: Some(because), files: Vec::new(), settings: vec![setting.to_owned()] }
}

fn drift() -> Drift {
    let differs = |name: &str, wanted: Option<&str>, found: Option<&str>| Difference {
        name: name.into(),
        wanted: wanted.map(str::to_owned),
        found: found.map(str::to_owned),
    };
    Drift {
        fields: vec![
            FieldDrift { key: "grafana_port".into(), settings: "3001".into(), files: "3000".into() },
            FieldDrift { key: "images.loki".into(), settings: String::new(), files: "mirror.example/loki:3".into() },
        ],
        files: vec![("compose.yaml".into(), FileState::Outdated), ("loki-config.yaml".into(), FileState::Edited)],
        services: vec![
            affected(Service::Grafana, Recreate::DefinitionChanged, "grafana_port"),
            affected(Service::Loki, Recreate::ImageChanged, "images.loki"),
        ],
        agents_seen: 3,
        agents: vec![AgentDrift {
            container: "clawker.shop.frontend".into(),
            running: true,
            differences: vec![
                differs("OTEL_METRICS_INCLUDE_ACCOUNT_UUID", Some("false"), None),
                differs(
                    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
                    Some("http://otel-collector:4318/v1/metrics"),
                    Some("http://otel-collector:4319/v1/metrics"),
                ),
            ],
        }],
        engine_error: None,
    }
}

fn broken() -> SettingsPage {
    let problem = |field: &str, message: &str, line| Problem {
        field: field.into(),
        message: message.into(),
        file: Some(FILE.into()),
        line: Some(line),
    };
    let error = StackError::SettingsInvalid {
        problems: vec![
            problem("monitoring.grafana_port", "`70000` is not a valid port; enter a number from 1 to 65535", 3),
            problem("", "a tab may not indent a line; column 1", 4),
        ],
    };
    let text = "# moved because of the wiki\nmonitoring:\n  grafana_port: 70000\n\tloki_port: 3100\n".to_owned();
    let mut page = page(Drift::default());
    page.broken = Some(BrokenSettings { error, text: Some(text) });
    page.values.clear();
    page
}

fn line(tag: LineTag, number: u32, text: &str) -> DiffLine {
    let (old_line, new_line) = match tag {
        LineTag::Kept => (Some(number), Some(number)),
        LineTag::Removed => (Some(number), None),
        LineTag::Added => (None, Some(number)),
    };
    DiffLine { tag, old_line, new_line, text: text.into() }
}

fn diff(name: &str, lines: Vec<DiffLine>) -> FileDiff {
    FileDiff { name: name.into(), hunks: vec![Hunk { lines }] }
}

fn preview() -> Preview {
    use LineTag::{Added, Kept, Removed};
    Preview {
        base: "a1".into(),
        problems: Vec::new(),
        conflicts: vec![Conflict {
            key: "grafana_port".into(),
            was: None,
            on_disk: Some("3005".into()),
            yours: Some("3001".into()),
        }],
        settings: diff(
            FILE,
            vec![
                line(Kept, 11, "monitoring:"),
                line(Kept, 12, "  # moved because of the wiki"),
                line(Removed, 13, "  grafana_port: 3005"),
                line(Added, 13, "  grafana_port: 3001"),
                line(Kept, 14, "  telemetry:"),
                line(Kept, 15, "    log_user_prompts: true"),
            ],
        ),
        files: vec![
            diff(
                "compose.yaml",
                vec![
                    line(Kept, 201, "    ports:"),
                    line(Removed, 202, "      - \"127.0.0.1:3005:3005\""),
                    line(Added, 202, "      - \"127.0.0.1:3001:3001\""),
                ],
            ),
            diff("prometheus.yaml", vec![line(Added, 9, "  - job_name: grafana")]),
        ],
        edited: vec!["loki-config.yaml".into()],
        services: vec![
            AffectedService {
                files: vec!["prometheus.yaml".into()],
                ..affected(Service::Prometheus, Recreate::FilesChanged, "grafana_port")
            },
            affected(Service::Grafana, Recreate::DefinitionChanged, "grafana_port"),
        ],
        agents: AgentNeed::NewImages,
        agents_affected: vec!["clawker.shop.frontend".into()],
        stack_runs: true,
        engine_unknown: false,
    }
}

fn refused() -> Preview {
    let problem =
        |field: &str, message: &str| Problem { field: field.into(), message: message.into(), file: None, line: None };
    Preview {
        problems: vec![
            problem("monitoring.grafana_port", "`x` is not a valid port; enter a number from 1 to 65535"),
            problem("monitoring.retention.logs", "`2` is not a retention; allowed are `1d` to `3650d`"),
        ],
        ..preview()
    }
}

fn nothing() -> Preview {
    let without = |diff: FileDiff| FileDiff { hunks: Vec::new(), ..diff };
    let preview = preview();
    Preview {
        conflicts: Vec::new(),
        settings: without(preview.settings),
        files: preview.files.into_iter().map(without).collect(),
        edited: Vec::new(),
        services: Vec::new(),
        agents: AgentNeed::Nothing,
        ..preview
    }
}

/// The server's answer about any other port.
pub fn free(port: u16) -> PortUse {
    PortUse { key: String::new(), port, holder: Some(PortHolder::Nobody), free: None }
}
