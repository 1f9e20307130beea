//! Reports of a pull, as the Engine writes them, to bytes.

use super::*;

/// The sums after each of the reports that changed something.
fn sums(reports: &str) -> Vec<(u64, u64)> {
    let image: ImageRef = "grafana/loki:3.7.0".parse().expect("a reference");
    let mut layers = Layers::default();
    let mut sums = Vec::new();
    for line in reports.lines() {
        if layers.fold(serde_json::from_str(line).expect("a report")) {
            let pull = layers.sum(&image, false);
            sums.push((pull.fetched_bytes, pull.total_bytes));
        }
    }
    sums
}

#[test]
fn layers_are_summed_to_the_byte_and_unpacking_does_not_count() {
    let reports = r#"{"status":"Pulling from grafana/loki","id":"3.7.0"}
{"status":"Already exists","progressDetail":{},"id":"aaa"}
{"status":"Pulling fs layer","progressDetail":{},"id":"bbb"}
{"status":"Pulling fs layer","progressDetail":{},"id":"ccc"}
{"status":"Waiting","progressDetail":{},"id":"ccc"}
{"status":"Downloading","progressDetail":{"current":100,"total":1000},"progress":"[=>  ]","id":"bbb"}
{"status":"Downloading","progressDetail":{"current":5,"total":50},"progress":"[=>  ]","id":"ccc"}
{"status":"Downloading","progressDetail":{"current":1000,"total":1000},"progress":"[===>]","id":"bbb"}
{"status":"Verifying Checksum","progressDetail":{},"id":"bbb"}
{"status":"Download complete","progressDetail":{},"id":"bbb"}
{"status":"Extracting","progressDetail":{"current":400,"total":4000},"progress":"[>  ]","id":"bbb"}
{"status":"Download complete","progressDetail":{},"id":"ccc"}
{"status":"Pull complete","progressDetail":{},"id":"bbb"}
{"status":"Digest: sha256:c316"}
{"status":"Status: Downloaded newer image for grafana/loki:3.7.0"}"#;
    assert_eq!(sums(reports), [(100, 1000), (105, 1050), (1005, 1050), (1050, 1050)]);
}

#[test]
fn a_layer_of_unknown_length_is_as_long_as_what_came_and_a_retry_begins_anew() {
    let reports = r#"{"status":"Downloading","progressDetail":{"current":30},"id":"a"}
{"status":"Downloading","progressDetail":{"current":60,"total":-1},"id":"a"}
{"status":"Retrying in 5 seconds","progressDetail":{},"id":"a"}
{"status":"Downloading","progressDetail":{"current":10,"total":80},"id":"a"}"#;
    assert_eq!(sums(reports), [(30, 30), (60, 60), (10, 80)]);
}

#[test]
fn references_are_split_as_the_engine_wants_them() {
    for (image, expected) in [
        ("grafana/loki", ("grafana/loki", "latest")),
        ("grafana/loki:3.7.0", ("grafana/loki", "3.7.0")),
        ("grafana/loki:3.7.0@sha256:c316", ("grafana/loki", "sha256:c316")),
        ("grafana/loki@sha256:c316", ("grafana/loki", "sha256:c316")),
        ("registry:5000/loki", ("registry:5000/loki", "latest")),
        ("registry:5000/loki:1", ("registry:5000/loki", "1")),
    ] {
        assert_eq!(repository_and_tag(image), expected);
    }
}
