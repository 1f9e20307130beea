use super::*;

fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
    Sample { labels: labels(pairs), value }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const DEV: [(&str, &str); 2] = [("project", "demo"), ("agent", "dev")];

/// All stores answered and have no data.
fn nothing() -> (LokiAnswers, PrometheusAnswers) {
    let loki = LokiAnswers {
        cost: Ok(vec![]),
        tokens: std::array::from_fn(|_| Ok(vec![])),
        tools: Ok(vec![]),
        sessions: Ok(vec![]),
        last_seen: Ok(vec![]),
        cost_over_time: Ok(vec![]),
        events_over_time: Ok(vec![]),
    };
    (loki, PrometheusAnswers { active: Ok(vec![]), lines: Ok(vec![]), cost: None, tokens: None, sessions: None })
}

fn away<T>() -> StoreAnswer<T> {
    Err("no answer on port 3100".into())
}

fn loki_away() -> LokiAnswers {
    LokiAnswers {
        cost: away(),
        tokens: std::array::from_fn(|_| away()),
        tools: away(),
        sessions: away(),
        last_seen: away(),
        cost_over_time: away(),
        events_over_time: away(),
    }
}

fn at() -> Timestamp {
    Timestamp::from_unix_milliseconds(1_795_330_760_933)
}

fn gathered(loki: &LokiAnswers, prometheus: &PrometheusAnswers) -> Numbers {
    numbers_from_answers(Range::Hour, at(), loki, prometheus)
}

#[test]
fn amounts_are_added_up_before_they_are_rounded() {
    let (mut loki, prometheus) = nothing();
    loki.cost = Ok(vec![sample(&DEV, 0.000_000_4), sample(&DEV, 0.000_000_4), sample(&DEV, 0.022_586_999_999_999_996)]);
    loki.tokens[1] = Ok(vec![sample(&DEV, 1309.0)]);
    let mine = &gathered(&loki, &prometheus).owners[0];
    assert_eq!(mine.cost_micro_usd, Some(22_588));
    assert_eq!(mine.tokens, Some(Tokens { output: 1309, ..Tokens::default() }));
    assert_eq!((mine.sessions, mine.active_seconds), (Some(0), Some(0)), "a store that holds nothing says 0");
}

#[test]
fn owners_are_separate_and_simulated_ones_come_last() {
    let (mut loki, prometheus) = nothing();
    let simulated = [DEV[0], DEV[1], ("clawker_simulated", "true")];
    let tags: [&[(&str, &str)]; 4] = [&simulated, &DEV, &[("agent", "dev"), ("project", "")], &[]];
    loki.last_seen = Ok(tags.iter().map(|tags| sample(tags, 1_795_330_394.0)).collect());
    let owners: Vec<(bool, Owner)> = gathered(&loki, &prometheus)
        .owners
        .into_iter()
        .map(|owner| {
            assert_eq!(owner.last_seen.map(Timestamp::to_rfc3339).as_deref(), Some("2026-11-22T06:53:14.000Z"));
            (owner.simulated, owner.owner)
        })
        .collect();
    let demo = Owner::new(Some("demo"), Some("dev"));
    let without_project = Owner::new(None, Some("dev"));
    assert_eq!(owners, [(false, Owner::default()), (false, without_project), (false, demo.clone()), (true, demo)]);
}

#[test]
fn a_failed_query_only_affects_its_own_columns() {
    let (mut loki, prometheus) = nothing();
    loki.last_seen = Ok(vec![sample(&DEV, 1.0)]);
    loki.tools = Err("HTTP 500: too many series".into());
    loki.tokens[2] = Err("HTTP 500: too many series".into());
    let numbers = gathered(&loki, &prometheus);
    let mine = &numbers.owners[0];
    assert_eq!((mine.tool_calls, mine.tool_failures, mine.tokens, mine.sessions), (None, None, None, Some(0)));
    let [missing] = numbers.missing.as_slice() else { panic!("{:?}", numbers.missing) };
    assert_eq!((missing.store, missing.lacks.as_str()), (Store::Loki, "tokens, tool calls, failures"));
}

