//! Whatever an agent, a project or a session is called, the services get exactly that.

use super::*;

/// Names that break addresses, JSON, LogQL or PromQL where one of them is not minded.
const NASTY: [&str; 12] = [
    "plain-name_1",
    "with.dots.and spaces",
    "a&b=c#d?e/f%20+g",
    r#"double " quote"#,
    "single ' quote",
    "back`tick`",
    r"back\slash\n",
    "line\nbreak\tand\u{1}control\u{7f}",
    "${project} $__all {{.x}}",
    "} | agent=\"other",
    "Ünïcödé 日本 🦀",
    "<script>alert(1)</script>",
];

/// The pane that a link opens in Explore.
pub(super) fn pane(link: &Link) -> Value {
    let (_, pairs) = parsed(link);
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    match value(&pairs, "left") {
        Some(left) => read(left),
        None => {
            assert_eq!(value(&pairs, "schemaVersion"), Some("1"));
            read(value(&pairs, "panes").expect("panes"))["a"].clone()
        }
    }
}

/// The values that a question compares `name` with.
fn compared(expression: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = expression;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        if letter == '"' {
            let end = end_of_string(rest);
            rest = &rest[end..];
            before = '"';
        } else if let Some(after) = rest.strip_prefix(&format!("{name}=")).filter(|_| " {,".contains(before)) {
            let end = end_of_string(after);
            // The three languages share these escapes with JSON.
            found.push(serde_json::from_str(&after[..end]).expect("a text in quotes"));
            rest = &after[end..];
            before = '"';
        } else {
            rest = &rest[letter.len_utf8()..];
            before = letter;
        }
    }
    found
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (place, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    panic!("{text} does not end");
}

#[test]
fn special_characters_in_names_are_preserved() {
    for (index, name) in NASTY.into_iter().enumerate() {
        let (agent, session) = (NASTY[(index + 1) % NASTY.len()], NASTY[(index + 2) % NASTY.len()]);
        let about =
            LinkContext { owner: owner(name, agent), session: Some(session.to_owned()), ..LinkContext::default() };
        for version in ["9.5", "10.4", "12.4"] {
            let links = Links::of(&snapshot(Some(version), None));
            for link in
                [links.dashboard(&about), links.panel(PanelId::Cost, &about), links.solo(PanelId::Cost, &about, true)]
            {
                let (_, pairs) = parsed(&link);
                assert_eq!(value(&pairs, "var-project"), Some(name));
                assert_eq!(value(&pairs, "var-agent"), Some(agent));
                assert_eq!(value(&pairs, "var-session_id"), Some(session));
            }
            let metric = selector("claude_code_commit_count_total", &about);
            for link in [links.events(&about), links.metric(&metric, &about)] {
                let pane = pane(&link);
                let expression = pane["queries"][0]["expr"].as_str().expect("a question");
                for (label, wanted) in [("project", name), ("agent", agent), ("session_id", session)] {
                    assert_eq!(compared(expression, label), [wanted], "{label} in {expression}");
                }
                assert!(!expression.contains('\n'), "{expression}");
                assert_eq!(pane["range"]["from"], "now-24h");
            }
            let (_, pairs) = parsed(&links.traces(&about));
            let tags: Value = serde_json::from_str(value(&pairs, "tags").expect("tags")).expect("JSON");
            assert_eq!((&tags["project"], &tags["agent"]), (&name.into(), &agent.into()));
            let (_, pairs) = parsed(&links.prometheus(&metric, Range::Day));
            assert_eq!(value(&pairs, "g0.expr"), Some(metric.as_str()));
        }
    }
}

#[test]
fn every_metrics_query_is_valid_promql() {
    for name in NASTY {
        let about = LinkContext { owner: owner(name, name), ..LinkContext::default() };
        let question = selector("claude_code_commit_count_total", &about);
        promql_parser::parser::parse(&question).unwrap_or_else(|error| panic!("{question}: {error}"));
    }
}
