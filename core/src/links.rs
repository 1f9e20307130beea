//! Links from the panel to the services' own pages that carry over project, agent, session, and time range: Grafana's
//! dashboard and its panels, Grafana's Explore, Prometheus, Jaeger.
//!
//! A link knows why it can't be followed, or why its target would be empty. Panels, variables, and data sources come
//! from the dashboard's constants. This module does not know how links are rendered.
//!
//! Sources of the URLs: Grafana's documentation and `pathId.ts` (`viewPanel=panel-3` since 11.3, a bare number before),
//! its documentation of Explore (`panes` since 10, `left` before), and the pages of Prometheus 3 and 2.

mod address;
mod explore;
mod needs;

use self::address::Address;
use crate::{
    dashboard::{PanelId, UID, datasource::Source, simulated, variable},
    live::Snapshot,
    service::Service,
    status::{ContainerState, ServiceStatus},
    telemetry::{CLAUDE_CODE_SERVICE, Owner, OwnerNumbers, Range},
};

/// Builds links from the state of the services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    pages: Vec<Page>,
}

/// The state of one service, as far as links need it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Page {
    service: Service,
    url: Option<String>,
    state: ContainerState,
    ready: bool,
    version: Version,
}

/// Major and minor version. Missing parts count as the newest: the tag `12` is the newest 12.x.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

impl Version {
    fn read(text: Option<&str>) -> Version {
        let mut numbers = text.unwrap_or_default().split(|letter: char| !letter.is_ascii_digit());
        let mut next = || numbers.next().and_then(|number| number.parse().ok()).unwrap_or(u32::MAX);
        Version(next(), next())
    }
}

/// What a link is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkContext {
    /// The owner of the data; the default means all owners.
    pub owner: Owner,
    /// Only data without project and agent. The owner is then the default.
    pub untagged: bool,
    /// Simulated data of the owner. Otherwise only real data.
    pub simulated: bool,
    /// A session ID or its prefix; `None` for all sessions.
    pub session: Option<String>,
    /// The time range.
    pub range: Range,
    /// The addresses of the agent's container. The egress panels filter by address only; empty for all.
    pub addresses: Vec<String>,
    /// Which data exists.
    pub holds: KnownData,
}

/// Whether there is data of the owner within the range. `None` if unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownData {
    /// Any event, and with it what the collector counts in events.
    pub events: Option<bool>,
    /// Any of Claude Code's own metrics.
    pub metrics: Option<bool>,
    /// A tool call.
    pub tools: Option<bool>,
    /// A failed tool call.
    pub failures: Option<bool>,
    /// A connection recorded by the firewall.
    pub egress: Option<bool>,
    /// Whether traces are enabled for the agent. Clawker never enables them, so unknown means no.
    pub traces: Option<bool>,
}

impl KnownData {
    /// The stores answered and have no data of the owner. Egress is recorded by address, so it is unknown.
    pub const NOTHING: KnownData = KnownData {
        events: Some(false),
        metrics: Some(false),
        tools: Some(false),
        failures: Some(false),
        egress: None,
        traces: None,
    };
}

impl From<&OwnerNumbers> for KnownData {
    fn from(numbers: &OwnerNumbers) -> KnownData {
        let any = |count: Option<u64>| count.map(|count| count > 0);
        let events = if numbers.last_seen.is_some() || any(numbers.tool_calls) == Some(true) {
            Some(true)
        } else if numbers.events_over_time.is_empty() {
            // Sessions are known from events and from metrics.
            (numbers.sessions == Some(0)).then_some(false)
        } else {
            Some(numbers.events_over_time.iter().any(|count| *count > 0))
        };
        let usage = [numbers.sessions, numbers.cost_micro_usd].map(any).contains(&Some(true));
        let counters = [numbers.active_seconds, numbers.lines_added, numbers.lines_removed].map(any);
        let metrics = if counters.contains(&Some(true)) || (usage && events == Some(false)) {
            Some(true)
        } else {
            counters.contains(&Some(false)).then_some(false)
        };
        KnownData {
            events,
            metrics,
            tools: any(numbers.tool_calls),
            failures: any(numbers.tool_failures),
            egress: None,
            traces: None,
        }
    }
}

/// A link to a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// The URL; `None` if the page can't be reached.
    pub href: Option<String>,
    /// Why it can't be reached, or why it would be empty. A full sentence, with literals in backticks.
    pub why: Option<String>,
}

impl Links {
    /// Builds links from a snapshot.
    pub fn of(snapshot: &Snapshot) -> Links {
        Links { pages: snapshot.services.iter().map(Page::of).collect() }
    }

    /// The whole dashboard.
    pub fn dashboard(&self, about: &LinkContext) -> Link {
        self.link(Service::Grafana, |page| page.dashboard("d", about).done(), || self.why_no_dashboard(about))
    }

