//! The fake engine's agents: changes that tests make, and answers about them.

use monitor_core::{
    agents::{AgentContainer, CollectorEvidence},
    error::StackError,
    stack::NETWORK,
    status::ContainerState,
};

use super::{FakeEngine, STARTED_AT};
use clawker_monitor::engine::EngineEvent;

impl FakeEngine {
    /// While this is on, inspections of single agents return what was true when they were requested, and return late.
    pub fn hold_looks(&self, held: bool) {
        self.shared.looks_held.send_replace(held);
    }

    /// Adds or replaces an agent's container and sends an event with that action.
    pub fn agent_is(&self, agent: AgentContainer, action: &str) {
        let mut world = self.world();
        let (id, name) = (agent.id.clone(), agent.container.clone());
        world.agents.retain(|known| known.id != id);
        world.agents.push(agent);
        self.tell(&id, &name, action);
    }

    /// Removes an agent's container and sends an event.
    pub fn agent_goes(&self, id: &str) {
        let mut world = self.world();
        let Some(place) = world.agents.iter().position(|agent| agent.id == id) else { return };
        let gone = world.agents.remove(place);
        self.tell(id, &gone.container, "destroy");
    }

    /// Sends an event about a container without changing it.
    pub fn happens(&self, id: &str, name: &str, action: &str) {
        self.tell(id, name, action);
    }

    /// Sends an event about a container on the stack's network.
    pub fn network_event(&self, container: &str) {
        let event = EngineEvent::Network { name: NETWORK.into(), container: Some(container.into()) };
        self.shared.events.send(Some(event)).ok();
    }

    pub(super) fn all_agents(&self) -> Result<Vec<AgentContainer>, StackError> {
        let mut world = self.answering()?;
        world.questions.push("agents".into());
        Ok(world.agents.clone())
    }

    pub(super) async fn one_agent(&self, container: &str) -> Result<Option<AgentContainer>, StackError> {
        let found = {
            let mut world = self.answering()?;
            world.questions.push(format!("agent {container}"));
            let named = |agent: &&AgentContainer| agent.id == container || agent.container == container;
            world.agents.iter().find(named).cloned()
        };
        // The sender lives as long as this engine, so the wait cannot fail.
        self.shared.looks_held.subscribe().wait_for(|held| !held).await.ok();
        drop(self.answering()?);
        Ok(found)
    }

    pub(super) fn collector_evidence(&self) -> Result<CollectorEvidence, StackError> {
        let mut world = self.answering()?;
        world.questions.push("collector".into());
        let network = world.network.as_ref().map(|network| network.id.as_str());
        let found = world.containers.iter().find(|container| container.name.contains("otel-collector"));
        Ok(found.map_or_else(CollectorEvidence::default, |container| CollectorEvidence {
            container: Some(container.name.clone()),
            running: container.state == ContainerState::Running,
            labelled: container.labels.get("dev.clawker.managed").is_some_and(|value| value == "true"),
            on_network: container.networks.iter().any(|id| Some(id.as_str()) == network),
            started_at: Some(STARTED_AT),
            created_at: Some(STARTED_AT),
            finished_at: None,
        }))
    }
}
