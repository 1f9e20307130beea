//! Connections that the firewall allowed or blocked. Empty without a firewall.
//!
//! Envoy and CoreDNS know addresses, not agents. Clawker announces an agent's address on the stream `agent_map` when
//! the agent starts, which may be long before the dashboard's range, and addresses are reused. So nothing here is
//! filtered by project and agent implicitly: that would hide connections whenever the announcement is out of range. The
//! address table is shown instead, and selecting an address filters the other panels.

use crate::dashboard::{
    PanelId, UID,
    datasource::Source::Loki,
    grid::Row,
    panel::{Panel, Unit, Visual},
    query::{Query, STEP, WHOLE, count, last_seen},
    variable,
};

const ENVOY: &str = r#"{service_name="envoy", source="envoy"} | client_ip=~"$client_ip""#;
const AGENT_MAP: &str = r#"{service_name="envoy", source="agent_map"} | project=~"$project" | agent=~"$agent""#;
const COREDNS: &str = r#"{service_name="coredns"} | client_ip=~"$client_ip""#;

pub fn egress() -> Row {
    let denied = format!(r#"{ENVOY} | proto="deny""#);
    let unresolved = format!(r#"{COREDNS} | rcode="NXDOMAIN""#);
    let top = |lines: &str| format!(r#"topk(20, {})"#, count(&format!(r#"{lines} | domain!="""#), WHOLE, "domain"));
    Row {
        id: PanelId::EgressRow,
        title: "Egress traffic",
        panels: vec![
            Panel::new(PanelId::EnvoyTraffic, "Connections through Envoy", Visual::Logs, Unit::Count)
                .size(12, 10)
                .query(Query::over_time(Loki, format!("{ENVOY} {ENVOY_LINE}"), "")),
            Panel::new(PanelId::DnsLookups, "DNS lookups", Visual::Logs, Unit::Count)
                .size(12, 10)
                .query(Query::over_time(Loki, format!("{COREDNS} {COREDNS_LINE}"), "")),
            Panel::new(PanelId::TopBlocked, "Top blocked domains", Visual::Table, Unit::Count)
                .description("Denied by Envoy, or not resolved by CoreDNS.")
                .size(12, 8)
                .query(Query::once(Loki, top(&denied), "{{domain}}"))
                .query(Query::once(Loki, top(&unresolved), "{{domain}}"))
                .column("domain", "Domain", None)
                .column("Value #A", "Denied", Some(Unit::Count))
                .column("Value #B", "Not resolved", Some(Unit::Count)),
            Panel::new(PanelId::EgressOverTime, "Egress over time", Visual::StackedBars, Unit::Count)
                .query(Query::over_time(Loki, count(ENVOY, STEP, "proto"), "{{proto}}")),
            addresses(),
        ],
    }
}

fn addresses() -> Panel {
    let choose = format!(
        "/d/{UID}?${{__url_time_range}}&${{{project}:queryparam}}&${{{agent}:queryparam}}&var-{address}=${{__value.raw}}",
        project = variable::PROJECT,
        agent = variable::AGENT,
        address = variable::CLIENT_IP,
    );
    Panel::new(PanelId::AgentAddresses, "Addresses of the selected agents", Visual::Table, Unit::Ago)
        .description("Recorded when an agent starts. Select an address to see only its connections and lookups.")
        .size(24, 6)
        .query(Query::once(Loki, last_seen(AGENT_MAP, "project, agent, client_ip"), "{{client_ip}}"))
        .column("client_ip", "Address", None)
        .linked("Show only this address", choose)
        .column("project", "Project", None)
        .column("agent", "Agent", None)
        .column("Value #A", "Last announced", Some(Unit::Ago))
}

const ENVOY_LINE: &str = concat!(
    "| line_format `{{.client_ip}} {{.proto}} {{.domain}}{{with .method}} {{.}}{{end}}{{with .path}} {{.}}{{end}}",
    "{{with .response_code}} {{.}}{{end}}{{with .response_flags}} {{.}}{{end}}`",
);
const COREDNS_LINE: &str = "| line_format `{{.client_ip}} {{.qtype}} {{.domain}} {{.rcode}} {{.duration}}`";
