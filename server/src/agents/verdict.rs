//! Combines an agent's container with its verdict.

use monitor_core::agents::{Agent, AgentContainer, StackEvidence, diagnose_agent};

/// The agent in this container with its verdict and causes.
pub fn agent_with_verdict(container: &AgentContainer, stack: &StackEvidence) -> Agent {
    let diagnosis = diagnose_agent(container, stack);
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
