//! An agent with its verdict, as it travels.

use monitor_core::agents::{Agent, AgentContainer, Cause, NewAgents, Surroundings, Verdict};
use monitor_core::timestamp::Timestamp;

/// The agent in that container, judged.
pub fn agent(container: &AgentContainer, around: &Surroundings) -> Agent {
    let judgement = judge(container, around);
    Agent {
        container: container.container.clone(),
        project: container.project.clone(),
        agent: container.agent.clone(),
        managed: container.managed,
        image: container.image.clone(),
        state: container.state,
        created_at: container.created_at,
        started_at: container.started_at.filter(|_| container.state.is_up()),
        last_seen: judgement.last_seen,
        verdict: judgement.verdict,
        causes: judgement.causes,
    }
}

/// Whether an agent that is made now would get telemetry.
pub fn new_agents(around: &Surroundings) -> NewAgents {
    stub_new_agents(around)
}

struct Judgement {
    verdict: Verdict,
    causes: Vec<Cause>,
    last_seen: Option<Timestamp>,
}

fn judge(container: &AgentContainer, around: &Surroundings) -> Judgement {
    let owner = monitor_core::telemetry::Owner {
        project: container.project.clone(),
        agent: Some(container.agent.clone()).filter(|agent| !agent.is_empty()),
    };
    let last_seen =
        around.heard.as_ref().ok().and_then(|heard| heard.owners.get(&owner)).and_then(|heard| heard.last_seen);
    let verdict = match (&around.heard, last_seen) {
        (Err(_), _) => Verdict::Unknown,
        (Ok(_), Some(seen)) if around.now.seconds_since(seen) < 120 => Verdict::Reporting,
        (Ok(_), Some(_)) => Verdict::Idle,
        (Ok(_), None) => Verdict::Waiting,
    };
    Judgement { verdict, causes: Vec::new(), last_seen }
}

fn stub_new_agents(around: &Surroundings) -> NewAgents {
    let collector = &around.collector;
    let would_report = collector.running && collector.labelled && collector.on_network;
    NewAgents { would_report, evidence: String::new(), causes: Vec::new() }
}
