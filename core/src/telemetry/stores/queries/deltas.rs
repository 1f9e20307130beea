//! Builds PromQL queries for metrics that are stored as deltas: each sample is what was counted since the one before, so
//! a sum over time is exact, and nothing depends on restarts or on samples outside of the range. The dashboard uses the
//! same forms.
//!
//! Each metric is stored twice: by session, and by agent, without sessions. A day of 200 agents has over 10,000 sessions,
//! each with series of its own; numbers of agents and totals are asked of the few series by agent.
//!
//! Ranges in PromQL exclude their start and include their end (Prometheus 3), so windows of one step at every step
//! neither overlap nor leave gaps.

use super::logql::by_labels;

/// Labels that identify an owner, and whether its data is simulated.
const OWNER: &str = "project, agent, clawker_simulated";
/// What the names of series by agent begin with. `core/templates/otel-config.yaml` names them.
pub const BY_AGENT: &str = "agent_";
/// The gauges of which every session has at least one.
const OF_SESSIONS: &str = "clawker_last_(event|metric)";
/// Claude Code's own metrics count if they say at least this share of what the agent's events say, else the events: an
/// agent may have begun to send metrics in the middle of the range. Not 1, because events that an agent sends again
/// count again.
const ENOUGH: &str = "0.9";

/// A metric in Prometheus that an agent sent, or that the collector derived from an agent's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Cost in dollars, by `model`. Claude Code's own.
    Cost,
    /// Tokens, by `model` and `type` (`input`, `output`, `cacheRead`, `cacheCreation`). Claude Code's own.
    Tokens,
    /// Lines of code, by `type` (`added`, `removed`). Claude Code's own.
    Lines,
    /// Active time in seconds, by `type` (`user`, `cli`). Claude Code's own.
    ActiveTime,
    /// Commits. Claude Code's own.
    Commits,
    /// Pull requests. Claude Code's own.
    PullRequests,
    /// Decisions on edits, by `tool_name`, `decision` (`accept`, `reject`), `source`, and `language`. Claude Code's own.
    EditDecisions,
    /// Starts of sessions, by `start_type`. Claude Code's own.
    SessionStarts,
    /// Events, by `event_name`.
    Events,
    /// Cost of requests in dollars, by `model`.
    RequestCost,
    /// Tokens of requests, by `model` and `type`, as in `Tokens`.
    RequestTokens,
    /// Durations of requests in milliseconds, by `model`. A native histogram, without sessions.
    RequestDuration,
    /// Failed requests, by `model` and `status_code`.
    RequestErrors,
    /// Attempts of failed requests, by `model` and `status_code`, without sessions.
    RequestAttempts,
    /// Tool calls, by `tool_name` and `success` (`true`, `false`).
    ToolCalls,
    /// Total duration of tool calls in milliseconds, by `tool_name`, without sessions.
    ToolDuration,
    /// Decisions on tool calls, by `tool_name` and `decision` (`accept`, `reject`).
    ToolDecisions,
    /// Time of the last event in seconds since 1970, by `service_version`. A gauge.
    LastEvent,
    /// Time of the last of Claude Code's own data points in seconds since 1970. A gauge.
    LastMetric,
    /// Time of the last event that tells what an agent is doing in milliseconds since 1970, by `event_name`, `tool_name`,
    /// `decision`, and `hook_event`. A gauge, without sessions.
    LastStep,
    /// Time of the last report on managed settings in seconds since 1970, by `managed_settings_sources` and
    /// `managed_settings_helper_applied`. A gauge, without sessions.
    ManagedSettings,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Metric; 21] = [
        Metric::Cost,
        Metric::Tokens,
        Metric::Lines,
        Metric::ActiveTime,
        Metric::Commits,
        Metric::PullRequests,
        Metric::EditDecisions,
        Metric::SessionStarts,
        Metric::Events,
        Metric::RequestCost,
        Metric::RequestTokens,
        Metric::RequestDuration,
        Metric::RequestErrors,
        Metric::RequestAttempts,
        Metric::ToolCalls,
        Metric::ToolDuration,
        Metric::ToolDecisions,
        Metric::LastEvent,
        Metric::LastMetric,
        Metric::LastStep,
        Metric::ManagedSettings,
    ];

    /// The name of its series by session in Prometheus.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Cost => "claude_code_cost_usage_USD_total",
            Metric::Tokens => "claude_code_token_usage_tokens_total",
            Metric::Lines => "claude_code_lines_of_code_count_total",
            Metric::ActiveTime => "claude_code_active_time_seconds_total",
            Metric::Commits => "claude_code_commit_count_total",
            Metric::PullRequests => "claude_code_pull_request_count_total",
            Metric::EditDecisions => "claude_code_code_edit_tool_decision_total",
            Metric::SessionStarts => "claude_code_session_count_total",
            Metric::Events => "clawker_events",
            Metric::RequestCost => "clawker_request_cost_usd",
            Metric::RequestTokens => "clawker_request_tokens",
            Metric::RequestDuration => "clawker_request_duration",
            Metric::RequestErrors => "clawker_request_errors",
            Metric::RequestAttempts => "clawker_request_attempts",
            Metric::ToolCalls => "clawker_tool_calls",
            Metric::ToolDuration => "clawker_tool_duration",
            Metric::ToolDecisions => "clawker_tool_decisions",
            Metric::LastEvent => "clawker_last_event",
            Metric::LastMetric => "clawker_last_metric",
            Metric::LastStep => "clawker_last_step",
            Metric::ManagedSettings => "clawker_managed_settings",
        }
    }

    /// Whether it is stored as deltas. Gauges are stored as they are.
    pub const fn is_delta(self) -> bool {
        !matches!(self, Metric::LastEvent | Metric::LastMetric | Metric::LastStep | Metric::ManagedSettings)
    }

    /// Whether it is stored by session and by agent. Claude Code's own may lack `session_id`, if the user switched it off.
    /// The others are stored by agent only, under their plain name.
    pub const fn has_session(self) -> bool {
        use Metric as M;
        !matches!(self, M::RequestDuration | M::RequestAttempts | M::ToolDuration | M::LastStep | M::ManagedSettings)
    }

    /// The series of this metric that also match `matchers`: `success="false"`.
    pub const fn with(self, matchers: &str) -> Selection<'_> {
        Selection { metric: self, matchers }
    }
}

