//! What the firewall let through and what it stopped. Empty without a firewall.

use crate::dashboard::{
    PanelId,
    datasource::Source::Loki,
    grid::Row,
    panel::{Panel, Unit, Visual},
    query::{Query, STEP, WHOLE, count},
};

const ENVOY: &str = r#"{service_name="envoy", source="envoy"} | client_ip=~"$client_ip""#;
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
            Panel::new(PanelId::TopBlocked, "Domains blocked most", Visual::Table, Unit::Count)
                .about("Denied by Envoy, or not resolved by CoreDNS.")
                .size(12, 8)
                .query(Query::once(Loki, top(&denied), "{{domain}}"))
                .query(Query::once(Loki, top(&unresolved), "{{domain}}"))
                .column("domain", "Domain", None)
                .column("Value #A", "Denied", Some(Unit::Count))
                .column("Value #B", "Not resolved", Some(Unit::Count)),
            Panel::new(PanelId::EgressOverTime, "Egress over time", Visual::StackedBars, Unit::Count)
                .query(Query::over_time(Loki, count(ENVOY, STEP, "proto"), "{{proto}}")),
        ],
    }
}

const ENVOY_LINE: &str = concat!(
    "| line_format `{{.client_ip}} {{.proto}} {{.domain}}{{with .method}} {{.}}{{end}}{{with .path}} {{.}}{{end}}",
    "{{with .response_code}} {{.}}{{end}}{{with .response_flags}} {{.}}{{end}}`",
);
const COREDNS_LINE: &str = "| line_format `{{.client_ip}} {{.qtype}} {{.domain}} {{.rcode}} {{.duration}}`";
