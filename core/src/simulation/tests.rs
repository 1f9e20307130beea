use std::collections::{BTreeMap, BTreeSet};

use super::{value::find, *};

const INTERVALS: Intervals = Intervals { metrics_ms: 10_000, logs_ms: 5000 };
const HOUR_MS: u64 = 3_600_000;

/// The exports of an agent up to that time, with its last session cut off there.
fn exports(seed: u64, index: u64, until_ms: u64) -> Vec<Export> {
    let mut agent = Agent::new(seed, index, INTERVALS);
    let mut exports = Vec::new();
    loop {
        let before = agent.clone();
        let export = agent.next_export();
        if export.at_ms > until_ms {
            exports.extend(before.stop(until_ms));
            return exports;
        }
        exports.push(export);
    }
}

fn points(exports: &[Export]) -> Vec<&Point> {
    let of = |export| match export {
        &Export { body: Body::Metrics(ref points), .. } => points.iter().collect(),
        _ => Vec::new(),
    };
    exports.iter().flat_map(of).collect()
}

fn records(exports: &[Export]) -> Vec<&Record> {
    let of = |export| match export {
        &Export { body: Body::Logs(ref records), .. } => records.iter().collect(),
        _ => Vec::new(),
    };
    exports.iter().flat_map(of).collect()
}

fn ledger(index: u64, exports: &[Export]) -> AgentLedger {
    let mut ledger = AgentLedger::new(Agent::new(1, index, INTERVALS).identity());
    exports.iter().for_each(|export| ledger.enter(export));
    ledger
}

#[test]
fn exports_depend_only_on_the_seed() {
    assert_eq!(exports(1, 0, HOUR_MS), exports(1, 0, HOUR_MS));
    assert_ne!(exports(1, 0, HOUR_MS), exports(2, 0, HOUR_MS));
    assert_ne!(exports(1, 0, HOUR_MS), exports(1, 2, HOUR_MS));
}

