//! The states of the agent pages.

use monitor_core::{
    agent_page::{AgentPage, FoundVariable, Origin, owner_numbers},
    agents::{Agent, AgentKind, Cause, CauseCode, Fix, FixKind, NewAgents, Verdict, Weight},
    error::StackError,
    live::{EngineState, Snapshot},
    service::Service,
    status::ContainerState,
    telemetry::{
        Destination, Egress, Flow, Hop, Missing, Numbers, Owner, OwnerNumbers, Range, Session, Signal, Station, Store,
        Target, Tokens,
    },
};

use super::states::{NOW, before, running};

/// One state: its name, its address, the snapshot, the numbers, and the page of one agent.
pub struct State {
    pub name: &'static str,
    pub path: String,
    pub snapshot: Snapshot,
    pub numbers: Numbers,
    pub page: Option<AgentPage>,
}

/// All states of the two pages.
pub fn states() -> Vec<State> {
    let list = |name, path: &str, snapshot: Snapshot, numbers: Numbers| State {
        name,
        path: path.into(),
        snapshot,
        numbers,
        page: None,
    };
    let one = |name, path: &str, snapshot: Snapshot, page: AgentPage| State {
        name,
        path: path.into(),
        numbers: numbers(five_owners()),
        snapshot,
        page: Some(page),
    };
    let few = with(five());
    let mut away = with(Vec::new());
    away.engine = EngineState::Unreachable {
        error: StackError::EngineUnreachable {
            endpoint: "unix:///var/run/docker.sock".into(),
            detail: "no such file or directory".into(),
        },
    };
    vec![
        list("agents", "/agents", few.clone(), numbers(five_owners())),
        list("agents-sorted", "/agents?sort=cost&project=shop&range=24h", few.clone(), numbers(five_owners())),
        list("agents-nothing-found", "/agents?q=zzz", few.clone(), numbers(five_owners())),
        list("agents-200", "/agents", with(many()), numbers(many_owners())),
        list("agents-none", "/agents", with(Vec::new()), numbers(Vec::new())),
        list("agents-away", "/agents", away, numbers(five_owners())),
        list("agents-loki-down", "/agents", loki_down(), without_loki()),
        one("agent-dark", "/agents/clawker.shop.docs", few.clone(), dark_page()),
        one("agent-reporting", "/agents/clawker.shop.checkout", few.clone(), reporting_page()),
        list("agent-none", "/agents/clawker.shop.lost", few, numbers(five_owners())),
    ]
}

fn with(agents: Vec<Agent>) -> Snapshot {
    let mut snapshot = running();
    snapshot.agents = agents;
    snapshot.agents.sort_by(|one, other| one.container.cmp(&other.container));
    snapshot.new_agents = Some(NewAgents {
        would_report: true,
        evidence: "`otel-collector` is running on `clawker-net` and has Clawker's label".into(),
        causes: Vec::new(),
    });
    snapshot.flow = Some(flow());
    snapshot
}

/// A data flow with losses.
pub fn flow() -> Flow {
    use Service::{Grafana, Jaeger, Loki, OtelCollector, Prometheus, Promtail};
    use Signal::{Events, Metrics, Queries, Traces};
    let hop = |from, to, signal, per_second_milli, lost| Hop {
        from,
        to: Station::Service(to),
        signal,
        per_second_milli: Some(per_second_milli),
        lost,
        backlog: None,
    };
    let service = Station::Service;
    Flow {
        hops: vec![
            hop(Station::Agents, OtelCollector, Metrics, 12_400, Some(0)),
            hop(Station::Agents, OtelCollector, Events, 3_140, Some(0)),
            hop(Station::Agents, OtelCollector, Traces, 0, Some(0)),
            hop(service(OtelCollector), Prometheus, Metrics, 12_400, Some(0)),
            hop(service(OtelCollector), Loki, Events, 3_100, Some(12)),
            hop(service(OtelCollector), Jaeger, Traces, 0, Some(0)),
            hop(Station::Firewall, Promtail, Events, 800, None),
            hop(service(Promtail), Loki, Events, 800, Some(0)),
            hop(service(Grafana), Prometheus, Queries, 33, None),
            hop(service(Grafana), Loki, Queries, 120, None),
            hop(service(Grafana), Jaeger, Queries, 0, None),
        ],
        error: None,
        warnings: Vec::new(),
    }
}

fn agent(project: Option<&str>, name: &str, verdict: Verdict, causes: Vec<Cause>) -> Agent {
    let seen = match verdict {
        Verdict::Reporting => Some(before(4)),
        Verdict::Idle => Some(before(2_280)),
        _ => None,
    };
    Agent {
        kind: AgentKind::Container,
        container: match project {
            Some(project) => format!("clawker.{project}.{name}"),
            None => format!("clawker.{name}"),
        },
        project: project.map(str::to_owned),
        agent: name.into(),
        managed: true,
        image: format!("clawker-{}:latest", project.unwrap_or("default")),
        state: ContainerState::Running,
        created_at: Some(before(9_100)),
        started_at: Some(before(9_000)),
        last_seen: seen,
        last_seen_unknown: false,
        activity: None,
        verdict,
        causes,
    }
}