/// Series of one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection<'a> {
    /// The metric.
    pub metric: Metric,
    /// Matchers in PromQL, separated by commas; empty for all of its series.
    pub matchers: &'a str,
}

impl From<Metric> for Selection<'_> {
    fn from(metric: Metric) -> Self {
        Selection { metric, matchers: "" }
    }
}

/// The time that one number covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Window<'a> {
    /// The whole range: `24h`, `$__range`.
    Whole(&'a str),
    /// One step of a graph over `range`.
    Step { step: &'a str, range: &'a str },
}

/// The series that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail<'a> {
    /// Those by agent.
    Agents,
    /// Those by session that match.
    Sessions(&'a str),
}

/// What a number was counted from, as the label `source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Metrics,
    Events,
}

fn tagged(numbers: &str, source: Source) -> String {
    let name = match source {
        Source::Metrics => "metrics",
        Source::Events => "events",
    };
    format!(r#"label_replace({numbers}, "source", "{name}", "", "")"#)
}

/// The data that queries are about: a time, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deltas<'a> {
    window: Window<'a>,
    owners: &'a str,
    detail: Detail<'a>,
}

impl<'a> Deltas<'a> {
    /// All data within the range that ends when the query is evaluated: `24h`, `$__range`.
    pub const fn within(range: &'a str) -> Deltas<'a> {
        Deltas { window: Window::Whole(range), owners: "", detail: Detail::Agents }
    }

    /// All data, one number for each step of a graph over `range`. The query has to be evaluated at every `step`.
    pub const fn in_steps(step: &'a str, range: &'a str) -> Deltas<'a> {
        Deltas { window: Window::Step { step, range }, owners: "", detail: Detail::Agents }
    }

