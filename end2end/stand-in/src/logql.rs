//! The subset of LogQL that the panel uses: a parser and an evaluator.

use std::collections::{BTreeMap, BTreeSet};

use crate::records::Labels;

/// One log line.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Nanoseconds since 1970.
    pub at: u64,
    pub labels: Labels,
    pub line: String,
}

/// One value of a result.
#[derive(Debug)]
pub struct Series {
    pub labels: Labels,
    pub value: f64,
}

/// `{…} | …`, and how its lines are aggregated.
#[derive(Debug)]
pub struct Query {
    /// All of them have to match.
    filters: Filters,
    /// The unwrapped label.
    field: Option<String>,
    /// Nanoseconds.
    range: u64,
    by: Vec<String>,
    aggregation: Aggregation,
}

#[derive(Debug)]
enum Aggregation {
    /// None: the lines themselves.
    Lines,
    Count,
    Sum,
    /// The time of the newest line, in seconds.
    Newest,
    /// The number of distinct groups by these labels.
    Groups(Vec<String>),
}

/// A condition on labels. A label that an entry lacks is empty.
#[derive(Debug)]
enum Filter {
    /// Name, operator, and value: `a="b"`.
    Compare(String, String, String),
    /// `… and …`
    All(Vec<Filter>),
    /// `… or …`
    Any(Vec<Filter>),
}

impl Filter {
    fn matches(&self, labels: &Labels) -> bool {
        let (name, operator, wanted) = match self {
            Filter::All(filters) => return filters.iter().all(|filter| filter.matches(labels)),
            Filter::Any(filters) => return filters.iter().any(|filter| filter.matches(labels)),
            Filter::Compare(name, operator, wanted) => (name, operator, wanted),
        };
        let value = labels.get(name).map_or("", String::as_str);
        match operator.as_str() {
            "=" => value == wanted,
            "!=" => value != wanted,
            // The only patterns are alternatives.
            "=~" => wanted == ".*" || wanted.split('|').any(|plain| plain.replace('\\', "") == value),
            _ => false,
        }
    }
}

impl Query {
    pub fn matches(&self, entry: &Entry) -> bool {
        self.matches_labels(&entry.labels)
    }

    pub fn matches_labels(&self, labels: &Labels) -> bool {
        self.filters.iter().all(|filter| filter.matches(labels))
    }
}

/// Parses a query. The error quotes the part that is not supported.
pub fn parse(text: &str) -> Result<Query, String> {
    if text.starts_with('{') {
        let (filters, field, rest) = parse_pipeline(text)?;
        return match rest.trim() {
            "" => Ok(Query { filters, field, range: 0, by: Vec::new(), aggregation: Aggregation::Lines }),
            rest => Err(format!("unexpected `{rest}`")),
        };
    }
    if let Some(rest) = text.strip_prefix("count") {
        let (by, rest) = parse_by(rest)?;
        let inner = parse(rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or(rest)?)?;
        return Ok(Query { aggregation: Aggregation::Groups(inner.by), by, ..inner });
    }
    if let Some(rest) = text.strip_prefix("max_over_time(") {
        let (filters, field, range, rest) = parse_range(rest)?;
        let (by, _) = parse_by(rest)?;
        return Ok(Query { filters, field, range, by, aggregation: Aggregation::Newest });
    }
    let (by, rest) = parse_by(text.strip_prefix("sum").ok_or_else(|| format!("unexpected `{text}`"))?)?;
    for (function, aggregation) in [("(count_over_time(", Aggregation::Count), ("(sum_over_time(", Aggregation::Sum)] {
        if let Some(rest) = rest.trim().strip_prefix(function) {
            let (filters, field, range, _) = parse_range(rest)?;
            return Ok(Query { filters, field, range, by, aggregation });
        }
    }
    Err(format!("unexpected `{rest}`"))
}

/// ` by (a, b)`, if there is one.
fn parse_by(text: &str) -> Result<(Vec<String>, &str), String> {
    let Some(rest) = text.trim_start().strip_prefix("by (") else { return Ok((Vec::new(), text)) };
    let (inner, rest) = rest.split_once(')').ok_or_else(|| format!("`)` is missing after `{rest}`"))?;
    Ok((inner.split(',').map(|label| label.trim().to_owned()).collect(), rest))
}

type Filters = Vec<Filter>;

