use std::collections::BTreeSet;

use promql_parser::parser;

use super::*;

fn chosen() -> Deltas<'static> {
    Deltas::within("24h").of_owners(r#"project=~"demo""#).of_sessions(r#"session_id=~"10ad.*""#)
}

fn all_forms(of: Deltas<'_>) -> Vec<String> {
    vec![
        of.total(Metric::Lines, "type"),
        of.total(Metric::ToolCalls.with(r#"success="false""#), ""),
        of.preferring(Metric::Cost, Metric::RequestCost, ""),
        of.preferring(Metric::Tokens.with(r#"type="input""#), Metric::RequestTokens.with(r#"type="input""#), "model"),
        of.preferring(Metric::Cost, Metric::RequestCost, "project, agent, session_id"),
        of.mean(Metric::ToolDuration, Metric::ToolCalls, "tool_name"),
        of.quantile("0.95", Metric::RequestDuration, "model"),
        of.sessions("project, agent"),
        of.latest(Metric::LastEvent, "project, agent"),
        of.latest(Metric::ManagedSettings, "project, agent"),
    ]
}

#[test]
fn queries_for_a_range() {
    insta::assert_snapshot!(all_forms(chosen()).join("\n"));
}

#[test]
fn queries_by_agent() {
    insta::assert_snapshot!(all_forms(Deltas::within("24h").of_owners(r#"project=~"demo""#)).join("\n"));
}

#[test]
fn queries_for_the_steps_of_a_graph() {
    insta::assert_snapshot!(all_forms(Deltas::in_steps("$__interval", "$__range")).join("\n"));
}

#[test]
fn every_form_is_valid_promql() {
    let forms = [chosen(), Deltas::within("604800s"), Deltas::in_steps("120s", "1h")].map(all_forms);
    for query in forms.into_iter().flatten() {
        parser::parse(&query).unwrap_or_else(|error| panic!("{query}\n{error}"));
    }
}

#[test]
fn names_are_distinct() {
    let names: BTreeSet<&str> = Metric::ALL.map(Metric::name).into();
    assert_eq!(names.len(), Metric::ALL.len());
    let own = Metric::ALL.iter().filter(|metric| metric.name().starts_with("claude_code_")).count();
    assert_eq!(own, 8);
}
