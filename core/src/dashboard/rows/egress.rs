//! Connections that the firewall allowed or blocked. Empty without a firewall.
//!
//! Envoy and CoreDNS know addresses, not agents. Clawker announces an agent's address on the stream `agent_map` when
//! the agent starts, which may be long before the dashboard's range, and addresses are reused. So nothing here is
//! filtered by project and agent implicitly: that would hide connections whenever the announcement is out of range. The
//! address table is shown instead, and selecting an address filters the other panels.

use crate::{
    dashboard::{
        PanelId, UID,
        datasource::Source::Loki,
        grid::Row,
        panel::{Panel, Unit, Visual},
        query::{Query, STEP, WHOLE, count, last_seen},
        variable,
    },
    telemetry::stores::queries::egress::{ALLOWED, COREDNS, DENIED, ENVOY, UNRESOLVED},
};

const AGENT_MAP: &str = r#"{service_name="envoy", source="agent_map"} | project=~"$project" | agent=~"$agent""#;

pub fn egress() -> Row {
    let selected = |lines: &str| format!(r#"{lines} | client_ip=~"$client_ip""#);
    let (envoy, coredns) = (selected(ENVOY), selected(COREDNS));
    let (allowed, denied) = (format!("{envoy} | {ALLOWED}"), format!("{envoy} | {DENIED}"));
    let unresolved = format!("{coredns} | {UNRESOLVED}");
    let top = |lines: &str| format!("topk(20, {})", count(lines, WHOLE, "domain"));
    Row {
        id: PanelId::EgressRow,
        title: "Egress traffic",
        panels: vec![
            Panel::new(PanelId::EnvoyTraffic, "Connections through Envoy", Visual::Logs, Unit::Count)
                .size(12, 10)
                .query(Query::over_time(Loki, format!("{envoy} | {ENVOY_LINE}"), "")),
            Panel::new(PanelId::DnsLookups, "DNS lookups", Visual::Logs, Unit::Count)
                .size(12, 10)
                .query(Query::over_time(Loki, format!("{coredns} | {COREDNS_LINE}"), "")),
            Panel::new(PanelId::TopBlocked, "Top blocked domains", Visual::Table, Unit::Count)
                .description(
                    "Denied by Envoy (a domain that is not allowed, or a path rule), or not resolved by CoreDNS. \
                     Unknown: the connection had no host name, as with SSH or an IP address.",
                )
                .size(12, 8)
                .query(Query::once(Loki, top(&format!("{denied} | {NAMED}")), "{{domain}}"))
                .query(Query::once(Loki, top(&unresolved), "{{domain}}"))
                .column("domain", "Domain", None)
                .column("Value #A", "Denied", Some(Unit::Count))
                .column("Value #B", "Not resolved", Some(Unit::Count)),
            Panel::new(PanelId::EgressOverTime, "Egress over time", Visual::StackedBars, Unit::Count)
                .description("Connections that Envoy allowed, by protocol, and all that it denied.")
                .query(Query::over_time(Loki, count(&allowed, STEP, "proto"), "{{proto}}"))
                .query(Query::over_time(Loki, count(&denied, STEP, ""), "denied")),
            addresses(),
        ],
    }
}

fn addresses() -> Panel {
    let choose = format!(
        "/d/{UID}?${{__url_time_range}}&${{{project}:queryparam}}&${{{agent}:queryparam}}&${{{simulated}:queryparam}}&var-{address}=${{__value.raw}}",
        project = variable::PROJECT,
        agent = variable::AGENT,
        simulated = variable::SIMULATED,
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

/// Names a connection in the label `domain`, in the words of the panel (`telemetry::Target`).
const NAMED: &str = concat!(
    "label_format domain=`{{if .domain}}{{.domain}}{{else if .request_host}}{{.request_host}}",
    "{{else}}unknown from {{.client_ip}}{{end}}`",
);

const ENVOY_LINE: &str = concat!(
    "line_format `{{.client_ip}} {{.proto}} {{if .domain}}{{.domain}}{{else if .request_host}}{{.request_host}}",
    "{{else}}(no name){{end}}{{with .method}} {{.}}{{end}}{{with .path}} {{.}}{{end}}",
    "{{with .response_code}} {{.}}{{end}}{{with .response_flags}} {{.}}{{end}}`",
);

/// Lines without fields, such as those recorded by earlier versions, are shown as they are.
const COREDNS_LINE: &str = concat!(
    "line_format `{{if .rcode}}{{.client_ip}} {{.qtype}} {{.domain}} {{.rcode}} {{.duration}}",
    "{{else}}{{__line__}}{{end}}`",
);