/// `{…} | … [1h])`.
fn parse_range(text: &str) -> Result<(Filters, Option<String>, u64, &str), String> {
    let (filters, field, rest) = parse_pipeline(text)?;
    let inner = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (range, rest) = inner.ok_or_else(|| format!("a range is missing at `{rest}`"))?;
    let (number, unit) = range.split_at(range.len().saturating_sub(1));
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(format!("`{range}` is not a range")),
    };
    let number: u64 = number.parse().map_err(|_| format!("`{range}` is not a range"))?;
    Ok((filters, field, number * unit * 1_000_000_000, rest.strip_prefix(')').unwrap_or(rest)))
}

/// `{a="b", c="d"} | e="f" or (g="h" and i="j") | unwrap k | __error__=""`.
fn parse_pipeline(text: &str) -> Result<(Filters, Option<String>, &str), String> {
    let (mut filters, mut field) = (Vec::new(), None);
    let mut rest = text.strip_prefix('{').ok_or_else(|| format!("unexpected `{text}`"))?;
    while !rest.starts_with('}') {
        let (found, after) = parse_comparison(rest)?;
        filters.push(found);
        rest = after.trim_start_matches([',', ' ']);
    }
    rest = &rest[1..];
    while let Some(stage) = rest.trim_start().strip_prefix("| ") {
        if let Some(after) = stage.strip_prefix("unwrap ") {
            let end = after.find([' ', '[']).unwrap_or(after.len());
            field = Some(after[..end].to_owned());
            rest = &after[end..];
        } else if let Some(after) = stage.strip_prefix("label_format ts=`{{ __timestamp__ | unixEpoch }}`") {
            rest = after;
        } else if stage.starts_with("keep ") {
            // The last stage. Labels that nobody asked for do no harm.
            rest = "";
        } else {
            let (found, after) = parse_alternatives(stage)?;
            // No number is bad.
            let is_guard = matches!(&found, Filter::Compare(name, ..) if name == "__error__");
            filters.extend((!is_guard).then_some(found));
            rest = after;
        }
    }
    Ok((filters, field, rest))
}

/// `a="b" or c="d" and e="f"`; `and` binds tighter.
fn parse_alternatives(text: &str) -> Result<(Filter, &str), String> {
    parse_joined(text, "or ", Filter::Any, |text| parse_joined(text, "and ", Filter::All, parse_operand))
}

fn parse_joined<'text>(
    text: &'text str,
    word: &str,
    join: fn(Vec<Filter>) -> Filter,
    parse: impl Fn(&'text str) -> Result<(Filter, &'text str), String>,
) -> Result<(Filter, &'text str), String> {
    let (first, mut rest) = parse(text)?;
    let mut filters = vec![first];
    while let Some(after) = rest.trim_start().strip_prefix(word) {
        let (next, after) = parse(after)?;
        filters.push(next);
        rest = after;
    }
    Ok((if filters.len() == 1 { filters.remove(0) } else { join(filters) }, rest))
}

/// A comparison, or alternatives in parentheses.
fn parse_operand(text: &str) -> Result<(Filter, &str), String> {
    let Some(inner) = text.trim_start().strip_prefix('(') else { return parse_comparison(text) };
    let (filter, rest) = parse_alternatives(inner)?;
    let rest = rest.trim_start().strip_prefix(')').ok_or_else(|| format!("`)` is missing at `{rest}`"))?;
    Ok((filter, rest))
}

