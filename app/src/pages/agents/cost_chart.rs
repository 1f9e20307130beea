//! What the rows that are shown cost over the range, by project, or by agent where all are of one project.

use std::sync::Arc;

use leptos::prelude::*;
use monitor_core::{
    telemetry::{Numbers, Owner, Range},
    timestamp::Timestamp,
};

use super::{list_context::ListContext, query::Simulated, rows::Row};
use crate::charts::{
    data::{Chart, Unit},
    stacked::StackedBars,
};

/// The chart above the list.
#[component]
pub fn CostChart(list: ListContext, numbers: RwSignal<Option<Numbers>>) -> impl IntoView {
    let split = Memo::new(move |_| list.shown.with(|rows| Split::of(rows)));
    let chart = Memo::new(move |_| {
        let (range, at) = numbers.with(|numbers| match numbers {
            Some(numbers) => (numbers.range, numbers.at),
            None => (Range::default(), Timestamp::from_unix_milliseconds(0)),
        });
        let count_simulated = list.query.with(|query| query.simulated == Simulated::Counted);
        list.shown.with(|rows| cost_chart(rows, split.get(), count_simulated, range, at))
    });
    let title = Memo::new(move |_| match split.get() {
        Split::Projects => "Estimated cost by project".to_owned(),
        Split::Agents => "Estimated cost by agent".to_owned(),
    });
    let covers = Memo::new(move |_| {
        numbers.with(|numbers| numbers.as_ref().map_or(Range::default(), |numbers| numbers.range)).label()
    });
    view! { <StackedBars id="cost-chart" title covers chart hydrated=list.signals.hydrated /> }
}

/// What is a series of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Split {
    Projects,
    Agents,
}

impl Split {
    /// Projects where several cost something, else agents.
    fn of(rows: &[Arc<Row>]) -> Split {
        let costs = |row: &&Arc<Row>| row.numbers.as_ref().is_some_and(|numbers| numbers.cost_micro_usd > Some(0));
        let mut projects = rows.iter().filter(costs).map(|row| row.project());
        let first = projects.next().flatten();
        if projects.any(|project| project != first) { Split::Projects } else { Split::Agents }
    }

    fn name(self, row: &Row) -> String {
        match self {
            Split::Projects => row.project().unwrap_or("No project").to_owned(),
            Split::Agents => row.title().to_owned(),
        }
    }

    fn others(self, count: usize) -> String {
        match self {
            Split::Projects => format!("{count} other projects"),
            Split::Agents => format!("{count} other agents"),
        }
    }
}

/// Numbers that several containers share count once, as in the totals.
fn cost_chart(rows: &[Arc<Row>], split: Split, count_simulated: bool, range: Range, at: Timestamp) -> Chart {
    let mut counted: Vec<&Owner> = Vec::new();
    let named = rows.iter().filter(|row| count_simulated || !row.simulated()).filter_map(|row| {
        let numbers = row.numbers.as_ref().filter(|_| !row.shared || !counted.contains(&&row.owner))?;
        if row.shared {
            counted.push(&row.owner);
        }
        Some((split.name(row), numbers.cost_over_time.as_slice()))
    });
    Chart::new(Unit::MicroDollars, at, range.step_seconds(), named, |count| split.others(count))
}

#[cfg(test)]
mod tests {
    use monitor_core::{agents::AgentKind, telemetry::OwnerNumbers};

    use super::*;

    fn row(project: &str, agent: &str, cost: u64, shared: bool) -> Arc<Row> {
        let owner = Owner { project: Some(project.into()), agent: Some(agent.into()) };
        let numbers = OwnerNumbers {
            owner: owner.clone(),
            cost_micro_usd: Some(cost),
            cost_over_time: vec![cost, 0],
            ..OwnerNumbers::default()
        };
        Arc::new(Row {
            key: format!("{project}/{agent}/{shared}"),
            kind: AgentKind::Container,
            owner,
            agent: None,
            numbers: Some(numbers),
            shared,
        })
    }

    fn series(rows: &[Arc<Row>], count_simulated: bool) -> Vec<(String, u64)> {
        let at = Timestamp::from_unix_milliseconds(0);
        let chart = cost_chart(rows, Split::of(rows), count_simulated, Range::Day, at);
        chart.series.into_iter().map(|series| (series.name, series.values[0])).collect()
    }

    #[test]
    fn several_projects_are_the_series_and_of_one_its_agents() {
        let rows = [row("shop", "dev", 3, false), row("shop", "ci", 4, false), row("web", "dev", 1, false)];
        assert_eq!(series(&rows, false), [("shop".to_owned(), 7), ("web".to_owned(), 1)]);
        let one = [("ci".to_owned(), 4), ("dev".to_owned(), 3)];
        assert_eq!(series(&rows[..2], false), one);
        let idle = [rows[0].clone(), rows[1].clone(), row("web", "dev", 0, false)];
        assert_eq!(series(&idle, false), one, "what costs nothing is not in the chart");
        assert_eq!(series(&[], false), []);
    }

    #[test]
    fn shared_numbers_count_once_and_simulated_ones_only_if_asked_for() {
        let shared = [row("shop", "dev", 3, true), row("shop", "dev", 3, true)];
        assert_eq!(series(&shared, false), [("dev".to_owned(), 3)]);
        let simulated = Arc::new(Row { kind: AgentKind::Simulated, ..(*row("shop", "dev", 3, false)).clone() });
        assert_eq!(series(&[Arc::clone(&simulated)], false), []);
        assert_eq!(series(&[simulated], true).len(), 1);
    }
}
