//! Joining, filtering, sorting, and adding up rows.

use std::sync::Arc;

use monitor_core::{
    agents::{Agent, AgentKind, Cause, CauseCode, Fix, FixKind, Verdict, Weight},
    live::{EngineState, Snapshot},
    status::ContainerState,
    telemetry::{Numbers, Owner, OwnerNumbers, Range, Tokens},
    timestamp::Timestamp,
};

use super::{
    cause::cause_tone,
    query::{NO_CONTAINER, NO_PROJECT, Query, Sort},
    rows::{Row, Rows},
    totals::totals,
};
use crate::components::Tone;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(seconds * 1000)
}

pub fn agent(name: &str, verdict: Verdict) -> Agent {
    Agent {
        kind: AgentKind::Container,
        container: format!("clawker.shop.{name}"),
        project: Some("shop".into()),
        agent: name.into(),
        managed: true,
        image: "clawker-shop:latest".into(),
        state: ContainerState::Running,
        created_at: Some(at(1)),
        started_at: Some(at(2)),
        last_seen: None,
        last_seen_unknown: false,
        activity: None,
        verdict,
        causes: Vec::new(),
    }
}

pub fn snapshot(agents: Vec<Agent>) -> Snapshot {
    let engine = EngineState::Connected { version: "28".into(), api_version: "1.51".into(), endpoint: String::new() };
    Snapshot { engine, agents, ..Snapshot::unknown(at(0)) }
}

fn owner(project: &str, agent: &str) -> Owner {
    Owner::new(Some(project), Some(agent))
}

fn of(project: &str, agent: &str, cost: u64, calls: u64, failures: u64) -> OwnerNumbers {
    OwnerNumbers {
        owner: owner(project, agent),
        cost_micro_usd: Some(cost),
        tokens: Some(Tokens { input: cost, ..Tokens::default() }),
        tool_calls: Some(calls),
        tool_failures: Some(failures),
        ..OwnerNumbers::default()
    }
}

fn numbers(owners: Vec<OwnerNumbers>) -> Numbers {
    Numbers { range: Range::Day, at: at(9), owners, missing: Vec::new() }
}

