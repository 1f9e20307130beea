//! What Claude Code in a container is really told: the container's variables, and the settings files that override
//! them.
//!
//! Source: runs of the releases in `testdata/claude-code-releases.md`.

use super::{
    AgentContainer, SettingsFile, SettingsLayer,
    attributes::owner_of,
    release::{Behavior, IGNORES_REPOSITORY, PROJECT_SETS_ALL, Release, SIGNAL_WINS},
    variables::{LOGS_INTERVAL, METRICS_INTERVAL, RESOURCE_ATTRIBUTES, ValueSource, Variables},
};
use crate::telemetry::Owner;

/// What settings files of a project may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProjectScope {
    /// All telemetry variables.
    Everything,
    /// Resource attributes, the service name, and export intervals.
    AttributesAndIntervals,
}

impl ProjectScope {
    /// What is certain for this release.
    pub fn of(release: Option<Release>) -> ProjectScope {
        match PROJECT_SETS_ALL.behavior(release) {
            Behavior::Old => ProjectScope::Everything,
            Behavior::New | Behavior::NotTested | Behavior::Unknown => ProjectScope::AttributesAndIntervals,
        }
    }

    fn includes(self, name: &str) -> bool {
        self == ProjectScope::Everything
            || ["OTEL_SERVICE_NAME", RESOURCE_ATTRIBUTES].contains(&name)
            || [LOGS_INTERVAL, METRICS_INTERVAL, "OTEL_TRACES_EXPORT_INTERVAL"].contains(&name)
    }
}

/// Variables of all signals, and those of one signal that say the same.
const COMMON: [(&str, [&str; 3]); 2] = [
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        [
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        ],
    ),
    (
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        [
            "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        ],
    ),
];

/// The container's variables, overridden by these files: those of a higher layer win, and of one layer the later ones.
pub(super) fn effective(
    container: Variables,
    files: &[SettingsFile],
    release: Option<Release>,
    scope: ProjectScope,
) -> Variables {
    let is_read = |file: &&SettingsFile| {
        file.layer != SettingsLayer::Repository || IGNORES_REPOSITORY.behavior(release) != Behavior::Old
    };
    let mut files: Vec<&SettingsFile> = files.iter().filter(is_read).collect();
    files.sort_by_key(|file| file.layer);
    let mut variables = container;
    for file in files {
        let source = ValueSource::Settings { layer: file.layer, path: file.path.clone() };
        let mut found = Variables::of(file.variables.as_deref().unwrap_or_default(), &source);
        if matches!(file.layer, SettingsLayer::Project | SettingsLayer::Repository) {
            found.retain(|name, _| scope.includes(name));
        }
        variables = variables.under(&found);
    }
    let is_managed =
        |source: &ValueSource| matches!(source, ValueSource::Settings { layer: SettingsLayer::Managed, .. });
    if SIGNAL_WINS.behavior(release) != Behavior::Old {
        for (common, of_signals) in COMMON {
            if variables.get(common).is_some() && variables.source(common).is_some_and(is_managed) {
                variables.retain(|name, source| is_managed(source) || !of_signals.contains(&name));
            }
        }
    }
    variables
}

/// The variables that Claude Code in this container sees.
pub(super) fn effective_of(agent: &AgentContainer, release: Option<Release>) -> Variables {
    let image = agent.image_environment.as_ref().map(|lines| Variables::of(lines, &ValueSource::Image));
    let container = Variables::of_container(&agent.environment, image.as_ref());
    effective(container, &agent.settings_files, release, ProjectScope::of(release))
}

/// One variable as Claude Code sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveVariable {
    /// The variable's name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where the value comes from.
    pub source: ValueSource,
}

/// The telemetry variables that Claude Code in this container sees, by name.
pub fn effective_variables(agent: &AgentContainer) -> Vec<EffectiveVariable> {
    let variables = effective_of(agent, agent.claude_version.as_deref().and_then(Release::parse));
    let all = variables.iter().map(|(name, value, source)| EffectiveVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        source: source.clone(),
    });
    all.collect()
}

/// The project and agent that the container's resource attributes name, for one that Clawker did not create.
pub fn owner_in_variables(agent: &AgentContainer) -> Owner {
    let variables = effective_of(agent, agent.claude_version.as_deref().and_then(Release::parse));
    owner_of(variables.get(RESOURCE_ATTRIBUTES).unwrap_or_default())
}
