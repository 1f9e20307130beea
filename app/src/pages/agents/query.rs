//! The filter and the order of the list, as the address carries them. Pure.

use std::{cmp::Ordering, sync::Arc};

use monitor_core::{
    agents::{AgentKind, Verdict},
    telemetry::Range,
};

use super::rows::Row;
use crate::{address, sort::sorted_indices};

/// The column that rows are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    Agent,
    /// What needs attention first.
    #[default]
    Telemetry,
    /// By when the last data arrived.
    Seen,
    /// By estimated cost.
    Cost,
    /// By tokens.
    Tokens,
    /// By tool calls.
    Tools,
    /// By the share of tool calls that failed.
    Failed,
}

impl Sort {
    /// In the order of the columns.
    pub const ALL: [Sort; 7] =
        [Sort::Agent, Sort::Telemetry, Sort::Seen, Sort::Cost, Sort::Tokens, Sort::Tools, Sort::Failed];

    /// Its name in the address.
    pub const fn name(self) -> &'static str {
        match self {
            Sort::Agent => "agent",
            Sort::Telemetry => "telemetry",
            Sort::Seen => "seen",
            Sort::Cost => "cost",
            Sort::Tokens => "tokens",
            Sort::Tools => "tools",
            Sort::Failed => "failed",
        }
    }

    /// Whether the largest comes first by default.
    pub const fn descends(self) -> bool {
        !matches!(self, Sort::Agent | Sort::Telemetry)
    }
}

/// Stands for "no project" in the address. No project can have this name.
pub const NO_PROJECT: &str = "-";
/// Stands for rows without a container, in place of a verdict.
pub const NO_CONTAINER: &str = "no-container";

/// The filter and the order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// A text that the name, project, container, or image must contain. Case is ignored.
    pub text: String,
    /// A project, `NO_PROJECT`, or empty for all.
    pub project: String,
    /// A verdict's name, `NO_CONTAINER`, or empty for all.
    pub verdict: String,
    /// How far back the numbers go.
    pub range: Range,
    /// The column to sort by.
    pub sort: Sort,
    /// Whether the order is the reverse of the default of `sort`.
    pub reversed: bool,
    /// What becomes of simulated data.
    pub simulated: Simulated,
}

/// What becomes of simulated data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Simulated {
    /// It is listed, and in no total.
    #[default]
    Listed,
    /// It is listed and counted.
    Counted,
    /// It is not listed.
    Hidden,
}

impl Simulated {
    /// All, with the value in the address and the name on the screen.
    pub const ALL: [(Simulated, &str, &str); 3] = [
        (Simulated::Listed, "", "Simulated: not counted"),
        (Simulated::Counted, "count", "Simulated: counted"),
        (Simulated::Hidden, "hide", "Simulated: hidden"),
    ];

    /// The value in the address.
    pub fn name(self) -> &'static str {
        Simulated::ALL[self as usize].1
    }

    /// The one with this value in the address.
    pub fn from_name(name: &str) -> Simulated {
        Simulated::ALL.into_iter().find(|(_, known, _)| *known == name).map_or(Simulated::Listed, |(it, ..)| it)
    }
}

impl Query {
    /// Reads the query with a function that returns the value of a name. Invalid values are ignored.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Query {
        let text = |name: &str| value(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let sort = Sort::ALL.into_iter().find(|sort| sort.name() == text("sort")).unwrap_or_default();
        let verdict = text("verdict");
        let known = verdict == NO_CONTAINER || Verdict::from_name(&verdict).is_some();
        Query {
            text: value("q").unwrap_or_default(),
            project: text("project"),
            verdict: if known { verdict } else { String::new() },
            range: Range::from_name(&text("range")).unwrap_or_default(),
            sort,
            reversed: match text("order").as_str() {
                "asc" => sort.descends(),
                "desc" => !sort.descends(),
                _ => false,
            },
            simulated: Simulated::from_name(&text("simulated")),
        }
    }

    /// Whether the largest comes first.
    pub fn descends(&self) -> bool {
        self.sort.descends() != self.reversed
    }

