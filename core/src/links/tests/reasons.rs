//! Why a link cannot be followed, or would show nothing: said before anybody goes there.

use super::*;

fn with(service: Service, change: impl FnOnce(&mut ServiceStatus)) -> Links {
    let mut snapshot = snapshot(None, None);
    let status = snapshot.services.iter_mut().find(|status| status.service == service).expect("the service");
    change(status);
    Links::of(&snapshot)
}

fn holding(holds: KnownData) -> LinkContext {
    LinkContext { holds, ..about() }
}

fn why(link: Link) -> String {
    let followed = if link.href.is_some() { "" } else { "(no address) " };
    format!("{followed}{}", link.why.unwrap_or_else(|| "-".to_owned()))
}

#[test]
fn an_unreachable_page_has_no_url_but_a_reason() {
    let stopped = with(Service::Grafana, |grafana| {
        grafana.state = ContainerState::Exited;
        grafana.url = None;
    });
    let hidden = with(Service::Grafana, |grafana| grafana.url = None);
    let nobody = Links::of(&Snapshot::unknown(Timestamp::from_unix_milliseconds(0)));
    for (links, reason) in [
        (stopped, "(no address) Grafana is not running. Start the stack."),
        (hidden, "(no address) Grafana has no page reachable from this machine."),
        (nobody, "(no address) Grafana has not been checked yet."),
    ] {
        for link in [
            links.dashboard(&about()),
            links.panel(PanelId::Cost, &about()),
            links.solo(PanelId::Cost, &about(), false),
            links.events(&about()),
            links.metric("up", &about()),
            links.service(Service::Grafana),
        ] {
            assert_eq!(why(link), reason);
        }
    }
    assert_eq!(why(newest().service(Service::Loki)), "(no address) Loki has no page reachable from this machine.");
}

