//! Everybody at once, for the command line: no panel need run.

use futures::{StreamExt, future::try_join3, join, stream};
use monitor_core::{
    agents::{Agent, AgentContainer, AgentsReport, NewAgents, ReportedAgent, StackEvidence, check_new_agents},
    error::StackError,
    status::ServiceStatus,
};

use super::{Details, standing};
use crate::{clock::now, configuration::Configuration, engine::ContainerEngine, status, telemetry::TelemetrySource};

/// How many containers' files are looked at at a time.
const AT_A_TIME: usize = 8;

/// Every agent with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// By container name.
    pub agents: Vec<Agent>,
    /// What an agent would get that is made now.
    pub new_agents: NewAgents,
}

impl Gathered {
    /// What `agents --json` prints.
    pub fn report(&self) -> AgentsReport {
        report(&self.agents, &self.new_agents)
    }
}

/// The same of agents that are known already.
pub fn report(agents: &[Agent], new: &NewAgents) -> AgentsReport {
    AgentsReport { new_agent_would_report: new.would_report, agents: agents.iter().map(ReportedAgent::from).collect() }
}

/// Looks at everything once.
pub async fn gather(
    engine: &dyn ContainerEngine,
    telemetry: &dyn TelemetrySource,
    configuration: &Configuration,
) -> Result<Gathered, StackError> {
    let services = services(engine, configuration);
    let (services, containers, collector) = try_join3(services, engine.agents(), engine.collector()).await?;
    telemetry.follow(&services);
    let details = Details::default();
    let complete = |mut container: AgentContainer| async {
        // What cannot be learnt is no evidence; the rest still is.
        details.complete(engine, &mut container).await.ok();
        container
    };
    let completed = stream::iter(containers).map(complete).buffered(AT_A_TIME).collect::<Vec<AgentContainer>>();
    let (containers, heard, losses) = join!(completed, telemetry.heard(), telemetry.losses());
    // Broken settings hide nobody: agents are judged by the defaults, as the rest of the panel does.
    let settings = configuration.settings().unwrap_or_default();
    let around = StackEvidence { now: now(), settings, collector, last_seen: heard, losses };
    Ok(Gathered {
        agents: containers.iter().map(|container| standing::agent(container, &around)).collect(),
        new_agents: check_new_agents(&around),
    })
}

/// Where the stores are.
async fn services(
    engine: &dyn ContainerEngine,
    configuration: &Configuration,
) -> Result<Vec<ServiceStatus>, StackError> {
    let stack = configuration.stack_or_default();
    let observed = engine.observe(&stack).await?;
    let found = status::find(engine, &stack, &observed).await?;
    Ok(found.into_iter().map(|found| found.status).collect())
}

/// The agent that somebody means: by its container, by `project/agent`, or by its own name where only one has it.
pub fn named<'a>(agents: &'a [Agent], name: &str) -> Result<&'a Agent, StackError> {
    if let Some(exact) = agents.iter().find(|agent| agent.container == name) {
        return Ok(exact);
    }
    let meant: Vec<&Agent> =
        agents.iter().filter(|agent| !name.is_empty() && (agent.agent == name || full_name(agent) == name)).collect();
    match meant[..] {
        [only] => Ok(only),
        [] => Err(StackError::UnknownAgent { agent: name.to_owned() }),
        _ => Err(StackError::AmbiguousAgent {
            agent: name.to_owned(),
            containers: meant.into_iter().map(|agent| agent.container.clone()).collect(),
        }),
    }
}

fn full_name(agent: &Agent) -> String {
    match &agent.project {
        Some(project) => format!("{project}/{}", agent.agent),
        None => agent.agent.clone(),
    }
}

#[cfg(test)]
mod tests {
    use monitor_core::{agents::Verdict, status::ContainerState};

    use super::*;

    fn agent(container: &str, project: Option<&str>, agent: &str) -> Agent {
        Agent {
            container: container.into(),
            project: project.map(str::to_owned),
            agent: agent.into(),
            managed: true,
            image: String::new(),
            state: ContainerState::Running,
            created_at: None,
            started_at: None,
            last_seen: None,
            verdict: Verdict::Waiting,
            causes: Vec::new(),
        }
    }

    #[test]
    fn an_agent_is_found_by_each_of_its_names_and_never_guessed() {
        let agents = [
            agent("clawker.a.dev", Some("a"), "dev"),
            agent("clawker.b.dev", Some("b"), "dev"),
            agent("clawker.b.ada", Some("b"), "ada"),
            agent("clawker.ada-1", None, "ada-1"),
            agent("ada", None, ""),
        ];
        for (name, container) in [
            ("clawker.b.dev", "clawker.b.dev"),
            ("a/dev", "clawker.a.dev"),
            ("ada-1", "clawker.ada-1"),
            ("ada", "ada"),
            ("b/ada", "clawker.b.ada"),
        ] {
            assert_eq!(named(&agents, name).map(|agent| agent.container.as_str()), Ok(container), "{name}");
        }
        assert_eq!(named(&agents, "eve"), Err(StackError::UnknownAgent { agent: "eve".into() }));
        assert_eq!(named(&agents, "b/eve"), Err(StackError::UnknownAgent { agent: "b/eve".into() }));
        let error = named(&agents, "dev").expect_err("there are two");
        assert_eq!(error.to_string(), "`dev` may be any of `clawker.a.dev`, `clawker.b.dev`");
        assert!(named(&agents, "").is_err(), "no name is nobody's");
    }
}
