use super::*;

fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
    Sample { labels: labels(pairs), value }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const DEV: [(&str, &str); 2] = [("project", "demo"), ("agent", "dev")];
/// Prometheus answered every query like this.
fn everything(answer: StoreAnswer<Sample>) -> NumberAnswers {
    let series = || answer.clone().map(|_| Vec::new());
    NumberAnswers {
        cost: answer.clone(),
        tokens: answer.clone(),
        sessions: answer.clone(),
        tools: answer.clone(),
        active: answer.clone(),
        lines: answer.clone(),
        last_seen: answer.clone(),
        cost_over_time: series(),
        events_over_time: series(),
    }
}

fn nothing() -> NumberAnswers {
    everything(Ok(Vec::new()))
}

fn at() -> Timestamp {
    Timestamp::from_unix_milliseconds(1_795_330_760_933)
}

fn gathered(answers: &NumberAnswers) -> Numbers {
    numbers_from_answers(Range::Hour, at(), answers)
}

#[test]
fn amounts_are_added_up_before_they_are_rounded() {
    let mut answers = nothing();
    answers.cost =
        Ok(vec![sample(&DEV, 0.000_000_4), sample(&DEV, 0.000_000_4), sample(&DEV, 0.022_586_999_999_999_996)]);
    answers.tokens = Ok(vec![sample(&[DEV[0], DEV[1], ("type", "output")], 1309.0)]);
    let mine = &gathered(&answers).owners[0];
    assert_eq!(mine.cost_micro_usd, Some(22_588));
    assert_eq!(mine.tokens, Some(Tokens { output: 1309, ..Tokens::default() }));
    assert_eq!((mine.sessions, mine.active_seconds), (Some(0), Some(0)), "a store that holds nothing says 0");
}

#[test]
fn owners_are_separate_and_simulated_ones_come_last() {
    let mut answers = nothing();
    let simulated = [DEV[0], DEV[1], ("clawker_simulated", "true")];
    let tags: [&[(&str, &str)]; 4] = [&simulated, &DEV, &[("agent", "dev"), ("project", "")], &[]];
    answers.last_seen = Ok(tags.iter().map(|tags| sample(tags, 1_795_330_394.0)).collect());
    let owners: Vec<(bool, Owner)> = gathered(&answers)
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
    let mut answers = nothing();
    answers.last_seen = Ok(vec![sample(&DEV, 1.0)]);
    answers.tools = Err("HTTP 500: too many series".into());
    answers.tokens = Err("HTTP 500: too many series".into());
    let numbers = gathered(&answers);
    let mine = &numbers.owners[0];
    assert_eq!((mine.tool_calls, mine.tool_failures, mine.tokens, mine.sessions), (None, None, None, Some(0)));
    let [missing] = numbers.missing.as_slice() else { panic!("{:?}", numbers.missing) };
    assert_eq!((missing.store, missing.lacks.as_str()), (Store::Prometheus, "tokens, tool calls, failures"));
}

#[test]
fn an_unreachable_prometheus_is_named_with_everything_that_is_missing() {
    let numbers = gathered(&everything(Err("no answer on port 9090".into())));
    assert!(numbers.owners.is_empty());
    let [missing] = numbers.missing.as_slice() else { panic!("{:?}", numbers.missing) };
    assert_eq!(
        missing.lacks,
        "last seen, sessions, estimated cost, tokens, tool calls, failures, active time, lines, cost over time, \
         activity over time"
    );
    assert_eq!((missing.store, missing.error.as_str()), (Store::Prometheus, "no answer on port 9090"));
}

#[test]
fn an_owner_without_activity_is_not_listed() {
    assert!(gathered(&everything(Ok(vec![sample(&DEV, 0.0)]))).owners.is_empty());
}

#[test]
fn missing_steps_are_0() {
    let mut answers = nothing();
    let (first, last) = step_ends(Range::Hour, at());
    assert_eq!((last, last.seconds_since(first)), (timestamp_from_seconds(1_795_330_800.0), 3600 - 120));
    let later = Timestamp::from_unix_milliseconds(at().unix_milliseconds() + 39_067);
    assert_eq!(step_ends(Range::Hour, later), (first, last), "steps stand still until the last is over");
    let seconds = |at: Timestamp| at.unix_milliseconds() as f64 / 1000.0;
    answers.cost = Ok(vec![sample(&DEV, 0.5)]);
    let values = vec![(seconds(first), 0.25), (seconds(last), 0.25), (seconds(last) + 999.0, 9.0)];
    answers.cost_over_time = Ok(vec![Series { labels: labels(&DEV), values }]);
    let mine = &gathered(&answers).owners[0];
    assert_eq!(mine.cost_over_time.len(), 30);
    assert_eq!((mine.cost_over_time[0], mine.cost_over_time[1], mine.cost_over_time[29]), (250_000, 0, 250_000));
    assert_eq!(mine.events_over_time, [0; 30]);
}
