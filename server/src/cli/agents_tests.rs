use monitor_core::{
    agents::{ActivityKind, Cause, CauseCode, Fix, Verdict, Weight},
    status::ContainerState,
    timestamp::Timestamp,
};

use super::*;

fn dark() -> Agent {
    let cause = |code, evidence: &str, kind, command: Option<&str>| Cause {
        code,
        weight: Weight::Reason,
        evidence: evidence.into(),
        fix: Fix { kind, command: command.map(str::to_owned), restart: false },
        advice: None,
    };
    Agent {
        kind: AgentKind::Container,
        container: "clawker.demo.dev".into(),
        project: Some("demo".into()),
        agent: "dev".into(),
        managed: true,
        image: "clawker-demo:latest".into(),
        state: ContainerState::Running,
        created_at: None,
        started_at: None,
        last_seen: None,
        last_seen_unknown: false,
        activity: None,
        verdict: Verdict::Dark,
        causes: vec![
            cause(
                CauseCode::NotOnNetwork,
                "it is on `bridge`",
                FixKind::Recreate,
                Some("clawker stop --agent dev && clawker rm --agent dev && clawker run -it --agent dev @"),
            ),
            cause(CauseCode::NotManaged, "created at 2026-11-22T07:12:56.123Z", FixKind::None, None),
        ],
    }
}

#[test]
fn an_explanation_lists_every_cause_with_its_evidence_and_the_next_step() {
    let cause = &dark().causes[0];
    let lines = explanation(&dark());
    assert_eq!(lines[0], format!("dev in project demo, container clawker.demo.dev: {}", Verdict::Dark.title()));
    assert_eq!(lines[1], "the container is running; never seen");
    assert_eq!(
        lines[2..],
        [
            String::new(),
            format!("1. {} (not_on_network)", cause.code.sentence()),
            "   evidence: it is on `bridge`".into(),
            format!("   next: {}", FixKind::Recreate.advice()),
            format!("   $ {}", cause.fix.command.as_deref().unwrap_or_default()),
            String::new(),
            format!("2. {} (not_managed)", CauseCode::NotManaged.sentence()),
            "   evidence: created at 2026-11-22 07:12:56 UTC".into(),
        ]
    );
}

#[test]
fn a_row_shows_the_most_important_cause_and_works_without_tags() {
    let nameless = Agent {
        agent: String::new(),
        project: None,
        last_seen: Some(Timestamp::from_unix_milliseconds(now().unix_milliseconds() - 180_000)),
        causes: Vec::new(),
        ..dark()
    };
    assert_eq!(row(&dark()), ["dev", "demo", Verdict::Dark.title(), "–", "–", CauseCode::NotOnNetwork.sentence()]);
    let seen = Timestamp::from_rfc3339("2026-11-22T07:12:56.123Z");
    assert!(explanation(&Agent { last_seen: seen, ..dark() })[1].contains("last seen 2026-11-22 07:12:56 UTC ("));
    assert_eq!(row(&nameless), ["clawker.demo.dev", "–", Verdict::Dark.title(), "–", "3 min ago", ""]);
}

#[test]
fn an_agent_without_a_container_and_an_unavailable_store_are_told_as_such() {
    let since = Timestamp::from_unix_milliseconds(now().unix_milliseconds() - 180_000);
    let activity = Activity {
        kind: ActivityKind::WaitingForPerson,
        since,
        evidence: "it asks since 2026-11-22T07:12:56.123Z".into(),
    };
    let ghost = Agent {
        kind: AgentKind::NoContainer,
        container: "demo/dev".into(),
        last_seen_unknown: true,
        verdict: Verdict::Unknown,
        activity: Some(activity),
        causes: Vec::new(),
        ..dark()
    };
    assert_eq!(row(&ghost), ["dev", "demo", "Unknown", "Waiting for you for 3 min", "unavailable", ""]);
    assert_eq!(
        explanation(&ghost),
        [
            "dev in project demo, no container: Unknown",
            "last seen: unavailable",
            "Waiting for you for 3 min: it asks since 2026-11-22 07:12:56 UTC"
        ]
    );
    let simulated = Agent { kind: AgentKind::Simulated, last_seen_unknown: false, ..ghost };
    assert_eq!(row(&simulated)[0], "dev (simulated)");
}

#[test]
fn the_outlook_for_new_agents_comes_with_the_next_step() {
    let fix = Fix { kind: FixKind::Start, command: Some("clawker-monitor up".into()), restart: false };
    let down = NewAgents {
        would_report: false,
        evidence: "the collector is not running".into(),
        causes: vec![Cause {
            code: CauseCode::CollectorDown,
            weight: Weight::Reason,
            evidence: String::new(),
            fix,
            advice: None,
        }],
    };
    assert_eq!(
        new_agents_lines(&down),
        ["New agents won't report: the collector is not running.", "hint: clawker-monitor up"]
    );
}
