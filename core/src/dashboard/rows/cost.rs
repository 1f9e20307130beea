//! Cost, tokens, and request durations.

use crate::dashboard::{
    PanelId,
    datasource::Source::Loki,
    grid::Row,
    panel::{Panel, Unit, Visual},
    query::{Query, STEP, WHOLE, event, quantile, sum},
};

pub fn cost() -> Row {
    let requests = event("api_request");
    let kinds = [
        ("input_tokens", "input"),
        ("output_tokens", "output"),
        ("cache_read_tokens", "cache read"),
        ("cache_creation_tokens", "cache write"),
    ];
    let by_type = kinds.into_iter().fold(
        Panel::new(PanelId::TokensByType, "Tokens by type", Visual::StackedBars, Unit::Count),
        |panel, (field, name)| panel.query(Query::over_time(Loki, sum(&requests, field, STEP, ""), name)),
    );
    Row {
        id: PanelId::CostRow,
        title: "Cost and usage",
        panels: vec![
            Panel::new(PanelId::CostByModel, "Estimated cost by model", Visual::Pie, Unit::Dollars).query(Query::once(
                Loki,
                sum(&requests, "cost_usd", WHOLE, "model"),
                "{{model}}",
            )),
            Panel::new(PanelId::CostOverTime, "Estimated cost over time", Visual::StackedBars, Unit::Dollars)
                .query(Query::over_time(Loki, sum(&requests, "cost_usd", STEP, "model"), "{{model}}")),
            by_type,
            Panel::new(PanelId::RequestDuration, "Request duration (p95)", Visual::TimeSeries, Unit::Milliseconds)
                .query(Query::over_time(Loki, quantile("0.95", &requests, "duration_ms", STEP, "model"), "{{model}}")),
        ],
    }
}
