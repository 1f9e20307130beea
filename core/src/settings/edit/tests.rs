use super::*;

mod author;
mod random;

fn set(key: &str, value: &str) -> Change {
    Change::set(key, value)
}

fn edited(text: &str, changes: &[Change]) -> String {
    edit(text, changes).unwrap_or_else(|problems| panic!("{text:?}: {problems:?}"))
}

fn refusal(text: &str, changes: &[Change]) -> String {
    let problems = edit(text, changes).expect_err(text);
    problems
        .iter()
        .map(|problem| format!("{}: {problem}\n", problem.line.map_or("-".into(), |line| line.to_string())))
        .collect()
}

#[test]
fn changing_a_scalar_changes_nothing_else() {
    for (before, key, value, after) in [
        ("monitoring:\n  loki_port: 3100\n", "loki_port", "3101", "monitoring:\n  loki_port: 3101\n"),
        // Comments, columns, blank lines, unknown keys, a missing final line break.
        (
            "# top\na: [1, 'x']\nmonitoring: # ports\n  loki_port:   3100   # loki\n\n  new: {}\nz: |\n  text",
            "loki_port",
            "3101",
            "# top\na: [1, 'x']\nmonitoring: # ports\n  loki_port:   3101   # loki\n\n  new: {}\nz: |\n  text",
        ),
        // Line endings and a byte order mark.
        (
            "\u{feff}monitoring:\r\n  loki_port: 3100\r\n  x: 1\r\n",
            "loki_port",
            "3101",
            "\u{feff}monitoring:\r\n  loki_port: 3101\r\n  x: 1\r\n",
        ),
        ("monitoring:\r  loki_port: 3100\r", "loki_port", "3101", "monitoring:\r  loki_port: 3101\r"),
        // Both kinds of quotes are preserved, also around keys.
        ("\"monitoring\":\n  'loki_port': '3100'\n", "loki_port", "3101", "\"monitoring\":\n  'loki_port': '3101'\n"),
        ("monitoring: {loki_port: \"3100\", x: 1}\n", "loki_port", "3101", "monitoring: {loki_port: \"3101\", x: 1}\n"),
        (
            "{\"monitoring\":{\"loki_port\":3100,\"x\":[1]}}",
            "loki_port",
            "3101",
            "{\"monitoring\":{\"loki_port\":3101,\"x\":[1]}}",
        ),
        (
            "monitoring: {\n  loki_port: 3100, # c\n  x: 1,\n}\n",
            "loki_port",
            "3101",
            "monitoring: {\n  loki_port: 3101, # c\n  x: 1,\n}\n",
        ),
        // Unusual positions of a value.
        (
            "monitoring:\n  loki_port:\n    3100\n  y: 1\n",
            "loki_port",
            "3101",
            "monitoring:\n  loki_port:\n    3101\n  y: 1\n",
        ),
        ("monitoring:\n  ? loki_port\n  : 3100\n", "loki_port", "3101", "monitoring:\n  ? loki_port\n  : 3101\n"),
        (
            "monitoring:\n  loki_port: # c\n  y: 1\n",
            "loki_port",
            "3101",
            "monitoring:\n  loki_port: 3101 # c\n  y: 1\n",
        ),
        ("monitoring:\n  loki_port: ~ # c\n", "loki_port", "3101", "monitoring:\n  loki_port: 3101 # c\n"),
        ("monitoring:\n  loki_port:", "loki_port", "3101", "monitoring:\n  loki_port: 3101"),
        // Several documents: only the first one is read.
        (
            "---\nmonitoring:\n  loki_port: 3100\n---\nmonitoring:\n  loki_port: 9\n...\n",
            "loki_port",
            "3101",
            "---\nmonitoring:\n  loki_port: 3101\n---\nmonitoring:\n  loki_port: 9\n...\n",
        ),
        // Text that a parser could misread is quoted, in the existing style.
        (
            "monitoring:\n  bind_address: localhost # bad\n",
            "bind_address",
            "0.0.0.0",
            "monitoring:\n  bind_address: \"0.0.0.0\" # bad\n",
        ),
        ("monitoring:\n  bind_address: '127.0.0.1'\n", "bind_address", "::1", "monitoring:\n  bind_address: '::1'\n"),
        (
            "monitoring:\n  otel_collector_host: x\n",
            "otel_collector_host",
            "yes",
            "monitoring:\n  otel_collector_host: \"yes\"\n",
        ),
        (
            "monitoring:\n  otel_collector_host: x\n",
            "otel_collector_host",
            "1e3",
            "monitoring:\n  otel_collector_host: \"1e3\"\n",
        ),
        (
            "monitoring:\n  otel_collector_host: x\n",
            "otel_collector_host",
            "007",
            "monitoring:\n  otel_collector_host: \"007\"\n",
        ),
        (
            "monitoring:\n  otel_collector_host: x\n",
            "otel_collector_host",
            "",
            "monitoring:\n  otel_collector_host: \"\"\n",
        ),
        (
            "monitoring:\n  otel_collector_host: 'x'\n",
            "otel_collector_host",
            "o'n: #",
            "monitoring:\n  otel_collector_host: 'o''n: #'\n",
        ),
        (
            "monitoring:\n  otel_collector_host: \"x\"\n",
            "otel_collector_host",
            "a\\b\"c",
            "monitoring:\n  otel_collector_host: \"a\\\\b\\\"c\"\n",
        ),
        ("monitoring:\n  images: {loki: a}\n", "images.loki", "", "monitoring:\n  images: {loki: \"\"}\n"),
        // Numbers and switches are written so that Go parses them with their type.
        ("monitoring:\n  loki_port: 3100\n", "loki_port", "03101", "monitoring:\n  loki_port: 3101\n"),
        (
            "monitoring: {telemetry: {log_user_prompts: on}}\n",
            "telemetry.log_user_prompts",
            "off",
            "monitoring: {telemetry: {log_user_prompts: false}}\n",
        ),
    ] {
        assert_eq!(edited(before, &[set(key, value)]), after, "{before:?}");
    }
}