/// One row per collection of two series: the growth before it (series, time), and the start of each data point.
#[test]
fn a_point_starts_at_the_last_collection_only_if_it_had_the_series() {
    type Row<'a> = (&'a [(&'a str, u64)], u64, &'a [(&'a str, u64)]);
    let rows: [Row; 7] = [
        (&[("a", 3), ("a", 7)], 10, &[("a", 3)]),
        (&[("a", 14), ("b", 12)], 20, &[("a", 10), ("b", 12)]),
        (&[("b", 28)], 30, &[("b", 20)]),
        (&[("b", 31), ("a", 39)], 40, &[("b", 30), ("a", 39)]),
        (&[], 50, &[]),
        (&[("a", 51), ("b", 60)], 60, &[("a", 51), ("b", 60)]),
        (&[("a", 61)], 63, &[("a", 60)]),
    ];
    let mut counters = Counters::default();
    for (added, at_ms, expected) in rows {
        for (series, when_ms) in added {
            counters.add(Metric::Tokens, vec![("type", (*series).into())], 0, *when_ms);
        }
        let collected = counters.collect(at_ms);
        let starts: Vec<(&str, u64)> =
            collected.iter().map(|point| (point.attributes[0].1.text().expect("text"), point.start_ms)).collect();
        assert_eq!(starts, expected, "collected at {at_ms}");
        assert!(collected.iter().all(|point| point.time_ms == at_ms));
    }
}

#[test]
fn a_collection_adds_up_each_series_and_keeps_the_order_of_the_counters() {
    let mut counters = Counters::default();
    let of = |kind: &str| vec![("type", Value::from(kind))];
    counters.add(Metric::ActiveTime, of("cli"), 1500, 1);
    counters.add(Metric::Tokens, of("output"), 5, 2);
    counters.add(Metric::Tokens, of("input"), 1, 3);
    counters.add(Metric::Tokens, of("output"), 6, 4);
    let collected = counters.collect(9);
    let seen: Vec<_> = collected.iter().map(|point| (point.metric.name(), &point.attributes, point.value())).collect();
    let expected = [
        ("claude_code.token.usage", &of("output"), 11.0),
        ("claude_code.token.usage", &of("input"), 1.0),
        ("claude_code.active_time.total", &of("cli"), 1.5),
    ];
    assert_eq!(seen, expected);
    assert_eq!(counters.collect(10), []);
}

/// The rule seen in recordings: the intervals of a series are contiguous after a collection that had it, otherwise
/// later than any before. Both must occur, or the simulation would not show bugs in a collector.
#[test]
fn exports_have_gaps_and_runs() {
    let exports = exports(1, 0, 6 * HOUR_MS);
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    let (mut runs, mut gaps) = (0, 0);
    for point in points(&exports) {
        assert!(point.start_ms <= point.time_ms);
        let before = last.insert(format!("{:?}{:?}", point.metric, point.attributes), point.time_ms);
        match before {
            Some(before) if before == point.start_ms => runs += 1,
            Some(before) => {
                assert!(point.start_ms > before, "it starts before the last point of its series");
                gaps += 1;
            }
            None => {}
        }
    }
    assert!(runs > 50 && gaps > 50, "{runs} runs, {gaps} gaps");
}

#[test]
fn exports_are_ordered_and_contain_everything_since_the_last() {
    for index in 0..4 {
        let exports = exports(3, index, 3 * HOUR_MS);
        assert!(exports.is_sorted_by_key(|export| export.at_ms), "agent {index}");
        for export in &exports {
            match &export.body {
                Body::Metrics(points) => assert!(points.iter().all(|point| point.time_ms == export.at_ms)),
                Body::Logs(records) => {
                    let age = |record: &Record| export.at_ms - record.at_ms;
                    assert!(records.iter().all(|record| age(record) <= INTERVALS.logs_ms));
                }
            }
        }
    }
}

#[test]
fn all_listed_events_occur_and_no_others() {
    let sent: Vec<Export> = (0..8).flat_map(|index| exports(1, index * 2, 10 * HOUR_MS)).collect();
    let seen: BTreeSet<&str> = records(&sent).iter().map(|record| record.name).collect();
    assert_eq!(seen, BTreeSet::from(EVENTS));
    let metrics: BTreeSet<Metric> = points(&sent).iter().map(|point| point.metric).collect();
    assert_eq!(metrics.len(), 8);
}

#[test]
fn metrics_and_events_of_finished_sessions_agree() {
    for index in 0..4 {
        let mut agent = Agent::new(9, index, INTERVALS);
        // Between two sessions everything has been flushed.
        let mut sent = Vec::new();
        let mut sessions = BTreeSet::new();
        loop {
            let export = agent.next_export();
            let session = match &export.body {
                Body::Metrics(points) => find(&points[0].attributes, "session.id").cloned(),
                Body::Logs(records) => find(&records[0].attributes, "session.id").cloned(),
            };
            sessions.insert(format!("{session:?}"));
            if sessions.len() > 5 {
                break;
            }
            sent.push(export);
        }
        let AgentLedger { metrics, events, .. } = ledger(index, &sent);
        assert_eq!(metrics.cost_micro_usd, events.cost_micro_usd, "agent {index}");
        assert_eq!(metrics.tokens, events.tokens, "agent {index}");
        assert_eq!((metrics.sessions.len(), events.sessions.len()), (5, 5), "agent {index}");
        assert_eq!(metrics.session_count, if index == 3 { 0 } else { 5 }, "2.0.30 counts none");
        assert!(metrics.cost_micro_usd > 0 && metrics.lines_added > 0 && events.prompts > 0 && events.tool_calls > 0);
        assert_eq!(events.tool_calls, events.by_tool.values().sum::<u64>());
        assert_eq!(events.records, events.by_event.values().sum::<u64>());
    }
}

#[test]
fn a_stopped_agent_flushes_and_ends() {
    let whole = exports(5, 0, HOUR_MS);
    for until_ms in [1, 9_000, 61_234, 600_000] {
        let sent = exports(5, 0, until_ms);
        let told: Vec<&Record> = records(&sent);
        let expected: Vec<&Record> = records(&whole).into_iter().filter(|record| record.at_ms <= until_ms).collect();
        assert_eq!(told, expected, "stopped at {until_ms}");
        assert!(sent.iter().all(|export| export.at_ms <= until_ms));
    }
}

#[test]
fn request_costs_match_the_recorded_ones() {
    for (model, tokens, micro_usd) in [
        (script::SONNET, [1201, 77, 18_000, 300], 11_283),
        (script::SONNET, [1204, 77, 18_000, 300], 11_292),
        (script::SONNET, [0, 77, 0, 0], 1155),
        (script::HAIKU, [0, 77, 0, 0], 385),
    ] {
        assert_eq!(model.cost(tokens), micro_usd, "{} {tokens:?}", model.name);
    }
}

#[test]
fn some_prompts_have_more_than_64_kb() {
    let sent = exports(1, 0, 12 * HOUR_MS);
    let lengths: Vec<usize> = records(&sent)
        .into_iter()
        .filter_map(|record| find(&record.attributes, "prompt")?.text().map(str::len))
        .collect();
    let long = lengths.iter().filter(|length| **length > 64 * 1024).count();
    assert!(long > 0 && long * 5 < lengths.len(), "{long} of {}", lengths.len());
}

#[test]
fn all_data_is_marked_and_agent_names_are_unique() {
    let mut names = BTreeSet::new();
    for index in 0..100 {
        let agent = Agent::new(1, index, INTERVALS);
        assert_eq!(find(&agent.identity().resource(), MARK), Some(&Value::from("true")));
        assert!(
            names.insert((agent.identity().project.clone(), agent.identity().agent.clone())),
            "{:?}",
            agent.identity()
        );
    }
    let newest = exports(1, 0, HOUR_MS);
    assert!(points(&newest).iter().all(|point| find(&point.attributes, MARK).is_some()));
    assert!(records(&newest).iter().all(|record| find(&record.attributes, MARK).is_some()));
}
