use super::*;

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
fn queries_match_the_reference() {
    // Recorded answers of Loki 3.7.0.
    insta::assert_snapshot!([cost("1h"), tools("1h"), sessions("1h"), owners_last_seen("1h")].join("\n"), @r#"
    sum by (project, agent, clawker_simulated) (sum_over_time({service_name="claude-code"} | event_name="api_request" | unwrap cost_usd | __error__="" [1h]))
    sum by (project, agent, clawker_simulated, success) (count_over_time({service_name="claude-code"} | event_name="tool_result" [1h]))
    count by (project, agent, clawker_simulated) (sum by (project, agent, clawker_simulated, session_id) (count_over_time({service_name="claude-code"} | session_id!="" [1h])))
    max_over_time({service_name="claude-code"} | label_format ts=`{{ __timestamp__ | unixEpoch }}` | unwrap ts | __error__="" [1h]) by (project, agent, clawker_simulated)
    "#);
}
