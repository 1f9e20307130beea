//! The data path through the stack: every station with its state, every hop with its rate and its losses. A list in the
//! HTML, laid out as a diagram where there is room.

use leptos::prelude::*;
use monitor_core::{
    agents::{Agent, AgentKind, Verdict},
    live::Snapshot,
    service::Service,
    status::StackState,
    telemetry::{Backlog, Flow, Signal, Station},
};

use super::services::state_dot;
use crate::{
    components::{Icon, Prose, Tone, show_if},
    live::Live,
    words,
};

/// A hop, and its place in the diagram: its row is that of its signal, its column is between its stations.
#[derive(Debug, Clone, Copy)]
struct DrawnHop {
    from: Station,
    to: Service,
    signal: Signal,
    what: &'static str,
    row: &'static str,
    column: &'static str,
}

const fn drawn_hop(
    from: Station,
    to: Service,
    signal: Signal,
    what: &'static str,
    row: &'static str,
    column: &'static str,
) -> DrawnHop {
    DrawnHop { from, to, signal, what, row, column }
}

const COLLECTOR: Station = Station::Service(Service::OtelCollector);
const PROMTAIL: Station = Station::Service(Service::Promtail);
const GRAFANA: Station = Station::Service(Service::Grafana);

/// Stations with the hops that start there, in reading order.
const PATH: [(Station, &[DrawnHop]); 8] = [
    (
        Station::Agents,
        &[
            drawn_hop(Station::Agents, Service::OtelCollector, Signal::Metrics, "metrics", "1", "2"),
            drawn_hop(Station::Agents, Service::OtelCollector, Signal::Traces, "traces", "2", "2"),
            drawn_hop(Station::Agents, Service::OtelCollector, Signal::Events, "events", "3", "2"),
        ],
    ),
    (
        COLLECTOR,
        &[
            drawn_hop(COLLECTOR, Service::Prometheus, Signal::Metrics, "metrics", "1", "4"),
            drawn_hop(COLLECTOR, Service::Jaeger, Signal::Traces, "traces", "2", "4"),
            drawn_hop(COLLECTOR, Service::Loki, Signal::Events, "events", "3", "4"),
        ],
    ),
    (Station::Firewall, &[drawn_hop(Station::Firewall, Service::Promtail, Signal::Events, "log lines", "4", "2")]),
    (PROMTAIL, &[drawn_hop(PROMTAIL, Service::Loki, Signal::Events, "log lines", "4", "4")]),
    (Station::Service(Service::Prometheus), &[]),
    (Station::Service(Service::Jaeger), &[]),
    (Station::Service(Service::Loki), &[]),
    (
        GRAFANA,
        &[
            drawn_hop(GRAFANA, Service::Prometheus, Signal::Queries, "queries", "1", "6"),
            drawn_hop(GRAFANA, Service::Jaeger, Signal::Queries, "queries", "2", "6"),
            drawn_hop(GRAFANA, Service::Loki, Signal::Queries, "queries", "3", "6"),
        ],
    ),
];

/// The text of a hop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HopText {
    /// `12.4/s`; empty where unknown.
    pub rate: String,
    /// Whether data flows.
    pub flows: bool,
    /// `12 lost`; empty where nothing was lost or the losses are unknown.
    pub lost: String,
    /// `3 MB waiting, catching up`; empty where nothing waits.
    pub backlog: String,
}

/// Describes a hop.
pub fn hop_text(flow: Option<&Flow>, from: Station, to: Service, signal: Signal) -> HopText {
    let hop = flow.and_then(|flow| {
        let is_it = |hop: &&monitor_core::telemetry::Hop| {
            hop.from == from && hop.to == Station::Service(to) && hop.signal == signal
        };
        flow.hops.iter().find(is_it)
    });
    let Some(hop) = hop else { return HopText::default() };
    HopText {
        rate: hop.per_second_milli.map(rate).unwrap_or_default(),
        flows: hop.per_second_milli > Some(0),
        lost: match hop.lost {
            Some(lost) if lost > 0 => format!("{} lost", words::compact(lost)),
            _ => String::new(),
        },
        backlog: hop
            .backlog
            .filter(|backlog| backlog.full || backlog.bytes > USUAL_BYTES)
            .map(backlog_text)
            .unwrap_or_default(),
    }
}

