//! The state that every tab shows, and how it is kept current: one snapshot, then changes.
//!
//! `changes(old, new)` and `Snapshot::apply` belong together: applying all changes to the old snapshot gives the new
//! one. The server publishes whole snapshots; only differences travel.
//!
//! The enums here are externally tagged (`{"snapshot": …}`). An internal tag would make serde generate a second,
//! buffering deserializer for every nested type, a tenth of the WebAssembly.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    agents::{Agent, NewAgents},
    doctor::Checkup,
    error::StackError,
    job::Job,
    service::Service,
    status::{NetworkStatus, ServiceStatus, StackState, StatusReport, Usage},
    telemetry::Flow,
    timestamp::Timestamp,
};

/// State of the connection to Docker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineState {
    /// No answer yet.
    Connecting,
    /// Connected.
    Connected {
        /// The Engine's version, for example `28.5.2`.
        version: String,
        /// The negotiated API version, for example `1.51`.
        api_version: String,
        /// The address, for example `unix:///var/run/docker.sock`.
        endpoint: String,
    },
    /// Not reachable; the server keeps retrying.
    Unreachable {
        /// Why it can't be reached.
        error: StackError,
    },
}

/// The files of the stack on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The path of the monitor folder.
    pub directory: String,
    /// The path of the settings file, whether or not it exists.
    pub settings_file: String,
    /// Hash of the settings file, so that a page knows when to reload; empty if the file is missing or can't be read.
    pub settings_base: String,
    /// Whether `compose.yaml` exists.
    pub initialized: bool,
    /// Names of files that are missing or do not match the settings.
    pub differing: Vec<String>,
    /// Why settings or files could not be read, if so.
    pub error: Option<StackError>,
}

/// Everything that the panel's pages show live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When the snapshot was taken, by the server's clock.
    pub taken_at: Timestamp,
    /// The connection to Docker.
    pub engine: EngineState,
    /// The files on disk.
    pub configuration: Configuration,
    /// The state of the stack.
    pub stack: StackState,
    /// The network `clawker-net`.
    pub network: NetworkStatus,
    /// The six services, in the order of `Service::ALL`.
    pub services: Vec<ServiceStatus>,
    /// Whether the stack has a container or recorded data that could be removed.
    #[serde(default)]
    pub removable: bool,
    /// The running job, or the last one that ended; `None` if there was none.
    pub job: Option<Job>,
    /// The last results of the doctor; `None` before its first run.
    pub checkup: Option<Checkup>,
    /// All agents, sorted by container name.
    pub agents: Vec<Agent>,
    /// The number of agents without a container that are not in `agents`, because there are too many.
    #[serde(default)]
    pub unlisted_agents: u32,
    /// Whether new agents will report; `None` before Docker was first queried.
    pub new_agents: Option<NewAgents>,
    /// The data flow; `None` while nobody is watching or no store is running.
    pub flow: Option<Flow>,
    /// The receiver in the panel's process; `None` while it does not receive.
    #[serde(default)]
    pub receiver: Option<ReceiverAddresses>,
}

/// Where a built-in receiver listens, and where it keeps what it receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverAddresses {
    /// The address for OTLP over HTTP: `127.0.0.1:4318`.
    pub http: String,
    /// The address for OTLP over gRPC.
    pub grpc: String,
    /// The path of the file.
    pub file: String,
}

impl Snapshot {
    /// The snapshot before anything is known.
    pub fn unknown(taken_at: Timestamp) -> Snapshot {
        Snapshot {
            taken_at,
            engine: EngineState::Connecting,
            configuration: Configuration {
                directory: String::new(),
                settings_file: String::new(),
                settings_base: String::new(),
                initialized: false,
                differing: Vec::new(),
                error: None,
            },
            stack: StackState::NotInitialized,
            network: NetworkStatus { name: String::new(), exists: false },
            services: Vec::new(),
            removable: false,
            job: None,
            checkup: None,
            agents: Vec::new(),
            unlisted_agents: 0,
            new_agents: None,
            flow: None,
            receiver: None,
        }
    }

    /// The status of one service.
    pub fn service(&self, service: Service) -> Option<&ServiceStatus> {
        self.services.iter().find(|status| status.service == service)
    }

    /// The agent with this container name.
    pub fn agent(&self, container: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.container == container)
    }

    /// The job, if it is running.
    pub fn running_job(&self) -> Option<&Job> {
        self.job.as_ref().filter(|job| job.is_running())
    }

    /// The output of `status --json`.
    pub fn report(&self) -> StatusReport {
        StatusReport {
            stack: self.stack,
            network: self.network.clone(),
            services: self.services.clone(),
            job: self.running_job().cloned(),
        }
    }

    /// Applies one change.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Engine(engine) => self.engine = engine,
            Change::Configuration(configuration) => self.configuration = configuration,
            Change::Stack(stack) => self.stack = stack,
            Change::Network(network) => self.network = network,
            Change::Service(status) => match self.services.iter_mut().find(|known| known.service == status.service) {
                Some(known) => *known = *status,
                None => self.services.push(*status),
            },
            Change::Usage { service, usage } => {
                if let Some(known) = self.services.iter_mut().find(|known| known.service == service) {
                    known.usage = usage;
                }
            }
            Change::Removable(removable) => self.removable = removable,
            Change::Job(job) => self.job = job.map(|job| *job),
            Change::Checkup(checkup) => self.checkup = checkup,
            Change::Agent(agent) => match self.agents.binary_search_by(|known| known.container.cmp(&agent.container)) {
                Ok(place) => self.agents[place] = *agent,
                Err(place) => self.agents.insert(place, *agent),
            },
            Change::AgentGone(container) => self.agents.retain(|agent| agent.container != container),
            Change::Heard { container, last_seen } => {
                if let Some(known) = self.agents.iter_mut().find(|agent| agent.container == container) {
                    known.last_seen = last_seen;
                }
            }
            Change::UnlistedAgents(count) => self.unlisted_agents = count,
            Change::NewAgents(new_agents) => self.new_agents = new_agents,
            Change::Flow(flow) => self.flow = flow,
            Change::Receiver(receiver) => self.receiver = receiver,
        }
    }
}

