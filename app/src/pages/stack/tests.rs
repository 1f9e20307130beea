//! From snapshots to text.

use monitor_core::{
    doctor::{Check, Checkup, Finding, Grade},
    error::StackError,
    job::{Job, JobKind, Phase, Progress, Pull},
    live::{EngineState, Snapshot},
    service::Service,
    status::{ContainerState, ServiceStatus, StackState, Usage, stack_state},
    timestamp::Timestamp,
};

use super::{
    checks,
    headline::{Step, available_actions, headline},
    row::{describe_state, row},
};
use crate::{components::Tone, live::Seed};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(seconds * 1000)
}

fn status(service: Service, state: ContainerState, ready: bool) -> ServiceStatus {
    ServiceStatus {
        service,
        container: service.name().into(),
        state,
        ready,
        image: format!("example/{service}:1"),
        version: Some("1".into()),
        started_at: (state == ContainerState::Running).then(|| at(0)),
        ports: Vec::new(),
        url: (service == Service::Grafana).then(|| "http://127.0.0.1:3000".into()),
        waiting_for: None,
        checked_at: None,
        problem: None,
        usage: None,
    }
}

/// A stack with a connected Engine and current files.
fn stack(each: impl Fn(Service) -> (ContainerState, bool)) -> Snapshot {
    let mut snapshot = Seed::empty().snapshot;
    snapshot.engine = EngineState::Connected {
        version: "28.5.2".into(),
        api_version: "1.51".into(),
        endpoint: "unix:///var/run/docker.sock".into(),
    };
    snapshot.configuration.initialized = true;
    snapshot.services = Service::ALL
        .into_iter()
        .map(|service| {
            let (state, ready) = each(service);
            status(service, state, ready)
        })
        .collect();
    snapshot.stack = stack_state(true, true, &snapshot.services);
    snapshot
}

fn all(state: ContainerState, ready: bool) -> Snapshot {
    stack(|_| (state, ready))
}

fn unreachable(mut snapshot: Snapshot) -> Snapshot {
    let error = StackError::EngineUnreachable { endpoint: "unix:///x".into(), detail: "no such file".into() };
    snapshot.engine = EngineState::Unreachable { error };
    snapshot.stack = StackState::EngineUnreachable;
    snapshot
}

fn uninitialized(mut snapshot: Snapshot) -> Snapshot {
    snapshot.configuration.initialized = false;
    snapshot
}

fn with_job(mut snapshot: Snapshot, kind: JobKind, progress: Vec<Progress>) -> Snapshot {
    let mut job = Job::begin(1, kind, at(0));
    progress.into_iter().for_each(|progress| job.apply(progress));
    snapshot.job = Some(job);
    snapshot
}

fn step(service: Service, phase: Phase) -> Progress {
    Progress::Step { service, phase }
}

#[test]
fn each_state_has_one_sentence_and_one_next_step() {
    use ContainerState::{Exited, Missing, Running};
    let new = uninitialized(all(Missing, false));
    let new = Snapshot { stack: stack_state(true, false, &new.services), ..new };
    let one_down = stack(|service| if service == Service::Loki { (Exited, false) } else { (Running, true) });
    let one_slow = stack(|service| (Running, service != Service::Jaeger));
    let fetching = Progress::Pull(Pull {
        image: "x".into(),
        fetched_bytes: 1,
        total_bytes: 2,
        complete: false,
        silent_seconds: 0,
    });
    for (snapshot, tone, title, next) in [
        (new.clone(), Tone::Off, "Nothing is set up yet.", Step::Initialize),
        (all(Missing, false), Tone::Off, "The stack is stopped.", Step::Start),
        (one_down, Tone::Warn, "5 of 6 services are ready.", Step::Start),
        (one_slow, Tone::Warn, "5 of 6 services are ready.", Step::None),
        (all(Running, false), Tone::Warn, "No service is ready.", Step::None),
        (all(Running, true), Tone::Ok, "All six services are ready.", Step::Open("http://127.0.0.1:3000".into())),
        (unreachable(new.clone()), Tone::Bad, "Can't reach Docker.", Step::Initialize),
        (unreachable(all(Missing, false)), Tone::Bad, "Can't reach Docker.", Step::None),
        (with_job(new, JobKind::Initialize, vec![]), Tone::Busy, "Writing the files.", Step::None),
        (with_job(all(Missing, false), JobKind::Up, vec![fetching]), Tone::Busy, "Pulling 1 image.", Step::Cancel),
        (
            with_job(
                all(Running, false),
                JobKind::Up,
                vec![step(Service::Loki, Phase::AwaitingReadiness), step(Service::Grafana, Phase::Ready)],
            ),
            Tone::Busy,
            "1 of 2 services is ready.",
            Step::Cancel,
        ),
        (with_job(all(Running, true), JobKind::Down, vec![]), Tone::Busy, "Stopping the stack.", Step::Cancel),
    ] {
        let headline = headline(&snapshot);
        assert_eq!((headline.tone, headline.title.as_str(), headline.step), (tone, title, next));
    }
}