fn cause(code: CauseCode, evidence: &str, kind: FixKind, command: Option<&str>) -> Cause {
    let fix = Fix { kind, command: command.map(str::to_owned), restart: false };
    Cause { code, weight: Weight::Reason, evidence: evidence.into(), fix, advice: None }
}

fn stack_was_down() -> Vec<Cause> {
    vec![
        cause(
            CauseCode::DisabledBecauseStackWasDown,
            "`CLAUDE_CODE_ENABLE_TELEMETRY=0` in the container, created at 2026-11-22T04:41:16Z; the collector was \
             started at 2026-11-22T04:58:56Z",
            FixKind::Recreate,
            Some(
                "cd /home/ada/shop && clawker stop --agent docs && clawker rm --agent docs && clawker run -it --agent docs @",
            ),
        ),
        cause(
            CauseCode::EndpointMismatch,
            "`OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` is `http://otel-collector:4319/v1/logs`; today it would be \
             `http://otel-collector:4318/v1/logs`",
            FixKind::Rebuild,
            Some("cd /home/ada/shop && clawker build && clawker run -it --agent docs @"),
        ),
    ]
}

fn five() -> Vec<Agent> {
    let stopped = Agent {
        state: ContainerState::Exited,
        started_at: None,
        ..agent(
            None,
            "scratch",
            Verdict::Idle,
            vec![cause(
                CauseCode::NotRunning,
                "stopped at 2026-11-22T06:34:56Z",
                FixKind::Start,
                Some("clawker start -a -i --agent scratch"),
            )],
        )
    };
    vec![
        agent(Some("shop"), "checkout", Verdict::Reporting, Vec::new()),
        agent(Some("shop"), "search", Verdict::Waiting, vec![cause(CauseCode::NoSampleYet, "", FixKind::Wait, None)]),
        agent(Some("shop"), "docs", Verdict::Dark, stack_was_down()),
        agent(
            Some("infra"),
            "terraform",
            Verdict::Off,
            vec![cause(
                CauseCode::DisabledByConfiguration,
                "`agent.env` of `.clawker.yaml` sets `CLAUDE_CODE_ENABLE_TELEMETRY=0`",
                FixKind::Edit,
                None,
            )],
        ),
        stopped,
    ]
}

fn owner(project: Option<&str>, agent: Option<&str>) -> Owner {
    Owner::new(project, agent)
}

/// Numbers like those of one day; each `seed` gives other ones.
fn of(owner: Owner, seed: u64) -> OwnerNumbers {
    let wave = |step: u64, height: u64| match (step * 7 + seed * 13) % 11 {
        low @ 0..4 => low * height / 40,
        high => high * height / 11,
    };
    let steps = |height: u64| (0..Range::STEPS).map(|step| wave(step, height)).collect::<Vec<u64>>();
    OwnerNumbers {
        owner,
        simulated: false,
        last_seen: Some(before(4 + seed as i64 * 17)),
        sessions: Some(3 + seed % 5),
        cost_micro_usd: Some(3_412_345 / (seed + 1)),
        tokens: Some(Tokens {
            input: 61_200 / (seed + 1),
            output: 98_123,
            cache_read: 980_000 / (seed + 1),
            cache_creation: 60_000,
        }),
        tool_calls: Some(212 / (seed + 1)),
        tool_failures: Some(3 / (seed + 1)),
        active_seconds: Some(8_040),
        lines_added: Some(1_312),
        lines_removed: Some(240),
        cost_over_time: steps(280_000),
        events_over_time: steps(60),
    }
}

fn five_owners() -> Vec<OwnerNumbers> {
    vec![
        of(owner(None, None), 9),
        of(owner(None, Some("scratch")), 14),
        of(owner(Some("shop"), Some("checkout")), 0),
        of(owner(Some("shop"), Some("old")), 5),
        OwnerNumbers { simulated: true, ..of(owner(Some("demo"), Some("sim-1")), 2) },
    ]
}

fn numbers(owners: Vec<OwnerNumbers>) -> Numbers {
    Numbers { range: Range::Day, at: NOW, owners, missing: Vec::new() }
}

fn many() -> Vec<Agent> {
    (0..200_usize)
        .map(|index| {
            let project = ["shop", "infra", "search", "billing"][index % 4];
            let verdict = match index {
                3 | 40 | 41 => Verdict::Dark,
                7 | 99 => Verdict::Waiting,
                _ if index % 3 == 0 => Verdict::Idle,
                _ => Verdict::Reporting,
            };
            let causes = if verdict == Verdict::Dark { stack_was_down() } else { Vec::new() };
            agent(Some(project), &format!("agent-{index:03}"), verdict, causes)
        })
        .collect()
}

