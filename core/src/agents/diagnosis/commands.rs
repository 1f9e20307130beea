//! The commands that help, ready to be copied into a shell.

use super::super::AgentContainer;

/// Brings the stack up, or back to what its files say.
pub(super) const STACK: &str = "clawker-monitor up";

/// How deep to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecreateScope {
    /// A new container of the same image.
    Container,
    /// A new image first.
    Image,
}

/// Makes the agent anew, in the folder where Clawker was called for it, which is where Clawker finds its project.
/// `stack_is_seen`: Clawker's check finds the collector; where it does not, a new container would be switched off again.
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

/// Starts the agent again. `None` where the container is not Clawker's.
pub(super) fn start_command(agent: &AgentContainer) -> Option<String> {
    let name = shell_quoted(&agent.agent).filter(|_| agent.managed)?;
    let steps = change_directory(agent).into_iter().chain([format!("clawker start -a -i --agent {name}")]);
    Some(steps.collect::<Vec<_>>().join(" && "))
}

fn change_directory(agent: &AgentContainer) -> Option<String> {
    let folder = agent.workdir.as_deref().and_then(shell_quoted)?;
    // A name that begins so would be read as an option.
    Some(if folder.starts_with('-') { format!("cd -- {folder}") } else { format!("cd {folder}") })
}

/// One word for a POSIX shell; `None` for nothing at all.
fn shell_quoted(text: &str) -> Option<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_@%+=:,./-".contains(letter);
    match () {
        () if text.is_empty() => None,
        () if text.chars().all(plain) => Some(text.to_owned()),
        () => Some(format!("'{}'", text.replace('\'', r"'\''"))),
    }
}
