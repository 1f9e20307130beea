//! The data's way through the stack, drawn: every station with its state, every leg with its rate, and what was lost on
//! it. A list to whoever reads it, laid out as a drawing where there is room.

use leptos::prelude::*;
use monitor_core::{
    live::Snapshot,
    service::Service,
    status::StackState,
    telemetry::{Flow, Signal, Station},
};

use super::services::state_dot;
use crate::{
    components::{Icon, Prose, Tone},
    live::Live,
    reactive::{Derived, show_if},
    words,
};

/// A leg, and its place in the drawing: the row is that of its signal, the column that between its stations.
#[derive(Debug, Clone, Copy)]
struct Leg {
    from: Station,
    to: Service,
    signal: Signal,
    what: &'static str,
    row: &'static str,
    column: &'static str,
}

const fn leg(
    from: Station,
    to: Service,
    signal: Signal,
    what: &'static str,
    row: &'static str,
    column: &'static str,
) -> Leg {
    Leg { from, to, signal, what, row, column }
}

const COLLECTOR: Station = Station::Service(Service::OtelCollector);
const PROMTAIL: Station = Station::Service(Service::Promtail);
const GRAFANA: Station = Station::Service(Service::Grafana);

/// In the order in which they are read. The stores' rows are those of what they keep, and Loki has two.
const WAY: [(Station, &[Leg]); 8] = [
    (
        Station::Agents,
        &[
            leg(Station::Agents, Service::OtelCollector, Signal::Metrics, "metrics", "1", "2"),
            leg(Station::Agents, Service::OtelCollector, Signal::Traces, "traces", "2", "2"),
            leg(Station::Agents, Service::OtelCollector, Signal::Events, "events", "3", "2"),
        ],
    ),
    (
        COLLECTOR,
        &[
            leg(COLLECTOR, Service::Prometheus, Signal::Metrics, "metrics", "1", "4"),
            leg(COLLECTOR, Service::Jaeger, Signal::Traces, "traces", "2", "4"),
            leg(COLLECTOR, Service::Loki, Signal::Events, "events", "3", "4"),
        ],
    ),
    (Station::Firewall, &[leg(Station::Firewall, Service::Promtail, Signal::Events, "log lines", "4", "2")]),
    (PROMTAIL, &[leg(PROMTAIL, Service::Loki, Signal::Events, "log lines", "4", "4")]),
    (Station::Service(Service::Prometheus), &[]),
    (Station::Service(Service::Jaeger), &[]),
    (Station::Service(Service::Loki), &[]),
    (
        GRAFANA,
        &[
            leg(GRAFANA, Service::Prometheus, Signal::Queries, "queries", "1", "6"),
            leg(GRAFANA, Service::Jaeger, Signal::Queries, "queries", "2", "6"),
            leg(GRAFANA, Service::Loki, Signal::Queries, "queries", "3", "6"),
        ],
    ),
];

/// What a leg says: how much flows, and how much was lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// `12.4/s`; empty where nobody says.
    pub rate: String,
    /// Something flows.
    pub flows: bool,
    /// `12 lost`; empty where nothing was, or nobody says.
    pub lost: String,
}

/// Reads a leg off the flow.
pub fn said(flow: Option<&Flow>, from: Station, to: Service, signal: Signal) -> Said {
    let hop = flow.and_then(|flow| {
        let is_it = |hop: &&monitor_core::telemetry::Hop| {
            hop.from == from && hop.to == Station::Service(to) && hop.signal == signal
        };
        flow.hops.iter().find(is_it)
    });
    let Some(hop) = hop else { return Said::default() };
    Said {
        rate: hop.per_second_milli.map(rate).unwrap_or_default(),
        flows: hop.per_second_milli > Some(0),
        lost: match hop.lost {
            Some(lost) if lost > 0 => format!("{} lost", words::compact(lost)),
            _ => String::new(),
        },
    }
}

/// Thousandths a second, in the unit that suits: `12.4/s`, `7/min`.
fn rate(per_second_milli: u64) -> String {
    match (per_second_milli, per_second_milli * 60 / 1_000) {
        (0, _) => "none".into(),
        (0..1_000, 0) => "< 1/min".into(),
        (0..1_000, per_minute) => format!("{per_minute}/min"),
        (1_000..100_000, _) => format!("{}.{}/s", per_second_milli / 1_000, per_second_milli % 1_000 / 100),
        _ => format!("{}/s", words::compact(per_second_milli / 1_000)),
    }
}

