//! Agents without a container.

use super::*;
use crate::agents::{Agent, AgentKind, unlisted_agents};

fn found(scene: &Scene) -> Vec<Agent> {
    agents_without_container(&[&scene.agent], &scene.stack).agents
}

#[test]
fn of_invented_tags_only_those_seen_last_are_listed_and_the_others_counted() {
    let mut scene = healthy().heard_of(Owner::default(), "01:00:00");
    for number in 0..5_000 {
        let time = format!("{:02}:{:02}:00", 2 + number / 600, (number / 10) % 60);
        scene = scene.heard_of(owner(Some("invented"), Some(&format!("a{number}"))), &time);
    }
    let list = agents_without_container(&[&scene.agent], &scene.stack);
    assert_eq!((list.agents.len(), list.unlisted), (200, 4_801));
    assert_eq!(list.agents[0].kind, AgentKind::Untagged, "the oldest, but it says something else");
    let oldest = list.agents[1..].iter().map(|agent| agent.last_seen).min().flatten();
    assert!(oldest >= Some(at("10:00:00")), "{oldest:?}");
    let words = unlisted_agents(list.unlisted).expect("there are some");
    assert!(words.starts_with("4,801 more agents without a container are not listed"), "{words}");
    assert_eq!(unlisted_agents(0), None);
}

#[test]
fn who_reports_without_a_container_is_an_agent() {
    let scene = healthy()
        .heard_of(owner(Some("other"), Some("ghost")), "11:59:30")
        .heard_of(owner(None, Some("ci")), "08:00:00")
        .heard_of(Owner::default(), "11:58:00");
    let said: Vec<String> = found(&scene)
        .iter()
        .map(|agent| {
            let causes: Vec<&str> = agent.causes.iter().map(|cause| cause.code.name()).collect();
            format!("{} {}: {} {causes:?}", agent.container, agent.title(), agent.telemetry_title())
        })
        .collect();
    assert_eq!(
        said,
        [
            r#"/ untagged data: Untagged ["tags_missing"]"#,
            r#"/ci ci: Idle ["quiet", "no_container"]"#,
            r#"other/ghost ghost: Reporting ["no_container"]"#,
        ]
    );
    let ghost = agent_without_container(&owner(Some("other"), Some("ghost")), false, &scene.stack).expect("it reports");
    assert_eq!(ghost.causes[0].evidence, "no container of this Docker Engine has `project=other` and `agent=ghost`");
    assert_eq!(agent_without_container(&owner(Some("other"), Some("eve")), false, &scene.stack), None);
}

#[test]
fn a_container_that_sends_with_other_tags_is_named() {
    let scene = healthy()
        .given("OTEL_RESOURCE_ATTRIBUTES=project=live,agent=dev")
        .heard_of(owner(Some("live"), Some("dev")), "11:59:30");
    let live = &found(&scene)[0];
    assert!(live.causes[0].evidence.starts_with("the container `clawker.shop.dev` sends its data with `project=live`"));
}

#[test]
fn simulated_data_is_apart_and_no_container_reports_by_it() {
    let mut scene = silent();
    let heard = OwnerLastSeen { last_seen: Some(at("11:59:59")), ..OwnerLastSeen::default() };
    scene.stack.last_seen.as_mut().expect("stores").simulated.insert(owner(Some("shop"), Some("dev")), heard);
    assert_eq!(scene.verdict(), Verdict::Waiting);
    let kinds: Vec<_> = found(&scene).iter().map(|agent| (agent.kind, agent.container.clone())).collect();
    assert_eq!(kinds, [(AgentKind::Simulated, "~shop/dev".to_owned())]);
}

#[test]
fn while_the_stores_are_down_nothing_is_asserted() {
    let scene = healthy().stores_down();
    assert!(found(&scene).is_empty());
    let ghost = agent_without_container(&owner(Some("other"), Some("ghost")), false, &scene.stack).expect("maybe");
    assert_eq!((ghost.verdict, ghost.last_seen, ghost.last_seen_unknown), (Verdict::Unknown, None, true));
    assert_eq!(ghost.causes[0].code, CauseCode::StoresUnreachable);
}

#[test]
fn a_mismatch_counts_only_if_no_usual_interval_explains_it() {
    let ghost = owner(Some("other"), Some("ghost"));
    for (beyond_long_intervals, expected) in [(false, false), (true, true)] {
        let mismatch = Mismatch { metrics_say_less: true, beyond_long_intervals, ..Mismatch::default() };
        let scene = healthy().heard_of(ghost.clone(), "11:59:30").losses(|losses| {
            losses.mismatches.insert(ghost.clone(), mismatch);
        });
        let is_told = found(&scene)[0].causes.iter().any(|cause| cause.code == CauseCode::MetricsMissing);
        assert_eq!(is_told, expected);
    }
}