    /// Only the data of the owners that match: `project=~"$project", agent=~"$agent"`.
    pub const fn of_owners(self, matchers: &'a str) -> Deltas<'a> {
        Deltas { owners: matchers, ..self }
    }

    /// The data by session, of the sessions that match: `session_id!=""`. Metrics without sessions ignore it.
    pub const fn of_sessions(self, matchers: &'a str) -> Deltas<'a> {
        Deltas { detail: Detail::Sessions(matchers), ..self }
    }

    /// Sum of a metric, grouped by these labels.
    pub fn total<'s>(self, of: impl Into<Selection<'s>>, by: &str) -> String {
        format!("sum{} ({})", by_labels(by), self.summed(of.into(), ""))
    }

    /// Sum of one of Claude Code's own metrics, or of a derived one where an agent does not send its own, grouped by these
    /// labels. Both must have the labels in `by`, with the same values.
    pub fn preferring<'s>(self, own: impl Into<Selection<'s>>, derived: impl Into<Selection<'s>>, by: &str) -> String {
        let (own, derived) = (own.into(), derived.into());
        let sum = match (self.detail, self.window) {
            (Detail::Sessions(_), _) => self.preferring_by_session(own, derived, by),
            (Detail::Agents, Window::Whole(_)) => self.preferring_by_agent(own, derived, by),
            (Detail::Agents, Window::Step { .. }) => self.preferring_by_agent_in_steps(own, derived, by),
        };
        format!("sum{} ({sum})", by_labels(by))
    }

    /// Reading the samples is what takes time, so each series is read once: of the two sums of a group, `topk` keeps the
    /// winner with the label `source`, which tells whether to undo the handicap of the derived one.
    fn preferring_by_agent(self, own: Selection<'_>, derived: Selection<'_>, by: &str) -> String {
        let keys = owner_and(by);
        let winner = self.winner(own, derived, &keys);
        let factors = format!(
            "({} or {})",
            tagged("vector(1)", Source::Metrics),
            tagged(&format!("vector(1 / {ENOUGH})"), Source::Events)
        );
        format!("{winner} * on (source) group_left () {factors}")
    }

