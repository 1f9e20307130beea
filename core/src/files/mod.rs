//! Renders the files of the stack from the settings. Deterministic: equal settings give equal bytes. Does not know the
//! files on disk.

mod compose;
mod configs;
mod derived_metrics;
mod generation;
mod yaml;

pub use configs::LONGEST_OUTAGE_HOURS;
pub use generation::is_of_the_opensearch_generation;

use crate::{
    dashboard,
    file_view::Language,
    settings::Settings,
    stack::{HostFacts, StackSpec},
};

/// A file that `init` creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The name within the monitor folder.
    pub name: &'static str,
    /// Its purpose in one sentence.
    pub purpose: &'static str,
    /// The language of its contents.
    pub language: Language,
    /// The full text.
    pub contents: String,
}

/// All files of the stack, `compose.yaml` first.
pub fn render(settings: &Settings, facts: &HostFacts) -> Vec<GeneratedFile> {
    let compose = yaml(
        "compose.yaml",
        "The six services, as a Docker Compose file.",
        compose::render(&StackSpec::new(settings, facts)),
    );
    std::iter::once(compose).chain(render_configs(settings)).collect()
}

/// The files that are mounted into containers: all but `compose.yaml`.
pub(crate) fn render_configs(settings: &Settings) -> Vec<GeneratedFile> {
    vec![
        yaml(
            "otel-config.yaml",
            "What the collector receives and where it sends each kind of data.",
            configs::otel(settings),
        ),
        yaml("prometheus.yaml", "Prometheus' storage, and the targets that it scrapes.", configs::prometheus(settings)),
        yaml("loki-config.yaml", "Loki's storage, limits, and retention.", configs::loki(settings)),
        yaml("grafana-datasources.yaml", "Grafana's data sources.", configs::datasources(settings)),
        yaml("grafana-dashboards.yaml", "Makes Grafana load the dashboard.", configs::provider()),
        GeneratedFile {
            name: "grafana-dashboard.json",
            purpose: "The dashboard `Claude Code Monitoring`.",
            language: Language::Json,
            contents: dashboard::render(),
        },
        yaml("promtail-config.yaml", "How Promtail finds and parses the firewall's logs.", configs::promtail(settings)),
    ]
}

fn yaml(name: &'static str, purpose: &'static str, contents: String) -> GeneratedFile {
    GeneratedFile { name, purpose, language: Language::Yaml, contents }
}

/// Renders a template. It can't fail, because it only writes to memory.
#[expect(clippy::unwrap_used, reason = "a template fails only when its writer does, and a `String` takes all")]
fn rendered(template: &impl askama::Template) -> String {
    let mut text = template.render().unwrap();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
