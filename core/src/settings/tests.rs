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

#[test]
fn paths_that_no_request_reaches_are_refused() {
    for path in ["/", "/v1/metrics", "/in/", "/~x/y.z-_", "/...", "/a/..b"] {
        assert_eq!(Kind::UrlPath.check(path), Ok(()), "{path}");
    }
    for path in ["//", "/v1//logs", "/v1/logs//", "//host/v1", "/.", "/..", "/v1/../logs", "/v1/./logs", "/v1/.."] {
        let sentence = format!("`{path}` is not a valid path; no request reaches a path with `//`, `/./`, or `/../`");
        assert_eq!(Kind::UrlPath.check(path), Err(sentence));
    }
    for path in ["", "v1", "/{id}", "/a b", "/a%7B", "/a?b", "/a#b", "/é"] {
        let said = Kind::UrlPath.check(path).unwrap_err();
        assert!(said.ends_with("start with `/` and use only letters, digits, and `-._~/`"), "{said}");
    }
}

#[test]
fn addresses_that_cannot_be_published_on_are_refused() {
    for address in ["127.0.0.1", "0.0.0.0", "::", "::1", "169.254.1.2", "fec0::1", "fd00::1"] {
        assert_eq!(Kind::BindAddress.check(address), Ok(()), "{address}");
    }
    let said = |address: &str| Kind::BindAddress.check(address).unwrap_err();
    for address in ["fe80::1", "febf::1", "fe80::1%eth0"] {
        assert!(said(address).starts_with(&format!("`{address}` is a link-local address")), "{}", said(address));
    }
    insta::assert_snapshot!(["fe80::1", "224.0.0.1", "ff02::1", "255.255.255.255", "::1%lo", "host"].map(said).join("\n"), @"
    `fe80::1` is a link-local address, which is only valid with a zone, and Docker can't publish ports on a zone; use `127.0.0.1` for this machine only or `0.0.0.0` for all interfaces
    `224.0.0.1` is a multicast address, which can't receive connections; use `127.0.0.1` for this machine only or `0.0.0.0` for all interfaces
    `ff02::1` is a multicast address, which can't receive connections; use `127.0.0.1` for this machine only or `0.0.0.0` for all interfaces
    `255.255.255.255` is the broadcast address, which can't receive connections; use `127.0.0.1` for this machine only or `0.0.0.0` for all interfaces
    `::1%lo` is not an IP address; use `127.0.0.1` for this machine only or `0.0.0.0` for all interfaces
    `host` is not an IP address; use `127.0.0.1` for this machine only or `0.0.0.0` for all interfaces
    ");
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

    #[test]
    fn paths_that_would_end_the_collector_are_refused_at_their_lines() {
        let paths = |metrics: &str, logs: &str| {
            let line = |key, path: &str| if path.is_empty() { String::new() } else { format!("    {key}: {path}\n") };
            format!("monitoring:\n  telemetry:\n{}{}    x: 1\n", line("metrics_path", metrics), line("logs_path", logs))
        };
        let said = [
            ("/in", "/in"),
            ("/v1/logs", ""),
            ("", "/v1/metrics"),
            ("/v1/traces", ""),
            ("", "/v1/traces"),
            ("/v1/traces", "/v1/traces"),
        ]
        .map(|(metrics, logs)| problems(&paths(metrics, logs)));
        insta::assert_snapshot!(said.join("\n"), @"
        settings.yaml:3: `monitoring.telemetry.metrics_path`: `/in` is already used by `monitoring.telemetry.logs_path`; the two paths must differ

        settings.yaml:3: `monitoring.telemetry.metrics_path`: `/v1/logs` is already used by `monitoring.telemetry.logs_path`; the two paths must differ

        settings.yaml:3: `monitoring.telemetry.logs_path`: `/v1/metrics` is already used by `monitoring.telemetry.metrics_path`; the two paths must differ

        settings.yaml:3: `monitoring.telemetry.metrics_path`: `/v1/traces` is the collector's path for traces; choose another one

        settings.yaml:3: `monitoring.telemetry.logs_path`: `/v1/traces` is the collector's path for traces; choose another one

        settings.yaml:3: `monitoring.telemetry.metrics_path`: `/v1/traces` is the collector's path for traces; choose another one
        settings.yaml:4: `monitoring.telemetry.logs_path`: `/v1/traces` is the collector's path for traces; choose another one
        ");
        for (metrics, logs) in [("/v1/logs", "/v1/metrics"), ("/in", "/in/"), ("/v1/traces/", "/v1/Traces")] {
            assert!(read(&paths(metrics, logs), "f").is_ok(), "{metrics} {logs}");
        }
    }

    /// What Clawker reads is from gopkg.in/yaml.v3 v3.0.1.
    #[test]
    fn the_file_is_read_as_clawker_reads_it() {
        for (yaml, grafana) in [
            ("monitoring:\n  grafana_port:\t3001\n", 3001),
            ("monitoring:\t# c\n  grafana_port: \t 3001\t# c\n", 3001),
            ("monitoring:\t{grafana_port:\t3001,\tx: 1}\n", 3001),
            ("monitoring: {\n\tgrafana_port: 3001\n}\n", 3001),
            ("a:\tb\nmonitoring:\n  grafana_port:\t'3001'\n", 3001),
            // Merged sections: the section's own key comes first, then the first of several.
            ("x: &x {grafana_port: 3001}\nmonitoring:\n  <<: *x\n", 3001),
            ("x: &x {grafana_port: 3001}\nmonitoring:\n  grafana_port: 3002\n  <<: *x\n", 3002),
            ("x: &x {grafana_port: 3001}\nmonitoring:\n  <<: *x\n  grafana_port: 3002\n", 3002),
            ("x: &x {grafana_port: 3001}\ny: &y {grafana_port: 3002}\nmonitoring: {<<: [*y, *x]}\n", 3002),
            ("x: &x {grafana_port: 3001}\ny: &y {<<: *x}\nmonitoring: {<<: *y}\n", 3001),
            ("x: &x {monitoring: {grafana_port: 3001}}\n<<: *x\n", 3001),
            ("x: &x {grafana_port: 3001}\nmonitoring: *x\n", 3001),
            ("x: &x 3001\nmonitoring: {grafana_port: *x}\n", 3001),
            // Numbers.
            ("monitoring: {grafana_port: 3_001}\n", 3001),
            ("monitoring: {grafana_port: 0xBB9}\n", 3001),
            ("monitoring: {grafana_port: 0o5671}\n", 3001),
            ("monitoring: {grafana_port: 0b101110111001}\n", 3001),
            ("monitoring: {grafana_port: +3001}\n", 3001),
            ("monitoring: {grafana_port: 3001.0}\n", 3001),
            ("monitoring: {grafana_port: Null}\n", 3000),
        ] {
            assert_eq!(read(yaml, "f").map(|settings| settings.grafana_port.number()), Ok(grafana), "{yaml}");
        }
        // Text is what is written, even if it looks like a number or a switch.
        let text = read("monitoring: {otel_collector_host: 010, images: {loki: 1.10}}\n", "f").unwrap();
        assert_eq!((text.otel_collector_host.as_str(), text.value("images.loki").as_str()), ("010", "1.10"));
        let nested = "x: &x\n  telemetry: {log_user_prompts: off}\nmonitoring:\n  <<: *x\n";
        assert!(!read(nested, "f").unwrap().telemetry.log_user_prompts);
        // A section is replaced as a whole, not merged key by key.
        let replaced = format!("{nested}  telemetry: {{log_tool_details: no}}\n");
        let telemetry = read(&replaced, "f").unwrap().telemetry;
        assert!(telemetry.log_user_prompts && !telemetry.log_tool_details);
    }

    #[test]
    fn what_yaml_readers_understand_differently_is_a_problem() {
        let said = [
            "monitoring:\n  grafana_port: 03000\n  loki_port: 09090\n",
            "x: &x {grafana_port: 03000}\nmonitoring:\n  <<: *x\n",
            "monitoring:\n  <<: 3\n",
            "monitoring:\n  telemetry:\n    <<: [1]\n",
            "monitoring:\n  grafana_port: *nothing\n",
            // Also in a text with tabs between tokens, tabs as indentation are an error.
            "monitoring:\n\tgrafana_port:\t1\n",
            "monitoring:\n  grafana_port:\t3001\n  \"grafana_port\":\t3002\n",
        ]
        .map(problems);
        insta::assert_snapshot!(said.join(""), @"
        settings.yaml:2: `monitoring.grafana_port`: `03000` has a leading zero, so Clawker reads it as an octal number (1536); write `3000`
        settings.yaml:3: `monitoring.loki_port`: `09090` has a leading zero, which YAML readers understand differently; write `9090`
        settings.yaml:1: `monitoring.grafana_port`: `03000` has a leading zero, so Clawker reads it as an octal number (1536); write `3000`
        settings.yaml:2: `monitoring`: `<<` expects a section, or a list of sections
        settings.yaml:3: `monitoring.telemetry`: `<<` expects a section, or a list of sections
        settings.yaml:2: not valid YAML: while parsing node, found unknown anchor (column 17)
        settings.yaml:2: not valid YAML: tabs disallowed within this context (block indentation) (column 2)
        settings.yaml:3: not valid YAML: duplicated key in mapping (column 3)
        ");
    }

    #[test]
    fn misspelled_settings_are_pointed_out_and_are_no_error() {
        let yaml = concat!(
            "monitoring:\n",
            "  grafana_prot: 3001\n",
            "  lokiPort: 3101\n",
            "  log_user_prompts: false\n",
            "  telemetri:\n",
            "    log_tool_details: false\n",
            "  telemetry:\n",
            "    metric_path: /m\n",
            "    grafana_port: 3001\n",
            "  images:\n",
            "    otel_collector: x\n",
            "    grafanna: x\n",
            "  retention: {log: 3d}\n",
        );
        let told = |yaml: &str| -> String {
            misspelled_keys(yaml, "settings.yaml").iter().map(|problem| format!("{problem}\n")).collect()
        };
        assert_eq!(read(yaml, "f"), Ok(Settings::default()));
        insta::assert_snapshot!(told(yaml), @"
        settings.yaml:2: `monitoring.grafana_prot`: unknown setting, so it has no effect; did you mean `grafana_port`?
        settings.yaml:3: `monitoring.lokiPort`: unknown setting, so it has no effect; did you mean `loki_port`?
        settings.yaml:4: `monitoring.log_user_prompts`: unknown setting, so it has no effect; did you mean `monitoring.telemetry.log_user_prompts`?
        settings.yaml:5: `monitoring.telemetri`: unknown setting, so it has no effect; did you mean `telemetry`?
        settings.yaml:8: `monitoring.telemetry.metric_path`: unknown setting, so it has no effect; did you mean `metrics_path`?
        settings.yaml:9: `monitoring.telemetry.grafana_port`: unknown setting, so it has no effect; did you mean `monitoring.grafana_port`?
        settings.yaml:11: `monitoring.images.otel_collector`: unknown setting, so it has no effect; did you mean `otel-collector`?
        settings.yaml:12: `monitoring.images.grafanna`: unknown setting, so it has no effect; did you mean `grafana`?
        settings.yaml:13: `monitoring.retention.log`: unknown setting, so it has no effect; did you mean `logs`?
        ");
        insta::assert_snapshot!(told("monitorng: {grafana_port: 3001}\n"), @"settings.yaml:1: `monitorng`: unknown setting, so it has no effect; did you mean `monitoring`?");
        // Keys of later versions, of other sections, and merged ones.
        let unknown = "logging: {grafana_prot: 1}\nx: &x {loki_port: 1}\nmonitoring: {<<: *x, tempo_port: 1, telemetry: {log_tool_content: true}}\n";
        assert_eq!((told(unknown), told("monitoring: 3\n"), told("- a\n"), told("a: [")), Default::default());
    }
}
