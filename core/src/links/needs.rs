//! What a panel needs to show data, and sentences about what is missing.

use super::{Link, LinkContext, Links, Page};
use crate::{dashboard::PanelId, service::Service, status::ContainerState};

/// The data that a panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// What an agent's own metrics or its events say, in Prometheus.
    Usage,
    /// Decisions on edits, from the same two.
    Edits,
    /// An agent's own metrics alone, in Prometheus.
    Metrics,
    /// What the collector counts in events, in Prometheus.
    Counts,
    /// Tool calls, counted in events.
    Tools,
    /// Failed tool calls, counted in events.
    Failures,
    /// A list of events, in Loki.
    Events,
    /// A list of events of tool calls, in Loki.
    ToolEvents,
    /// The firewall's logs, in Loki. They belong to addresses, not to agents.
    Egress,
    /// The stack's own counters, in Prometheus. No data is fine.
    Health,
}

impl Need {
    /// The store with the data.
    pub fn store(self) -> Service {
        match self {
            Need::Events | Need::ToolEvents | Need::Egress => Service::Loki,
            _ => Service::Prometheus,
        }
    }

    /// What is known to be missing, to be followed by the range.
    fn lacks(self, about: &LinkContext) -> Option<&'static str> {
        let holds = &about.holds;
        let no = |known: Option<bool>| known == Some(false);
        let nothing = if has_owner(about) { "It sent no data in the " } else { "No data arrived in the " };
        let usage = (no(holds.events) && no(holds.metrics)).then_some(nothing);
        let no_events = if has_owner(about) { "It sent no events in the " } else { "No events arrived in the " };
        let events = usage.or(no(holds.events).then_some(no_events));
        let no_tools = no(holds.tools).then_some("No tools ran in the ");
        match self {
            Need::Usage => usage,
            Need::Edits => usage.or(no_tools.filter(|_| holds.events == Some(true))),
            Need::Metrics => usage.or(no(holds.metrics).then_some("It reported no metrics in the ")),
            Need::Counts | Need::Events => events,
            Need::Tools | Need::ToolEvents => events.or(no_tools),
            Need::Failures => events.or((no(holds.tools) || no(holds.failures)).then_some("No tools failed in the ")),
            Need::Egress => no(holds.egress).then_some("The firewall recorded no connections in the "),
            Need::Health => None,
        }
    }
}

/// What the panel needs; `None` for a row, which shows nothing itself.
pub(super) fn of(panel: PanelId) -> Option<Need> {
    use PanelId as P;
    Some(match panel {
        P::OverviewRow | P::OwnersRow | P::CostRow | P::CodingRow => return None,
        P::ToolsRow | P::SessionRow | P::EventsRow | P::EgressRow => return None,
        P::Sessions | P::Cost | P::InputTokens | P::OutputTokens | P::CacheReadRatio => Need::Usage,
        P::CacheReads | P::CacheWrites | P::CostByOwner | P::TokensByOwner | P::SessionsByOwner => Need::Usage,
        P::CostByModel | P::TokensByType | P::CostOverTime | P::SessionTable => Need::Usage,
        P::EditDecisions => Need::Edits,
        P::LinesChanged | P::ActiveTime | P::LinesOverTime | P::Commits => Need::Metrics,
        // No number tells in advance whether there are failed requests.
        P::LastSeen | P::LastStep | P::RequestDuration | P::FailedRequests | P::ErrorBreakdown => Need::Counts,
        P::ToolActivity | P::ToolFailureRate | P::SlowestTools | P::ToolBreakdown => Need::Tools,
        P::ToolFailures | P::TopFailingTools => Need::Failures,
        P::SessionTimeline | P::ApiRequests | P::Errors => Need::Events,
        P::ToolEvents => Need::ToolEvents,
        P::LostData | P::LostDataByCause => Need::Health,
        P::EnvoyTraffic | P::DnsLookups | P::TopBlocked | P::EgressOverTime | P::AgentAddresses => Need::Egress,
    })
}

impl Links {
    fn page(&self, service: Service) -> Option<&Page> {
        self.pages.iter().find(|page| page.service == service)
    }

    /// A link to a service, and the first reason why it can't be followed or would be empty.
    pub(super) fn link(
        &self,
        service: Service,
        address: impl FnOnce(&Page) -> String,
        why_empty: impl FnOnce() -> Option<String>,
    ) -> Link {
        let title = service.title();
        let none = |why: &str| Link { href: None, why: Some([title, why].concat()) };
        let Some(page) = self.page(service) else { return none(" has not been checked yet.") };
        if page.state != ContainerState::Running {
            return none(" is not running. Start the stack.");
        }
        if page.url.is_none() {
            return none(" has no page reachable from this machine.");
        }
        let why = if page.ready { why_empty() } else { Some([title, " is not ready yet."].concat()) };
        Link { href: Some(address(page)), why }
    }

    /// Why the store can't answer.
    fn why_store(&self, store: Service, what: &str) -> Option<String> {
        let page = self.page(store).filter(|page| page.state == ContainerState::Running);
        let ails = match page {
            Some(page) if page.ready => return None,
            Some(_) => " is not ready yet, so ",
            None => " is not running, so ",
        };
        Some([store.title(), ails, what, " would be empty."].concat())
    }

    /// Why the target would be empty. `what` names the target within a sentence.
    pub(super) fn why_nothing(&self, need: Need, about: &LinkContext, what: &str) -> Option<String> {
        self.why_store(need.store(), what).or_else(|| {
            let lacks = need.lacks(about)?;
            Some([lacks, about.range.label(), ", so ", what, " would be empty."].concat())
        })
    }

    /// Why the whole dashboard would be empty or show other data.
    pub(super) fn why_no_dashboard(&self, about: &LinkContext) -> Option<String> {
        self.why_store(Service::Prometheus, "nearly all of the dashboard")
            .or_else(|| why_not_filtered(about))
            .or_else(|| self.why_store(Service::Loki, "the lists of events"))
    }

    /// Why one panel would be empty or show other data.
    pub(super) fn why_no_panel(&self, panel: PanelId, about: &LinkContext) -> Option<String> {
        let Some(need) = of(panel) else { return self.why_no_dashboard(about) };
        let unowned = matches!(need, Need::Egress | Need::Health);
        let store = || self.why_store(need.store(), "the panel");
        store()
            .or_else(|| why_not_filtered(about).filter(|_| !unowned))
            .or_else(|| self.why_nothing(need, about, "the panel"))
    }
}

/// Why the dashboard would show other data than the link is about.
fn why_not_filtered(about: &LinkContext) -> Option<String> {
    let untagged = "The dashboard can't filter for data without project and agent, so it shows all data.";
    why_selection_lost(about).or_else(|| about.untagged.then(|| untagged.to_owned()))
}

/// Grafana drops a selected project or agent that sent neither events nor metrics, and then shows all of them.
fn why_selection_lost(about: &LinkContext) -> Option<String> {
    let nothing = Need::Usage.lacks(about)?;
    let named = about.owner.project.is_some() || about.owner.agent.is_some();
    let follows = if named { ", so Grafana would show all data instead." } else { ", so there is nothing to see." };
    Some([nothing, about.range.label(), follows].concat())
}

/// Whether the link is about a project or an agent.
fn has_owner(about: &LinkContext) -> bool {
    about.owner.project.is_some() || about.owner.agent.is_some()
}
