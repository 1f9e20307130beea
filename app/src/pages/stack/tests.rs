//! Tables: from snapshots to words.

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
    headline::{Step, headline, offers},
    row::{row, state_words},
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
        problem: None,
        usage: None,
    }
}

/// A stack whose Engine answers and whose files are there.
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
fn there_is_one_sentence_and_one_next_step() {
    use ContainerState::{Exited, Missing, Running};
    let new = uninitialized(all(Missing, false));
    let new = Snapshot { stack: stack_state(true, false, &new.services), ..new };
    let one_down = stack(|service| if service == Service::Loki { (Exited, false) } else { (Running, true) });
    let one_slow = stack(|service| (Running, service != Service::Jaeger));
    let fetching = Progress::Pull(Pull { image: "x".into(), fetched_bytes: 1, total_bytes: 2, complete: false });
    for (snapshot, tone, title, next) in [
        (new.clone(), Tone::Off, "Nothing is set up yet.", Step::Initialize),
        (all(Missing, false), Tone::Off, "The stack is stopped.", Step::Start),
        (one_down, Tone::Warn, "Five of six services are ready.", Step::Start),
        (one_slow, Tone::Warn, "Five of six services are ready.", Step::None),
        (all(Running, false), Tone::Warn, "No service is ready.", Step::None),
        (all(Running, true), Tone::Ok, "All six services are ready.", Step::Open("http://127.0.0.1:3000".into())),
        (unreachable(new.clone()), Tone::Bad, "No Docker Engine answers.", Step::Initialize),
        (unreachable(all(Missing, false)), Tone::Bad, "No Docker Engine answers.", Step::None),
        (with_job(new, JobKind::Initialize, vec![]), Tone::Busy, "Writing the files.", Step::None),
        (with_job(all(Missing, false), JobKind::Up, vec![fetching]), Tone::Busy, "Fetching one image.", Step::Cancel),
        (
            with_job(
                all(Running, false),
                JobKind::Up,
                vec![step(Service::Loki, Phase::AwaitingReadiness), step(Service::Grafana, Phase::Ready)],
            ),
            Tone::Busy,
            "One of two services is ready.",
            Step::Cancel,
        ),
        (with_job(all(Running, true), JobKind::Down, vec![]), Tone::Busy, "Stopping the stack.", Step::Cancel),
    ] {
        let headline = headline(&snapshot);
        assert_eq!((headline.tone, headline.title.as_str(), headline.step), (tone, title, next));
    }
}

#[test]
fn what_does_not_run_is_told_apart_from_what_is_slow() {
    use ContainerState::{Exited, Running};
    let snapshot = stack(|service| match service {
        Service::Loki => (Exited, false),
        Service::Jaeger => (Running, false),
        _ => (Running, true),
    });
    assert_eq!(headline(&snapshot).text, "Loki does not run; Jaeger runs and did not say yet that it is ready.");
}

#[test]
fn stopping_and_removing_are_offered_where_they_would_do_something() {
    use ContainerState::{Missing, Running};
    let busy = with_job(all(Running, true), JobKind::Up, vec![]);
    for (snapshot, stop, remove) in [
        (all(Running, true), true, true),
        (all(Missing, false), false, true),
        (busy, false, false),
        (unreachable(all(Running, true)), false, false),
    ] {
        let offers = offers(&snapshot);
        assert_eq!((offers.stop, offers.remove), (stop, remove));
    }
}

#[test]
fn a_service_is_described_by_the_job_at_work_or_else_by_its_container() {
    use ContainerState::{Exited, Missing, Restarting, Running};
    let up = |phase| Some((JobKind::Up, phase));
    for (state, ready, phase, tone, word) in [
        (Missing, false, None, Tone::Off, "Not created"),
        (Missing, false, up(Phase::Waiting), Tone::Off, "Waiting"),
        (Missing, false, up(Phase::Pulling), Tone::Busy, "Fetching image"),
        (Running, false, up(Phase::AwaitingReadiness), Tone::Busy, "Getting ready"),
        (Running, true, up(Phase::AwaitingReadiness), Tone::Ok, "Ready"),
        (Running, true, up(Phase::Waiting), Tone::Ok, "Ready"),
        (Running, false, None, Tone::Warn, "Not ready"),
        (Restarting, false, None, Tone::Bad, "Restarting"),
        (Exited, false, None, Tone::Off, "Stopped"),
        (Exited, false, up(Phase::Failed), Tone::Bad, "Failed"),
        (Running, true, Some((JobKind::Down, Phase::Stopping)), Tone::Busy, "Stopping"),
    ] {
        assert_eq!(state_words(&status(Service::Loki, state, ready), phase), (tone, word));
    }
    let died = ServiceStatus { problem: Some("exited with code 1".into()), ..status(Service::Loki, Exited, false) };
    assert_eq!(state_words(&died, None), (Tone::Bad, "Exited"));
}

#[test]
fn a_row_says_how_long_how_much_and_why() {
    let mut snapshot = all(ContainerState::Running, false);
    snapshot.services[2].usage = Some(Usage { cpu_percent: 2.04, memory_bytes: 131_000_000 });
    snapshot.services[2].waiting_for = Some("HTTP 503: Ingester not ready".into());
    let loki = row(&snapshot, at(8040), Service::Loki);
    assert_eq!(loki.up.map(|(words, _)| words).as_deref(), Some("2 h 14 min"));
    assert_eq!((loki.cpu.as_deref(), loki.memory.as_deref()), (Some("2.0 %"), Some("131 MB")));
    assert_eq!(loki.why.as_deref(), Some("HTTP 503: Ingester not ready."));
    assert_eq!(row(&unreachable(snapshot), at(0), Service::Loki).word, "Unknown", "an old state is not shown as new");
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
fn what_stands_in_the_way_is_counted_and_comes_first_unless_it_is_told_elsewhere() {
    let stopped = all(ContainerState::Missing, false);
    assert!(!checks::comes_first(&stopped), "nobody has looked yet");
    let ends = (Check::EndOfLife, Grade::Warning);
    for (findings, first, words) in [
        (&[ends, (Check::Port, Grade::Ok)][..], false, "Nothing stands in the way."),
        (&[ends, (Check::Address, Grade::Warning)], false, "One thing to know."),
        (&[(Check::Address, Grade::Warning), (Check::DiskSpace, Grade::Warning)], false, "Two things to know."),
        (&[(Check::Settings, Grade::Problem)], false, "One problem to solve."),
        (&[(Check::Engine, Grade::Problem), (Check::Port, Grade::Problem)], true, "Two problems to solve."),
        (&[ends, (Check::DiskSpace, Grade::Problem)], true, "One problem to solve."),
    ] {
        let snapshot = checked(stopped.clone(), findings);
        assert_eq!(checks::comes_first(&snapshot), first, "{findings:?}");
        assert_eq!(snapshot.checkup.as_ref().map(checks::sum).as_deref(), Some(words), "{findings:?}");
        assert_eq!(headline(&snapshot).text.contains("The checks below"), first, "{findings:?}");
    }
}