fn keys(rows: &[Arc<Row>]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

#[test]
fn containers_get_the_numbers_with_their_tags_and_other_numbers_get_rows_of_their_own() {
    let made_up = OwnerNumbers { simulated: true, ..of("shop", "a", 7, 7, 7) };
    let numbers =
        numbers(vec![of("", "", 1, 1, 0), of("shop", "a", 2, 2, 0), of("shop", "gone", 3, 3, 0), made_up.clone()]);
    let untagged = Agent { project: None, agent: String::new(), managed: false, ..agent("x", Verdict::Waiting) };
    let rows = Rows::merge(&Rows::default(), &[agent("a", Verdict::Reporting), untagged], Some(&numbers));
    let told: Vec<_> = rows
        .all()
        .iter()
        .map(|row| (row.key.as_str(), row.kind, row.numbers.as_ref().and_then(|it| it.cost_micro_usd), row.simulated()))
        .collect();
    assert_eq!(
        told,
        [
            ("c:clawker.shop.a", AgentKind::Container, Some(2), false),
            ("c:clawker.shop.x", AgentKind::Container, None, false),
            ("o:/", AgentKind::Untagged, Some(1), false),
            ("o:shop/gone", AgentKind::NoContainer, Some(3), false),
            ("o:~shop/a", AgentKind::Simulated, Some(7), true),
        ]
    );
    assert_eq!(rows.find("o:/").map(|row| row.title()), Some("untagged data"));
    // The same rows once the agents are known as such.
    let known = |kind, name: &str, owner: Owner| Agent {
        kind,
        container: name.into(),
        project: owner.project,
        agent: owner.agent.unwrap_or_default(),
        ..agent("x", Verdict::Reporting)
    };
    let agents = [
        known(AgentKind::Untagged, "/", Owner::default()),
        known(AgentKind::NoContainer, "shop/gone", owner("shop", "gone")),
        known(AgentKind::Simulated, "~shop/a", owner("shop", "a")),
        agent("a", Verdict::Reporting),
    ];
    let joined = Rows::merge(&Rows::default(), &agents, Some(&numbers));
    let told: Vec<_> = joined
        .all()
        .iter()
        .map(|row| (row.key.as_str(), row.numbers.as_ref().and_then(|it| it.cost_micro_usd), row.shared))
        .collect();
    assert_eq!(
        told,
        [
            ("c:clawker.shop.a", Some(2), false),
            ("o:/", Some(1), false),
            ("o:shop/gone", Some(3), false),
            ("o:~shop/a", Some(7), false),
        ]
    );
    assert_eq!(rows.find("c:clawker.shop.x").map(|row| row.title()), Some("clawker.shop.x"));
}

#[test]
fn an_unchanged_row_is_the_same_allocation() {
    let before = numbers(vec![of("shop", "a", 2, 2, 0), of("shop", "b", 3, 3, 0)]);
    let agents = [agent("a", Verdict::Reporting), agent("b", Verdict::Reporting)];
    let known = Rows::merge(&Rows::default(), &agents, Some(&before));
    let after = numbers(vec![of("shop", "a", 2, 2, 0), of("shop", "b", 4, 3, 0)]);
    let rows = Rows::merge(&known, &agents, Some(&after));
    let same = |key| known.find(key).zip(rows.find(key)).map(|(one, other)| Arc::ptr_eq(one, other));
    assert_eq!((same("c:clawker.shop.a"), same("c:clawker.shop.b")), (Some(true), Some(false)));
    let dark = [agent("a", Verdict::Dark), agent("b", Verdict::Reporting)];
    assert_ne!(Rows::merge(&rows, &dark, Some(&after)), rows);
}

#[test]
fn last_seen_is_the_later_of_the_two_sources() {
    let seen = OwnerNumbers { last_seen: Some(at(8)), ..of("shop", "a", 0, 0, 0) };
    let known = Agent { last_seen: Some(at(5)), ..agent("a", Verdict::Reporting) };
    let rows = Rows::merge(&Rows::default(), &[known], Some(&numbers(vec![seen])));
    assert_eq!(rows.all()[0].last_seen(), Some(at(8)));
}

#[test]
fn a_cause_is_shown_for_agents_that_do_not_report_and_for_problems_of_those_that_do() {
    let cause = |code, kind| {
        let fix = Fix { kind, command: None, restart: false };
        Cause { code, weight: Weight::Reason, evidence: String::new(), fix, advice: None }
    };
    for (verdict, code, kind, told) in [
        (Verdict::Dark, CauseCode::CollectorDown, FixKind::Start, true),
        (Verdict::Dark, CauseCode::NotManaged, FixKind::None, true),
        (Verdict::Off, CauseCode::DisabledByConfiguration, FixKind::Edit, true),
        (Verdict::Reporting, CauseCode::TagsMissing, FixKind::Recreate, true),
        (Verdict::Waiting, CauseCode::NoSampleYet, FixKind::Wait, false),
        (Verdict::Idle, CauseCode::Quiet, FixKind::None, false),
        (Verdict::Idle, CauseCode::NotRunning, FixKind::Start, false),
        (Verdict::Unknown, CauseCode::StoresUnreachable, FixKind::Start, false),
    ] {
        let agent = Agent { causes: vec![cause(code, kind)], ..agent("a", verdict) };
        let rows = Rows::merge(&Rows::default(), &[agent], None);
        assert_eq!(rows.all()[0].cause().is_some(), told, "{verdict:?} {code:?}");
    }
    let rows = Rows::merge(&Rows::default(), &[agent("a", Verdict::Dark)], None);
    assert_eq!(rows.all()[0].cause(), None, "there is no cause to show");
}

fn sample() -> Rows {
    let numbers = numbers(vec![
        of("shop", "a", 500, 10, 1),
        of("shop", "b", 900, 0, 0),
        of("infra", "gone", 100, 4, 3),
        OwnerNumbers { simulated: true, ..of("demo", "s", 700, 1, 0) },
    ]);
    let alone = Agent { project: None, agent: "scratch".into(), ..agent("scratch", Verdict::Idle) };
    let agents = [agent("a", Verdict::Reporting), agent("b", Verdict::Dark), agent("c", Verdict::Waiting), alone];
    Rows::merge(&Rows::default(), &agents, Some(&numbers))
}

fn query(pairs: &str) -> Query {
    Query::read(|name| {
        pairs.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, it)| it.into())
    })
}