/// What is on its way at any time and not worth mentioning, in bytes: what is sent within a second or two.
const USUAL_BYTES: u64 = 1_000_000;

/// `3 MB waiting, catching up`.
fn backlog_text(backlog: Backlog) -> String {
    let size = words::bytes(backlog.bytes);
    let trend = match backlog.grown {
        _ if backlog.full => ", queue full",
        ..0 => ", catching up",
        0 => "",
        _ => ", growing",
    };
    format!("{size} waiting{trend}")
}

/// Formats thousandths per second: `12.4/s`, `7/min`.
fn rate(per_second_milli: u64) -> String {
    match (per_second_milli, per_second_milli * 60 / 1_000) {
        (0, _) => "none".into(),
        (0..1_000, 0) => "< 1/min".into(),
        (0..1_000, per_minute) => format!("{per_minute}/min"),
        (1_000..100_000, _) => format!("{}.{}/s", per_second_milli / 1_000, per_second_milli % 1_000 / 100),
        _ => format!("{}/s", words::compact(per_second_milli / 1_000)),
    }
}

/// The card. Shown while at least one service is running.
#[component]
pub fn DataPath() -> impl IntoView {
    let live = Live::get();
    let runs = live.derive(|snapshot| matches!(snapshot.stack, StackState::Running | StackState::Partial));
    show_if(runs, move || view! { <Drawing live /> })
}

#[component]
fn Drawing(live: Live) -> impl IntoView {
    let flow = live.derive(|snapshot| snapshot.flow.clone());
    let fact = Memo::new(move |_| {
        flow.with(|flow| match flow.as_ref().map(|flow| flow.error.clone()) {
            Some(Some(error)) => format!("Rates unavailable: {error}."),
            Some(None) => "Rates over the last minute, losses over the last 5 minutes.".into(),
            None => String::new(),
        })
    });
    let parts = PATH.iter().map(|(at, hops)| {
        let hops = hops.iter().map(|hop| hop_view(*hop, flow)).collect_view();
        view! { {station(live, *at)} {hops} }
    });
    view! {
        <section class="card data-path" aria-labelledby="path">
            <div class="card-head">
                <h2 id="path">"Data path"</h2>
                <p class="muted">{move || view! { <Prose text=fact.get() /> }.into_any()}</p>
            </div>
            {move || flow.with(|flow| {
                let warnings = flow.as_ref().map(|flow| flow.warnings.clone()).unwrap_or_default();
                let line = |text: String| view! {
                    <p class="data-path-warning" data-tone="warn">
                        <Icon shape=Tone::Warn.shape() />
                        <Prose text />
                    </p>
                };
                warnings.into_iter().map(line).collect_view()
            }).into_any()}
            <ul>{parts.collect_view()}</ul>
        </section>
    }
}

fn station(live: Live, at: Station) -> AnyView {
    let (name, view) = match at {
        Station::Agents => {
            let count = live.derive(running_agents);
            let words = move || format!("{} running", count.get());
            ("agents", view! { <a href="/agents">"Agents"</a> <span class="muted">{move || words()}</span> }.into_any())
        }
        Station::Firewall => {
            ("firewall", view! { <b>"Firewall"</b> <span class="muted">"part of Clawker"</span> }.into_any())
        }
        Station::Service(service) => {
            (service.name(), view! { {state_dot(service)} <b>{service.title()}</b> }.into_any())
        }
    };
    view! { <li class="data-path-node" data-station=name>{view}</li> }.into_any()
}

