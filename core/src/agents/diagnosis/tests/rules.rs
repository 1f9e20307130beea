//! Rules that hold for more than one row.

use super::*;

#[test]
fn the_last_line_of_a_variable_wins() {
    let off = "CLAUDE_CODE_ENABLE_TELEMETRY=0";
    let on = "CLAUDE_CODE_ENABLE_TELEMETRY=1";
    assert_eq!(silent().given(on).given(off).verdict(), Verdict::Off);
    assert_eq!(silent().given(off).given(on).verdict(), Verdict::Waiting);
}

#[test]
fn an_agent_is_reporting_for_3_intervals_between_2_and_10_minutes() {
    for (milliseconds, last, recent) in [
        ("10000", "11:58:00", true),
        ("10000", "11:57:59", false),
        ("100000", "11:55:00", true),
        ("100000", "11:54:59", false),
        ("99999999999", "11:50:00", true),
        ("99999999999", "11:49:59", false),
        ("18446744073709551615", "11:50:00", true),
        ("soon", "11:57:01", true),
        ("soon", "11:56:59", false),
    ] {
        let scene = healthy().heard(last).given(&format!("OTEL_METRIC_EXPORT_INTERVAL={milliseconds}"));
        let expected = if recent { Verdict::Reporting } else { Verdict::Idle };
        assert_eq!(scene.verdict(), expected, "{milliseconds} {last}");
    }
    assert_eq!(healthy().heard("12:00:07").verdict(), Verdict::Reporting, "its clock goes ahead of ours");
}

#[test]
fn the_first_cause_has_the_most_thorough_fix() {
    let scene = silent()
        .agent(|agent| agent.networks.clear())
        .settings(&[("otel_collector_port", "14318")])
        .collector(|collector| collector.running = false);
    assert_eq!(scene.codes()[..3], [CauseCode::EndpointMismatch, CauseCode::NotOnNetwork, CauseCode::CollectorDown]);
    let scene = scene.filed("OTEL_LOGS_EXPORTER=none");
    assert_eq!(scene.codes()[0], CauseCode::ExporterNone);
}

fn command(scene: &Scene) -> String {
    scene.judged().causes[0].fix.command.clone().unwrap_or_default()
}

#[test]
fn commands_are_quoted_for_the_shell() {
    let off = || silent().given("CLAUDE_CODE_ENABLE_TELEMETRY=0").collector(|it| it.started_at = Some(at("11:00:00")));
    for value in ["false", "", "off"] {
        let by_hand = off().given(&format!("CLAUDE_CODE_ENABLE_TELEMETRY={value}"));
        assert_eq!(by_hand.verdict(), Verdict::Off, "Clawker writes `0`, not `{value}`");
    }
    let in_folder = |folder: &str| {
        let folder = Some(folder.to_owned());
        command(&off().agent(|agent| agent.workdir = folder))
    };
    assert!(
        in_folder("/srv/Ada's shop; rm -rf $HOME")
            .starts_with(r"cd '/srv/Ada'\''s shop; rm -rf $HOME' && clawker stop")
    );
    assert!(in_folder("-odd").starts_with("cd -- -odd && "));
    assert!(in_folder("").starts_with("clawker stop --agent dev && "));
    assert_eq!(
        command(&off().agent(|agent| agent.workdir = None).stopped("11:30:00")),
        "clawker rm --agent dev && clawker run -it --agent dev @"
    );
    assert!(command(&off().agent(|agent| agent.agent = "a b".into())).contains("--agent 'a b' @"));
    let nameless = off().agent(|agent| agent.agent = String::new());
    assert!(nameless.judged().causes.iter().all(|cause| cause.fix.command.is_none()), "{}", nameless.told());
}

#[test]
fn recreating_is_never_advised_while_clawker_would_turn_telemetry_off() {
    let scene = || silent().settings(&[("otel_collector_port", "14318")]);
    assert!(command(&scene()).starts_with("cd /home/ada/shop && clawker build && "));
    for spoil in [
        |collector: &mut CollectorEvidence| collector.running = false,
        |collector: &mut CollectorEvidence| collector.labelled = false,
        |collector: &mut CollectorEvidence| collector.on_network = false,
    ] {
        assert!(command(&scene().collector(spoil)).starts_with("clawker-monitor up && cd /home/ada/shop && "));
    }
}

#[test]
fn codes_and_verdicts_have_the_same_names_everywhere() {
    for (place, code) in CauseCode::ALL.into_iter().enumerate() {
        assert_eq!(serde_json::to_value(code).expect("JSON"), code.name());
        assert_eq!(code as usize, place, "the order of the enum");
        assert!(code.sentence().ends_with('.'), "{}", code.name());
    }
    assert_eq!(CauseCode::ALL.len(), CauseCode::StoresUnreachable as usize + 1);
    for verdict in Verdict::ALL {
        assert_eq!(serde_json::to_value(verdict).expect("JSON"), verdict.name());
        assert_eq!(Verdict::from_name(verdict.name()), Some(verdict));
    }
}

#[test]
fn a_loss_makes_no_agent_dark_that_was_not_shown_to_be_refused() {
    for change in [
        (|losses: &mut Losses| losses.refused_by_collector = 3) as fn(&mut Losses),
        |losses| losses.failed_in_collector = 3,
        |losses| losses.rejected_by_prometheus = 3,
        |losses| losses.discarded_by_loki = [("greater_than_max_sample_age".into(), 3)].into(),
        |losses| losses.discarded_by_loki = [("rate_limited".into(), 3)].into(),
        |losses| {
            let other = Owner::new(Some("other"), Some("dev"));
            losses.discarded_from = [(other, [("line_too_long".into(), 3)].into())].into();
        },
    ] {
        let scene = silent().losses(change);
        assert_eq!((scene.verdict(), scene.codes()), (Verdict::Waiting, vec![CauseCode::NoSampleYet]));
    }
}

#[test]
fn only_a_container_that_runs_waits_for_its_first_event() {
    use ContainerState as S;
    for state in [S::Created, S::Exited, S::Paused, S::Dead, S::Removing, S::Missing] {
        assert_eq!(silent().agent(|agent| agent.state = state).verdict(), Verdict::Idle, "{state:?}");
    }
    for state in [S::Running, S::Restarting] {
        assert_eq!(silent().agent(|agent| agent.state = state).verdict(), Verdict::Waiting, "{state:?}");
    }
}

#[test]
fn an_empty_exporter_is_said_to_be_empty_and_long_numbers_have_separators() {
    let empty = silent().user_settings(r#"{"env":{"OTEL_LOGS_EXPORTER":""}}"#);
    assert!(empty.told().contains("`OTEL_LOGS_EXPORTER` is empty, so no events are sent"), "{}", empty.told());
    let rare = silent().given("OTEL_METRIC_EXPORT_INTERVAL=5400000");
    assert!(rare.told().contains("exports metrics only every 5,400 s"), "{}", rare.told());
}
