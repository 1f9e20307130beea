//! The dashboard's questions to Prometheus before a real parser, and held against what makes such questions wrong.
//! What they answer is asked of a real Prometheus in `server/tests/judges`.
#![cfg(feature = "engine")]

#[path = "support/queries.rs"]
mod queries;

use monitor_core::telemetry::{
    Owner, Range, Sender,
    stores::queries::{
        self as panel,
        deltas::{BY_AGENT, Deltas, Metric},
    },
};
use promql_parser::{
    label::{MatchOp, Matcher, Matchers},
    parser::{self, Expr, VectorSelector, token},
};
use queries::{Question, Store, every_choice, every_question};

fn questions() -> Vec<Question> {
    let dashboard = serde_json::from_str(&monitor_core::dashboard::render()).expect("JSON");
    every_question(&dashboard).into_iter().filter(|question| question.store == Store::Prometheus).collect()
}

#[test]
fn every_dashboard_query_is_valid_promql_and_follows_the_rules() {
    let questions = questions();
    assert!(questions.len() >= 40, "all numbers come from Prometheus: {}", questions.len());
    for question in &questions {
        for chosen in every_choice() {
            let filled = chosen.fill(question);
            let parsed = parser::parse(&filled).unwrap_or_else(|error| panic!("{question}\nas {filled}\n{error}"));
            // A mean over something without sessions counts all sessions, or it would divide by too little.
            let is_of_all_sessions = question.expression.contains("clawker_tool_duration");
            let is_meant = |problem: &String| is_of_all_sessions && problem.contains("of every session");
            let found: Vec<String> = problems(&parsed).into_iter().filter(|problem| !is_meant(problem)).collect();
            assert_eq!(found, Vec::<String>::new(), "{question}");
            assert_eq!(unknown_metrics(&parsed), Vec::<String>::new(), "{question}");
        }
    }
}

