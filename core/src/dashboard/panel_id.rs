//! IDs of the dashboard's panels. They are in people's bookmarks and in the panel's links, so a number never changes
//! its meaning. Those below 60 are from Clawker's own dashboard.

/// One panel or row of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum PanelId {
    /// The row `Overview`.
    OverviewRow = 1,
    /// Number of sessions.
    Sessions = 2,
    /// Estimated cost in dollars.
    Cost = 3,
    /// Number of input tokens.
    InputTokens = 4,
    /// Number of output tokens.
    OutputTokens = 40,
    /// Share of input tokens read from the cache.
    CacheReadRatio = 41,
    /// Number of tokens read from the cache.
    CacheReads = 52,
    /// Number of tokens written to the cache.
    CacheWrites = 53,
    /// Lines added and removed.
    LinesChanged = 5,
    /// Active time in seconds.
    ActiveTime = 6,
    /// Data that the collector or Loki dropped.
    LostData = 60,
    /// Data that the collector, Loki, or Prometheus dropped, by cause.
    LostDataByCause = 70,

    /// The row `By project and agent`.
    OwnersRow = 20,
    /// Cost by project and agent.
    CostByOwner = 21,
    /// Tokens by project and agent.
    TokensByOwner = 22,
    /// Sessions by project and agent.
    SessionsByOwner = 23,
    /// Time of the last event by project and agent.
    LastSeen = 61,
    /// The last step of each agent, and when.
    LastStep = 71,

    /// The row `Cost and usage`.
    CostRow = 7,
    /// Cost by model.
    CostByModel = 8,
    /// Tokens by type over time.
    TokensByType = 9,
    /// Cost over time.
    CostOverTime = 62,
    /// 95th percentile of request durations.
    RequestDuration = 63,
    /// Failed requests over time by status code and model.
    FailedRequests = 68,
    /// Table of failed requests and their attempts by status code and model.
    ErrorBreakdown = 69,

    /// The row `Coding activity`.
    CodingRow = 10,
    /// Lines added and removed over time.
    LinesOverTime = 11,
    /// Number of commits and pull requests.
    Commits = 12,
    /// Accepted and rejected edits.
    EditDecisions = 64,

    /// The row `Tool usage`.
    ToolsRow = 42,
    /// Tool calls over time.
    ToolActivity = 43,
    /// Failed tool calls over time.
    ToolFailures = 44,
    /// Share of tool calls that failed.
    ToolFailureRate = 50,
    /// Tools with the most failures.
    TopFailingTools = 51,
    /// Tools with the longest mean duration.
    SlowestTools = 65,
    /// Table of all tools.
    ToolBreakdown = 46,

    /// The row `Session detail`.
    SessionRow = 30,
    /// Table of all sessions.
    SessionTable = 31,
    /// All events of the selected sessions.
    SessionTimeline = 66,

    /// The row `Events`.
    EventsRow = 14,
    /// Events of requests to the model.
    ApiRequests = 15,
    /// Events of tool calls and decisions.
    ToolEvents = 48,
    /// Events of errors.
    Errors = 16,

    /// The row `Egress traffic`.
    EgressRow = 54,
    /// Log of connections through Envoy.
    EnvoyTraffic = 55,
    /// Log of DNS lookups.
    DnsLookups = 56,
    /// Domains blocked most often.
    TopBlocked = 57,
    /// Connections over time.
    EgressOverTime = 58,
    /// Addresses of the selected agents.
    AgentAddresses = 67,
}

impl PanelId {
    /// All rows and panels in display order.
    pub const ALL: [PanelId; 49] = [
        PanelId::OverviewRow,
        PanelId::Sessions,
        PanelId::Cost,
        PanelId::InputTokens,
        PanelId::OutputTokens,
        PanelId::CacheReadRatio,
        PanelId::CacheReads,
        PanelId::CacheWrites,
        PanelId::LinesChanged,
        PanelId::ActiveTime,
        PanelId::LostData,
        PanelId::LostDataByCause,
        PanelId::OwnersRow,
        PanelId::CostByOwner,
        PanelId::TokensByOwner,
        PanelId::SessionsByOwner,
        PanelId::LastSeen,
        PanelId::LastStep,
        PanelId::CostRow,
        PanelId::CostByModel,
        PanelId::TokensByType,
        PanelId::CostOverTime,
        PanelId::RequestDuration,
        PanelId::FailedRequests,
        PanelId::ErrorBreakdown,
        PanelId::CodingRow,
        PanelId::LinesOverTime,
        PanelId::Commits,
        PanelId::EditDecisions,
        PanelId::ToolsRow,
        PanelId::ToolActivity,
        PanelId::ToolFailures,
        PanelId::ToolFailureRate,
        PanelId::TopFailingTools,
        PanelId::SlowestTools,
        PanelId::ToolBreakdown,
        PanelId::SessionRow,
        PanelId::SessionTable,
        PanelId::SessionTimeline,
        PanelId::EventsRow,
        PanelId::ApiRequests,
        PanelId::ToolEvents,
        PanelId::Errors,
        PanelId::EgressRow,
        PanelId::EnvoyTraffic,
        PanelId::DnsLookups,
        PanelId::TopBlocked,
        PanelId::EgressOverTime,
        PanelId::AgentAddresses,
    ];

    /// The panel's number in Grafana's JSON.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The panel's name in URLs of Grafana 11.3 and later: `viewPanel=panel-3`.
    pub fn anchor(self) -> String {
        format!("panel-{}", self.number())
    }
}