#[test]
fn the_address_selects_and_sorts_the_rows() {
    let rows = sample();
    let (a, b, c, none) = ("c:clawker.shop.a", "c:clawker.shop.b", "c:clawker.shop.c", "c:clawker.shop.scratch");
    let (gone, made_up) = ("o:infra/gone", "o:~demo/s");
    for (pairs, shown) in [
        ("", &[b, c, none, a, gone, made_up][..]),
        ("order=desc", &[a, none, c, b, gone, made_up]),
        ("sort=cost", &[b, made_up, a, gone, c, none]),
        ("sort=cost&order=asc", &[gone, a, made_up, b, c, none]),
        ("sort=failed", &[gone, a, made_up, b, c, none]),
        ("sort=agent&project=shop", &[a, b, c]),
        ("sort=agent&order=desc&project=shop", &[c, b, a]),
        ("project=-", &[none]),
        ("verdict=dark", &[b]),
        ("verdict=no-container", &[gone, made_up]),
        ("verdict=no-container&simulated=hide", &[gone]),
        ("verdict=nonsense&q=SCRATCH", &[none]),
        ("q=infra", &[gone]),
        ("q=clawker-shop:latest&verdict=idle", &[none]),
    ] {
        assert_eq!(keys(&query(pairs).select(rows.all())), shown, "{pairs}");
    }
}

#[test]
fn an_address_round_trips() {
    assert_eq!(Query::default().address(), "/agents");
    for pairs in [
        "",
        "q=a",
        "project=-&verdict=dark",
        "range=7d&sort=cost&order=asc",
        "order=desc",
        "simulated=hide",
        "simulated=count",
    ] {
        let asked = query(pairs);
        let address = asked.address();
        assert_eq!(query(address.split_once('?').map(|(_, pairs)| pairs).unwrap_or_default()), asked, "{address}");
    }
    assert_eq!(query("q=a b&project=ß").address(), "/agents?q=a%20b&project=%C3%9F");
    assert_eq!(NO_PROJECT.len() + NO_CONTAINER.len(), 13, "part of addresses that people bookmark");
}

#[test]
fn sorting_by_the_same_column_again_reverses_the_order() {
    let once = Query::default().sorted_by(Sort::Cost);
    assert_eq!((once.sort, once.order()), (Sort::Cost, "desc"));
    let twice = once.sorted_by(Sort::Cost);
    assert_eq!((twice.sort, twice.order()), (Sort::Cost, "asc"));
    assert_eq!(twice.sorted_by(Sort::Cost), once);
    assert_eq!(twice.sorted_by(Sort::Agent).order(), "asc");
}

#[test]
fn totals_add_up_the_shown_rows_and_count_shared_numbers_once() {
    let rows = sample();
    let sums = totals(&Query::default().select(rows.all()), true);
    assert_eq!((sums.reporting, sums.agents), (1, 4));
    assert_eq!((sums.cost_micro_usd, sums.tool_calls, sums.tool_failures), (Some(2_200), Some(15), Some(4)));
    assert_eq!(sums.tokens.map(|tokens| tokens.sum()), Some(2_200));
    let real = totals(rows.all(), false);
    assert_eq!((real.cost_micro_usd, real.tool_calls), (Some(1_500), Some(14)), "simulated data is in no total");
    let alone = query("verdict=waiting").select(rows.all());
    assert_eq!(totals(&alone, false).cost_micro_usd, None, "unknown numbers have no total");

    let twins = ["a", "a2"].map(|name| Agent { agent: "a".into(), ..agent(name, Verdict::Reporting) });
    let rows = Rows::merge(&Rows::default(), &twins, Some(&numbers(vec![of("shop", "a", 5, 1, 0)])));
    assert!(rows.all().iter().all(|row| row.shared));
    assert_eq!(totals(rows.all(), false).cost_micro_usd, Some(5));
}

#[test]
fn only_the_reason_for_a_verdict_has_its_color() {
    let fix = Fix { kind: FixKind::None, command: None, restart: false };
    let cause =
        |weight| Cause { code: CauseCode::Quiet, weight, evidence: String::new(), fix: fix.clone(), advice: None };
    for (weight, verdict, expected) in [
        (Weight::Reason, Verdict::Dark, Tone::Bad),
        (Weight::Reason, Verdict::Off, Tone::Off),
        (Weight::Warning, Verdict::Reporting, Tone::Warn),
        (Weight::Warning, Verdict::Dark, Tone::Warn),
        (Weight::Note, Verdict::Dark, Tone::Off),
        (Weight::Note, Verdict::Reporting, Tone::Off),
    ] {
        assert_eq!(cause_tone(&cause(weight), verdict), expected, "{weight:?} {verdict:?}");
    }
}
