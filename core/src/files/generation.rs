//! Recognizes the `compose.yaml` of Clawker's newer, OpenSearch-based stack.

use saphyr::Yaml;

use crate::yaml::document::all_documents;

/// Whether a `compose.yaml` describes the newer stack. Later releases of Clawker store logs in OpenSearch (services
/// `opensearch-node`, `opensearch-dashboards`) in the same folder, with the same project name.
pub fn is_of_the_opensearch_generation(compose: &str) -> bool {
    let speaks_of_it = |text: &str| text.to_ascii_lowercase().contains("opensearch");
    // A cheap check first: it rules out nearly all files.
    if !speaks_of_it(compose) {
        return false;
    }
    let documents = all_documents(compose).unwrap_or_default();
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
    fn only_services_identify_the_newer_stack() {
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
