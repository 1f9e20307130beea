//! A simulated agent's identity: everything that is the same in all its data.

use super::{
    MARK,
    random::Random,
    release::Release,
    value::{Attributes, Value},
};

/// Names and release of one agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The project. Starts with `simulated-`, so that it is not mistaken for real work.
    pub project: String,
    /// The agent's name, unique in its project.
    pub agent: String,
    /// The release of Claude Code that it simulates.
    pub release: Release,
    pub(super) user: String,
}

const PROJECTS: [&str; 3] = ["simulated-shop", "simulated-api", "simulated-data"];
const AGENTS: [&str; 8] = ["dev", "review", "tests", "docs", "fix", "refactor", "ops", "research"];

impl Identity {
    pub(super) fn new(index: u64, random: &mut Random) -> Identity {
        let (projects, agents) = (PROJECTS.len() as u64, AGENTS.len() as u64);
        let name = AGENTS[(index / projects % agents) as usize];
        Identity {
            project: PROJECTS[(index % projects) as usize].to_owned(),
            agent: match index / (projects * agents) {
                0 => name.to_owned(),
                round => format!("{name}-{}", round + 1),
            },
            release: Release::of_agent(index),
            user: random.hex(64),
        }
    }

    /// The resource attributes.
    pub fn resource(&self) -> Attributes {
        let mut attributes = self.tags();
        attributes.extend(
            [
                ("host.arch", "amd64"),
                ("os.type", "linux"),
                ("os.version", "6.12.57-generic"),
                ("service.name", "claude-code"),
                ("service.version", self.release.name()),
            ]
            .map(|(key, value)| (key, Value::from(value))),
        );
        attributes
    }

    /// Attributes of every data point and record of a session.
    pub(super) fn standard(&self, session: &str) -> Attributes {
        let mut attributes = if self.release.tags_everything() { self.tags() } else { Attributes::new() };
        attributes.push(("user.id", self.user.clone().into()));
        attributes.push(("session.id", session.into()));
        if self.release.tags_everything() {
            attributes.push(("anthropic.provider", "firstParty".into()));
            attributes.push(("anthropic.custom_base_url", false.into()));
        }
        attributes.push(("terminal.type", "xterm-256color".into()));
        attributes
    }

    /// `OTEL_RESOURCE_ATTRIBUTES` as Clawker sets it, plus the marker of simulated data.
    fn tags(&self) -> Attributes {
        vec![("project", self.project.clone().into()), ("agent", self.agent.clone().into()), (MARK, "true".into())]
    }
}
