//! What follows from changed settings, before anything is changed: which files are written anew, which services are
//! made anew, and what agents need. Plain data, so that the page can show it.

use serde::{Deserialize, Serialize};

use super::AgentNeed;
use crate::service::Service;

/// What applying changed settings will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consequences {
    /// Names of the generated files whose contents change, in the order of `files::render`.
    pub files: Vec<String>,
    /// Services whose containers have to be made anew, in the order of `Service::ALL`: their definition changes, or a
    /// generated file that they mount.
    pub services: Vec<Service>,
    /// What agents that exist already need before they follow.
    pub agents: AgentNeed,
}

impl Consequences {
    /// Whether nothing follows.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.services.is_empty() && self.agents == AgentNeed::Nothing
    }

    /// Compares two settings on one machine. Files that were edited by hand and containers that are not as the old
    /// settings say are not known here; the server adds those.
    #[cfg(feature = "engine")]
    pub fn between(old: &super::Settings, new: &super::Settings, facts: &crate::stack::HostFacts) -> Consequences {
        use crate::{
            agent_environment, files,
            stack::{StackSpec, service_config_hash},
        };

        let (old_files, new_files) = (files::render(old, facts), files::render(new, facts));
        let (old_stack, new_stack) = (StackSpec::new(old, facts), StackSpec::new(new, facts));
        let hash = |stack: &StackSpec, service| stack.service(service).map(service_config_hash);
        Consequences {
            files: new_files.iter().filter(|file| !old_files.contains(file)).map(|file| file.name.to_owned()).collect(),
            // The hash holds a digest of the mounted files as well: `stack::build` puts it into a label.
            services: Service::ALL
                .into_iter()
                .filter(|service| hash(&old_stack, *service) != hash(&new_stack, *service))
                .collect(),
            agents: match () {
                () if agent_environment::baked(old) != agent_environment::baked(new) => AgentNeed::NewImages,
                // `CLAWKER_LOKI_PORT` is handed over when a container is created.
                () if old.loki_port != new.loki_port => AgentNeed::NewContainers,
                () => AgentNeed::Nothing,
            },
        }
    }
}

#[cfg(all(test, feature = "engine"))]
mod tests {
    use super::*;
    use crate::{
        settings::{Change, KEYS, Kind, Settings, edit, read},
        stack::HostFacts,
    };

    fn facts() -> HostFacts {
        HostFacts { directory: "/m".to_owned(), docker_socket: "/var/run/docker.sock".to_owned() }
    }

    fn with(changes: &[(&str, &str)]) -> Settings {
        let changes: Vec<Change> = changes.iter().map(|(key, value)| Change::set(*key, *value)).collect();
        read(&edit("", &changes).expect("valid"), "f").expect("valid")
    }

    fn of(changes: &[(&str, &str)]) -> Consequences {
        Consequences::between(&Settings::default(), &with(changes), &facts())
    }

    #[test]
    fn equal_settings_have_no_consequences() {
        assert!(of(&[]).is_empty());
    }

    #[test]
    fn only_what_a_setting_concerns_is_made_anew() {
        use Service::{Grafana, Jaeger, Loki, OtelCollector, Prometheus, Promtail};
        for (key, value, files, services) in [
            // Prometheus asks Grafana how it does at the port of its pages, and Jaeger at another.
            ("grafana_port", "3001", &["compose.yaml", "prometheus.yaml"][..], &[Prometheus, Grafana][..]),
            ("jaeger_port", "16687", &["compose.yaml", "grafana-datasources.yaml"], &[Jaeger, Grafana]),
            (
                "loki_port",
                "3101",
                &[
                    "compose.yaml",
                    "otel-config.yaml",
                    "prometheus.yaml",
                    "loki-config.yaml",
                    "grafana-datasources.yaml",
                    "promtail-config.yaml",
                ],
                &[OtelCollector, Prometheus, Loki, Grafana, Promtail],
            ),
            ("retention.metrics", "60d", &["compose.yaml", "prometheus.yaml"], &[Prometheus]),
            ("images.loki", "mirror/loki:3", &["compose.yaml"], &[Loki]),
            ("bind_address", "0.0.0.0", &["compose.yaml"], &Service::ALL),
            ("telemetry.log_user_prompts", "false", &[], &[]),
        ] {
            let found = of(&[(key, value)]);
            assert_eq!(found.files, files, "{key}");
            assert_eq!(found.services, services, "{key}");
        }
    }

    /// Another value than the default, of every kind.
    fn other_value(path: &str, kind: Kind) -> &'static str {
        match kind {
            Kind::Text | Kind::HostName => "elsewhere",
            Kind::Url => "https://otel.example:4318",
            Kind::Port => "20000",
            Kind::BindAddress => "0.0.0.0",
            Kind::UrlPath if path.ends_with("logs_path") => "/other/logs",
            Kind::UrlPath => "/other/metrics",
            Kind::Milliseconds => "20000",
            Kind::Retention => "90d",
            Kind::Switch => "false",
            Kind::Image => "mirror.example/image:1",
        }
    }

    #[test]
    fn the_table_of_keys_says_what_really_follows() {
        for key in KEYS {
            let found = of(&[(key.path, other_value(key.path, key.kind))]);
            assert_eq!(!found.services.is_empty(), key.needs.services, "{}", key.path);
            assert_eq!(found.agents, key.needs.agents, "{}", key.path);
        }
    }
}