    /// Each agent counts by one of the two in all steps, because metrics arrive later than events and may fall into the
    /// next step.
    fn preferring_by_agent_in_steps<'s>(self, own: Selection<'s>, derived: Selection<'s>, by: &str) -> String {
        let keys = owner_and(by);
        let sum_of = |of, source| tagged(&format!("sum by ({keys}) ({})", self.summed(of, "")), source);
        // Tokens are sent with the cost, in a quarter of the series.
        let sign = |of: Selection<'s>| match of.metric {
            Metric::Tokens => Metric::Cost.into(),
            Metric::RequestTokens => Metric::RequestCost.into(),
            _ => of,
        };
        let winner = self.winner(sign(own), sign(derived), OWNER);
        let (own, derived) = (sum_of(own, Source::Metrics), sum_of(derived, Source::Events));
        format!("({own} or {derived}) and on ({OWNER}, source) {winner}")
    }

    /// The larger of both sums over the whole range in each group, with its `source`; the derived one with a handicap.
    fn winner(self, own: Selection<'_>, derived: Selection<'_>, keys: &str) -> String {
        let sum_of = |of| format!("sum by ({keys}) (sum_over_time({}{}))", self.selector(of, ""), self.whole());
        format!(
            "topk by ({keys}) (1, {} or {})",
            tagged(&sum_of(own), Source::Metrics),
            tagged(&format!("{ENOUGH} * {}", sum_of(derived)), Source::Events)
        )
    }

    /// Each session is decided on its own: a derived series counts unless an own one has the same labels. In a graph, a
    /// session that sent its own metrics anywhere in the range counts by these alone. An owner whose own metrics lack
    /// `session_id` counts by these alone; grouped by `session_id`, by the derived ones alone.
    fn preferring_by_session(self, own: Selection<'_>, derived: Selection<'_>, by: &str) -> String {
        let is_by_session = labels(by).any(|label| label == "session_id");
        let named = if is_by_session { r#"session_id!="""# } else { "" };
        let inner =
            format!("{OWNER}, session_id{}", others(by, &["project", "agent", "clawker_simulated", "session_id"]));
        let sum_of = |of, more| format!("sum by ({inner}) ({})", self.summed(of, more));
        // Tokens are sent with the cost, in a quarter of the series.
        let sign = if own.metric == Metric::Tokens { Metric::Cost } else { own.metric };
        let unless_sent = |keys: &str, more: &str| {
            let sent = format!("present_over_time({}{})", self.selector(sign.into(), more), self.whole());
            format!(" unless on ({keys}) group by ({keys}) ({sent})")
        };
        let mut or_derived = sum_of(derived, named);
        if matches!(self.window, Window::Step { .. }) {
            or_derived.push_str(&unless_sent(&format!("{OWNER}, session_id"), named));
        }
        if !is_by_session {
            or_derived.push_str(&unless_sent(OWNER, r#"session_id="""#));
        }
        format!("{} or ({or_derived})", sum_of(own, named))
    }

    /// Mean of what `sum` adds up and `count` counts, by agent, grouped by these labels.
    pub fn mean<'s>(self, sum: impl Into<Selection<'s>>, count: impl Into<Selection<'s>>, by: &str) -> String {
        let agents = Deltas { detail: Detail::Agents, ..self };
        format!("{} / {}", agents.total(sum, by), agents.total(count, by))
    }

    /// A quantile of a histogram, grouped by these labels; `share` is from 0 to 1. Exact to the width of a bucket.
    pub fn quantile<'s>(self, share: &str, of: impl Into<Selection<'s>>, by: &str) -> String {
        format!("histogram_quantile({share}, {})", self.total(of, by))
    }

    /// Number of distinct sessions, grouped by these labels: those with events, and those with metrics. A session that
    /// sends neither events nor `session_id` is not counted.
    pub fn sessions(self, by: &str) -> String {
        let chosen = if let Detail::Sessions(matchers) = self.detail { matchers } else { "" };
        let name = format!(r#"__name__=~"{OF_SESSIONS}""#);
        let gauges = matchers(&[&name, self.owners, chosen, r#"session_id!="""#]);
        let inner = format!("session_id{}", others(by, &["session_id"]));
        // `last_over_time` keeps the names, without which the two gauges of a session have equal labels.
        format!("count{} (group by ({inner}) (last_over_time({gauges}{})))", by_labels(by), self.each())
    }

    /// Latest time that a gauge of times reported, in seconds since 1970, grouped by these labels.
    pub fn latest<'s>(self, of: impl Into<Selection<'s>>, by: &str) -> String {
        format!("max{} (max_over_time({}{}))", by_labels(by), self.selector(of.into(), ""), self.each())
    }

    fn summed(self, of: Selection<'_>, more: &str) -> String {
        format!("sum_over_time({}{})", self.selector(of, more), self.each())
    }

    fn selector(self, Selection { metric, matchers: own }: Selection<'_>, more: &str) -> String {
        let temporality = if metric.is_delta() { r#"temporality="delta""# } else { "" };
        let (prefix, sessions) = match self.detail {
            _ if !metric.has_session() => ("", ""),
            Detail::Agents => (BY_AGENT, ""),
            Detail::Sessions(matchers) => ("", matchers),
        };
        format!("{prefix}{}{}", metric.name(), matchers(&[temporality, self.owners, sessions, own, more]))
    }

    /// The window of one number.
    fn each(self) -> String {
        let (Window::Whole(length) | Window::Step { step: length, .. }) = self.window;
        format!("[{length}]")
    }

    /// The whole range, also when evaluated for a step.
    fn whole(self) -> String {
        match self.window {
            Window::Whole(range) => format!("[{range}]"),
            Window::Step { range, .. } => format!("[{range}] @ end()"),
        }
    }
}

fn matchers(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!("{{{}}}", parts.join(", ")) }
}

fn labels(by: &str) -> impl Iterator<Item = &str> {
    by.split(',').map(str::trim).filter(|label| !label.is_empty())
}

/// The owner's labels and those of `by`.
fn owner_and(by: &str) -> String {
    format!("{OWNER}{}", others(by, &["project", "agent", "clawker_simulated"]))
}

/// The labels of `by` that are not among `known`, each after a comma.
fn others(by: &str, known: &[&str]) -> String {
    labels(by).filter(|label| !known.contains(label)).fold(String::new(), |text, label| text + ", " + label)
}

#[cfg(test)]
mod tests;
