//! What is done with text from outside, and what must hold whatever the text is. Used by the random mutations of
//! `mutations.rs` and by the fuzz targets in `fuzz/`.

use monitor_core::{
    agents::{AgentSpec, ClawkerFile, SettingsFile, SettingsLayer, registered_projects},
    claude_settings::{connect, disconnect},
    logs::{LogLine, failure_reason},
    settings::{Change, Key, Settings, edit, misspelled_keys, read, read_values},
    telemetry::{
        event::{EventPosition, events_in_order},
        stores::{answers, loki_log::discarded_from},
    },
};

/// Reads the text as each of the YAML and JSON files that others write.
pub fn read_files(text: &str) {
    let values = read_values(text, "f");
    match read(text, "f") {
        Ok(settings) => {
            let values = values.expect("valid settings have readable values");
            assert_eq!(Settings::from_values(&values), Ok(settings));
        }
        Err(problems) => assert!(!problems.is_empty(), "a reason is named"),
    }
    misspelled_keys(text, "f");
    let file = ClawkerFile { path: "f".into(), text: Ok(text.to_owned()) };
    let variables = AgentSpec::read(std::slice::from_ref(&file)).variables(std::slice::from_ref(&file)).variables;
    assert!(variables.iter().all(|it| it.name.starts_with("OTEL_") || it.name.starts_with("CLAUDE_CODE_")));
    registered_projects(text);
    let _ = SettingsFile::parse(SettingsLayer::User, "f", text);
    connect_claude_code(text);
}

/// Puts variables into the text and takes them out again, which gives the same text.
fn connect_claude_code(text: &str) {
    let variables = [("OTEL_LOGS_EXPORTER", "otlp"), ("CLAUDE_CODE_ENABLE_TELEMETRY", "1")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let Ok(connected) = connect(Some(text), &variables, None) else { return };
    let again =
        connect(Some(&connected.text), &variables, Some(connected.remembered.clone())).expect("it is still JSON");
    assert_eq!((again.changes, &again.text), (vec![], &connected.text), "{text:?}");
    let undone = disconnect(Some(&connected.text), &connected.remembered).expect("it can be read again");
    assert_eq!(undone.text.as_deref(), Some(text), "by way of {}", connected.text);
}

/// Edits the text as a settings file. What is written has the value, and the same edit changes nothing again.
pub fn edit_settings(text: &str) {
    // Problems elsewhere in the file do not prevent an edit, and stay. Then the editor alone reads the values.
    let readable = |text: &str| read_values(text, "f").ok();
    let was_readable = readable(text).is_some();
    for (key, value) in [("telemetry.log_user_prompts", "false"), ("loki_port", "3199"), ("images.loki", "a/b:1")] {
        let change = [Change::set(key, value).even_if_default()];
        let Ok(edited) = edit(text, &change) else { continue };
        let values = readable(&edited);
        assert!(values.is_some() || !was_readable, "{text:?} became {edited:?}");
        if let Some(values) = &values {
            // A value that is there in another spelling keeps it.
            let found = values.get(key).map(|raw| Key::find(key).expect("a key").canonical(&raw.text));
            assert_eq!(found, Some(Ok(value.to_owned())), "{text:?} became {edited:?}");
        }
        assert_eq!(edit(&edited, &change).as_deref(), Ok(edited.as_str()), "it is done already");
        let Ok(removed) = edit(&edited, &[Change::unset(key)]) else { continue };
        let values = readable(&removed);
        assert!(values.is_some() || !was_readable, "{edited:?} became {removed:?}");
        assert!(values.is_none_or(|values| !values.contains_key(key)), "{edited:?} became {removed:?}");
    }
}

/// Reads the text as the answer of a store, and shows the events and metrics in it.
pub fn convert_answer(text: &str) {
    let body = text.as_bytes();
    answers::refusal(body);
    for sample in answers::samples(body).unwrap_or_default() {
        assert!(sample.value.is_finite(), "{sample:?}");
    }
    for series in answers::series(body).unwrap_or_default() {
        assert!(series.values.iter().all(|(_, value)| value.is_finite()), "{series:?}");
    }
    if let Ok(records) = answers::lines(body) {
        for record in &records {
            EventPosition::of(record);
        }
        for event in events_in_order(&records) {
            assert!(event.summary.chars().count() <= 201, "{event:?}");
        }
    }
    discarded_from(text.lines());
    EventPosition::from_id(text);
}

/// Reads the text as lines of a log.
pub fn clean_log(text: &str) {
    let lines: Vec<LogLine> = text.split('\n').map(LogLine::from_engine).collect();
    assert!(lines.iter().all(|line| !line.text.contains('\u{1b}')), "{lines:?}");
    failure_reason(&text.lines().collect::<Vec<_>>());
}
