#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::*;

#[test]
fn every_default_in_the_table_is_a_value_of_its_kind() {
    for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
        assert_eq!(key.kind.check(key.default), Ok(()), "{}", key.path);
    }
    assert_eq!(Settings::default().grafana_port.number(), 3000);
}

#[test]
fn the_port_table_and_the_settings_name_the_same_ports() {
    let keys: Vec<&str> = KEYS.iter().filter(|key| key.kind == Kind::Port).map(|key| key.path).collect();
    let mut ports: Vec<&str> = Settings::default().ports().map(|(key, _)| key).to_vec();
    ports.sort_by_key(|port| keys.iter().position(|key| key == port));
    assert_eq!(ports, keys);
}

#[test]
fn no_two_keys_have_the_same_name_in_a_form_and_every_group_has_some() {
    for key in KEYS {
        assert_eq!(KEYS.iter().filter(|other| other.title == key.title).count(), 1, "{}", key.title);
        assert_eq!(Key::find(&format!("monitoring.{}", key.path)), Some(key));
    }
    for group in Group::ALL {
        assert!(KEYS.iter().any(|key| key.group == group), "{}", group.title());
    }
}

#[test]
fn settings_round_trip_through_their_values() {
    let written = |text: &str| RawValue { text: text.to_owned(), line: None };
    let changed: RawValues = [
        ("otel_collector_endpoint", "https://otel.example:4318"),
        ("otel_collector_host", "host.example"),
        ("otel_collector_internal", "collector.internal"),
        ("jaeger_port", "26686"),
        ("bind_address", "::1"),
        ("telemetry.metrics_path", "/m"),
        ("telemetry.logs_path", "/l"),
        ("telemetry.metric_export_interval_ms", "20000"),
        ("telemetry.logs_export_interval_ms", "6000"),
        ("telemetry.log_tool_details", "no"),
        ("telemetry.log_user_prompts", "off"),
        ("telemetry.include_account_uuid", "N"),
        ("telemetry.include_session_id", "false"),
        ("retention.metrics", "1y"),
        ("retention.logs", "2w"),
        ("images.loki", "mirror.example/loki:3"),
    ]
    .map(|(key, text)| (key.to_owned(), written(text)))
    .into();
    for values in [RawValues::new(), changed] {
        let settings = Settings::from_values(&values).unwrap();
        let told = KEYS.iter().map(|key| (key.path.to_owned(), written(&settings.value(key.path)))).collect();
        assert_eq!(Settings::from_values(&told), Ok(settings));
    }
}

#[test]
fn values_are_written_so_that_gos_yaml_parses_their_type() {
    for (path, text, written) in [
        ("grafana_port", "03000", "3000"),
        ("grafana_port", "+3000", "3000"),
        ("telemetry.log_user_prompts", "Yes", "true"),
        ("telemetry.metric_export_interval_ms", "010000", "10000"),
        ("bind_address", "0:0::1", "::1"),
        ("retention.logs", "2w", "2w"),
        ("images.loki", "", ""),
        ("otel_collector_endpoint", "", ""),
    ] {
        let key = Key::find(path).unwrap();
        assert_eq!(key.canonical(text), Ok(written.to_owned()), "{path}: {text}");
    }
    assert!(Key::find("grafana_port").unwrap().check("").is_err());
    for wrong in ["otel.example:4318", "http://", "https:///x", "ftp://x", "http://a b", "http://a\nb", "http://a\"b"] {
        assert!(Kind::Url.check(wrong).is_err(), "{wrong}");
    }
}

#[cfg(feature = "engine")]
mod reading {
    use super::super::*;

    fn problems(yaml: &str) -> String {
        let found = read(yaml, "settings.yaml").expect_err("this text is wrong");
        found.iter().map(|problem| format!("{problem}\n")).collect()
    }

    #[test]
    fn an_empty_or_unrelated_file_gives_the_defaults() {
        for yaml in [
            "",
            "\n",
            "# nothing\n",
            "---\n",
            "null\n",
            "logging:\n  x: 1\n",
            "monitoring:\n",
            "\u{feff}monitoring: {}\n",
        ] {
            assert_eq!(read(yaml, "f"), Ok(Settings::default()), "{yaml:?}");
        }
    }

    #[test]
    fn values_are_read_in_every_spelling_and_unknown_keys_are_ignored() {
        let yaml = concat!(
            "firewall: {enable: true}\r\n",
            "monitoring: # ports\r\n",
            "  grafana_port: '3001'\r\n",
            "  \"loki_port\": 0xC1D\r\n",
            "  future_key: [1, 2]\r\n",
            "  bind_address: \"::1\"\r\n",
            "  otel_collector_endpoint: ~\r\n",
            "  telemetry: {log_user_prompts: off, metric_export_interval_ms: 60000, new: 1}\r\n",
            "  images:\r\n",
            "    grafana: registry.example:5000/grafana/grafana:12.4.2\r\n",
        );
        let settings = read(yaml, "f").unwrap();
        assert_eq!(settings.grafana_port.number(), 3001);
        assert_eq!(settings.loki_port.number(), 3101);
        assert_eq!(settings.bind_address.to_string(), "::1");
        assert_eq!(settings.otel_collector_endpoint, None);
        assert!(!settings.telemetry.log_user_prompts);
        assert_eq!(settings.telemetry.metric_export_interval.count(), 60_000);
        assert_eq!(settings.images[&Service::Grafana].as_str(), "registry.example:5000/grafana/grafana:12.4.2");
    }

