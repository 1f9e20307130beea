//! The limits of a Loki, by its configuration file. What the file leaves out has Loki 3.7's default.

use std::time::Duration;

use saphyr::YamlOwned;

use super::Discarded;

/// Resource attributes that are labels without further configuration. Source: Loki 3.7 `otlp_config.go`; the ones for
/// Kubernetes and clouds are left out.
const DEFAULT_INDEX_LABELS: [&str; 4] =
    ["service.name", "service.namespace", "service.instance.id", "deployment.environment"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message between the distributor and the ingester, which are parts of one process.
    pub message_bytes: usize,
    /// Bytes of an entry's structured metadata, names and values.
    pub metadata_bytes: usize,
    pub metadata_entries: usize,
    pub line_bytes: usize,
    /// How long `/ready` answers 503 after the start.
    pub ready_after: Duration,
    pub index_labels: Vec<String>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_bytes: 4 << 20,
            metadata_bytes: 64 << 10,
            metadata_entries: 128,
            line_bytes: 256 << 10,
            ready_after: Duration::from_secs(15),
            index_labels: DEFAULT_INDEX_LABELS.map(str::to_owned).to_vec(),
        }
    }
}

impl Limits {
    pub fn read(configuration: &YamlOwned) -> Limits {
        let mut limits = Limits::default();
        let found = |keys: &[&str]| keys.iter().try_fold(configuration, |node, key| node.as_mapping_get(key));
        let bytes = |keys: &[&str], default: usize| found(keys).and_then(bytes_in).unwrap_or(default);
        // A message is sent by one part of the server and received by another.
        let received = bytes(&["server", "grpc_server_max_recv_msg_size"], limits.message_bytes);
        limits.message_bytes = received;
        limits.metadata_bytes = bytes(&["limits_config", "max_structured_metadata_size"], limits.metadata_bytes);
        limits.metadata_entries =
            bytes(&["limits_config", "max_structured_metadata_entries_count"], limits.metadata_entries);
        limits.line_bytes = bytes(&["limits_config", "max_line_size"], limits.line_bytes);
        let has_no_wait = found(&["ingester", "lifecycler", "min_ready_duration"])
            .and_then(|node| node.as_str())
            .is_some_and(|text| text.trim_end_matches('s') == "0");
        // Both were needed on the real one: the scheduler's ring waits as long.
        let has_no_ring =
            found(&["query_scheduler", "use_scheduler_ring"]).and_then(|node| node.as_bool()) == Some(false);
        if has_no_wait && has_no_ring {
            limits.ready_after = Duration::ZERO;
        }
        let rules = found(&["limits_config", "otlp_config", "resource_attributes", "attributes_config"]);
        for rule in rules.and_then(|node| node.as_sequence()).into_iter().flatten() {
            if rule.as_mapping_get("action").and_then(|node| node.as_str()) == Some("index_label") {
                let names = rule.as_mapping_get("attributes").and_then(|node| node.as_sequence());
                limits
                    .index_labels
                    .extend(names.into_iter().flatten().filter_map(|name| name.as_str()).map(str::to_owned));
            }
        }
        limits
    }

    /// Why an entry is discarded, in Loki's words; `None` if it is kept.
    pub fn refuse(&self, stream: &str, line: &str, metadata: &[(String, String)]) -> Option<Discarded> {
        let bytes: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        if line.len() > self.line_bytes {
            let message = format!(
                "Max entry size '{}' bytes exceeded for stream '{stream}' while adding an entry with length '{}' bytes",
                self.line_bytes,
                line.len()
            );
            return Some(Discarded { reason: "line_too_long", message });
        }
        if bytes > self.metadata_bytes {
            let message = format!(
                "stream '{stream}' has structured metadata too large: '{bytes}' bytes, limit: '{}' bytes. Please see \
                 `limits_config.max_structured_metadata_size` or contact your Loki administrator to increase it.",
                self.metadata_bytes
            );
            return Some(Discarded { reason: "structured_metadata_too_large", message });
        }
        if metadata.len() > self.metadata_entries {
            let message = format!(
                "stream '{stream}' has too many structured metadata labels: '{}', limit: '{}'. Please see \
                 `limits_config.max_structured_metadata_entries_count` or contact your Loki administrator to increase it.",
                metadata.len(),
                self.metadata_entries
            );
            return Some(Discarded { reason: "structured_metadata_too_many", message });
        }
        None
    }
}

/// `1MB`, `64kb` or a number. Loki's units are powers of 1024.
fn bytes_in(node: &YamlOwned) -> Option<usize> {
    if let Some(number) = node.as_integer() {
        return usize::try_from(number).ok();
    }
    let text = node.as_str()?.to_ascii_lowercase();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.trim() {
        "" | "b" => 0,
        "kb" | "k" => 10,
        "mb" | "m" => 20,
        "gb" | "g" => 30,
        _ => return None,
    };
    number.parse::<usize>().ok().map(|number| number << shift)
}
