//! Whether an agent has a container, and how one without is named.

use serde::{Deserialize, Serialize};

use crate::telemetry::Owner;

/// How an agent is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentKind {
    /// It has a container.
    Container,
    /// Its data arrives, and no container has its tags: Claude Code on the host, in CI, or in a removed container.
    NoContainer,
    /// Data without project and agent, of anybody.
    Untagged,
    /// Data of `clawker-monitor simulate`. Counted nowhere.
    Simulated,
}

impl AgentKind {
    /// The kind of the agent that sends data with these tags and has no container.
    pub fn without_container(owner: &Owner, simulated: bool) -> AgentKind {
        match () {
            () if simulated => AgentKind::Simulated,
            () if *owner == Owner::default() => AgentKind::Untagged,
            () => AgentKind::NoContainer,
        }
    }

    /// Whether it counts as an agent.
    pub const fn is_counted(self) -> bool {
        matches!(self, AgentKind::Container | AgentKind::NoContainer)
    }

    /// What takes the place of the container's name: `project/agent`, and `~project/agent` for simulated data. No container
    /// has such a name.
    pub fn name_without_container(self, owner: &Owner) -> String {
        let part = |tag: &Option<String>| tag.as_deref().unwrap_or_default().replace('%', "%25").replace('/', "%2F");
        let mark = if self == AgentKind::Simulated { "~" } else { "" };
        format!("{mark}{}/{}", part(&owner.project), part(&owner.agent))
    }

    /// The display name of an agent of this kind.
    pub fn title(self, agent: &str, has_project: bool) -> &str {
        match agent {
            "" if has_project => "no agent",
            "" => "untagged data",
            agent => agent,
        }
    }
}

/// The owner whose agent has this name, and whether it is simulated; `None` if it is the name of a container.
pub fn owner_from_name(name: &str) -> Option<(Owner, bool)> {
    let (simulated, tags) = name.strip_prefix('~').map_or((false, name), |tags| (true, tags));
    let (project, agent) = tags.split_once('/')?;
    let tag = |part: &str| part.replace("%2F", "/").replace("%25", "%");
    Some((Owner::new(Some(&tag(project)), Some(&tag(agent))), simulated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_agent_without_a_container_round_trips() {
        for (project, agent, simulated, expected) in [
            (Some("other"), Some("ghost"), false, "other/ghost"),
            (Some("other"), Some("ghost"), true, "~other/ghost"),
            (None, Some("dev"), false, "/dev"),
            (Some("shop"), None, false, "shop/"),
            (None, None, false, "/"),
            (Some("a/b%2F"), Some("c/d"), false, "a%2Fb%252F/c%2Fd"),
        ] {
            let owner = Owner::new(project, agent);
            let name = AgentKind::without_container(&owner, simulated).name_without_container(&owner);
            assert_eq!(name, expected);
            assert_eq!(owner_from_name(&name), Some((owner, simulated)), "{name}");
        }
        assert_eq!(owner_from_name("clawker.shop.dev"), None);
    }
}
