//! Shell commands that fix a cause, ready to copy.

use super::super::AgentContainer;

/// Starts the stack, or recreates what differs from its files.
pub(super) const STACK: &str = "clawker-monitor up";

/// What to recreate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecreateScope {
    /// The container, from the same image.
    Container,
    /// The image, then the container.
    Image,
}

/// Recreates the agent in the folder where Clawker was run for it, because Clawker finds the project by its folder.
/// `stack_is_seen`: Clawker's check finds the collector; otherwise a new container would be created with telemetry off
/// again.
pub(super) fn recreate_command(agent: &AgentContainer, scope: RecreateScope, stack_is_seen: bool) -> Option<String> {
    let name = shell_quoted(&agent.agent)?;
    let mut steps = Vec::new();
    if !stack_is_seen {
        steps.push(STACK.to_owned());
    }
    steps.extend(change_directory(agent));
    if scope == RecreateScope::Image {
        steps.push("clawker build".to_owned());
    }
    if agent.state.is_up() {
        steps.push(format!("clawker stop --agent {name}"));
    }
    steps.push(format!("clawker rm --agent {name}"));
    steps.push(format!("clawker run -it --agent {name} @"));
    Some(steps.join(" && "))
}

/// Starts the agent. `None` if the container is not Clawker's.
pub(super) fn start_command(agent: &AgentContainer) -> Option<String> {
    let name = shell_quoted(&agent.agent).filter(|_| agent.managed)?;
    let steps = change_directory(agent).into_iter().chain([format!("clawker start -a -i --agent {name}")]);
    Some(steps.collect::<Vec<_>>().join(" && "))
}

fn change_directory(agent: &AgentContainer) -> Option<String> {
    let folder = agent.workdir.as_deref().and_then(shell_quoted)?;
    // A name that starts with a dash would be parsed as an option.
    Some(if folder.starts_with('-') { format!("cd -- {folder}") } else { format!("cd {folder}") })
}

/// Quotes one word for a POSIX shell; `None` for an empty one.
fn shell_quoted(text: &str) -> Option<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    match () {
        () if text.is_empty() => None,
        () if text.chars().all(plain) => Some(text.to_owned()),
        () => Some(format!("'{}'", text.replace('\'', r"'\''"))),
    }
}