    /// One panel of the dashboard, alone on Grafana's page. For a row, the dashboard.
    pub fn panel(&self, panel: PanelId, about: &LinkContext) -> Link {
        let address = |page: &Page| match needs::of(panel) {
            None => page.dashboard("d", about).done(),
            Some(_) => page.dashboard("d", about).pair("viewPanel", &page.panel(panel)).done(),
        };
        self.link(Service::Grafana, address, || self.why_no_panel(panel, about))
    }

    /// One panel without navigation, for embedding in another page.
    pub fn solo(&self, panel: PanelId, about: &LinkContext, dark: bool) -> Link {
        let theme = if dark { "dark" } else { "light" };
        let address = |page: &Page| {
            page.dashboard("d-solo", about).pair("panelId", &page.panel(panel)).pair("theme", theme).done()
        };
        self.link(Service::Grafana, address, || self.why_no_panel(panel, about))
    }

    /// The events in Grafana's Explore.
    pub fn events(&self, about: &LinkContext) -> Link {
        let expression = explore::events(about);
        let address = |page: &Page| page.explore(Source::Loki, &expression, about.range);
        self.link(Service::Grafana, address, || self.why_nothing(needs::Need::Events, about, "Explore"))
    }

    /// A query to Prometheus in Grafana's Explore. The expression includes the owner; see `selector`.
    pub fn metric(&self, expression: &str, about: &LinkContext) -> Link {
        let address = |page: &Page| page.explore(Source::Prometheus, expression, about.range);
        self.link(Service::Grafana, address, || self.why_nothing(needs::Need::Metrics, about, "Explore"))
    }

    /// A query on Prometheus' own page.
    pub fn prometheus(&self, expression: &str, range: Range) -> Link {
        let address = |page: &Page| {
            let (path, graph) = if page.version < Version(3, 0) { ("/graph", "0") } else { ("/query", "graph") };
            Address::at(page.base(), path)
                .pair("g0.expr", expression)
                .pair("g0.show_tree", "0")
                .pair("g0.tab", graph)
                .pair("g0.range_input", range.name())
                .done()
        };
        self.link(Service::Prometheus, address, || None)
    }

    /// The agent's traces in Jaeger.
    pub fn traces(&self, about: &LinkContext) -> Link {
        let address = |page: &Page| {
            let search = Address::at(page.base(), "/search")
                .pair("service", CLAUDE_CODE_SERVICE)
                .pair("lookback", about.range.name())
                .pair("limit", "20");
            match explore::tags(&about.owner) {
                Some(tags) => search.pair("tags", &tags).done(),
                None => search.done(),
            }
        };
        self.link(Service::Jaeger, address, || match about.holds.traces {
            Some(true) => None,
            _ => Some(NO_TRACES.to_owned()),
        })
    }

    /// The service's own page.
    pub fn service(&self, service: Service) -> Link {
        self.link(service, |page| page.base().to_owned(), || None)
    }
}

const NO_TRACES: &str = "Agents send no traces unless `OTEL_TRACES_EXPORTER` and \
                         `CLAUDE_CODE_ENHANCED_TELEMETRY_BETA` are set, so the search would find nothing.";

/// The PromQL selector for one metric: `metric{project="…",agent="…"}`.
pub fn selector(metric: &str, about: &LinkContext) -> String {
    explore::selector(metric, about)
}

impl Page {
    fn of(status: &ServiceStatus) -> Page {
        Page {
            service: status.service,
            url: status.url.clone(),
            state: status.state,
            ready: status.ready,
            version: Version::read(status.version.as_deref()),
        }
    }

    fn base(&self) -> &str {
        self.url.as_deref().unwrap_or_default().trim_end_matches('/')
    }

    /// The common part of all dashboard URLs. The UID also serves as the slug.
    fn dashboard(&self, way: &str, about: &LinkContext) -> Address {
        let path = ["/", way, "/", UID, "/", UID].concat();
        let all = "$__all";
        let mut address = Address::at(self.base(), &path)
            .pair("orgId", "1")
            .pair("from", &["now-", about.range.name()].concat())
            .pair("to", "now")
            .variable(variable::PROJECT, about.owner.project.as_deref().unwrap_or(all))
            .variable(variable::AGENT, about.owner.agent.as_deref().unwrap_or(all));
        // The dashboard hides simulated data unless told otherwise.
        if about.simulated {
            address = address.variable(variable::SIMULATED, simulated::ONLY);
        }
        // A text variable, for which `$__all` would be a literal session ID.
        if let Some(session) = &about.session {
            address = address.variable(variable::SESSION, session);
        }
        about.addresses.iter().fold(address, |address, ip| address.variable(variable::CLIENT_IP, ip))
    }

    /// The panel's ID in the URLs of this version of Grafana.
    fn panel(&self, panel: PanelId) -> String {
        if self.version < Version(11, 3) { panel.number().to_string() } else { panel.anchor() }
    }

    fn explore(&self, source: Source, expression: &str, range: Range) -> String {
        explore::address(self.base(), self.version < Version(10, 0), source, expression, range)
    }
}

#[cfg(all(test, feature = "engine"))]
mod tests;
