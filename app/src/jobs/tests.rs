//! From jobs to words.

use monitor_core::{
    job::{FileAction, FileOutcome, Job, JobKind, JobState, Phase, Progress, Pull},
    live::{EngineState, Snapshot},
    service::Service,
    status::StackState,
    timestamp::Timestamp,
};

use super::{
    Situation, job_headline,
    outcome::{is_worth_showing, outcome_title, remarks},
    progress::{caption, progress_bar},
};
use crate::live::{Link, Seed, View};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(seconds * 1000)
}

fn step(service: Service, phase: Phase) -> Progress {
    Progress::Step { service, phase }
}

#[test]
fn the_bar_counts_bytes_while_images_are_pulled_and_services_afterwards() {
    let pull = |fetched_bytes, complete| {
        Progress::Pull(Pull { image: "x".into(), fetched_bytes, total_bytes: 200_000_000, complete, silent_seconds: 0 })
    };
    let mut job = Job::begin(1, JobKind::Up, at(0));
    assert_eq!(progress_bar(&job), None);
    job.apply(step(Service::Loki, Phase::Ready));
    job.apply(step(Service::Jaeger, Phase::Pulling));
    job.apply(pull(50_000_000, false));
    let fetching = progress_bar(&job).expect("a bar");
    assert_eq!((fetching.value, fetching.words.as_str()), (250, "50 MB of 200 MB pulled"));
    job.apply(pull(200_000_000, true));
    let starting = progress_bar(&job).expect("a bar");
    assert_eq!((starting.value, starting.words.as_str()), (500, "1 of 2 services ready"));
}

#[test]
fn a_pull_that_hangs_is_said_to() {
    let mut job = Job::begin(1, JobKind::Up, at(0));
    let pull = |silent_seconds| {
        Progress::Pull(Pull { image: "x".into(), fetched_bytes: 5, total_bytes: 9, complete: false, silent_seconds })
    };
    job.apply(pull(120));
    let text = "The registry has sent nothing for 2 min. After 10 min the start fails.";
    assert_eq!(job_headline(&job).text, text);
    job.apply(pull(0));
    assert_eq!(job_headline(&job).text, "Images are kept; the next start is faster.");
}

#[test]
fn another_processs_job_is_shown_with_its_process() {
    let mut job = Job::begin(3, JobKind::Down, at(0));
    assert_eq!(caption(&job, at(14)), "job 3 · 14 s");
    job.process = Some(4711);
    assert_eq!(caption(&job, at(14)), "process 4711 · 14 s");
    let text = job_headline(&job).text;
    assert_eq!(text, "Process 4711 is doing this, outside of this panel. Recorded data and the network are kept.");
    job.kind = JobKind::Initialize;
    assert_eq!(job_headline(&job).text, "Process 4711 is doing this, outside of this panel.");
}

#[test]
fn the_outcome_says_why_containers_were_recreated() {
    let mut job = Job::begin(1, JobKind::Up, at(0));
    assert_eq!(remarks(&job), Vec::<String>::new());
    job.apply(Progress::Warning("`docker compose` merges `compose.override.yaml`".into()));
    job.apply(step(Service::Loki, Phase::Waiting));
    job.apply(Progress::Recreate { service: Service::Loki, because: "its image changed".into() });
    job.apply(step(Service::Loki, Phase::Ready));
    assert_eq!(
        remarks(&job),
        ["Warning: `docker compose` merges `compose.override.yaml`", "Loki recreated because its image changed"]
    );
}

#[test]
fn the_outcome_describes_how_the_job_ended() {
    let mut job = Job::begin(1, JobKind::Up, at(0));
    job.finished_at = Some(at(42));
    for (state, title) in [
        (JobState::Done, "Stack started in 42 s"),
        (JobState::Failed, "The stack did not start"),
        (JobState::Cancelled, "Start canceled; completed steps were kept"),
    ] {
        job.state = state;
        assert_eq!(outcome_title(&job), title);
    }
    job.kind = JobKind::Apply;
    job.state = JobState::Done;
    assert_eq!(outcome_title(&job), "Settings saved; the next start uses them", "no service was running");
    job.apply(step(Service::Loki, Phase::Ready));
    job.finished_at = Some(at(0));
    assert_eq!(outcome_title(&job), "Settings applied in less than 1 s");
    job.finished_at = Some(at(42));
    for (state, restored, title) in [
        (JobState::Done, false, "Settings applied in 42 s"),
        (JobState::Failed, false, "The settings were not applied"),
        (JobState::Failed, true, "The settings were not applied; everything was rolled back"),
    ] {
        (job.state, job.restored) = (state, restored);
        assert_eq!(outcome_title(&job), title);
    }
    // The Engine went away after the file was saved.
    job.restored = false;
    job.apply(Progress::File(FileOutcome { name: "settings.yaml".into(), action: FileAction::Written }));
    assert_eq!(outcome_title(&job), "The settings are saved, but not all services use them yet");
}

#[test]
fn a_refusal_is_shown_until_what_it_depended_on_has_changed_for_the_better() {
    let engine = EngineState::Connected { version: String::new(), api_version: String::new(), endpoint: String::new() };
    let seed = Seed::empty();
    let mut first = View::new(Seed { snapshot: Snapshot { engine, ..seed.snapshot }, ..seed });
    let changed = |from: &View, change: &dyn Fn(&mut View)| {
        let mut view = from.clone();
        change(&mut view);
        view
    };
    let is_over = |before: &View, now: &View| Situation::of(before).has_improved(&Situation::of(now));
    let opened = changed(&first, &|view| view.connections = 1);
    assert!(!is_over(&first, &opened), "a form was refused before the page was live");
    first = opened;
    let lost = changed(&first, &|view| view.link = Link::Lost);
    let without_engine = changed(&first, &|view| view.snapshot.engine = EngineState::Connecting);
    let job = Job::begin(1, JobKind::Up, at(0));
    for (before, now, expected) in [
        (&first, &first, false),
        (&first, &changed(&first, &|view| view.now = at(9)), false),
        (&first, &lost, false),
        (&lost, &first, true),
        (&first, &changed(&first, &|view| view.connections = 2), true),
        (&first, &without_engine, false),
        (&without_engine, &first, true),
        (&first, &changed(&first, &|view| view.snapshot.job = Some(job.clone())), true),
        (&first, &changed(&first, &|view| view.snapshot.stack = StackState::Running), true),
    ] {
        assert_eq!(is_over(before, now), expected, "{before:?}\n{now:?}");
    }
}

#[test]
fn a_failure_is_shown_until_it_is_repaired() {
    let mut snapshot = Snapshot::unknown(at(0));
    let mut shown = |kind, stack| {
        let mut job = Job::begin(1, kind, at(0));
        job.state = JobState::Failed;
        snapshot.stack = stack;
        is_worth_showing(&job, &snapshot)
    };
    for (kind, stack, expected) in [
        (JobKind::Up, StackState::Partial, true),
        (JobKind::Up, StackState::Running, false),
        (JobKind::Down, StackState::Partial, true),
        (JobKind::Down, StackState::Stopped, false),
        // Rolled back, and running with the old settings.
        (JobKind::Apply, StackState::Running, true),
    ] {
        assert_eq!(shown(kind, stack), expected, "{kind:?} {stack:?}");
    }
}
