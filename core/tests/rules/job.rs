//! How progress reports change a job.

use monitor_core::{
    job::{Job, JobKind, JobState, Phase, Progress, Pull, ServiceStep},
    service::Service,
};

use crate::at;

fn pull(image: &str, fetched_bytes: u64, total_bytes: u64) -> Progress {
    let complete = fetched_bytes == total_bytes;
    Progress::Pull(Pull { image: image.into(), fetched_bytes, total_bytes, complete, silent_seconds: 0 })
}

#[test]
fn a_report_updates_the_step_of_its_service_and_adds_the_first_one() {
    let mut job = Job::begin(1, JobKind::Up, at(0));
    for (service, phase) in
        [(Service::Loki, Phase::Starting), (Service::Grafana, Phase::Starting), (Service::Loki, Phase::Ready)]
    {
        job.apply(Progress::Step { service, phase });
    }
    let step = |service, phase| ServiceStep { service, phase, because: None };
    assert_eq!(job.steps, [step(Service::Loki, Phase::Ready), step(Service::Grafana, Phase::Starting)]);
}

#[test]
fn pulls_are_kept_by_image_and_their_bytes_are_summed() {
    let mut job = Job::begin(1, JobKind::Up, at(0));
    assert_eq!(job.pulled_bytes(), None, "nothing is being pulled");
    job.apply(pull("loki:1", 10, 100));
    job.apply(pull("grafana:1", 1, 1000));
    job.apply(pull("loki:1", 100, 100));
    assert_eq!(job.pulls.iter().map(|pull| pull.fetched_bytes).collect::<Vec<_>>(), [100, 1]);
    assert_eq!(job.pulled_bytes(), Some((101, 1100)));
}

#[test]
fn only_a_job_in_the_state_running_is_running() {
    let job = |state| Job { state, ..Job::begin(1, JobKind::Up, at(0)) };
    assert!(job(JobState::Running).is_running());
    for state in [JobState::Done, JobState::Failed, JobState::Cancelled] {
        assert!(!job(state).is_running(), "{state:?}");
    }
}