fn many_owners() -> Vec<OwnerNumbers> {
    let owners = many().into_iter().map(|agent| agent.owner());
    owners.enumerate().map(|(index, owner)| of(owner, index as u64 % 23)).collect()
}

fn loki_down() -> Snapshot {
    let mut snapshot = with(five());
    for agent in &mut snapshot.agents {
        if agent.verdict != Verdict::Dark && agent.verdict != Verdict::Off {
            agent.verdict = Verdict::Unknown;
            agent.causes = vec![cause(
                CauseCode::StoresUnreachable,
                "no answer on port 3100",
                FixKind::Start,
                Some("clawker-monitor up"),
            )];
        }
    }
    for status in &mut snapshot.services {
        if status.service == Service::Loki {
            status.state = ContainerState::Exited;
            status.ready = false;
            status.url = None;
        }
    }
    snapshot.new_agents = Some(NewAgents {
        would_report: false,
        evidence: "`otel-collector` is not on `clawker-net`".into(),
        causes: vec![cause(
            CauseCode::CollectorNotOnNetwork,
            "its networks: `bridge`",
            FixKind::Start,
            Some("clawker-monitor up"),
        )],
    });
    snapshot
}

fn without_loki() -> Numbers {
    let mut numbers = numbers(five_owners());
    for owner in &mut numbers.owners {
        owner.tool_calls = None;
        owner.tool_failures = None;
        owner.last_seen = None;
        owner.events_over_time = Vec::new();
        owner.cost_over_time = Vec::new();
    }
    numbers.missing = vec![Missing {
        store: Store::Loki,
        error: "no answer on port 3100".into(),
        lacks: "tool calls, failures, last seen, activity".into(),
    }];
    numbers
}

fn page(agent: Agent) -> AgentPage {
    let variable = |name: &str, found: Option<&str>, wanted: Option<&str>, origin| FoundVariable {
        name: name.into(),
        found: found.map(str::to_owned),
        wanted: wanted.map(str::to_owned),
        differs: wanted.is_some(),
        origin,
    };
    AgentPage {
        numbers: owner_numbers(&numbers(five_owners()), &agent.owner(), false),
        agent,
        workdir: Some("/home/ada/shop".into()),
        claude_version: Some("2.1.330".into()),
        networks: vec!["clawker-net".into()],
        variables: vec![
            variable("CLAUDE_CODE_ENABLE_TELEMETRY", Some("0"), Some("1"), Origin::Creation),
            variable(
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
                Some("http://otel-collector:4319/v1/logs"),
                Some("http://otel-collector:4318/v1/logs"),
                Origin::Image,
            ),
            variable("OTEL_EXPORTER_OTLP_PROTOCOL", Some("http/protobuf"), None, Origin::Image),
            variable("OTEL_METRICS_EXPORTER", Some("otlp"), None, Origin::Image),
            variable("OTEL_METRIC_EXPORT_INTERVAL", None, Some("10000"), Origin::Unknown),
            variable("OTEL_RESOURCE_ATTRIBUTES", Some("project=shop,agent=docs"), None, Origin::Creation),
        ],
        range: Range::Day,
        at: NOW,
        sessions: Vec::new(),
        events: Vec::new(),
        egress: Egress::default(),
        missing: Vec::new(),
        embedding: true,
    }
}

fn dark_page() -> AgentPage {
    page(agent(Some("shop"), "docs", Verdict::Dark, stack_was_down()))
}

fn reporting_page() -> AgentPage {
    let mut page = page(agent(Some("shop"), "checkout", Verdict::Reporting, Vec::new()));
    for variable in &mut page.variables {
        variable.differs = false;
        variable.wanted = None;
    }
    page.variables.retain(|variable| variable.found.is_some());
    let session = |id: &str, ago, cost, errors| Session {
        id: id.into(),
        last_seen: Some(before(ago)),
        cost_micro_usd: cost,
        requests: 61,
        output_tokens: 48_123,
        tool_calls: 110,
        errors,
    };
    page.sessions = vec![
        session("4be81a2c-9a54-4a4e-8f4d-6f8b0f8f2d11", 4, 2_312_345, 0),
        session("99c0f0de-1f42-44a3-b3f5-0d4a5d9f2c22", 8_100, 900_000, 2),
        session("1d2e3f40-5a6b-4c7d-8e9f-0a1b2c3d4e5f", 40_000, 200_000, 0),
    ];
    let host = |name: &str, allowed, denied, unresolved| Destination {
        target: Target::Host(name.into()),
        allowed,
        denied,
        unresolved,
    };
    page.egress = Egress {
        addresses: vec!["172.18.0.9".into()],
        destinations: vec![
            host("telemetry.example.org", 0, 14, 2),
            host("api.anthropic.com", 412, 0, 0),
            host("packages.example.org", 31, 0, 0),
            Destination { denied: 3, ..Destination::new(Target::Unknown("172.18.0.9".into())) },
        ],
    };
    page
}
