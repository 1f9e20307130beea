//! Changes between snapshots, and applying them.

use super::*;
use crate::{
    agents::{AgentKind, Verdict},
    doctor::Checkup,
    job::JobKind,
    status::{ContainerState, PublishedPort},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(seconds * 1000)
}

fn snapshot() -> Snapshot {
    let service = |service: Service| ServiceStatus {
        service,
        container: service.name().into(),
        state: ContainerState::Running,
        ready: true,
        image: "x:1".into(),
        version: Some("1".into()),
        started_at: Some(at(5)),
        ports: vec![PublishedPort { bind: "127.0.0.1".into(), host: 1, container: 1 }],
        url: None,
        waiting_for: None,
        checked_at: None,
        problem: None,
        usage: Some(Usage { cpu_percent: 1.0, memory_bytes: 1 }),
    };
    Snapshot {
        stack: StackState::Running,
        services: Service::ALL.map(service).into(),
        agents: ["a", "c"].map(agent).into(),
        ..Snapshot::unknown(at(0))
    }
}

fn agent(container: &str) -> Agent {
    Agent {
        kind: AgentKind::Container,
        container: container.into(),
        project: None,
        agent: container.into(),
        managed: true,
        image: "x:1".into(),
        state: ContainerState::Running,
        created_at: Some(at(1)),
        started_at: Some(at(2)),
        last_seen: None,
        last_seen_unknown: false,
        activity: None,
        verdict: Verdict::Waiting,
        causes: Vec::new(),
    }
}

/// Every part of a snapshot, changed.
const CHANGED: [fn(&mut Snapshot); 18] = [
    |it| it.removable = true,
    |it| it.engine = EngineState::Unreachable { error: StackError::Cancelled },
    |it| it.configuration.initialized = true,
    |it| it.stack = StackState::Partial,
    |it| it.network.exists = true,
    |it| it.services[2].state = ContainerState::Exited,
    |it| it.services[0].usage = None,
    |it| {
        it.services[4].ready = false;
        it.services[4].usage = None;
    },
    |it| it.job = Some(Job::begin(1, JobKind::Up, at(3))),
    |it| it.checkup = Some(Checkup::new(at(4), Vec::new())),
    |it| it.agents[1].last_seen = Some(at(8)),
    |it| it.agents[0].verdict = Verdict::Dark,
    |it| it.agents.insert(1, agent("b")),
    |it| it.agents.push(agent("d")),
    |it| it.unlisted_agents = 4_988,
    |it| it.new_agents = Some(NewAgents { would_report: true, evidence: String::new(), causes: Vec::new() }),
    |it| it.flow = Some(Flow { hops: Vec::new(), error: None, warnings: Vec::new() }),
    |it| it.taken_at = at(9),
];

#[test]
fn applying_changes_turns_one_snapshot_into_the_other_both_ways() {
    for (index, change) in CHANGED.iter().enumerate() {
        let old = snapshot();
        let mut new = old.clone();
        change(&mut new);
        assert_ne!(old, new, "{index}");
        for (from, to) in [(&old, &new), (&new, &old)] {
            let mut folded = from.clone();
            let told = changes(from, to);
            assert!(told.len() <= 1, "{index}: {told:?}");
            told.into_iter().for_each(|change| folded.apply(change));
            assert_eq!(Snapshot { taken_at: to.taken_at, ..folded }, *to, "{index}");
        }
    }
    let mut all = snapshot();
    CHANGED.iter().for_each(|change| change(&mut all));
    assert_eq!(changes(&snapshot(), &all).len(), CHANGED.len() - 1, "time passing is no change");
}
