//! An override file in the monitor folder. Docker Compose merges it into `compose.yaml`; the panel does not.

use crate::service::Service;

/// The names that Compose looks for, in its order; only the first one found is merged. Source: compose-go
/// `cli/options.go`, `DefaultOverrideFileNames`.
pub const OVERRIDE_FILES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// The override file that Compose merges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposeOverride {
    /// The file's name.
    pub file: String,
    /// The stack's services that it names. May be empty, for example for a file that can't be read.
    pub services: Vec<Service>,
}

impl ComposeOverride {
    /// Reads which services the file names. Not a YAML parser: a key with a service's name is enough for a warning.
    pub fn read(file: &str, text: &str) -> ComposeOverride {
        let named = |service: &Service| has_key(text, service.name());
        ComposeOverride { file: file.to_owned(), services: Service::ALL.into_iter().filter(named).collect() }
    }

    /// What a person has to know before services are created, as a sentence without its period.
    pub fn warning(&self) -> String {
        format!(
            "`docker compose` merges `{}`{} and clawker-monitor does not, so services run without it",
            self.file,
            self.named_services()
        )
    }

    /// ` (it names grafana)`, or nothing.
    pub(crate) fn named_services(&self) -> String {
        let names: Vec<&str> = self.services.iter().map(|service| service.name()).collect();
        if names.is_empty() { String::new() } else { format!(" (it names {})", names.join(", ")) }
    }
}

/// Whether `name` is a key: not part of a longer word, with a colon and a space or line break after it.
fn has_key(text: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-./@".contains(letter);
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].trim_end_matches(['"', '\'']);
        let after = text[at + name.len()..].trim_start_matches(['"', '\'']).trim_start_matches(' ');
        !before.ends_with(is_part)
            && after.strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_found_as_keys() {
        for (text, services) in [
            ("services:\n  grafana:\n    environment: {GF_SMTP_ENABLED: \"true\"}\n", vec![Service::Grafana]),
            ("services: {\"loki\": {mem_limit: 1g}, 'prometheus' : {}}", vec![Service::Prometheus, Service::Loki]),
            ("services:\n  otel-collector:\r\n    image: grafana/grafana:12\n", vec![Service::OtelCollector]),
            ("services:\n  web:\n    image: grafana:12\n    links: [loki]\n  my-grafana:\n    x: 1\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(ComposeOverride::read("x", text).services, services, "{text}");
        }
    }

    #[test]
    fn the_warning_names_the_file_and_the_services() {
        let found = ComposeOverride::read("compose.override.yaml", "services:\n  grafana: {}\n  loki: {}\n");
        assert_eq!(
            found.warning(),
            "`docker compose` merges `compose.override.yaml` (it names loki, grafana) and clawker-monitor does not, so \
             services run without it"
        );
    }
}