/// The panel asks about everybody at once, or about the sessions of one sender.
#[test]
fn every_panel_query_is_valid_promql_and_follows_the_rules() {
    let of_everybody = [
        panel::cost,
        panel::tokens,
        panel::active_time,
        panel::lines,
        panel::tools,
        panel::sessions,
        panel::activity,
        panel::owners_last_seen,
        panel::owners_last_metric,
        panel::owner_versions_last_seen,
        panel::managed_settings,
    ];
    let ranges = [Deltas::within("604800s"), Deltas::in_steps("20160s", "7d")];
    let of_everybody = of_everybody.iter().flat_map(|query| ranges.map(query));
    let sender = Sender::real(Owner::new(Some(r#"a "b" \ c"#), None));
    let panel::SessionQueries { last_seen, counts, cost, output_tokens } =
        panel::SessionQueries::new(&sender, Range::Day);
    let others = [
        last_seen,
        counts,
        cost,
        output_tokens,
        panel::hop_throughput(),
        panel::hop_losses(),
        panel::reachable_services(),
    ];
    for question in of_everybody.chain(others) {
        let parsed = parser::parse(&question).unwrap_or_else(|error| panic!("{question}\n{error}"));
        let found: Vec<String> =
            problems(&parsed).into_iter().filter(|problem| !problem.contains("whatever is chosen above")).collect();
        assert_eq!(unknown_metrics(&parsed), Vec::<String>::new(), "{question}");
        assert_eq!(found, Vec::<String>::new(), "{question}");
    }
}

#[test]
fn queries_for_the_whole_range_have_no_steps() {
    for question in questions() {
        assert_eq!(question.expression.contains("$__interval"), !question.instant, "{question}");
    }
}

/// Every sample of a delta is in the range; only the stack's own counters need what was before it.
#[test]
fn only_the_stacks_own_counters_are_looked_up_before_the_range() {
    for question in questions() {
        let is_about_agents = question.expression.contains("$project") || question.panel.is_none();
        assert_eq!(question.expression.contains("] offset"), !is_about_agents, "{question}");
    }
}

/// Series of agents that are no metric of this stack, or that count what an older release recorded as well.
fn unknown_metrics(question: &Expr) -> Vec<String> {
    let mut selectors = Vec::new();
    selectors_in(question, &mut selectors);
    let mut found = Vec::new();
    for VectorSelector { name, matchers, .. } in selectors {
        let Some(name) = name.as_deref() else { continue };
        let by_agent = name.strip_prefix(BY_AGENT);
        let name = by_agent.unwrap_or(name);
        if !name.starts_with("cla") {
            continue;
        }
        let Some(metric) = Metric::ALL.into_iter().find(|metric| metric.name() == name) else {
            found.push(format!("nothing sends `{name}`"));
            continue;
        };
        if by_agent.is_some() && !metric.has_session() {
            found.push(format!("`{name}` is stored once"));
        }
        let has = |label: &str, value: &str| matchers.matchers.iter().any(|it| it.name == label && it.value == value);
        if metric.is_delta() != has("temporality", "delta") {
            found.push(format!("`{name}`: older releases recorded a cumulative one"));
        }
        if (by_agent.is_some() || !metric.has_session())
            && matchers.matchers.iter().any(|matcher| matcher.name == "session_id")
        {
            found.push(format!("`{name}` has no sessions"));
        }
    }
    found
}

fn selectors_in<'a>(part: &'a Expr, found: &mut Vec<&'a VectorSelector>) {
    match part {
        Expr::Aggregate(aggregate) => selectors_in(&aggregate.expr, found),
        Expr::Unary(unary) => selectors_in(&unary.expr, found),
        Expr::Paren(paren) => selectors_in(&paren.expr, found),
        Expr::Subquery(subquery) => selectors_in(&subquery.expr, found),
        Expr::Binary(binary) => {
            selectors_in(&binary.lhs, found);
            selectors_in(&binary.rhs, found);
        }
        Expr::Call(call) => call.args.args.iter().for_each(|argument| selectors_in(argument, found)),
        Expr::VectorSelector(selector) => found.push(selector),
        Expr::MatrixSelector(selector) => found.push(&selector.vs),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

/// What is known to go wrong, as far as it can be seen in the question.
fn problems(question: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    look(question, false, &mut found);
    found
}

fn look(part: &Expr, after_resets: bool, found: &mut Vec<String>) {
    match part {
        Expr::Aggregate(aggregate) => look(&aggregate.expr, after_resets, found),
        Expr::Unary(unary) => look(&unary.expr, after_resets, found),
        Expr::Paren(paren) => look(&paren.expr, after_resets, found),
        Expr::Subquery(subquery) => look(&subquery.expr, after_resets, found),
        Expr::Binary(binary) => {
            // What the divisor has no labels for stays absent.
            if binary.op.id() == token::T_DIV
                && let Expr::Paren(dividend) = &*binary.lhs
                && let Expr::Binary(dividend) = &*dividend.expr
                && dividend.rhs.to_string() == "vector(0)"
            {
                look(&dividend.lhs, after_resets, found);
                look(&binary.rhs, after_resets, found);
                return;
            }
            let asks_for_resets = binary.op.id() == token::T_LAND && binary.rhs.to_string().contains("resets(");
            look(&binary.lhs, after_resets || asks_for_resets, found);
            look(&binary.rhs, after_resets, found);
        }
        Expr::Call(call) => {
            match call.func.name {
                // The factors of `Deltas::preferring`.
                "vector" if call.args.args.iter().all(|argument| argument.to_string().starts_with('1')) => {}
                "vector" => found.push("`vector` answers for labels that nobody sent: absent is not 0".to_owned()),
                name @ ("increase" | "rate" | "irate" | "delta" | "idelta") if !after_resets => found.push(format!(
                    "`{name}` misses what a new session's counter begins with; only a counter that was reset needs it"
                )),
                _ => {}
            }
            call.args.args.iter().for_each(|argument| look(argument, after_resets, found));
        }
        Expr::VectorSelector(selector) => look_at_selector(selector, found),
        Expr::MatrixSelector(selector) => look_at_selector(&selector.vs, found),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
        Expr::Extension(_) => found.push("an extension of the parser's".to_owned()),
    }
}

fn look_at_selector(selector: &VectorSelector, found: &mut Vec<String>) {
    let Matchers { matchers, or_matchers } = &selector.matchers;
    let compares = |label: &str| matchers.iter().any(|matcher| matcher.name == label);
    match &selector.name {
        Some(name) if name.starts_with(BY_AGENT) => {
            for label in ["project", "agent"] {
                if !compares(label) {
                    found.push(format!("`{name}` of every {label}, whatever is chosen above"));
                }
            }
            let name = &name[BY_AGENT.len()..];
            let is_delta = Metric::ALL.iter().any(|metric| metric.name() == name && metric.is_delta());
            let gives_way = |it: &Matcher| it.name == "temporality" && matches!(it.op, MatchOp::Re(_));
            if is_delta && !matchers.iter().any(gives_way) {
                found.push(format!("`{name}` of every session, whatever is chosen above"));
            }
        }
        Some(name) if name.starts_with("claude_code_") || name.starts_with("clawker_") => {
            let has_session = Metric::ALL.iter().any(|metric| metric.name() == name && metric.has_session());
            for label in ["project", "agent", "session_id"] {
                if !compares(label) && (label != "session_id" || has_session) {
                    found.push(format!("`{name}` of every {label}, whatever is chosen above"));
                }
            }
        }
        Some(_) => {}
        None if compares("__name__") => {}
        None => found.push("a selector without a name reads the whole store".to_owned()),
    }
    if !or_matchers.is_empty() {
        found.push("`or` between labels is no PromQL of Prometheus'".to_owned());
    }
}

#[test]
fn the_rules_detect_violations() {
    let labels = r#"project=~".*", agent=~".*", session_id=~".*""#;
    for (wrong, why) in [
        (format!("sum(increase(claude_code_session_count_total{{{labels}}}[1h]))"), "`increase` misses"),
        (format!("sum(rate(claude_code_cost_usage_USD_total{{{labels}}}[1h]))"), "`rate` misses"),
        (format!("sum by (type) (claude_code_token_usage_tokens_total{{{labels}}}) or vector(0)"), "absent is not 0"),
        ("max_over_time(claude_code_commit_count_total{project=~\".*\", agent=~\".*\"}[1h])".to_owned(), "session_id"),
        ("sum({job=\"otel-collector\"})".to_owned(), "the whole store"),
    ] {
        let found = problems(&parser::parse(&wrong).expect("it is PromQL"));
        assert!(found.iter().any(|problem| problem.contains(why)), "{wrong}: {found:?}");
    }
    let right = format!(
        "increase(claude_code_commit_count_total{{{labels}}}[1h]) and resets(claude_code_commit_count_total{{{labels}}}[1h]) > 0"
    );
    assert_eq!(problems(&parser::parse(&right).expect("it is PromQL")), Vec::<String>::new());
    let rate = format!(
        "(sum(clawker_tool_calls{{{labels}, success=\"false\"}}) or vector(0)) / sum(clawker_tool_calls{{{labels}}})"
    );
    assert_eq!(problems(&parser::parse(&rate).expect("it is PromQL")), Vec::<String>::new());
    for (wrong, why) in [
        (format!("sum_over_time(claude_code_cost_usage_USD_total{{{labels}}}[1h])"), "a cumulative one"),
        (format!("sum_over_time(clawker_request_costs{{{labels}}}[1h])"), "nothing sends"),
        (format!("sum_over_time(clawker_tool_duration{{{labels}, temporality=\"delta\"}}[1h])"), "no sessions"),
        (format!("max_over_time(clawker_last_event{{{labels}, temporality=\"delta\"}}[1h])"), "a cumulative one"),
    ] {
        let found = unknown_metrics(&parser::parse(&wrong).expect("it is PromQL"));
        assert!(found.iter().any(|problem| problem.contains(why)), "{wrong}: {found:?}");
    }
    assert!(parser::parse("sum by (type) (rate(x[1h])").is_err(), "the parser finds a parenthesis that is missing");
}