    /// `asc` or `desc`.
    pub fn order(&self) -> &'static str {
        if self.descends() { "desc" } else { "asc" }
    }

    /// The address of the list. Defaults are left out.
    pub fn address(&self) -> String {
        let mut pairs = Vec::new();
        let usual = Query::default();
        let order_matters = self.sort != usual.sort || self.reversed;
        for (name, value, said) in [
            ("q", self.text.as_str(), !self.text.is_empty()),
            ("project", &self.project, !self.project.is_empty()),
            ("verdict", &self.verdict, !self.verdict.is_empty()),
            ("range", self.range.name(), self.range != usual.range),
            ("sort", self.sort.name(), order_matters),
            ("order", self.order(), order_matters),
            ("simulated", self.simulated.name(), self.simulated != usual.simulated),
        ] {
            if said {
                pairs.push((name, value));
            }
        }
        if pairs.is_empty() { "/agents".into() } else { format!("/agents?{}", address::encode_query(pairs)) }
    }

    /// The query sorted by that column; reversed if it already is.
    pub fn sorted_by(&self, sort: Sort) -> Query {
        Query { sort, reversed: self.sort == sort && !self.reversed, ..self.clone() }
    }

    /// The query without filters.
    pub fn unfiltered(&self) -> Query {
        let simulated = if self.simulated == Simulated::Hidden { Simulated::Listed } else { self.simulated };
        Query { range: self.range, sort: self.sort, reversed: self.reversed, simulated, ..Query::default() }
    }

    /// Whether the row matches the filters.
    pub fn matches(&self, row: &Row) -> bool {
        let project = match self.project.as_str() {
            "" => true,
            NO_PROJECT => row.project().is_none(),
            project => row.project() == Some(project),
        };
        let verdict = match self.verdict.as_str() {
            "" => true,
            NO_CONTAINER => row.kind != AgentKind::Container,
            verdict => row.verdict().map(Verdict::name) == Some(verdict),
        };
        project && verdict && !(self.simulated == Simulated::Hidden && row.simulated()) && self.finds(row)
    }

    fn finds(&self, row: &Row) -> bool {
        let wanted = self.text.trim().to_ascii_lowercase();
        let holds = |text: &str| text.to_ascii_lowercase().contains(&wanted);
        wanted.is_empty()
            || holds(row.title())
            || row.project().is_some_and(holds)
            || row.agent.as_ref().is_some_and(|agent| holds(&agent.container) || holds(&agent.image))
    }

    /// Returns the matching rows in the query's order.
    pub fn select(&self, rows: &[Arc<Row>]) -> Vec<Arc<Row>> {
        let chosen: Vec<&Arc<Row>> = rows.iter().filter(|row| self.matches(row)).collect();
        let places = sorted_indices(chosen.len(), &|one, other| self.compare(chosen[one], chosen[other]));
        places.into_iter().map(|place| Arc::clone(chosen[place])).collect()
    }

    /// Unknown values come last in both directions.
    fn compare(&self, one: &Row, other: &Row) -> Ordering {
        let by_name = || {
            let name = |row: &Row| (row.title().to_ascii_lowercase(), row.project().map(str::to_owned));
            name(one).cmp(&name(other))
        };
        let directed = |ordering: Ordering| if self.descends() { ordering.reverse() } else { ordering };
        let by = match self.sort {
            Sort::Agent => directed(by_name()),
            sort => match (sort_value(sort, one), sort_value(sort, other)) {
                (Some(one), Some(other)) => directed(one.cmp(&other)),
                (one, other) => other.is_some().cmp(&one.is_some()),
            },
        };
        by.then_with(by_name).then_with(|| one.key.cmp(&other.key))
    }
}

/// The value that a column is sorted by.
fn sort_value(sort: Sort, row: &Row) -> Option<u64> {
    let numbers = row.numbers.as_ref();
    match sort {
        Sort::Agent => None,
        Sort::Telemetry => {
            let verdict = row.verdict()?;
            Verdict::ALL.iter().position(|known| *known == verdict).map(|place| place as u64)
        }
        Sort::Seen => row.last_seen().map(|at| at.unix_milliseconds().max(0).unsigned_abs()),
        Sort::Cost => numbers?.cost_micro_usd,
        Sort::Tokens => numbers?.tokens.map(|tokens| tokens.sum()),
        Sort::Tools => numbers?.tool_calls,
        // In millionths, so that integers can be compared.
        Sort::Failed => {
            let (failed, all) = (numbers?.tool_failures?, numbers?.tool_calls?);
            failed.saturating_mul(1_000_000).checked_div(all)
        }
    }
}
