use super::{logql::any_of, *};
use crate::telemetry::Owner;

#[test]
fn special_characters_in_names_are_escaped() {
    let owner = Owner { project: Some(r#"a"b\c"#.into()), agent: None };
    assert_eq!(
        events_of(&Sender::real(owner)),
        r#"{service_name="claude-code"} | project="a\"b\\c" | agent="" | clawker_simulated="""#,
        "the agent that nobody named is the one without a label"
    );
    assert_eq!(any_of(&["172.18.0.5".into(), "fd00::5".into()]), r#""172\\.18\\.0\\.5|fd00::5""#);
}

#[test]
fn queries_have_these_forms() {
    let real = Sender::real(Owner::new(None, Some("a\"b")));
    let SessionQueries { last_seen, counts, .. } = SessionQueries::new(&real, Range::Hour);
    let queries = [tools(Deltas::within("24h")), owners_last_metric(Deltas::within("125s")), last_seen, counts];
    insta::assert_snapshot!(queries.join("\n"), @r#"
    sum by (project, agent, clawker_simulated, success) (sum_over_time(agent_clawker_tool_calls{temporality="delta"}[24h]))
    topk(10000, max by (project, agent, clawker_simulated) (max_over_time(agent_clawker_last_metric[125s])))
    max by (session_id) (max_over_time(clawker_last_event{project="", agent="a\"b", clawker_simulated="", session_id!=""}[1h]))
    sum by (session_id, event_name) (sum_over_time(clawker_events{temporality="delta", project="", agent="a\"b", clawker_simulated="", session_id!="", event_name=~"api_request|api_error|tool_result"}[1h]))
    "#);
}

/// A simulated agent may have the tags of a real one.
#[test]
fn real_and_simulated_data_with_the_same_tags_are_kept_apart() {
    let owner = Owner::new(Some("shop"), Some("dev"));
    for (simulated, matcher) in [(false, r#"clawker_simulated="""#), (true, r#"clawker_simulated="true""#)] {
        let sender = Sender { owner: owner.clone(), simulated };
        let SessionQueries { last_seen, counts, cost, output_tokens } = SessionQueries::new(&sender, Range::Day);
        for query in [events_of(&sender), last_seen, counts, cost, output_tokens] {
            let tags = query.matches(r#"agent="dev""#).count();
            assert!(tags > 0 && query.matches(matcher).count() == tags, "{query}");
        }
    }
}
