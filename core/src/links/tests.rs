//! Every link held against the dashboard and the data sources as they are generated.

mod golden;
mod names;
mod reasons;

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::{
    dashboard::render, files, live::Snapshot, settings::Settings, stack::HostFacts,
    telemetry::stores::queries::deltas::BY_AGENT, timestamp::Timestamp,
};

/// The six services, all of them ready, Grafana and Prometheus in these versions.
fn snapshot(grafana: Option<&str>, prometheus: Option<&str>) -> Snapshot {
    let service = |service: Service| {
        let (port, version) = match service {
            Service::Grafana => (Some(3000), grafana),
            Service::Prometheus => (Some(9090), prometheus),
            Service::Jaeger => (Some(16686), Some("1.76.0")),
            _ => (None, None),
        };
        ServiceStatus {
            service,
            container: service.name().into(),
            state: ContainerState::Running,
            ready: true,
            image: String::new(),
            version: version.map(str::to_owned),
            started_at: None,
            ports: Vec::new(),
            url: port.map(|port| format!("http://127.0.0.1:{port}")),
            waiting_for: None,
            checked_at: None,
            problem: None,
            usage: None,
        }
    };
    Snapshot { services: Service::ALL.map(service).into(), ..Snapshot::unknown(Timestamp::from_unix_milliseconds(0)) }
}

fn newest() -> Links {
    Links::of(&snapshot(Some("13.0.1"), Some("3.10.0")))
}

fn owner(project: &str, agent: &str) -> Owner {
    Owner::new(Some(project), Some(agent))
}

fn about() -> LinkContext {
    LinkContext { owner: owner("shop", "dev"), session: Some("0198c7a2-51f0".into()), ..LinkContext::default() }
}

