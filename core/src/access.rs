//! Who asks, and what they may do. Every request names its action; this is the one place that allows or refuses it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What somebody may be allowed to do. Each request to the panel is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See the stack, its jobs and checks, and the list of agents with their verdicts.
    ViewState,
    /// See what agents did and cost, as numbers.
    ViewNumbers,
    /// See one agent's page with its events, which may contain prompts, and its connections.
    ViewAgentDetails,
    /// Read the services' logs, which may contain prompts.
    ViewLogs,
    /// Read the generated files.
    ViewFiles,
    /// Read the settings and preview changes.
    ViewSettings,
    /// Start and stop the stack, write the generated files, run the checks, cancel a job.
    OperateStack,
    /// Change the settings file and apply it.
    ChangeSettings,
    /// Remove recorded data.
    RemoveData,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 9] = [
        Action::ViewState,
        Action::ViewNumbers,
        Action::ViewAgentDetails,
        Action::ViewLogs,
        Action::ViewFiles,
        Action::ViewSettings,
        Action::OperateStack,
        Action::ChangeSettings,
        Action::RemoveData,
    ];

    /// What it is, after "You aren't allowed to".
    pub const fn words(self) -> &'static str {
        match self {
            Action::ViewState => "see the stack",
            Action::ViewNumbers => "see the agents' numbers",
            Action::ViewAgentDetails => "see an agent's details",
            Action::ViewLogs => "read logs",
            Action::ViewFiles => "read the generated files",
            Action::ViewSettings => "see the settings",
            Action::OperateStack => "start or stop the stack",
            Action::ChangeSettings => "change settings",
            Action::RemoveData => "remove recorded data",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.words())
    }
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Somebody who reached the panel without signing in. There is no sign-in yet, so this is everybody, and everything
    /// is allowed.
    Local,
    /// Somebody who may do only what is listed.
    Limited(Vec<Action>),
}

impl Caller {
    /// Whether this caller may do that.
    pub fn may(&self, action: Action) -> bool {
        match self {
            Caller::Local => true,
            Caller::Limited(allowed) => allowed.contains(&action),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limited_caller_may_do_what_is_listed_and_nothing_else() {
        let caller = Caller::Limited(vec![Action::ViewState]);
        for action in Action::ALL {
            assert!(Caller::Local.may(action), "{action}");
            assert_eq!(caller.may(action), action == Action::ViewState, "{action}");
        }
    }

    #[test]
    fn every_action_has_a_unique_description() {
        let words: std::collections::BTreeSet<_> = Action::ALL.into_iter().map(Action::words).collect();
        assert_eq!(words.len(), Action::ALL.len());
    }
}