fn parse_comparison(text: &str) -> Result<(Filter, &str), String> {
    let error = || format!("no comparison at `{text}`");
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').ok_or_else(error)?;
    let (name, rest) = text.split_at(end);
    let quote = rest.find('"').filter(|quote| (1..=2).contains(quote)).ok_or_else(error)?;
    let (operator, rest) = rest.split_at(quote);
    let (mut value, mut letters) = (String::new(), rest[1..].char_indices());
    while let Some((index, letter)) = letters.next() {
        match letter {
            '"' => {
                let filter = Filter::Compare(name.to_owned(), operator.to_owned(), value);
                return Ok((filter, &rest[index + 2..]));
            }
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    Err(error())
}

/// The result at a time in nanoseconds since 1970.
pub fn evaluate(query: &Query, entries: &[Entry], at: u64) -> Vec<Series> {
    let select = |entry: &Entry, names: &[String]| -> Labels {
        names.iter().filter_map(|name| Some((name.clone(), entry.labels.get(name)?.clone()))).collect()
    };
    let mut groups: BTreeMap<Labels, f64> = BTreeMap::new();
    let mut distinct: BTreeSet<(Labels, Labels)> = BTreeSet::new();
    for entry in entries {
        if entry.at > at || entry.at <= at.saturating_sub(query.range) || !query.matches(entry) {
            continue;
        }
        let group = select(entry, &query.by);
        let number = query.field.as_ref().and_then(|field| entry.labels.get(field)?.parse::<f64>().ok());
        match (&query.aggregation, number) {
            (Aggregation::Count, _) => *groups.entry(group).or_default() += 1.0,
            (Aggregation::Sum, Some(number)) => *groups.entry(group).or_default() += number,
            (Aggregation::Newest, _) => {
                let last = groups.entry(group).or_default();
                *last = last.max((entry.at / 1_000_000_000) as f64);
            }
            (Aggregation::Groups(inner), _) => {
                if distinct.insert((group.clone(), select(entry, inner))) {
                    *groups.entry(group).or_default() += 1.0;
                }
            }
            (Aggregation::Lines, _) | (Aggregation::Sum, None) => {}
        }
    }
    groups.into_iter().map(|(labels, value)| Series { labels, value }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn entry(at: u64, labels: &[(&str, &str)]) -> Entry {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Entry { at: at * SECOND, labels, line: String::new() }
    }

    #[test]
    fn each_supported_form_is_evaluated() {
        let entries = [
            entry(10, &[("service_name", "x"), ("agent", "a"), ("session_id", "1"), ("cost", "0.5")]),
            entry(20, &[("service_name", "x"), ("agent", "a"), ("session_id", "1"), ("cost", "0.25")]),
            entry(30, &[("service_name", "x"), ("agent", "a\"b"), ("session_id", "2"), ("cost", "bad")]),
            entry(30, &[("service_name", "y"), ("agent", "a"), ("session_id", "3"), ("cost", "9")]),
        ];
        for (text, values) in [
            (r#"sum by (agent) (count_over_time({service_name="x"} [1m]))"#, vec![2.0, 1.0]),
            (r#"sum by (agent) (count_over_time({service_name="x"} [15s]))"#, vec![1.0, 1.0]),
            (r#"sum (sum_over_time({service_name="x"} | unwrap cost | __error__="" [1h]))"#, vec![0.75]),
            (
                r#"count by (agent) (sum by (agent, session_id) (count_over_time({service_name="x"} | session_id!="" [1m])))"#,
                vec![1.0, 1.0],
            ),
            (
                r#"max_over_time({service_name="x"} | label_format ts=`{{ __timestamp__ | unixEpoch }}` | unwrap ts | __error__="" [1d]) by (agent)"#,
                vec![20.0, 30.0],
            ),
            (r#"sum (count_over_time({service_name="x"} | agent="a\"b" [1m]))"#, vec![1.0]),
            (r#"sum (count_over_time({service_name="x"} | agent=~"b|a" | project="" [1m]))"#, vec![2.0]),
            (r#"sum (count_over_time({service_name="x"} | cost="bad" or cost="0.5" and agent="b" [1m]))"#, vec![1.0]),
            (r#"sum (count_over_time({service_name="x"} | (cost="bad" or cost="0.5") and agent="a" [1m]))"#, vec![1.0]),
            (
                r#"sum (count_over_time({service_name="x"} | cost!="bad" and (agent="a" or project!="") [1m]))"#,
                vec![2.0],
            ),
        ] {
            let query = parse(text).expect(text);
            let found: Vec<f64> = evaluate(&query, &entries, 31 * SECOND).iter().map(|one| one.value).collect();
            assert_eq!(found, values, "{text}");
        }
    }

    #[test]
    fn every_query_of_the_panel_is_supported() {
        use monitor_core::telemetry::{Owner, Range, Sender, stores::queries};
        let owner = Owner { project: Some("a \"b\" | c".to_owned()), agent: None };
        let addresses = ["172.18.0.5".to_owned(), "fd00::5".to_owned()];
        for text in [
            queries::events_of(&Sender { owner, simulated: true }),
            queries::egress::address_map(),
            queries::egress::allowed(&addresses, Range::Hour),
            queries::egress::denied(&addresses, Range::Hour),
            queries::egress::unresolved(&addresses, Range::Hour),
        ] {
            assert!(parse(&text).is_ok(), "{text}: {:?}", parse(&text));
        }
    }

    #[test]
    fn an_unsupported_query_is_an_error() {
        for text in [
            "",
            "rate(x)",
            "{a=b}",
            "{a=\"b\"} | json",
            "sum(count_over_time({a=\"b\"}))",
            "{a=\"b\"} |= \"c\"",
            "{a=\"b\"} | (c=\"d\"",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
