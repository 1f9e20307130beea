//! Tells the `compose.yaml` of Clawker's later stack from one of this stack's.

use saphyr::{LoadableYamlNode, Yaml};

/// Whether that `compose.yaml` describes the stack that followed this one: later releases of Clawker keep logs in
/// OpenSearch (services `opensearch-node`, `opensearch-dashboards`) in the same folder, under the same project name.
pub fn is_of_the_opensearch_generation(compose: &str) -> bool {
    let speaks_of_it = |text: &str| text.to_ascii_lowercase().contains("opensearch");
    // Cheap first: nearly every file does not.
    if !speaks_of_it(compose) {
        return false;
    }
    let documents = Yaml::load_from_str(compose).unwrap_or_default();
    let services = documents.first().and_then(|root| root.as_mapping_get("services")).and_then(Yaml::as_mapping);
    services.into_iter().flatten().any(|(name, service)| {
        let image = service.as_mapping_get("image").and_then(Yaml::as_str);
        name.as_str().is_some_and(speaks_of_it) || image.is_some_and(speaks_of_it)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_makes_it_another_generation() {
        for (compose, expected) in [
            ("services:\n  opensearch-node: {image: opensearchproject/opensearch:3.6.0}\n  otel-collector: {}\n", true),
            ("services:\n  store:\n    image: opensearchproject/opensearch:3.6.0\n", true),
            ("# We thought of OpenSearch.\nservices:\n  loki: {image: grafana/loki:3.7.0}\n", false),
            ("services: {loki: {environment: {NOTE: opensearch}}}\n", false),
            ("services: [opensearch]\n", false),
            ("opensearch\n", false),
            (": not: yaml: opensearch\n\t", false),
            ("", false),
        ] {
            assert_eq!(is_of_the_opensearch_generation(compose), expected, "{compose}");
        }
    }
}