    #[test]
    fn every_problem_is_reported_at_once_with_its_line_and_what_is_allowed() {
        let yaml = "monitoring:\n  grafana_port: 70000\n  loki_port: abc\n  bind_address: here\n  jaeger_port: 0\n  telemetry:\n    metrics_path: v1\n    log_tool_details: perhaps\n    logs_export_interval_ms: 5\n  images:\n    loki: 'a b'\n    grafana: x@sha256:12\n";
        insta::assert_snapshot!(problems(yaml), @"
        settings.yaml:2: `monitoring.grafana_port`: `70000` is not a valid port; enter a number from 1 to 65535
        settings.yaml:3: `monitoring.loki_port`: `abc` is not a valid port; enter a number from 1 to 65535
        settings.yaml:4: `monitoring.bind_address`: `here` is not an IP address; use `127.0.0.1` for this machine only or `0.0.0.0` for all interfaces
        settings.yaml:5: `monitoring.jaeger_port`: `0` is not a valid port; enter a number from 1 to 65535
        settings.yaml:7: `monitoring.telemetry.metrics_path`: `v1` is not a valid path; start with `/` and use only letters, digits, and `-._~/`
        settings.yaml:8: `monitoring.telemetry.log_tool_details`: `perhaps` is not valid; enter `true` or `false`
        settings.yaml:9: `monitoring.telemetry.logs_export_interval_ms`: `5` is not a valid interval; enter 100 to 86400000 milliseconds
        settings.yaml:11: `monitoring.images.loki`: `a b` is not a valid image; use `[registry/]name[:tag][@sha256:digest]`
        settings.yaml:12: `monitoring.images.grafana`: `x@sha256:12` is not a valid image; use `[registry/]name[:tag][@sha256:digest]`
        ");
    }

    #[test]
    fn a_port_used_twice_is_reported_at_the_line_that_sets_it() {
        insta::assert_snapshot!(problems("monitoring:\n  grafana_port: 3100\n"), @"settings.yaml:2: `monitoring.grafana_port`: 3100 is already used by `monitoring.loki_port`; each port must be unique");
        insta::assert_snapshot!(problems("monitoring:\n  otel_collector_port: 9080\n"), @"settings.yaml:2: `monitoring.otel_collector_port`: 9080 is already used by `monitoring.promtail_port`; each port must be unique");
    }

    #[test]
    fn retention_accepts_days_weeks_and_years() {
        let settings = read("monitoring:\n  retention: {metrics: 1y, logs: 2w}\n", "f").unwrap();
        assert_eq!((settings.retention.metrics.days(), settings.retention.logs.to_string()), (365, "14d".to_owned()));
        for wrong in ["0d", "12h", "30", "d", "-1d", "11y", "4294967295w", "1.5d", "30D", "é"] {
            let found = problems(&format!("monitoring:\n  retention:\n    logs: \"{wrong}\"\n"));
            assert!(
                found.starts_with(&format!("settings.yaml:3: `monitoring.retention.logs`: `{wrong}` is not")),
                "{found}"
            );
        }
    }

    #[test]
    fn the_collector_cant_use_another_services_name() {
        insta::assert_snapshot!(problems("monitoring:\n  otel_collector_internal: Loki\n"), @"settings.yaml:2: `monitoring.otel_collector_internal`: `loki` is already the name of Loki on the network; choose another one");
        assert!(read("monitoring:\n  otel_collector_internal: otel-collector\n", "f").is_ok());
        assert!(read("monitoring:\n  otel_collector_internal: collector.internal\n", "f").is_ok());
    }

    #[test]
    fn invalid_yaml_and_sections_are_reported_once_with_their_line() {
        insta::assert_snapshot!(problems("monitoring:\n\tgrafana_port: 1\n"), @"settings.yaml:2: not valid YAML: tabs disallowed within this context (block indentation) (column 2)");
        insta::assert_snapshot!(problems("- a\n- b\n"), @"settings.yaml:1: the file is not a mapping of keys to values");
        insta::assert_snapshot!(problems("monitoring:\n  telemetry: 3\n"), @"settings.yaml:2: `monitoring.telemetry`: expected a section with keys");
        insta::assert_snapshot!(problems("monitoring:\n  loki_port: [1]\n"), @"settings.yaml:2: `monitoring.loki_port`: expected a single value");
        insta::assert_snapshot!(problems("monitoring:\n  loki_port: 3100\n  loki_port: 3101\n"), @"settings.yaml:3: not valid YAML: duplicated key in mapping (column 3)");
    }
}
