//! All agents at once, for the command line. Works without a running panel.

use std::collections::BTreeMap;

use futures::{StreamExt, future::try_join3, join, stream};
use monitor_core::{
    agents::{
        Agent, AgentContainer, AgentKind, AgentList, AgentsReport, CollectorEvidence, NewAgents, ReportedAgent,
        StackEvidence, check_new_agents,
    },
    error::StackError,
    status::ServiceStatus,
};

use super::{AgentFileCache, all_agents, collector_then, losses, times_to_ask_about};
use crate::{clock::now, configuration::Configuration, engine::ContainerEngine, installation::Installation, status};

/// How many containers' files are read at once.
const CONCURRENT_READS: usize = 8;

/// Every agent with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatheredAgents {
    /// By container name.
    pub list: AgentList,
    /// Whether new agents will report.
    pub new_agents: NewAgents,
    /// Warnings about the stack, as on its page.
    pub warnings: Vec<String>,
}

impl GatheredAgents {
    /// Those that are known while Docker does not answer.
    pub fn without_engine(list: AgentList, error: &StackError) -> GatheredAgents {
        // Clawker can't create any without Docker.
        let new_agents = NewAgents { would_report: false, evidence: error.to_string(), causes: Vec::new() };
        GatheredAgents { list, new_agents, warnings: vec![format!("Agents in containers are not listed: {error}")] }
    }

    /// What `agents --json` prints.
    pub fn report(&self) -> AgentsReport {
        let GatheredAgents { list, new_agents, warnings } = self;
        AgentsReport {
            new_agent_would_report: new_agents.would_report,
            new_agents: new_agents.clone(),
            warnings: warnings.clone(),
            agents: list.agents.iter().map(ReportedAgent::from).collect(),
            unlisted: list.unlisted,
        }
    }
}

/// Inspects all agents once.
pub async fn gather(installation: &Installation) -> Result<GatheredAgents, StackError> {
    let Installation { engine, telemetry, configuration, stores, .. } = installation;
    let engine = engine.as_ref();
    let services = services(engine, configuration);
    let found = match try_join3(services, engine.agents(), engine.collector()).await {
        Err(error) if telemetry.is_built_in().await => {
            return Ok(GatheredAgents::without_engine(gather_without_engine(installation).await, &error));
        }
        found => found,
    };
    let (services, containers, collector) = found?;
    stores.locate(&services);
    let asked = times_to_ask_about(&containers, &collector);
    let agent_files = AgentFileCache::default();
    let complete = |mut container: AgentContainer| async {
        // Files that can't be read are left out of the evidence.
        agent_files.load_and_fill_in(installation, &mut container).await.ok();
        container
    };
    let completed = stream::iter(containers).map(complete).buffered(CONCURRENT_READS).collect::<Vec<AgentContainer>>();
    let (containers, collector_then, last_seen, losses, events, flow) = join!(
        completed,
        collector_then(telemetry.as_ref(), asked),
        telemetry.last_seen(),
        losses(engine, telemetry.as_ref()),
        telemetry.recent_events(),
        telemetry.flow(),
    );
    // With invalid settings, verdicts are based on the defaults, as everywhere in the panel.
    let settings = configuration.settings().unwrap_or_default();
    let stack =
        StackEvidence { now: now(), settings, containers_known: true, collector, collector_then, last_seen, losses };
    Ok(GatheredAgents {
        list: all_agents(containers.iter(), &stack, &events.unwrap_or_default()),
        new_agents: check_new_agents(&stack),
        warnings: flow.warnings,
    })
}

/// Those whose data the built-in receiver has, while Docker does not answer. Empty if there is no such data.
pub async fn gather_without_engine(installation: &Installation) -> AgentList {
    let Installation { telemetry, configuration, .. } = installation;
    if !telemetry.is_built_in().await {
        return AgentList::default();
    }
    let (last_seen, losses, events) = join!(telemetry.last_seen(), telemetry.losses(), telemetry.recent_events());
    let settings = configuration.read(|it| it.settings().unwrap_or_default()).await;
    let stack = StackEvidence {
        now: now(),
        settings,
        containers_known: false,
        collector: CollectorEvidence::default(),
        collector_then: Ok(BTreeMap::new()),
        last_seen,
        losses,
    };
    all_agents(std::iter::empty(), &stack, &events.unwrap_or_default())
}

/// The status of the services, with their addresses.
async fn services(
    engine: &dyn ContainerEngine,
    configuration: &Configuration,
) -> Result<Vec<ServiceStatus>, StackError> {
    let stack = configuration.stack_or_default();
    let (found, _network) = status::observe_services(engine, &stack).await?;
    Ok(found.into_iter().map(|found| found.status).collect())
}

/// Finds an agent by its container, by `project/agent`, or by its own name if only one agent has it. Untagged data is found
/// as `untagged`. Simulated agents count only if no other has the name.
pub fn find_by_name<'a>(agents: &'a [Agent], name: &str) -> Result<&'a Agent, StackError> {
    if let Some(exact) = agents.iter().find(|agent| agent.container == name) {
        return Ok(exact);
    }
    let is_meant = |agent: &&Agent| {
        let untagged = agent.kind == AgentKind::Untagged && name == "untagged";
        untagged || (!name.is_empty() && (agent.agent == name || full_name(agent) == name))
    };
    let (simulated, real): (Vec<&Agent>, Vec<&Agent>) =
        agents.iter().filter(is_meant).partition(|agent| agent.kind == AgentKind::Simulated);
    let meant = if real.is_empty() { simulated } else { real };
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
            kind: AgentKind::Container,
            container: container.into(),
            project: project.map(str::to_owned),
            agent: agent.into(),
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

    #[test]
    fn an_agent_is_found_by_each_of_its_names_but_not_if_ambiguous() {
        let agents = [
            agent("clawker.a.dev", Some("a"), "dev"),
            agent("clawker.b.dev", Some("b"), "dev"),
            agent("clawker.b.ada", Some("b"), "ada"),
            agent("clawker.ada-1", None, "ada-1"),
            agent("ada", None, ""),
            Agent { kind: AgentKind::NoContainer, ..agent("other/ghost", Some("other"), "ghost") },
            Agent { kind: AgentKind::Simulated, ..agent("~a/dev", Some("a"), "dev") },
            Agent { kind: AgentKind::Simulated, ..agent("~demo/sim", Some("demo"), "sim") },
            Agent { kind: AgentKind::Untagged, ..agent("/", None, "") },
        ];
        for (name, container) in [
            ("clawker.b.dev", "clawker.b.dev"),
            ("a/dev", "clawker.a.dev"),
            ("ada-1", "clawker.ada-1"),
            ("ada", "ada"),
            ("b/ada", "clawker.b.ada"),
            ("other/ghost", "other/ghost"),
            ("ghost", "other/ghost"),
            ("demo/sim", "~demo/sim"),
            ("untagged", "/"),
        ] {
            assert_eq!(find_by_name(&agents, name).map(|agent| agent.container.as_str()), Ok(container), "{name}");
        }
        assert_eq!(find_by_name(&agents, "eve"), Err(StackError::UnknownAgent { agent: "eve".into() }));
        assert_eq!(find_by_name(&agents, "b/eve"), Err(StackError::UnknownAgent { agent: "b/eve".into() }));
        let error = find_by_name(&agents, "dev").expect_err("two agents have this name");
        assert_eq!(error.to_string(), "`dev` matches several containers: `clawker.a.dev`, `clawker.b.dev`");
        assert!(find_by_name(&agents, "").is_err(), "an empty name matches nothing");
    }
}