/// An address, taken apart again: what is before the query, and its pairs. Strict: what is not allowed in a query fails.
fn parsed(link: &Link) -> (String, Vec<(String, String)>) {
    let href = link.href.as_deref().expect("an address");
    let (path, query) = href.split_once('?').unwrap_or((href, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').expect("a name and a value");
        (name.to_owned(), decoded(value))
    });
    (path.to_owned(), pairs.collect())
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let digits = std::str::from_utf8(&after[..2]).expect("two digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
            rest = &after[2..];
        } else {
            assert!(first.is_ascii_alphanumeric() || b"-._~".contains(first), "{} in {text}", char::from(*first));
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn dashboard() -> Value {
    serde_json::from_str(&render()).expect("JSON")
}

fn panels() -> Vec<Value> {
    dashboard()["panels"].as_array().expect("panels").clone()
}

/// Every link there is, for one panel.
fn all_links(links: &Links, panel: PanelId, about: &LinkContext) -> Vec<Link> {
    vec![
        links.dashboard(about),
        links.panel(panel, about),
        links.solo(panel, about, true),
        links.events(about),
        links.metric("up", about),
        links.prometheus("up", about.range),
        links.traces(about),
    ]
}

#[test]
fn every_panel_of_the_dashboard_has_an_id_and_every_id_a_panel() {
    let generated: Vec<u64> = panels().iter().map(|panel| panel["id"].as_u64().expect("a number")).collect();
    let known = PanelId::ALL.map(|panel| u64::from(panel.number()));
    assert_eq!(BTreeSet::from_iter(generated.iter()), BTreeSet::from_iter(known.iter()));
    assert_eq!(generated.len(), known.len(), "an id appears twice");
}

#[test]
fn every_panel_link_targets_an_existing_panel_and_needs_what_it_queries() {
    let panels = panels();
    for id in PanelId::ALL {
        let found = panels.iter().find(|panel| panel["id"] == id.number()).expect("the panel");
        let is_row = found["type"] == "row";
        let need = needs::of(id);
        assert_eq!(need.is_none(), is_row, "{id:?}");
        let Some(need) = need else { continue };
        let targets = found["targets"].as_array().expect("questions");
        for target in targets {
            assert_eq!(target["datasource"]["uid"], need.store().name(), "{id:?}");
        }
        let asked = target_text(targets).replace(BY_AGENT, "").replace("_over_time(", " (");
        let [own, derived] =
            ["claude_code_", " (clawker_"].map(|metrics| asked.contains(metrics) || asked.contains("_(event|metric)"));
        match need {
            needs::Need::Usage => assert!(own && derived, "{id:?}: {asked}"),
            needs::Need::Edits => assert!(own && derived && asked.contains("edit_tool"), "{id:?}: {asked}"),
            needs::Need::Metrics => assert!(own && !derived, "{id:?}: {asked}"),
            needs::Need::Counts => assert!(!own && derived, "{id:?}: {asked}"),
            needs::Need::Tools | needs::Need::Failures => {
                assert!(!own && asked.lines().all(|question| question.contains("(clawker_tool_")), "{id:?}: {asked}");
            }
            needs::Need::Events => assert!(asked.contains(CLAUDE_CODE_SERVICE) && !is_about_tools(&asked), "{id:?}"),
            needs::Need::ToolEvents => assert!(is_about_tools(&asked), "{id:?}: {asked}"),
            needs::Need::Egress => assert!(!asked.contains(CLAUDE_CODE_SERVICE), "{id:?}: {asked}"),
            needs::Need::Health => assert!(!asked.contains("$project"), "{id:?}: {asked}"),
        }
        if need == needs::Need::Failures {
            assert!(asked.contains("success=\"false\""), "{id:?}: {asked}");
        }
        for (version, form) in [("11.2.0", id.number().to_string()), ("11.3.0", format!("panel-{}", id.number()))] {
            let links = Links::of(&snapshot(Some(version), None));
            let (_, pairs) = parsed(&links.panel(id, &about()));
            assert_eq!(value(&pairs, "viewPanel"), Some(form.as_str()), "{id:?}");
            let (path, pairs) = parsed(&links.solo(id, &about(), false));
            assert_eq!(value(&pairs, "panelId"), Some(form.as_str()), "{id:?}");
            assert!(path.contains("/d-solo/"), "{path}");
        }
    }
}

fn is_about_tools(question: &str) -> bool {
    ["event_name=\"tool_", "event_name=~\"tool_"].iter().any(|about| question.contains(about))
}

fn target_text(targets: &[Value]) -> String {
    targets.iter().map(|target| target["expr"].as_str().expect("a question")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_row_links_to_the_dashboard() {
    assert_eq!(newest().panel(PanelId::ToolsRow, &about()), newest().dashboard(&about()));
}

#[test]
fn every_variable_in_links_exists_on_the_dashboard() {
    let dashboard = dashboard();
    let list = dashboard["templating"]["list"].as_array().expect("variables");
    let kind = |name: &str| {
        list.iter().find(|variable| variable["name"] == name).map(|variable| variable["type"].as_str().expect("a type"))
    };
    let addresses = vec!["172.18.0.7".to_owned(), "172.18.0.8".to_owned()];
    let simulated = LinkContext { simulated: true, ..about() };
    let abouts = [LinkContext::default(), about(), LinkContext { addresses, ..about() }, simulated];
    let mut used = BTreeSet::new();
    for (panel, about) in PanelId::ALL.into_iter().flat_map(|panel| abouts.iter().map(move |about| (panel, about))) {
        for link in all_links(&newest(), panel, about) {
            for (name, value) in parsed(&link).1 {
                let Some(name) = name.strip_prefix("var-") else { continue };
                if name == variable::SIMULATED {
                    assert_eq!(value, simulated::ONLY);
                }
                let kind = kind(name).unwrap_or_else(|| panic!("the dashboard has no variable `{name}`"));
                assert!(kind == "query" || value != "$__all", "`{name}` is a text; `{value}` would be searched for");
                used.insert(name.to_owned());
            }
        }
    }
    let all: BTreeSet<String> = list.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect();
    assert_eq!(used, all, "a variable that no link sets");
}

#[test]
fn every_data_source_in_explore_is_provisioned() {
    let facts = HostFacts { directory: "/monitor".to_owned(), docker_socket: "/var/run/docker.sock".to_owned() };
    let files = files::render(&Settings::default(), &facts);
    let told = &files.iter().find(|file| file.name == "grafana-datasources.yaml").expect("the file").contents;
    for version in ["9.5.0", "13.0.1"] {
        let links = Links::of(&snapshot(Some(version), None));
        for (link, kind) in [(links.events(&about()), "loki"), (links.metric("up", &about()), "prometheus")] {
            let pane = names::pane(&link);
            let query = &pane["queries"][0];
            assert_eq!(query["datasource"]["type"], kind);
            for uid in [&pane["datasource"], &query["datasource"]["uid"]] {
                let uid = uid.as_str().expect("a uid");
                assert!(told.contains(&format!("    uid: {uid}\n    type: {kind}\n")), "{uid}");
            }
        }
    }
}