/// The card; only while something runs through which data could flow.
#[component]
pub fn DataPath() -> impl IntoView {
    let live = Live::get();
    let runs = live.derive(|snapshot| matches!(snapshot.stack, StackState::Running | StackState::Partial));
    show_if(runs, move || view! { <Drawing live /> })
}

#[component]
fn Drawing(live: Live) -> impl IntoView {
    let flow = live.derive(|snapshot| snapshot.flow.clone());
    let fact = Derived::new(move || {
        flow.with(|flow| match flow.as_ref().map(|flow| flow.error.clone()) {
            Some(Some(error)) => format!("The rates are not known: {error}."),
            Some(None) => "Rates of the last minute, losses of the last five.".into(),
            None => String::new(),
        })
    });
    let parts = WAY.iter().map(|(at, legs)| {
        let legs = legs.iter().map(|leg| leg_view(*leg, flow)).collect_view();
        view! { {station(live, *at)} {legs} }
    });
    view! {
        <section class="card data-path" aria-labelledby="path">
            <div class="card-head">
                <h2 id="path">"Data path"</h2>
                <p class="fact">{move || view! { <Prose text=fact.get() /> }.into_any()}</p>
            </div>
            <ul>{parts.collect_view()}</ul>
        </section>
    }
}

fn station(live: Live, at: Station) -> AnyView {
    let (name, view) = match at {
        Station::Agents => {
            let count = live.derive(running_agents);
            let words = move || match count.get() {
                0 => "none runs".to_owned(),
                1 => "one runs".to_owned(),
                some => format!("{some} run"),
            };
            ("agents", view! { <a href="/agents">"Agents"</a> <span class="fact">{move || words()}</span> }.into_any())
        }
        Station::Firewall => {
            ("firewall", view! { <b>"Firewall"</b> <span class="muted">"Clawker’s own"</span> }.into_any())
        }
        Station::Service(service) => {
            (service.name(), view! { {state_dot(service)} <b>{service.title()}</b> }.into_any())
        }
    };
    view! { <li class="data-path-node" data-station=name>{view}</li> }.into_any()
}

fn running_agents(snapshot: &Snapshot) -> usize {
    snapshot.agents.iter().filter(|agent| agent.state.is_up()).count()
}

fn leg_view(leg: Leg, flow: Derived<Option<Flow>>) -> AnyView {
    let said = Derived::new(move || flow.with(|flow| said(flow.as_ref(), leg.from, leg.to, leg.signal)));
    let tone = move || said.with(|said| if said.lost.is_empty() { "" } else { Tone::Warn.name() }.to_owned());
    view! {
        <li
            class="data-path-hop"
            data-row=leg.row
            data-column=leg.column
            data-tone=move || tone()
            data-flows=move || said.with(|said| said.flows.to_string())
        >
            <span>{leg.what} <span class="hop-target">" to "{leg.to.title()}</span></span>
            " "
            {move || said.with(|said| {
                let lost = (!said.lost.is_empty()).then(|| {
                    view! { <span class="hop-dropped"><Icon shape=Tone::Warn.shape() />{said.lost.clone()}</span> }
                });
                let rate = if said.rate.is_empty() { "–".to_owned() } else { said.rate.clone() };
                view! { <span class="rate">{rate}</span> {lost} }.into_any()
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
    fn a_rate_is_told_in_the_unit_that_suits() {
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
    fn a_leg_says_what_flows_and_what_was_lost_and_nothing_where_nobody_knows() {
        let hop = |per_second_milli, lost| Hop {
            from: COLLECTOR,
            to: Station::Service(Service::Loki),
            signal: Signal::Events,
            per_second_milli,
            lost,
        };
        for (hops, rate, flows, lost) in [
            (vec![], "", false, ""),
            (vec![hop(None, None)], "", false, ""),
            (vec![hop(Some(0), Some(0))], "none", false, ""),
            (vec![hop(Some(3_100), Some(12))], "3.1/s", true, "12 lost"),
        ] {
            let flow = Flow { hops, error: None };
            let said = said(Some(&flow), COLLECTOR, Service::Loki, Signal::Events);
            assert_eq!((said.rate.as_str(), said.flows, said.lost.as_str()), (rate, flows, lost));
        }
        let flow = Flow { hops: vec![hop(Some(1), None)], error: None };
        assert_eq!(said(Some(&flow), PROMTAIL, Service::Loki, Signal::Events), Said::default());
    }
}
