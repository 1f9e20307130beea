//! Looking things up in a snapshot, and the differences between two snapshots.

use monitor_core::{
    agents::{Agent, AgentKind, Verdict},
    job::{Job, JobKind, JobState},
    live::{Change, Snapshot, changes},
    service::Service,
    status::{ContainerState, ServiceStatus, Usage},
};

use crate::at;

fn agent(container: &str) -> Agent {
    Agent {
        kind: AgentKind::Container,
        container: container.into(),
        project: None,
        agent: container.into(),
        managed: true,
        image: String::new(),
        state: ContainerState::Running,
        created_at: None,
        started_at: None,
        last_seen: None,
        last_seen_unknown: false,
        activity: None,
        verdict: Verdict::Waiting,
        causes: Vec::new(),
    }
}

fn snapshot() -> Snapshot {
    let service = |service: Service| ServiceStatus {
        service,
        container: service.name().into(),
        state: ContainerState::Running,
        ready: true,
        image: String::new(),
        version: None,
        started_at: None,
        ports: Vec::new(),
        url: None,
        waiting_for: None,
        checked_at: None,
        problem: None,
        usage: None,
    };
    Snapshot {
        services: Service::ALL.map(service).into(),
        agents: vec![agent("a"), agent("b")],
        ..Snapshot::unknown(at(0))
    }
}

#[test]
fn an_agent_is_found_by_its_containers_name() {
    let snapshot = snapshot();
    assert_eq!(snapshot.agent("b").map(|agent| agent.agent.as_str()), Some("b"));
    assert_eq!(snapshot.agent("c"), None);
}

#[test]
fn a_job_that_has_ended_is_not_the_running_job() {
    let job = Job::begin(7, JobKind::Up, at(0));
    let running = Snapshot { job: Some(job.clone()), ..snapshot() };
    assert_eq!(running.running_job().map(|job| job.id), Some(7));
    let ended = Snapshot { job: Some(Job { state: JobState::Done, ..job }), ..snapshot() };
    assert_eq!(ended.running_job(), None);
}

#[test]
fn a_new_measurement_is_sent_without_the_rest_of_the_service() {
    let (old, mut new) = (snapshot(), snapshot());
    let usage = Some(Usage { cpu_percent: 2.5, memory_bytes: 7 });
    new.services[1].usage = usage;
    let service = new.services[1].service;
    assert_eq!(changes(&old, &new), [Change::Usage { service, usage }]);

    new.services[1].ready = false;
    assert_eq!(changes(&old, &new), [Change::Service(Box::new(new.services[1].clone()))]);
}

#[test]
fn new_data_of_an_agent_is_sent_without_the_rest_of_the_agent() {
    let (old, mut new) = (snapshot(), snapshot());
    new.agents[1].last_seen = Some(at(5));
    assert_eq!(changes(&old, &new), [Change::Heard { container: "b".into(), last_seen: Some(at(5)) }]);

    new.agents[1].verdict = Verdict::Reporting;
    assert_eq!(changes(&old, &new), [Change::Agent(Box::new(new.agents[1].clone()))]);
}
