//! An agent with its verdict, as it travels.

use monitor_core::agents::{Agent, AgentContainer, StackEvidence, diagnose_agent};

/// The agent in that container, judged.
pub fn agent(container: &AgentContainer, around: &StackEvidence) -> Agent {
    let diagnosis = diagnose_agent(container, around);
    Agent {
        container: container.container.clone(),
        project: container.project.clone(),
        agent: container.agent.clone(),
        managed: container.managed,
        image: container.image.clone(),
        state: container.state,
        created_at: container.created_at,
        started_at: container.started_at.filter(|_| container.state.is_up()),
        last_seen: diagnosis.last_seen,
        verdict: diagnosis.verdict,
        causes: diagnosis.causes,
    }
}