#[test]
fn a_missing_key_is_added_to_its_section_with_the_indentation_of_the_file() {
    let port = || set("loki_port", "3101");
    let prompts = || set("telemetry.log_user_prompts", "false");
    for (before, change, after) in [
        ("", port(), "monitoring:\n  loki_port: 3101\n"),
        ("", prompts(), "monitoring:\n  telemetry:\n    log_user_prompts: false\n"),
        ("\u{feff}", port(), "\u{feff}monitoring:\n  loki_port: 3101\n"),
        ("# mine\r\n", port(), "# mine\r\nmonitoring:\r\n  loki_port: 3101\r\n"),
        ("# mine", port(), "# mine\nmonitoring:\n  loki_port: 3101"),
        ("---\n# mine\n", port(), "---\n# mine\nmonitoring:\n  loki_port: 3101\n"),
        ("a: 1\n", port(), "a: 1\nmonitoring:\n  loki_port: 3101\n"),
        ("a: 1", port(), "a: 1\nmonitoring:\n  loki_port: 3101"),
        ("a: 1\r\n", prompts(), "a: 1\r\nmonitoring:\r\n  telemetry:\r\n    log_user_prompts: false\r\n"),
        ("a: 1\n---\nb: 1\n", port(), "a: 1\nmonitoring:\n  loki_port: 3101\n---\nb: 1\n"),
        ("a:\n    b: 1\n", prompts(), "a:\n    b: 1\nmonitoring:\n    telemetry:\n        log_user_prompts: false\n"),
        ("monitoring:\n    x: 1", prompts(), "monitoring:\n    x: 1\n    telemetry:\n        log_user_prompts: false"),
        ("monitoring:\n  x: 1\nb: 1\n", port(), "monitoring:\n  x: 1\n  loki_port: 3101\nb: 1\n"),
        (
            "monitoring:\n  telemetry:\n    # about y\n    y: 2 # c\n\n\n# about b\nb: 1\n",
            prompts(),
            "monitoring:\n  telemetry:\n    # about y\n    y: 2 # c\n    log_user_prompts: false\n\n\n# about b\nb: 1\n",
        ),
        ("monitoring:\nb: 1\n", port(), "monitoring:\n  loki_port: 3101\nb: 1\n"),
        ("monitoring:", prompts(), "monitoring:\n  telemetry:\n    log_user_prompts: false"),
        ("a:\n   b: 1\nmonitoring: # ours\n", port(), "a:\n   b: 1\nmonitoring: # ours\n   loki_port: 3101\n"),
        ("monitoring: ~\n", port(), "monitoring:\n  loki_port: 3101\n"),
        ("monitoring: {}\n", port(), "monitoring: {loki_port: 3101}\n"),
        ("monitoring: {x: 1}\n", prompts(), "monitoring: {x: 1, telemetry: {log_user_prompts: false}}\n"),
        ("{\"a\":1}", port(), "{\"a\":1, \"monitoring\": {\"loki_port\": 3101}}"),
    ] {
        assert_eq!(edited(before, &[change]), after, "{before:?}");
    }
}

