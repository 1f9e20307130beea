//! The counters of Claude Code, in their order in a request body.

use super::release::Release;

/// A counter of Claude Code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Number of sessions started.
    Sessions,
    /// Lines added and removed.
    Lines,
    /// Number of pull requests created.
    PullRequests,
    /// Number of commits created.
    Commits,
    /// Estimated cost in dollars.
    Cost,
    /// Number of tokens by type.
    Tokens,
    /// Number of decisions about edits.
    EditDecisions,
    /// Active time in seconds.
    ActiveTime,
}

impl Metric {
    /// The name, for example `claude_code.cost.usage`.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Sessions => "claude_code.session.count",
            Metric::Lines => "claude_code.lines_of_code.count",
            Metric::PullRequests => "claude_code.pull_request.count",
            Metric::Commits => "claude_code.commit.count",
            Metric::Cost => "claude_code.cost.usage",
            Metric::Tokens => "claude_code.token.usage",
            Metric::EditDecisions => "claude_code.code_edit_tool.decision",
            Metric::ActiveTime => "claude_code.active_time.total",
        }
    }

    /// The unit; empty for plain counts.
    pub const fn unit(self) -> &'static str {
        match self {
            Metric::Cost => "USD",
            Metric::Tokens => "tokens",
            Metric::ActiveTime => "s",
            _ => "",
        }
    }

    /// Fractions per unit that make sums whole numbers here: micro-dollars, milliseconds.
    pub const fn parts(self) -> u64 {
        match self {
            Metric::Cost => 1_000_000,
            Metric::ActiveTime => 1000,
            _ => 1,
        }
    }

    /// The description that Claude Code sends.
    pub const fn description(self, release: Release) -> &'static str {
        match (self, release) {
            (Metric::Sessions, _) => "Count of CLI sessions started",
            (Metric::Lines, Release::V2_1_330) => {
                "Count of lines of code modified, with the 'type' attribute indicating whether lines were added or removed and the 'model' attribute indicating which model made the change"
            }
            (Metric::Lines, _) => {
                "Count of lines of code modified, with the 'type' attribute indicating whether lines were added or removed"
            }
            (Metric::PullRequests, _) => "Number of pull requests created",
            (Metric::Commits, _) => "Number of git commits created",
            (Metric::Cost, _) => "Cost of the Claude Code session",
            (Metric::Tokens, _) => "Number of tokens used",
            (Metric::EditDecisions, _) => {
                "Count of code editing tool permission decisions (accept/reject) for Edit, Write, and NotebookEdit tools"
            }
            (Metric::ActiveTime, _) => "Total active time in seconds",
        }
    }
}
