//! What is put in, what stays, and what is there after it was taken out.

use serde_json::Value;

use super::*;

fn variables(values: &[(&str, &str)]) -> Vec<(String, String)> {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn ours() -> Vec<(String, String)> {
    variables(&[("CLAUDE_CODE_ENABLE_TELEMETRY", "1"), ("OTEL_LOGS_EXPORTER", "otlp"), ("OTEL_X", "a=\"b\"")])
}

/// Texts of every layout.
const TEXTS: [&str; 24] = [
    "{}",
    " {\n}\n",
    "{\"env\":{}}",
    "{\"a\":1}",
    "{ \"a\": [1, {\"env\": {}}], \"b\": \"}\\\"{,\" }",
    "{\n  \"model\": \"opus\"\n}\n",
    "{\n  \"model\": \"opus\",\n  \"env\": {}\n}",
    "{\n  \"model\": \"opus\",\n  \"env\": {\n  }\n}",
    "{\n  \"env\": {\n    \"A\": \"1\"\n  },\n  \"model\": \"opus\"\n}\n",
    "{\n\t\"model\": \"opus\",\n\t\"permissions\": {\"allow\": []}\n}\n",
    "{\r\n  \"env\": {\r\n    \"A\": \"1\"\r\n  }\r\n}\r\n",
    "{\r\n    \"model\": \"opus\"\r\n}",
    "{\"env\":{\"A\":\"1\",\"B\":\"2\"}}",
    "{\"env\" : {\"A\" :\"1\" , \"B\": \"2\" } , \"c\":null}",
    "{\"env\":{\"OTEL_LOGS_EXPORTER\":\"console\"}}",
    "{\"env\":{\"OTEL_LOGS_EXPORTER\":\"otlp\"}}",
    "{\"env\":{\"OTEL_LOGS_EXPORTER\":\"ot\\u006cp\"}}",
    "{\"env\":{\"A\":\"1\",\"OTEL_LOGS_EXPORTER\": 1 ,\"OTEL_X\":{\"deep\":[true]}}}",
    "{\n  \"env\": {\n    \"OTEL_X\": \"a=\\\"b\\\"\",\n    \"A\": \"1\"\n  }\n}\n",
    "{\n  \"\\u0065nv\": {\n    \"A\": \"1\"\n  }\n}\n",
    "{\n\n\n  \"a\": 1\n\n\n}\n\n",
    "{\n  \"a\": -1.5e3, \"b\": false,\n  \"c\": \"\u{e9}\u{1f600}\"\n}",
    "{\"env\":{\"CLAUDE_CODE_ENABLE_TELEMETRY\":\"0\"},\"a\":\"\\\\\"}",
    "\n\n{\"env\": {\n\"A\": \"1\"}}",
];

#[test]
fn what_is_put_in_is_there_and_nothing_else_changes() {
    for text in TEXTS {
        let connected = connect(Some(text), &ours(), None).expect(text);
        let mut after: Value = serde_json::from_str(&connected.text).expect(text);
        for (name, value) in ours() {
            assert_eq!(after[ENV][&name], value, "{text}");
        }
        let mut before: Value = serde_json::from_str(text).expect(text);
        for document in [&mut before, &mut after] {
            let env = document.as_object_mut().expect("an object").entry(ENV).or_insert_with(|| serde_json::json!({}));
            ours().iter().for_each(|(name, _)| drop(env.as_object_mut().expect("an object").remove(name)));
        }
        assert_eq!(after, before, "{text}");
        let is_crlf = text.contains("\r\n");
        assert!(!is_crlf || !connected.text.replace("\r\n", "").contains('\n'), "{text}");
    }
}

#[test]
fn taking_it_out_gives_the_same_bytes() {
    for text in TEXTS {
        let first = connect(Some(text), &ours(), None).expect(text);
        // Once more, and then with other values: what was there at first is still known.
        let again = connect(Some(&first.text), &ours(), Some(first.remembered.clone())).expect(text);
        assert_eq!(
            (&again.text, &again.remembered, again.changes.len()),
            (&first.text, &first.remembered, 0),
            "{text}"
        );
        let other = variables(&[("OTEL_LOGS_EXPORTER", "console,otlp"), ("OTEL_Y", "1")]);
        let changed = connect(Some(&again.text), &other, Some(again.remembered)).expect(text);
        for (after, remembered) in [(&first.text, &first.remembered), (&changed.text, &changed.remembered)] {
            let undone = disconnect(Some(after), remembered).expect(text);
            assert_eq!(undone.text.as_deref(), Some(text));
            assert_eq!(undone.left_alone, [""; 0], "{text}");
        }
        // The file was never written, or somebody restored it.
        let undone = disconnect(Some(text), &changed.remembered).expect(text);
        assert_eq!(undone.text.as_deref(), Some(text));
        // The second time, only what is remembered was written.
        let undone = disconnect(Some(&first.text), &changed.remembered).expect(text);
        assert_eq!(undone.text.as_deref(), Some(text));
    }
}

#[test]
fn a_file_that_was_missing_is_missing_again() {
    let connected = connect(None, &ours(), None).expect("it can be created");
    insta::assert_snapshot!(connected.text, @r#"
    {
      "env": {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_X": "a=\"b\""
      }
    }
    "#);
    let undone = disconnect(Some(&connected.text), &connected.remembered).expect("it can be undone");
    assert_eq!((undone.text, undone.changes.len()), (None, 3));
    // Not if there is something else in it by then.
    let more = connected.text.replacen('{', "{\n  \"model\": \"opus\",", 1);
    let undone = disconnect(Some(&more), &connected.remembered).expect("it can be undone");
    assert_eq!(undone.text.as_deref(), Some("{\n  \"model\": \"opus\"\n}\n"));
    assert_eq!(disconnect(None, &connected.remembered).expect("it can be undone").text, None);
}

#[test]
fn what_somebody_changed_since_stays() {
    let text = "{\"env\":{\"OTEL_LOGS_EXPORTER\":\"console\",\"OTEL_TRACES_EXPORTER\":\"otlp\"}}";
    let connected = connect(Some(text), &ours(), None).expect("it can be edited");
    assert_eq!(connected.other_variables, ["OTEL_TRACES_EXPORTER"]);
    let changed =
        connected.text.replace("\"otlp\",\"OTEL_T", "\"mine\",\"OTEL_T").replace("\"OTEL_X\":\"a=\\\"b\\\"\",", "");
    assert_ne!(changed, connected.text);
    let undone = disconnect(Some(&changed), &connected.remembered).expect("it can be undone");
    assert_eq!(undone.text.as_deref(), Some(&*text.replace("console", "mine")));
    assert_eq!(undone.left_alone, ["OTEL_LOGS_EXPORTER"]);
    // Connected again, that is what is restored.
    let again = connect(Some(&changed), &ours(), Some(connected.remembered)).expect("it can be edited");
    let undone = disconnect(Some(&again.text), &again.remembered).expect("it can be undone");
    assert_eq!(undone.text.as_deref(), Some(&*text.replace("console", "mine")));
}

#[test]
fn a_text_that_is_no_object_is_refused_in_words() {
    for (text, reason) in [
        ("", "it is not valid JSON (EOF while parsing a value at line 1 column 0)"),
        ("{\"a\": 1,}", "it is not valid JSON (trailing comma at line 1 column 9)"),
        ("// comment\n{}", "it is not valid JSON (expected value at line 1 column 1)"),
        ("\u{feff}{}", "it is not valid JSON (expected value at line 1 column 1)"),
        ("{} {}", "it is not valid JSON (trailing characters at line 1 column 4)"),
        ("[]", "it is not a JSON object"),
        ("\"env\"", "it is not a JSON object"),
        ("{\"env\": []}", "its `env` is not an object"),
        ("{\"env\": null}", "its `env` is not an object"),
        ("{\"env\": {},\n\"env\": {}}", "it has `env` twice (again in line 2)"),
        ("{\"env\": {\"A\": 1,\n\n\"\\u0041\": 2}}", "it has `A` twice (again in line 3)"),
    ] {
        assert_eq!(connect(Some(text), &ours(), None).expect_err(text), reason);
        assert_eq!(disconnect(Some(text), &Remembered::default()).expect_err(text), reason);
    }
    let deep = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(connect(Some(&deep), &ours(), None).is_err_and(|reason| reason.contains("recursion limit")));
}