#[test]
fn removing_a_key_removes_its_line_and_empty_sections() {
    for (before, key, after) in [
        ("monitoring:\n  # loki\n  loki_port: 1 # c\n  x: 1\n", "loki_port", "monitoring:\n  # loki\n  x: 1\n"),
        ("monitoring:\r\n  x: 1\r\n  loki_port: 1", "loki_port", "monitoring:\r\n  x: 1"),
        ("monitoring: {loki_port: 1, x: 2}\n", "loki_port", "monitoring: {x: 2}\n"),
        ("monitoring: {x: 2, loki_port: 1}\n", "loki_port", "monitoring: {x: 2}\n"),
        ("monitoring: {\n  x: 2, loki_port: 1,\n  }\n", "loki_port", "monitoring: {\n  x: 2,\n  }\n"),
        ("monitoring: {\n  x: 2, # c\n  loki_port: 1\n  }\n", "loki_port", "monitoring: {\n  x: 2, # c\n  \n  }\n"),
        ("{\"monitoring\":{\"loki_port\":1,\"x\":2}}", "loki_port", "{\"monitoring\":{\"x\":2}}"),
        ("{a: 1, monitoring: {telemetry: {log_user_prompts: no}}}", "telemetry.log_user_prompts", "{a: 1}"),
        ("{monitoring: {loki_port: 1}}", "loki_port", "{monitoring: {}}"),
        ("monitoring:\n  loki_port:\n  x: 1\n", "loki_port", "monitoring:\n  x: 1\n"),
        (
            "monitoring:\n  x: 1\n  telemetry:\n    log_user_prompts: no\nb: 1\n",
            "telemetry.log_user_prompts",
            "monitoring:\n  x: 1\nb: 1\n",
        ),
        (
            "a: 1\nmonitoring:\n  telemetry:\n    log_user_prompts: no\n# b\nb: 1\n",
            "telemetry.log_user_prompts",
            "a: 1\n# b\nb: 1\n",
        ),
        ("# mine\nmonitoring:\n  loki_port: 1\n", "loki_port", "# mine\n"),
        ("monitoring:\n  loki_port: 1", "loki_port", ""),
        // A comment in an otherwise empty section keeps the section.
        ("a: 1\nmonitoring:\n  # d\n  loki_port: 1\n", "loki_port", "a: 1\nmonitoring:\n  # d\n  {}\n"),
        ("monitoring:\n  loki_port: 1\n---\nb: 1\n", "loki_port", "monitoring: {}\n---\nb: 1\n"),
        // A missing key: nothing to do.
        ("monitoring:\n  x: 1\n", "loki_port", "monitoring:\n  x: 1\n"),
        ("", "loki_port", ""),
        ("# c", "telemetry.log_user_prompts", "# c"),
    ] {
        assert_eq!(edited(before, &[Change::unset(key)]), after, "{before:?}");
    }
}

#[test]
fn existing_values_keep_their_spelling_and_defaults_are_not_added() {
    let text = "monitoring:\n  loki_port: 0xC1D\n  telemetry: {log_user_prompts: off}\n  bind_address: 0:0::1\n";
    let same = [
        set("loki_port", "3101"),
        set("telemetry.log_user_prompts", "false"),
        set("bind_address", "::1"),
        set("grafana_port", "3000"),
        set("images.loki", ""),
    ];
    assert_eq!(edited(text, &same), text);
    assert_eq!(edited("", &[set("grafana_port", "3000").even_if_default()]), "monitoring:\n  grafana_port: 3000\n");
    assert_eq!(edited("", &[]), "");
}

#[test]
fn several_changes_are_made_together_and_ports_may_swap() {
    let text =
        "monitoring:\n  loki_port: 9090 # a\n  prometheus_port: 3100 # b\n  telemetry:\n    log_user_prompts: no\n";
    let changes = [
        set("loki_port", "3100"),
        set("monitoring.prometheus_port", "9090"),
        Change::unset("telemetry.log_user_prompts"),
        set("telemetry.log_tool_details", "no"),
        set("images.loki", "wrong one"),
        set("images.loki", "mirror.example:5000/loki:3"),
    ];
    // If a key is changed twice, the last change counts, but an invalid value is always reported.
    assert!(refusal(text, &changes).contains("`wrong one` is not a valid image"));
    let changes: Vec<Change> = changes.into_iter().filter(|it| it.value.as_deref() != Some("wrong one")).collect();
    assert_eq!(
        edited(text, &changes),
        "monitoring:\n  loki_port: 3100 # a\n  prometheus_port: 9090 # b\n  telemetry:\n    log_tool_details: false\n  images:\n    loki: mirror.example:5000/loki:3\n"
    );
}

