//! What the parts of the list page share: the query, and the rows as they change.

use std::sync::Arc;

use leptos::prelude::*;
use monitor_core::{
    links::Links,
    live::{EngineState, Snapshot},
    telemetry::{Numbers, Range},
};

use super::{
    query::Query,
    row_view::{PageSignals, RowContext},
    rows::{Row, Rows},
};
use crate::live::Live;

/// Shared by the parts of the list page.
#[derive(Debug, Clone, Copy)]
pub struct ListContext {
    /// What the address asks for.
    pub query: Memo<Query>,
    /// All rows.
    pub rows: Memo<Rows>,
    /// The rows that match the query, in its order.
    pub shown: Memo<Vec<Arc<Row>>>,
    /// What the rows share.
    pub row_context: Memo<RowContext>,
    /// The clock, and whether the page is interactive.
    pub signals: PageSignals,
    /// The numbers on the page are of another range than the query's; the new ones are loading.
    pub loading: Memo<bool>,
}

impl ListContext {
    /// Joins the live snapshot with the numbers, and selects what the address asks for.
    pub fn new(query: Memo<Query>, numbers: RwSignal<Option<Numbers>>) -> ListContext {
        let live = Live::get();
        let known = StoredValue::new(Rows::default());
        let rows = live.derive(move |snapshot: &Snapshot| {
            let before = known.get_value();
            let rows = numbers.with(|numbers| Rows::merge(&before, &snapshot.agents, numbers.as_ref()));
            known.set_value(rows.clone());
            rows
        });
        let shown = Memo::new(move |_| query.with(|query| rows.with(|rows| query.select(rows.all()))));
        let links = live.derive(Links::of);
        let engine = live.derive(|snapshot| matches!(snapshot.engine, EngineState::Connected { .. }));
        let row_context = Memo::new(move |_| {
            numbers.with(|numbers| RowContext {
                range: numbers.as_ref().map_or(Range::default(), |numbers| numbers.range),
                missing: numbers.as_ref().map(|numbers| numbers.missing.clone()).unwrap_or_default(),
                links: links.get(),
                engine: engine.get(),
            })
        });
        let loading = Memo::new(move |_| {
            let range = query.with(|query| query.range);
            numbers.with(|numbers| numbers.as_ref().is_some_and(|numbers| numbers.range != range))
        });
        ListContext {
            query,
            rows,
            shown,
            row_context,
            loading,
            signals: PageSignals { now: live.now(), hydrated: live.hydrated() },
        }
    }
}