fn running_agents(snapshot: &Snapshot) -> usize {
    let is_running = |agent: &&Agent| match agent.kind {
        AgentKind::Container => agent.state.is_up(),
        AgentKind::NoContainer => agent.verdict == Verdict::Reporting,
        AgentKind::Untagged | AgentKind::Simulated => false,
    };
    snapshot.agents.iter().filter(is_running).count()
}

fn hop_view(hop: DrawnHop, flow: Memo<Option<Flow>>) -> AnyView {
    let text = Memo::new(move |_| flow.with(|flow| hop_text(flow.as_ref(), hop.from, hop.to, hop.signal)));
    view! {
        <li
            class="data-path-hop"
            data-row=hop.row
            data-column=hop.column
            data-tone=move || text.with(|text| if text.lost.is_empty() { "" } else { Tone::Warn.name() }.to_owned())
            data-flows=move || text.with(|text| text.flows.to_string())
        >
            <span>{hop.what} <span class="hop-target">" to "{hop.to.title()}</span></span>
            " "
            {move || text.with(|text| {
                let lost = (!text.lost.is_empty()).then(|| {
                    view! { <span class="hop-dropped"><Icon shape=Tone::Warn.shape() />{text.lost.clone()}</span> }
                });
                let backlog = (!text.backlog.is_empty())
                    .then(|| view! { <span class="hop-backlog">{text.backlog.clone()}</span> });
                let rate = if text.rate.is_empty() { "–".to_owned() } else { text.rate.clone() };
                view! { <span class="hop-rate">{rate}</span> {backlog} {lost} }.into_any()
            })}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use monitor_core::telemetry::Hop;

    use super::*;

    #[test]
    fn a_rate_is_formatted_in_the_unit_that_suits() {
        for (milli, words) in [
            (0, "none"),
            (10, "< 1/min"),
            (120, "7/min"),
            (999, "59/min"),
            (1_000, "1.0/s"),
            (12_440, "12.4/s"),
            (340_000, "340/s"),
            (25_000_000, "25.0 k/s"),
        ] {
            assert_eq!(rate(milli), words);
        }
    }

    #[test]
    fn a_backlog_says_whether_it_grows() {
        let backlog = |bytes, grown, full| Backlog { bytes, capacity: 0, grown, full };
        for (backlog, words) in [
            (backlog(3_200_000, -5, false), "3 MB waiting, catching up"),
            (backlog(3_200_000, 5, false), "3 MB waiting, growing"),
            (backlog(3_200_000, 0, false), "3 MB waiting"),
            (backlog(3_200_000, -5, true), "3 MB waiting, queue full"),
        ] {
            assert_eq!(backlog_text(backlog), words);
        }
    }

    #[test]
    fn a_hop_shows_its_rate_and_its_losses_where_they_are_known() {
        let hop = |per_second_milli, lost| Hop {
            from: COLLECTOR,
            to: Station::Service(Service::Loki),
            signal: Signal::Events,
            per_second_milli,
            lost,
            backlog: None,
        };
        for (hops, rate, flows, lost) in [
            (vec![], "", false, ""),
            (vec![hop(None, None)], "", false, ""),
            (vec![hop(Some(0), Some(0))], "none", false, ""),
            (vec![hop(Some(3_100), Some(12))], "3.1/s", true, "12 lost"),
        ] {
            let flow = Flow { hops, error: None, warnings: Vec::new() };
            let text = hop_text(Some(&flow), COLLECTOR, Service::Loki, Signal::Events);
            assert_eq!((text.rate.as_str(), text.flows, text.lost.as_str()), (rate, flows, lost));
        }
        let flow = Flow { hops: vec![hop(Some(1), None)], error: None, warnings: Vec::new() };
        assert_eq!(hop_text(Some(&flow), PROMTAIL, Service::Loki, Signal::Events), HopText::default());
    }
}