#[test]
fn invalid_or_contradicting_values_are_all_reported_at_once() {
    let changes = [set("loki_port", "70000"), set("colour", "blue"), set("otel_collector_host", "a\nb")];
    insta::assert_snapshot!(refusal("", &changes), @"
    -: `monitoring.loki_port`: `70000` is not a valid port; enter a number from 1 to 65535
    -: `monitoring.colour`: unknown setting
    -: `monitoring.otel_collector_host`: control characters such as line breaks are not allowed
    ");
    insta::assert_snapshot!(refusal("monitoring:\n  grafana_port: 3100\n  loki_port: 3000\n", &[Change::unset("loki_port")]), @"2: `monitoring.grafana_port`: 3100 is already used by `monitoring.loki_port`; each port must be unique");
    insta::assert_snapshot!(refusal("", &[set("otel_collector_internal", "loki")]), @"-: `monitoring.otel_collector_internal`: `loki` is already the name of Loki on the network; choose another one");
}

#[test]
fn existing_problems_elsewhere_do_not_block_an_edit() {
    let text = "monitoring:\n  loki_port: abc\n  grafana_port: 0\n  jaeger_port: [1]\n";
    let fixed = edited(text, &[set("grafana_port", "3001")]);
    assert_eq!(fixed, text.replace("grafana_port: 0", "grafana_port: 3001"));
    assert_eq!(
        edited(&fixed, &[Change::unset("loki_port")]),
        "monitoring:\n  grafana_port: 3001\n  jaeger_port: [1]\n"
    );
}

#[test]
fn values_that_affect_others_are_rejected_with_their_line() {
    let port = [set("loki_port", "3101")];
    for text in [
        "monitoring:\n\tloki_port: 1\n",
        "monitoring:\n  loki_port: 1\n  loki_port: 2\n",
        "monitoring:\n  loki_port: [1]\n",
        "monitoring: 3\n",
        "monitoring:\n- a\n",
        "- a\n",
        "a: 1\nb: [\n",
        "b: &m\n  loki_port: 1\nmonitoring: *m\n",
        "a: 1\nmonitoring: &m\n  loki_port: 1\nb: *m\n",
        "monitoring:\n  loki_port: &p 1\n  x: *p\n",
        "a: &p 1\nmonitoring:\n  loki_port: *p\n",
        "monitoring:\n  loki_port: !!int 1\n",
        "monitoring: !ours\n  loki_port: 1\n",
        "null\n",
        "# a\n---\n---\nb: 1\n",
        "---\n...\n",
        "monitoring:\n  loki_port: &p\n  y: *p\n",
    ] {
        assert!(edit(text, &port).is_err(), "{text:?}");
    }
    insta::assert_snapshot!(refusal("a: 1\nmonitoring: &m\n  loki_port: 1\nb: *m\n", &port), @"2: `monitoring`: has an anchor (`&…`), so a change could affect other parts of the file; edit the file directly");
    insta::assert_snapshot!(refusal("a: &p 1\nmonitoring:\n  loki_port: *p\n", &port), @"3: `monitoring.loki_port`: is an alias (`*…`) for a value elsewhere in the file; replace it with the value first");
    insta::assert_snapshot!(refusal("monitoring:\n  loki_port: !!int 1\n", &port), @"2: `monitoring.loki_port`: has a tag (`!…`) that controls how its value is read; edit the file directly");
    insta::assert_snapshot!(refusal("monitoring:\n  telemetry: 3\n", &[set("telemetry.log_user_prompts", "no")]), @"2: `monitoring.telemetry`: expected a section with keys");
    insta::assert_snapshot!(refusal("monitoring:\n\tloki_port: 1\n", &port), @"2: not valid YAML: tabs disallowed within this context (block indentation) (column 2)");
    insta::assert_snapshot!(refusal("# a\nnull\n", &port), @"2: the file has no keys but is not empty; clear it first");
}

#[test]
fn a_wrong_edit_is_rejected() {
    let before = "monitoring:\n  loki_port: 1\n  x: 1\na: &p [1]\nb: *p\n";
    let edits = parse_changes(&[set("loki_port", "3101")], &RawValues::new()).unwrap_or_default();
    let intended = intended_values(&RawValues::new(), &edits).expect("valid");
    let judge = |after: &str| verify::verify(before, after, &edits, &intended).is_ok();
    assert!(judge(&before.replace("loki_port: 1", "loki_port: 3101")));
    for wrong in [
        before.to_owned(),
        before.replace("loki_port: 1", "loki_port: 3102"),
        before.replace("loki_port: 1", "loki_port: 3101\n  grafana_port: 1"),
        before.replace("loki_port: 1", "loki_port: 3101").replace("x: 1", "x: '1'"),
        before.replace("loki_port: 1", "loki_port: 3101").replace("[1]", "[2]"),
        before.replace("loki_port: 1", "loki_port: 3101") + "---\nc: 1\n",
        before.replace("loki_port: 1", "loki_port: 3101") + "]\n",
    ] {
        assert!(!judge(&wrong), "{wrong}");
    }
}