#[test]
fn an_unreachable_store_only_affects_its_own_panels() {
    let down = with(Service::Loki, |loki| loki.state = ContainerState::Exited);
    let late = with(Service::Prometheus, |prometheus| prometheus.ready = false);
    let panels = [PanelId::Cost, PanelId::ActiveTime, PanelId::TopBlocked, PanelId::LostData];
    let told = |links: &Links| panels.map(|panel| why(links.panel(panel, &about()))).join("\n");
    insta::assert_snapshot!(told(&down), @r"
    -
    -
    Loki is not running, so the panel would be empty.
    -
    ");
    insta::assert_snapshot!(told(&late), @r"
    Prometheus is not ready yet, so the panel would be empty.
    Prometheus is not ready yet, so the panel would be empty.
    -
    Prometheus is not ready yet, so the panel would be empty.
    ");
    insta::assert_snapshot!(why(down.dashboard(&about())), @"Loki is not running, so the lists of events would be empty.");
    insta::assert_snapshot!(why(late.dashboard(&about())), @"Prometheus is not ready yet, so nearly all of the dashboard would be empty.");
    insta::assert_snapshot!(why(down.events(&about())), @"Loki is not running, so Explore would be empty.");
    insta::assert_snapshot!(why(late.metric("up", &about())), @"Prometheus is not ready yet, so Explore would be empty.");
    insta::assert_snapshot!(why(late.prometheus("up", Range::Day)), @"Prometheus is not ready yet.");
    let grafana = with(Service::Grafana, |grafana| grafana.ready = false);
    insta::assert_snapshot!(why(grafana.panel(PanelId::Cost, &about())), @"Grafana is not ready yet.");
}

#[test]
fn known_empty_targets_have_a_reason() {
    let no = Some(false);
    let panels = [
        PanelId::Cost,
        PanelId::ToolActivity,
        PanelId::ToolFailures,
        PanelId::ActiveTime,
        PanelId::TopBlocked,
        PanelId::Errors,
        PanelId::LostData,
        PanelId::OverviewRow,
    ];
    let told = |holds: KnownData| panels.map(|panel| why(newest().panel(panel, &holding(holds)))).join("\n");
    assert_eq!(told(KnownData::default()), vec!["-"; panels.len()].join("\n"));
    let yes = Some(true);
    let all = KnownData { events: yes, metrics: yes, tools: yes, failures: yes, egress: yes, traces: yes };
    assert_eq!(told(all), vec!["-"; panels.len()].join("\n"));
    insta::assert_snapshot!(told(KnownData { tools: no, failures: no, metrics: no, egress: no, ..all }), @r"
    -
    No tools ran in the last 24 hours, so the panel would be empty.
    No tools failed in the last 24 hours, so the panel would be empty.
    It reported no metrics in the last 24 hours, so the panel would be empty.
    The firewall recorded no connections in the last 24 hours, so the panel would be empty.
    -
    -
    -
    ");
    insta::assert_snapshot!(told(KnownData { events: no, ..all }), @r"
    -
    It sent no events in the last 24 hours, so the panel would be empty.
    It sent no events in the last 24 hours, so the panel would be empty.
    -
    -
    It sent no events in the last 24 hours, so the panel would be empty.
    -
    -
    ");
    let nothing = KnownData { events: no, metrics: no, ..KnownData::default() };
    insta::assert_snapshot!(told(nothing), @r"
    It sent no data in the last 24 hours, so Grafana would show all data instead.
    It sent no data in the last 24 hours, so Grafana would show all data instead.
    It sent no data in the last 24 hours, so Grafana would show all data instead.
    It sent no data in the last 24 hours, so Grafana would show all data instead.
    -
    It sent no data in the last 24 hours, so Grafana would show all data instead.
    -
    It sent no data in the last 24 hours, so Grafana would show all data instead.
    ");
    let edits = |holds| why(newest().panel(PanelId::EditDecisions, &holding(holds)));
    assert_eq!(edits(KnownData { events: no, tools: no, ..all }), "-", "its own metrics say it");
    assert_eq!(edits(KnownData { tools: no, ..all }).matches("No tools ran").count(), 1);
    let untagged = LinkContext { untagged: true, ..LinkContext::default() };
    let said = why(newest().panel(PanelId::Cost, &untagged));
    insta::assert_snapshot!(said, @"The dashboard can't filter for data without project and agent, so it shows all data.");
    assert_eq!(why(newest().events(&untagged)), "-");
    assert_eq!(why(newest().panel(PanelId::TopBlocked, &untagged)), "-");
    assert_eq!(told(KnownData::NOTHING).matches("sent no data").count(), 6);
    let silent = holding(nothing);
    insta::assert_snapshot!(why(newest().events(&silent)), @"It sent no data in the last 24 hours, so Explore would be empty.");
    let nobody = LinkContext { owner: Owner::default(), range: Range::Hour, ..silent };
    insta::assert_snapshot!(why(newest().dashboard(&nobody)), @"No data arrived in the last hour, so there is nothing to see.");
    insta::assert_snapshot!(why(newest().events(&nobody)), @"No data arrived in the last hour, so Explore would be empty.");
}

#[test]
fn traces_are_off_unless_enabled() {
    insta::assert_snapshot!(why(newest().traces(&about())), @"Agents send no traces unless `OTEL_TRACES_EXPORTER` and `CLAUDE_CODE_ENHANCED_TELEMETRY_BETA` are set, so the search would find nothing.");
    assert_eq!(newest().traces(&holding(KnownData { traces: Some(true), ..KnownData::default() })).why, None);
}

#[test]
fn missing_owners_have_0_unless_a_store_did_not_answer() {
    let nothing = OwnerNumbers::default();
    assert_eq!(KnownData::from(&nothing), KnownData::default());
    let numbers = OwnerNumbers {
        sessions: Some(2),
        tool_calls: Some(3),
        tool_failures: Some(0),
        active_seconds: Some(0),
        lines_added: None,
        ..nothing.clone()
    };
    let holds = KnownData::from(&numbers);
    assert_eq!((holds.events, holds.metrics), (Some(true), Some(false)));
    assert_eq!((holds.tools, holds.failures, holds.egress), (Some(true), Some(false), None));
    let lines = OwnerNumbers { lines_removed: Some(1), ..numbers };
    assert_eq!(KnownData::from(&lines).metrics, Some(true));
    assert_eq!(KnownData::from(&OwnerNumbers { sessions: Some(0), ..nothing }).events, Some(false));
}

/// Sessions are known from both.
#[test]
fn events_and_metrics_are_told_apart() {
    let known = |numbers: &OwnerNumbers| {
        let holds = KnownData::from(numbers);
        (holds.events, holds.metrics)
    };
    let zero = Some(0);
    let quiet = OwnerNumbers { active_seconds: zero, tool_calls: zero, ..OwnerNumbers::default() };
    let only_metrics =
        OwnerNumbers { sessions: Some(1), cost_micro_usd: Some(5), events_over_time: vec![0, 0], ..quiet.clone() };
    assert_eq!(known(&only_metrics), (Some(false), Some(true)));
    let only_events = OwnerNumbers { events_over_time: vec![0, 7], ..only_metrics.clone() };
    assert_eq!(known(&only_events), (Some(true), Some(false)));
    let nobody_says = OwnerNumbers { events_over_time: Vec::new(), ..only_metrics };
    assert_eq!(known(&nobody_says), (None, Some(false)));
}
