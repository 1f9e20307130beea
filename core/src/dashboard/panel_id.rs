//! The ids of the panels. They are in people's bookmarks and in the panel's links, so a number never changes its
//! meaning. Those below 60 are the ones of Clawker's own dashboard.

/// One panel or row of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum PanelId {
    /// The row Overview.
    OverviewRow = 1,
    /// How many sessions said something.
    Sessions = 2,
    /// Estimated cost.
    Cost = 3,
    /// Input tokens.
    InputTokens = 4,
    /// Output tokens.
    OutputTokens = 40,
    /// The share of input that came from the cache.
    CacheReadRatio = 41,
    /// Tokens read from the cache.
    CacheReads = 52,
    /// Tokens written to the cache.
    CacheWrites = 53,
    /// Lines added and removed.
    LinesChanged = 5,
    /// Active time.
    ActiveTime = 6,
    /// What the collector or Loki did not take.
    LostData = 60,

    /// The row Per project and agent.
    OwnersRow = 20,
    /// Cost by project and agent.
    CostByOwner = 21,
    /// Tokens by project and agent.
    TokensByOwner = 22,
    /// Sessions by project and agent.
    SessionsByOwner = 23,
    /// When each agent was last heard.
    LastSeen = 61,

    /// The row Cost and usage.
    CostRow = 7,
    /// Cost by model.
    CostByModel = 8,
    /// Tokens by type over time.
    TokensByType = 9,
    /// Cost over time.
    CostOverTime = 62,
    /// How long requests take.
    RequestDuration = 63,

    /// The row Coding activity.
    CodingRow = 10,
    /// Lines added and removed over time.
    LinesOverTime = 11,
    /// Commits and pull requests.
    Commits = 12,
    /// Edits accepted and rejected.
    EditDecisions = 64,

    /// The row Tool usage.
    ToolsRow = 42,
    /// Tool calls over time.
    ToolActivity = 43,
    /// Failed tool calls over time.
    ToolFailures = 44,
    /// The share of tool calls that failed.
    ToolFailureRate = 50,
    /// The tools that failed most.
    TopFailingTools = 51,
    /// The tools that take longest.
    SlowestTools = 65,
    /// Every tool with its counts.
    ToolBreakdown = 46,

    /// The row Session detail.
    SessionRow = 30,
    /// Every session with its sums.
    SessionTable = 31,
    /// All events of the chosen session.
    SessionTimeline = 66,

    /// The row Events.
    EventsRow = 14,
    /// API requests.
    ApiRequests = 15,
    /// Tool calls and decisions.
    ToolEvents = 48,
    /// Errors.
    Errors = 16,

    /// The row Egress traffic.
    EgressRow = 54,
    /// Envoy's stream.
    EnvoyTraffic = 55,
    /// DNS lookups.
    DnsLookups = 56,
    /// The domains that were blocked most.
    TopBlocked = 57,
    /// Egress over time.
    EgressOverTime = 58,
    /// Which agent had which address.
    AgentAddresses = 67,
}

impl PanelId {
    /// Every row and panel, in the order in which the dashboard shows them.
    pub const ALL: [PanelId; 45] = [
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
        PanelId::OwnersRow,
        PanelId::CostByOwner,
        PanelId::TokensByOwner,
        PanelId::SessionsByOwner,
        PanelId::LastSeen,
        PanelId::CostRow,
        PanelId::CostByModel,
        PanelId::TokensByType,
        PanelId::CostOverTime,
        PanelId::RequestDuration,
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

    /// The number.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// As the addresses of Grafana 11.3 and later name it: `viewPanel=panel-3`.
    pub fn anchor(self) -> String {
        format!("panel-{}", self.number())
    }
}