#[test]
fn prometheus_replaces_loki_for_cost_tokens_and_sessions() {
    let (_, mut prometheus) = nothing();
    let of = |kind: &'static str| [DEV[0], DEV[1], ("type", kind)];
    prometheus.cost = Some(Ok(vec![sample(&DEV, 0.140482)]));
    prometheus.tokens = Some(Ok(vec![sample(&of("cacheRead"), 7.0), sample(&of("input"), 3.0)]));
    prometheus.sessions = Some(Ok(vec![sample(&DEV, 4.0)]));
    prometheus.lines = Ok(vec![sample(&of("added"), 5.0), sample(&of("removed"), 2.0)]);
    let numbers = gathered(&loki_away(), &prometheus);
    let mine = &numbers.owners[0];
    assert_eq!((mine.cost_micro_usd, mine.sessions, mine.last_seen), (Some(140_482), Some(4), None));
    assert_eq!(mine.tokens, Some(Tokens { input: 3, cache_read: 7, ..Tokens::default() }));
    assert_eq!((mine.lines_added, mine.lines_removed, mine.tool_calls), (Some(5), Some(2), None));
    assert!(mine.cost_over_time.is_empty());
    let [missing] = numbers.missing.as_slice() else { panic!("{:?}", numbers.missing) };
    assert_eq!(missing.lacks, "last seen, tool calls, failures, cost over time, activity over time");
    assert_eq!(missing.error, "no answer on port 3100");
}

#[test]
fn an_unreachable_prometheus_only_affects_its_own_columns() {
    let (mut loki, mut prometheus) = nothing();
    loki.sessions = Ok(vec![sample(&DEV, 4.0)]);
    (prometheus.active, prometheus.lines) = (Err("no".into()), Err("no".into()));
    let numbers = gathered(&loki, &prometheus);
    let mine = &numbers.owners[0];
    assert_eq!((mine.sessions, mine.active_seconds, mine.lines_added), (Some(4), None, None));
    assert_eq!(numbers.missing[0].lacks, "active time, lines");
    // No store answers: no owners, and all columns are reported missing.
    let numbers = gathered(&loki_away(), &prometheus);
    assert!(numbers.owners.is_empty());
    let lacks: Vec<&str> = numbers.missing.iter().map(|missing| missing.lacks.as_str()).collect();
    let of_loki =
        "last seen, sessions, estimated cost, tokens, tool calls, failures, cost over time, activity over time";
    assert_eq!(lacks, [of_loki, "active time, lines"]);
}

#[test]
fn an_owner_without_growth_is_not_listed() {
    let (loki, mut prometheus) = nothing();
    prometheus.active = Ok(vec![sample(&DEV, 0.0)]);
    assert!(gathered(&loki, &prometheus).owners.is_empty());
}

#[test]
fn missing_steps_are_0() {
    let (mut loki, prometheus) = nothing();
    let (first, last) = step_ends(Range::Hour, at());
    assert_eq!((last, last.seconds_since(first)), (timestamp_from_seconds(1_795_330_800.0), 3600 - 120));
    let later = Timestamp::from_unix_milliseconds(at().unix_milliseconds() + 39_067);
    assert_eq!(step_ends(Range::Hour, later), (first, last), "steps stand still until the last is over");
    let seconds = |at: Timestamp| at.unix_milliseconds() as f64 / 1000.0;
    loki.cost = Ok(vec![sample(&DEV, 0.5)]);
    let values = vec![(seconds(first), 0.25), (seconds(last), 0.25), (seconds(last) + 999.0, 9.0)];
    loki.cost_over_time = Ok(vec![Series { labels: labels(&DEV), values }]);
    let mine = &gathered(&loki, &prometheus).owners[0];
    assert_eq!(mine.cost_over_time.len(), 30);
    assert_eq!((mine.cost_over_time[0], mine.cost_over_time[1], mine.cost_over_time[29]), (250_000, 0, 250_000));
    assert_eq!(mine.events_over_time, [0; 30]);
}