#[test]
fn stopped_services_are_distinguished_from_those_that_are_not_ready() {
    use ContainerState::{Exited, Running};
    let snapshot = stack(|service| match service {
        Service::Loki => (Exited, false),
        Service::Jaeger => (Running, false),
        _ => (Running, true),
    });
    assert_eq!(
        headline(&snapshot).text,
        "Loki is stopped. Start it; the others keep running. Jaeger is running but not ready yet."
    );
}

fn with_something_to_remove(snapshot: Snapshot) -> Snapshot {
    Snapshot { removable: true, ..snapshot }
}

#[test]
fn stop_and_remove_are_offered_only_where_they_have_an_effect() {
    use ContainerState::{Missing, Running};
    let busy = with_job(all(Running, true), JobKind::Up, vec![]);
    for (snapshot, stop, remove) in [
        (with_something_to_remove(all(Running, true)), true, true),
        (with_something_to_remove(all(Missing, false)), false, true),
        (all(Missing, false), false, false),
        (with_something_to_remove(busy), false, false),
        (with_something_to_remove(unreachable(all(Running, true))), false, false),
    ] {
        let offers = available_actions(&snapshot);
        assert_eq!((offers.stop, offers.remove), (stop, remove));
    }
}

#[test]
fn a_service_is_described_by_the_running_job_or_else_by_its_container() {
    use ContainerState::{Exited, Missing, Restarting, Running};
    let up = |phase| Some((JobKind::Up, phase));
    for (state, ready, phase, tone, word) in [
        (Missing, false, None, Tone::Off, "Not created"),
        (Missing, false, up(Phase::Waiting), Tone::Off, "Waiting"),
        (Missing, false, up(Phase::Pulling), Tone::Busy, "Pulling image"),
        (Running, false, up(Phase::AwaitingReadiness), Tone::Busy, "Getting ready"),
        (Running, true, up(Phase::AwaitingReadiness), Tone::Ok, "Ready"),
        (Running, true, up(Phase::Waiting), Tone::Ok, "Ready"),
        (Running, false, None, Tone::Warn, "Not ready"),
        (Restarting, false, None, Tone::Bad, "Restarting"),
        (Exited, false, None, Tone::Off, "Stopped"),
        (Exited, false, up(Phase::Failed), Tone::Bad, "Failed"),
        (Running, true, Some((JobKind::Down, Phase::Stopping)), Tone::Busy, "Stopping"),
    ] {
        assert_eq!(describe_state(&status(Service::Loki, state, ready), phase), (tone, word));
    }
    let died = ServiceStatus { problem: Some("exited with code 1".into()), ..status(Service::Loki, Exited, false) };
    assert_eq!(describe_state(&died, None), (Tone::Bad, "Exited"));
}

