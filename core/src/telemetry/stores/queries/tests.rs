use super::{logql::any_of, *};

#[test]
fn special_characters_in_names_are_escaped() {
    let owner = Owner { project: Some(r#"a"b\c"#.into()), agent: None };
    assert_eq!(
        owner_events(&owner),
        r#"{service_name="claude-code"} | project="a\"b\\c" | agent="""#,
        "the agent that nobody named is the one without a label"
    );
    assert_eq!(any_of(&["172.18.0.5".into(), "fd00::5".into()]), r#""172\\.18\\.0\\.5|fd00::5""#);
}

#[test]
fn queries_have_these_forms() {
    let SessionQueries { last_seen, counts, .. } = SessionQueries::new(&Owner::new(None, Some("a\"b")), Range::Hour);
    let queries = [tools(Deltas::within("24h")), owners_last_metric(Deltas::within("125s")), last_seen, counts];
    insta::assert_snapshot!(queries.join("\n"), @r#"
    sum by (project, agent, clawker_simulated, success) (sum_over_time(agent_clawker_tool_calls{temporality="delta"}[24h]))
    topk(10000, max by (project, agent, clawker_simulated) (max_over_time(agent_clawker_last_metric[125s])))
    max by (session_id) (max_over_time(clawker_last_event{project="", agent="a\"b", session_id!=""}[1h]))
    sum by (session_id, event_name) (sum_over_time(clawker_events{temporality="delta", project="", agent="a\"b", session_id!="", event_name=~"api_request|api_error|tool_result"}[1h]))
    "#);
}