/// A difference between two snapshots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The connection to Docker changed.
    Engine(EngineState),
    /// Files or settings changed.
    Configuration(Configuration),
    /// The state of the stack changed.
    Stack(StackState),
    /// The network was created or removed.
    Network(NetworkStatus),
    /// A service changed.
    Service(Box<ServiceStatus>),
    /// Only the resource usage of a service changed.
    Usage {
        /// The service.
        service: Service,
        /// Its usage; `None` if it stopped.
        usage: Option<Usage>,
    },
    /// Whether the stack has something to remove changed.
    Removable(bool),
    /// The job started, progressed, or ended.
    Job(Option<Box<Job>>),
    /// The doctor ran again.
    Checkup(Option<Checkup>),
    /// An agent was added or changed.
    Agent(Box<Agent>),
    /// The agent with this container name was removed.
    AgentGone(String),
    /// Only the time of an agent's last data changed.
    Heard {
        /// The container's name.
        container: String,
        /// When data last arrived.
        last_seen: Option<Timestamp>,
    },
    /// The number of agents that are not listed changed.
    UnlistedAgents(u32),
    /// The state of new agents changed.
    NewAgents(Option<NewAgents>),
    /// The data flow changed.
    Flow(Option<Flow>),
    /// The panel began or ended to receive.
    Receiver(Option<ReceiverAddresses>),
}

/// All differences between `old` and `new`, except `taken_at`.
pub fn changes(old: &Snapshot, new: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    if old.engine != new.engine {
        changes.push(Change::Engine(new.engine.clone()));
    }
    if old.configuration != new.configuration {
        changes.push(Change::Configuration(new.configuration.clone()));
    }
    if old.network != new.network {
        changes.push(Change::Network(new.network.clone()));
    }
    for status in &new.services {
        match old.service(status.service) {
            Some(known) if known == status => {}
            Some(known) if (ServiceStatus { usage: status.usage, ..known.clone() }) == *status => {
                changes.push(Change::Usage { service: status.service, usage: status.usage });
            }
            _ => changes.push(Change::Service(Box::new(status.clone()))),
        }
    }
    if old.stack != new.stack {
        changes.push(Change::Stack(new.stack));
    }
    if old.removable != new.removable {
        changes.push(Change::Removable(new.removable));
    }
    if old.job != new.job {
        changes.push(Change::Job(new.job.clone().map(Box::new)));
    }
    if old.checkup != new.checkup {
        changes.push(Change::Checkup(new.checkup.clone()));
    }
    if old.agents != new.agents {
        agent_changes(old, new, &mut changes);
    }
    if old.unlisted_agents != new.unlisted_agents {
        changes.push(Change::UnlistedAgents(new.unlisted_agents));
    }
    if old.new_agents != new.new_agents {
        changes.push(Change::NewAgents(new.new_agents.clone()));
    }
    if old.flow != new.flow {
        changes.push(Change::Flow(new.flow.clone()));
    }
    if old.receiver != new.receiver {
        changes.push(Change::Receiver(new.receiver.clone()));
    }
    changes
}

fn agent_changes(old: &Snapshot, new: &Snapshot, changes: &mut Vec<Change>) {
    let known: BTreeMap<&str, &Agent> = old.agents.iter().map(|agent| (agent.container.as_str(), agent)).collect();
    let now: BTreeSet<&str> = new.agents.iter().map(|agent| agent.container.as_str()).collect();
    let gone = known.keys().filter(|container| !now.contains(*container));
    changes.extend(gone.map(|container| Change::AgentGone((*container).to_owned())));
    for agent in &new.agents {
        match known.get(agent.container.as_str()) {
            Some(known) if *known == agent => {}
            Some(known) if (Agent { last_seen: agent.last_seen, ..(*known).clone() }) == *agent => {
                changes.push(Change::Heard { container: agent.container.clone(), last_seen: agent.last_seen });
            }
            _ => changes.push(Change::Agent(Box::new(agent.clone()))),
        }
    }
}

/// One event of the live stream; one JSON document each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveEvent {
    /// First on every connection: the server's build, so that a stale tab learns that its WebAssembly is outdated.
    Hello {
        /// Changes with every build.
        build: String,
    },
    /// Second on every connection, and again for a reader that fell behind.
    Snapshot(Box<Snapshot>),
    /// All later events.
    Changes {
        /// The server's clock.
        at: Timestamp,
        /// The change.
        changes: Vec<Change>,
    },
}

#[cfg(test)]
mod tests;
