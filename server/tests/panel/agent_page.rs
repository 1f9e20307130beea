//! The page of one agent, the streams about agents, and what pages can embed.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use monitor_core::{
    agent_page::{AgentPage, AgentPageUpdate, Origin},
    agents::{ActivityKind, Verdict},
    error::StackError,
    live::Snapshot,
    service::Service,
    status::StackState,
    telemetry::{AgentEvent, Numbers, Owner, OwnerLastSeen, OwnerNumbers, Range, Session, Store, event::EventRecord},
    timestamp::Timestamp,
};
use monitor_testing::harness::{Events, Harness, configured_agent, get, panel, post};

fn owner() -> Owner {
    Owner::new(Some("demo"), Some("dev"))
}

fn event(id: &str) -> AgentEvent {
    AgentEvent {
        at: Timestamp::from_unix_milliseconds(1),
        id: id.into(),
        name: "tool_result".into(),
        session: "s".into(),
        summary: "Bash · 1.2 s".into(),
        failed: false,
        fields: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_page_shows_data_of_engine_and_stores_and_no_secrets() {
    let panel = panel();
    panel.have_dev();
    {
        let mut answers = panel.telemetry.answers();
        let heard = OwnerLastSeen { version: Some("2.1.330".into()), ..OwnerLastSeen::default() };
        answers.heard.owners.insert(owner(), heard);
        answers.owners =
            vec![OwnerNumbers { owner: owner(), cost_micro_usd: Some(3_410_000), ..OwnerNumbers::default() }];
        answers.sessions = vec![Session { id: "s1".into(), ..Session::default() }];
        answers.events = vec![event("1")];
        answers.embedding = true;
    }
    let page = panel.agent_page().await;
    assert_eq!(page.agent.container, "clawker.demo.dev");
    assert_eq!((page.range, page.numbers.cost_micro_usd), (Range::Hour, Some(3_410_000)));
    assert_eq!((page.sessions.len(), page.events.len(), page.embedding), (1, 1, true));
    let shown = panel.get("/agents/clawker.demo.dev").await.text;
    assert!(shown.contains("class=\"event-name\""), "events are there without JavaScript: {shown}");
    assert_eq!(page.workdir.as_deref(), Some("/home/ada/demo"));
    assert_eq!(page.claude_version.as_deref(), Some("2.1.330"), "no file tells, its events do");
    let exporter = page.variables.iter().find(|it| it.name == "OTEL_LOGS_EXPORTER").unwrap();
    assert_eq!((exporter.found.as_deref(), exporter.wanted.as_deref()), (Some("none"), Some("otlp")));
    assert_eq!((exporter.differs, exporter.origin.clone()), (true, Origin::Creation));
    let answer = panel.send(post("/api/agent"), "container=clawker.demo.dev&range=hour").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.text.contains("OTEL_EXPORTER_OTLP_HEADERS") && !answer.text.contains("hush"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_store_is_named_with_what_is_missing() {
    let panel = panel();
    panel.have_dev();
    panel.telemetry.answers().failure = Some("no answer on port 3100".into());
    let page = panel.agent_page().await;
    assert_eq!(page.agent.container, "clawker.demo.dev");
    let missing: Vec<_> = page.missing.iter().map(|of| (of.store, of.error.as_str(), of.lacks.as_str())).collect();
    let why = "no answer on port 3100";
    let expected = [(Store::Prometheus, why, "sessions of this agent"), (Store::Loki, why, "events, connections")];
    assert_eq!(missing, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_a_container_is_listed_and_has_a_page_and_streams() {
    let panel = panel();
    {
        let heard = |project, agent| {
            let last_seen = Some(clawker_monitor::clock::now());
            (Owner::new(project, agent), OwnerLastSeen { last_seen, ..OwnerLastSeen::default() })
        };
        let mut answers = panel.telemetry.answers();
        answers.heard.owners = [heard(Some("other"), Some("ghost")), heard(None, None)].into();
        answers.heard.simulated = [heard(Some("simulated-shop"), Some("dev"))].into();
        answers.events = vec![event("1")];
    }
    let reports =
        |snapshot: &Snapshot| snapshot.agent("other/ghost").is_some_and(|agent| agent.verdict == Verdict::Reporting);
    let names = |snapshot: &Snapshot| snapshot.agents.iter().map(|it| it.container.clone()).collect::<Vec<_>>();
    assert_eq!(names(&panel.until("listed", reports).await), ["/", "other/ghost", "~simulated-shop/dev"]);
    let list = panel.get("/agents").await.text;
    assert!(list.contains("The agent is reporting."), "{list}");
    assert!(list.contains("href=\"/agents/other%2Fghost\""), "{list}");
    for path in ["/agents/other%2Fghost", "/agents/%2F", "/agents/~simulated-shop%2Fdev"] {
        let page = panel.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        assert!(page.text.contains("class=\"event-name\"") && !page.text.contains("Container removed"), "{path}");
    }
    assert_eq!(panel.get("/agents/other%2Feve").await.status, StatusCode::NOT_FOUND);
    let mut stream = Events::open(&panel, "/events/agent/other%2Fghost").await;
    assert!(stream.next().await.unwrap().contains("tool_result"));
    let mut stream = Events::open(&panel, "/events/agent/other%2Fghost/page?range=1h").await;
    assert!(stream.next().await.is_some());
    for path in ["/events/agent/other%2Feve", "/events/agent/other%2Feve/page"] {
        assert_eq!(panel.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // It needs no Engine.
    panel.engine.go_away();
    assert_eq!(panel.get("/agents/other%2Fghost").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_agent_with_the_tags_of_a_real_one_is_another_agent() {
    let panel = panel();
    panel.have_dev();
    let seen = || OwnerLastSeen { last_seen: Some(clawker_monitor::clock::now()), ..OwnerLastSeen::default() };
    panel.telemetry.answers().heard.owners = [(owner(), seen())].into();
    panel.telemetry.answers().heard.simulated = [(owner(), seen())].into();
    panel.until("there", |snapshot| snapshot.agents.len() == 2).await;
    for (agent, simulated) in [("clawker.demo.dev", false), ("~demo%2Fdev", true)] {
        panel.telemetry.answers().senders.clear();
        assert_eq!(panel.get(&format!("/agents/{agent}")).await.status, StatusCode::OK, "{agent}");
        for path in ["", "/page?range=1h"] {
            let mut stream = Events::open(&panel, &format!("/events/agent/{agent}{path}")).await;
            assert!(stream.next().await.is_some(), "{agent}{path}");
        }
        let asked = std::mem::take(&mut panel.telemetry.answers().senders);
        assert!(asked.len() >= 4 && asked.iter().all(|sender| sender.owner == owner()), "{asked:?}");
        assert!(asked.iter().all(|sender| sender.simulated == simulated), "{agent}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_stores_are_down_the_page_says_unavailable_and_not_none() {
    let panel = panel();
    panel.have_dev();
    panel.telemetry.answers().failure = Some("no answer on port 3100".into());
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    let page = panel.get("/agents/clawker.demo.dev").await.text;
    for said in ["No sessions", "No connections", "No events yet", "Its IP is unknown"] {
        assert!(!page.contains(said), "{said}: {page}");
    }
    assert!(page.matches("Unavailable.").count() >= 3, "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_is_doing_is_on_the_list_and_on_its_page() {
    let panel = panel();
    panel.engine.agent_is(configured_agent("dev"), "start");
    let now = clawker_monitor::clock::now();
    let at = |ago: i64| ((now.unix_milliseconds() - ago * 1000) * 1_000_000) as u64;
    let record = |ago, pairs: &[(&str, &str)]| EventRecord {
        at: at(ago),
        labels: [("project", "demo"), ("agent", "dev"), ("session_id", "s")]
            .iter()
            .chain(pairs)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    panel.hears("dev", now);
    panel.telemetry.answers().recent.add(vec![
        record(300, &[("event_name", "user_prompt")]),
        record(240, &[("event_name", "tool_decision"), ("decision", "accept"), ("tool_name", "Read")]),
    ]);
    let stuck = |snapshot: &Snapshot| {
        let activity = snapshot.agent("clawker.demo.dev").and_then(|agent| agent.activity.as_ref());
        activity.is_some_and(|activity| activity.kind == ActivityKind::PerhapsStuck)
    };
    panel.until("stuck", stuck).await;
    assert!(panel.get("/agents").await.text.contains("Perhaps stuck"));
    let page = panel.get("/agents/clawker.demo.dev").await.text;
    assert!(page.contains("Perhaps stuck: ") && page.contains("has no result since"), "{page}");
}

/// The page of the agent, as its stream keeps it.
async fn follow_page(panel: &Harness, updates: usize) -> AgentPage {
    let mut page = panel.agent_page().await;
    let mut stream = Events::open(panel, "/events/agent/clawker.demo.dev/page?range=6h").await;
    for _ in 0..updates {
        let update = stream.next().await.unwrap();
        page.apply(serde_json::from_str(&update).unwrap_or_else(|error| panic!("{error}: {update}")));
    }
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_waits_for_a_hanging_store_and_the_rest_arrives_on_the_stream() {
    let panel = panel();
    panel.have_dev();
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    {
        let mut answers = panel.telemetry.answers();
        answers.hangs = true;
        answers.owners = vec![OwnerNumbers { owner: owner(), sessions: Some(3), ..OwnerNumbers::default() }];
        answers.sessions = vec![Session::default(); 3];
        answers.egress.addresses = vec!["172.18.0.5".into()];
    }
    for (method, path, body) in [
        ("GET", "/", ""),
        ("GET", "/agents", ""),
        ("GET", "/agents/clawker.demo.dev", ""),
        ("GET", "/settings", ""),
        ("GET", "/files", ""),
        ("GET", "/logs", ""),
        ("POST", "/api/agent-numbers", "range=hour"),
        ("POST", "/api/agent", "container=clawker.demo.dev&range=hour"),
    ] {
        let begun = Instant::now();
        let answer = if method == "GET" { panel.get(path).await } else { panel.send(post(path), body).await };
        let took = begun.elapsed();
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        // The stores' 250 ms, and what a debug build needs to render a page.
        assert!(took < Duration::from_millis(1500), "{path} took {took:?}");
    }
    let page = panel.agent_page().await;
    assert_eq!((page.numbers.sessions, page.sessions.len()), (None, 0));
    let lacks: Vec<_> = page.missing.iter().map(|missing| (missing.store, missing.lacks.as_str())).collect();
    assert_eq!(
        lacks,
        [(Store::Prometheus, "all numbers, sessions of this agent"), (Store::Loki, "events, connections")]
    );

    panel.telemetry.answers().hangs = false;
    let page = follow_page(&panel, 2).await;
    assert_eq!((page.range, page.numbers.sessions, page.sessions.len()), (Range::SixHours, Some(3), 3));
    assert_eq!((page.missing.as_slice(), page.egress.addresses.len()), (&[][..], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_numbers_are_sent_within_two_seconds_of_their_change() {
    let panel = panel();
    panel.have_dev();
    let mut stream = Events::open(&panel, "/events/agent/clawker.demo.dev/page?range=1h").await;
    for _ in 0..2 {
        stream.next().await.unwrap();
    }
    for sessions in 1..4 {
        let begun = Instant::now();
        panel.telemetry.answers().owners =
            vec![OwnerNumbers { owner: owner(), sessions: Some(sessions), ..OwnerNumbers::default() }];
        let update: AgentPageUpdate = serde_json::from_str(&stream.next().await.unwrap()).unwrap();
        let AgentPageUpdate::Activity(activity) = update else { panic!("{update:?}") };
        assert_eq!(activity.numbers.sessions, Some(sessions));
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
    assert_eq!(panel.get("/events/agent/clawker.demo.eve/page").await.status, StatusCode::NOT_FOUND);
    assert_eq!(panel.get("/events/agent/clawker.demo.dev/page?range=2h").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_agent_is_404_and_an_unreachable_engine_503() {
    let panel = panel();
    let asked = async |name: &str| {
        let request = post("/api/agent").header("accept", "application/json");
        panel.send(request, &format!("container={name}&range=hour")).await
    };
    assert_eq!(asked("clawker.demo.eve").await.status, StatusCode::NOT_FOUND);
    // A container's ID is not its name.
    panel.have_dev();
    assert_eq!(asked("id-dev").await.status, StatusCode::NOT_FOUND);
    assert_eq!(panel.get("/events/agent/clawker.demo.eve").await.status, StatusCode::NOT_FOUND);
    assert_eq!(panel.get("/events/numbers?range=2h").await.status, StatusCode::BAD_REQUEST);
    panel.engine.go_away();
    let error = panel.plane.agent_page("clawker.demo.dev".into(), Range::Hour).await;
    assert!(matches!(error, Err(StackError::EngineUnreachable { .. })), "{error:?}");
    assert_eq!(asked("clawker.demo.dev").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_sent_at_once_and_only_when_they_change() {
    let panel = panel();
    let mut stream = Events::open(&panel, "/events/numbers?range=1h").await;
    let first: Numbers = serde_json::from_str(&stream.next().await.unwrap()).unwrap();
    assert_eq!((first.range, first.owners.len()), (Range::Hour, 0));
    let asked = || panel.telemetry.answers().asked.iter().filter(|question| **question == "numbers").count();
    let repeated = tokio::select! {
        event = stream.next() => event,
        _ = panel.until_unobserved("asked again", |_| asked() >= 2) => None,
    };
    assert_eq!(repeated, None, "the same numbers were sent again");
    panel.telemetry.answers().owners = vec![OwnerNumbers { owner: owner(), ..OwnerNumbers::default() }];
    let second: Numbers = serde_json::from_str(&stream.next().await.unwrap()).unwrap();
    assert_eq!(second.owners.len(), 1);
    panel.shutdown.cancel();
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_asked_for_again_as_soon_as_the_store_is_located() {
    let panel = panel();
    let mut stream = Events::open(&panel, "/events/numbers?range=1h").await;
    stream.next().await.unwrap();
    let begun = Instant::now();
    panel.telemetry.answers().owners = vec![OwnerNumbers { owner: owner(), ..OwnerNumbers::default() }];
    panel.telemetry.relocate();
    let located: Numbers = serde_json::from_str(&stream.next().await.unwrap()).unwrap();
    assert_eq!(located.owners.len(), 1);
    assert!(begun.elapsed() < Duration::from_millis(500), "a second is the pause otherwise");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_sent_once_each_and_errors_are_reported_until_they_are_over() {
    let panel = panel();
    panel.have_dev();
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    panel.telemetry.answers().events = vec![event("1"), event("2")];
    let mut stream = Events::open(&panel, "/events/agent/clawker.demo.dev").await;
    let ids = |text: &str| -> Vec<String> {
        let batch: Vec<AgentEvent> = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        batch.into_iter().map(|event| event.id).collect()
    };
    assert_eq!(ids(&stream.next().await.unwrap()), ["1", "2"]);
    panel.telemetry.answers().events.push(event("3"));
    assert_eq!(ids(&stream.next().await.unwrap()), ["3"]);
    // Another process of the agent sends an older event later.
    panel.telemetry.answers().events.insert(1, event("1b"));
    assert_eq!(ids(&stream.next().await.unwrap()), ["1b"]);
    panel.telemetry.answers().failure = Some("no answer on port 3100".into());
    assert_eq!(stream.next().await.unwrap(), "event: trouble\ndata: \"no answer on port 3100\"");
    panel.telemetry.answers().failure = None;
    assert_eq!(ids(&stream.next().await.unwrap()), Vec::<String>::new(), "it answers again");
    panel.shutdown.cancel();
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_opened_while_docker_is_unreachable_says_so_and_ends() {
    let panel = panel();
    panel.engine.go_away();
    panel.until("gone", |snapshot| snapshot.stack == StackState::EngineUnreachable).await;
    let mut stream = Events::open(&panel, "/events/agent/clawker.demo.dev").await;
    assert!(stream.next().await.unwrap().starts_with("event: trouble"));
    assert_eq!(stream.next().await, None, "the browser asks again");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stream_asks_proxies_not_to_hold_it_back() {
    let panel = panel();
    panel.have_dev();
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    let agent = "/events/agent/clawker.demo.dev";
    for path in ["/events", "/events/numbers", agent, &format!("{agent}/page"), "/logs/grafana/stream"] {
        let response = panel.open(get(path)).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream", "{path}");
        assert_eq!(response.headers()["x-accel-buffering"], "no", "{path}");
        let caching: Vec<_> = response.headers().get_all("cache-control").iter().collect();
        assert_eq!(caching, ["no-cache, no-transform"], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_and_downloads_check_host_and_origin() {
    let panel = panel();
    for path in
        ["/events", "/events/numbers", "/events/agent/clawker.demo.dev", "/logs/loki/stream", "/logs/loki/download"]
    {
        let rebound = axum::http::Request::get(path).header("host", "evil.example:8484");
        assert_eq!(panel.send(rebound, "").await.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
    let foreign = post("/api/agent").header("origin", "https://evil.example");
    assert_eq!(panel.send(foreign, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(panel.open(get("/events/numbers")).await.headers()["content-type"], "text/event-stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_grafana_at_its_published_address_can_be_embedded() {
    let panel = panel();
    let policy = panel.get("/").await.header("content-security-policy").to_owned();
    assert!(policy.contains("frame-src 'none';"), "{policy}");
    panel.up().await;
    panel.until("running", |snapshot| snapshot.stack == StackState::Running).await;
    let policy = panel.get("/").await.header("content-security-policy").to_owned();
    assert!(policy.contains("; frame-src http://127.0.0.1:3000; frame-ancestors 'none'"), "{policy}");
    panel.engine.container_exits(Service::Grafana, 1);
    panel.until("partial", |snapshot| snapshot.stack == StackState::Partial).await;
    assert!(panel.get("/").await.header("content-security-policy").contains("frame-src 'none';"));
}
