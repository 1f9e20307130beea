use monitor_core::{
    agents::{Cause, CauseCode, Fix, Verdict},
    status::ContainerState,
    timestamp::Timestamp,
};

use super::*;

fn dark() -> Agent {
    let cause = |code, evidence: &str, kind, command: Option<&str>| Cause {
        code,
        evidence: evidence.into(),
        fix: Fix { kind, command: command.map(str::to_owned) },
    };
    Agent {
        container: "clawker.demo.dev".into(),
        project: Some("demo".into()),
        agent: "dev".into(),
        managed: true,
        image: "clawker-demo:latest".into(),
        state: ContainerState::Running,
        created_at: None,
        started_at: None,
        last_seen: None,
        verdict: Verdict::Dark,
        causes: vec![
            cause(
                CauseCode::NotOnNetwork,
                "it is on `bridge`",
                FixKind::Recreate,
                Some("clawker stop --agent dev && clawker rm --agent dev && clawker run -it --agent dev @"),
            ),
            cause(CauseCode::NotManaged, "it has no label", FixKind::None, None),
        ],
    }
}

#[test]
fn an_explanation_names_every_cause_with_its_evidence_and_the_next_step() {
    let cause = &dark().causes[0];
    let lines = explanation(&dark());
    assert_eq!(lines[0], "dev of project demo in container clawker.demo.dev: Dark");
    assert_eq!(lines[1], "the container is running; nothing was seen of it");
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
            "   evidence: it has no label".into(),
        ]
    );
}

#[test]
fn a_row_says_the_weightiest_cause_and_stays_readable_without_tags() {
    let nameless = Agent {
        agent: String::new(),
        project: None,
        last_seen: Some(Timestamp::from_unix_milliseconds(now().unix_milliseconds() - 180_000)),
        causes: Vec::new(),
        ..dark()
    };
    assert_eq!(row(&dark()), ["dev", "demo", "Dark", "–", CauseCode::NotOnNetwork.sentence()]);
    assert_eq!(row(&nameless), ["clawker.demo.dev", "–", "Dark", "3 min ago", ""]);
}

#[test]
fn what_a_new_agent_would_get_is_said_with_the_next_step() {
    let fix = Fix { kind: FixKind::Start, command: Some("clawker-monitor up".into()) };
    let down = NewAgents {
        would_report: false,
        evidence: "no collector runs".into(),
        causes: vec![Cause { code: CauseCode::CollectorDown, evidence: String::new(), fix }],
    };
    assert_eq!(
        new_agents_lines(&down),
        ["A new agent would not report: no collector runs.", "hint: clawker-monitor up"]
    );
}