#[test]
fn a_row_shows_uptime_usage_and_why_the_service_is_not_ready() {
    let mut snapshot = all(ContainerState::Running, false);
    snapshot.services[2].usage = Some(Usage { cpu_percent: 2.04, memory_bytes: 131_000_000 });
    snapshot.services[2].waiting_for = Some("HTTP 503: Ingester not ready".into());
    let loki = row(&snapshot, at(8040), Service::Loki);
    assert_eq!(loki.up.map(|(words, _)| words).as_deref(), Some("2 h 14 min"));
    assert_eq!((loki.cpu.as_deref(), loki.memory.as_deref()), (Some("2.0%"), Some("131 MB")));
    assert_eq!(loki.why.as_deref(), Some("HTTP 503: Ingester not ready."));
    assert_eq!(row(&unreachable(snapshot), at(0), Service::Loki).word, "Unknown", "an outdated state is not shown");
}

fn checked(mut snapshot: Snapshot, findings: &[(Check, Grade)]) -> Snapshot {
    let finding = |(check, grade): &(Check, Grade)| Finding {
        check: *check,
        subject: None,
        grade: *grade,
        summary: "x".into(),
        evidence: "y".into(),
        next: None,
    };
    snapshot.checkup = Some(Checkup::new(at(0), findings.iter().map(finding).collect()));
    snapshot
}

#[test]
fn problems_are_counted_and_shown_first_unless_the_page_shows_them_elsewhere() {
    let stopped = all(ContainerState::Missing, false);
    assert!(!checks::has_problem_to_show_first(&stopped), "there was no checkup yet");
    let ends = (Check::EndOfLife, Grade::Warning);
    for (findings, first, words) in [
        (&[ends, (Check::Port, Grade::Ok)][..], false, "No problems found."),
        (&[ends, (Check::Address, Grade::Warning)], false, "1 warning."),
        (&[(Check::Address, Grade::Warning), (Check::DiskSpace, Grade::Warning)], false, "2 warnings."),
        (&[(Check::Settings, Grade::Problem)], false, "1 problem."),
        (&[(Check::Engine, Grade::Problem), (Check::Port, Grade::Problem)], true, "2 problems."),
        (&[ends, (Check::DiskSpace, Grade::Problem)], true, "1 problem."),
    ] {
        let snapshot = checked(stopped.clone(), findings);
        assert_eq!(checks::has_problem_to_show_first(&snapshot), first, "{findings:?}");
        assert_eq!(checks::summary(&snapshot), words, "{findings:?}");
        assert_eq!(headline(&snapshot).text.contains("Fix the problem below"), first, "{findings:?}");
    }
}

#[test]
fn checks_give_no_advice_that_a_running_job_is_carrying_out() {
    let findings = [(Check::Files, Grade::Warning), (Check::Port, Grade::Problem), (Check::DiskSpace, Grade::Warning)];
    let idle = checked(all(ContainerState::Running, true), &findings);
    assert_eq!((checks::shown(&idle).len(), checks::summary(&idle).as_str()), (3, "1 problem."));
    let busy = with_job(idle, JobKind::Apply, vec![]);
    let shown: Vec<Check> = checks::shown(&busy).iter().map(|finding| finding.check).collect();
    assert_eq!(shown, [Check::DiskSpace], "a job does not change how much space there is");
    let busy = checked(busy, &findings[..2]);
    assert_eq!(checks::summary(&busy), "They are repeated when the job is done.");
    assert!(!checks::has_problem_to_show_first(&busy), "the page does not jump when a job starts and ends");
}

#[test]
fn checks_do_not_say_that_all_is_well_while_something_is_down() {
    let fine = [(Check::Port, Grade::Ok)];
    let down = |service| if service == Service::Loki { ContainerState::Exited } else { ContainerState::Running };
    let partial = checked(stack(|service| (down(service), service != Service::Loki)), &fine);
    assert_eq!(checks::summary(&partial), "No other problems found.");
    assert_eq!(checks::summary(&checked(all(ContainerState::Running, true), &fine)), "No problems found.");
}
