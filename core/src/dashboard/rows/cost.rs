//! Cost, tokens, request durations, and failed requests.

use crate::{
    dashboard::{
        PanelId,
        datasource::Source::Prometheus,
        grid::Row,
        panel::{Panel, Unit, Visual},
        query::{EACH_STEP, IN_ALL, Query, all_sessions, cost as dollars, tokens, total},
    },
    telemetry::stores::queries::deltas::Metric,
};

pub fn cost() -> Row {
    let once = |question| Query::once(Prometheus, question, "{{model}}");
    let over_time = |question, name| Query::over_time(Prometheus, question, name);
    Row {
        id: PanelId::CostRow,
        title: "Cost and usage",
        panels: vec![
            Panel::new(PanelId::CostByModel, "Estimated cost by model", Visual::Pie, Unit::Dollars)
                .query(once(dollars(IN_ALL, "model"))),
            Panel::new(PanelId::CostOverTime, "Estimated cost over time", Visual::StackedBars, Unit::Dollars)
                .query(over_time(dollars(EACH_STEP, "model"), "{{model}}")),
            Panel::new(PanelId::TokensByType, "Tokens by type", Visual::StackedBars, Unit::Count)
                .query(over_time(tokens(EACH_STEP, "", "type"), "{{type}}"))
                .rename("cacheRead", "cache read")
                .rename("cacheCreation", "cache write"),
            Panel::new(PanelId::RequestDuration, "Request duration (p95)", Visual::TimeSeries, Unit::Milliseconds)
                .description("All sessions of the selected agents, to within 5%.")
                .query(over_time(
                    all_sessions(EACH_STEP).quantile("0.95", Metric::RequestDuration, "model"),
                    "{{model}}",
                )),
            Panel::new(
                PanelId::FailedRequests,
                "Failed requests: errors, rate limits, overload",
                Visual::StackedBars,
                Unit::Count,
            )
            .description(ONLY_REPORTED)
            .query(over_time(
                with_status_names(&total(EACH_STEP, Metric::RequestErrors, "status_code, model")),
                "{{status_code}} {{model}}",
            )),
            Panel::new(PanelId::ErrorBreakdown, "Errors and retries", Visual::Table, Unit::Count)
                .description(ONLY_REPORTED)
                .size(12, 8)
                .query(once(with_status_names(&total(IN_ALL, Metric::RequestErrors, "status_code, model"))))
                .query(once(with_status_names(
                    &all_sessions(IN_ALL).total(Metric::RequestAttempts, "status_code, model"),
                )))
                .column("status_code", "Status", None)
                .column("model", "Model", None)
                .column("Value #A", "Failed requests", Some(Unit::Count))
                .column("Value #B", "Attempts", Some(Unit::Count)),
        ],
    }
}

/// What the numbers of failed requests leave out (real Claude Code 2.0.30 to 2.1.330, recorded).
const ONLY_REPORTED: &str = concat!(
    "Claude Code reports an error only after its retries are used up. A request that succeeds after a rate limit (429) or ",
    "an overload (529) leaves no event, so it is not counted here; it only takes longer. Attempts include the retries of ",
    "failed requests, in all sessions of the selected agents.",
);

/// Adds to a status code what it means. Without a response there is none, and older releases of Claude Code send
/// `undefined`; as the same name, two series of a result would have equal labels, which is an error.
fn with_status_names(counts: &str) -> String {
    let names = [
        ("429", "429 rate limit"),
        ("529", "529 overloaded"),
        ("", "no response"),
        ("undefined", "undefined (no response)"),
    ];
    names.into_iter().fold(counts.to_owned(), |counts, (code, name)| {
        format!(r#"label_replace({counts}, "status_code", "{name}", "status_code", "{code}")"#)
    })
}
