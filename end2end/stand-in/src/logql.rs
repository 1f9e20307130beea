//! The few shapes of LogQL in which the panel asks, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use crate::records::Labels;

/// One line.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Nanoseconds since 1970.
    pub at: u64,
    pub labels: Labels,
    pub line: String,
}

/// One number of an answer.
#[derive(Debug)]
pub struct Series {
    pub labels: Labels,
    pub value: f64,
}

/// `{…} | …`, and what is made of its lines.
#[derive(Debug)]
pub struct Question {
    matchers: Vec<(String, String, String)>,
    field: Option<String>,
    /// Nanoseconds.
    range: u64,
    by: Vec<String>,
    sum: Sum,
}

#[derive(Debug)]
enum Sum {
    /// The lines themselves.
    Lines,
    Count,
    Of,
    Last,
    /// How many different groups by these labels.
    Groups(Vec<String>),
}

impl Question {
    pub fn takes(&self, entry: &Entry) -> bool {
        self.matchers.iter().all(|(name, operator, wanted)| {
            let value = entry.labels.get(name).map_or("", String::as_str);
            match operator.as_str() {
                "=" => value == wanted,
                "!=" => value != wanted,
                // Of patterns only alternatives.
                "=~" => wanted == ".*" || wanted.split('|').any(|plain| plain.replace('\\', "") == value),
                _ => false,
            }
        })
    }
}

/// Understands a question, or says where it stops to.
pub fn parse(text: &str) -> Result<Question, String> {
    if text.starts_with('{') {
        let (matchers, field, rest) = pipe(text)?;
        return match rest.trim() {
            "" => Ok(Question { matchers, field, range: 0, by: Vec::new(), sum: Sum::Lines }),
            rest => Err(format!("unexpected `{rest}`")),
        };
    }
    if let Some(rest) = text.strip_prefix("count") {
        let (by, rest) = labels(rest)?;
        let inner = parse(rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or(rest)?)?;
        return Ok(Question { sum: Sum::Groups(inner.by), by, ..inner });
    }
    if let Some(rest) = text.strip_prefix("max_over_time(") {
        let (matchers, field, range, rest) = ranged(rest)?;
        let (by, _) = labels(rest)?;
        return Ok(Question { matchers, field, range, by, sum: Sum::Last });
    }
    let (by, rest) = labels(text.strip_prefix("sum").ok_or_else(|| format!("unexpected `{text}`"))?)?;
    for (function, sum) in [("(count_over_time(", Sum::Count), ("(sum_over_time(", Sum::Of)] {
        if let Some(rest) = rest.trim().strip_prefix(function) {
            let (matchers, field, range, _) = ranged(rest)?;
            return Ok(Question { matchers, field, range, by, sum });
        }
    }
    Err(format!("unexpected `{rest}`"))
}

/// ` by (a, b)`, if it is there.
fn labels(text: &str) -> Result<(Vec<String>, &str), String> {
    let Some(rest) = text.trim_start().strip_prefix("by (") else { return Ok((Vec::new(), text)) };
    let (inner, rest) = rest.split_once(')').ok_or_else(|| format!("`)` is missing after `{rest}`"))?;
    Ok((inner.split(',').map(|label| label.trim().to_owned()).collect(), rest))
}

type Matchers = Vec<(String, String, String)>;

/// `{…} | … [1h])`.
fn ranged(text: &str) -> Result<(Matchers, Option<String>, u64, &str), String> {
    let (matchers, field, rest) = pipe(text)?;
    let inner = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (range, rest) = inner.ok_or_else(|| format!("a range is missing at `{rest}`"))?;
    let (number, unit) = range.split_at(range.len().saturating_sub(1));
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(format!("`{range}` is no range")),
    };
    let number: u64 = number.parse().map_err(|_| format!("`{range}` is no range"))?;
    Ok((matchers, field, number * unit * 1_000_000_000, rest.strip_prefix(')').unwrap_or(rest)))
}

/// `{a="b", c="d"} | e="f" | unwrap g | __error__=""`.
fn pipe(text: &str) -> Result<(Matchers, Option<String>, &str), String> {
    let (mut matchers, mut field) = (Vec::new(), None);
    let mut rest = text.strip_prefix('{').ok_or_else(|| format!("unexpected `{text}`"))?;
    while !rest.starts_with('}') {
        let (found, after) = matcher(rest)?;
        matchers.push(found);
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
        } else {
            let (found, after) = matcher(stage)?;
            matchers.extend((found.0 != "__error__").then_some(found));
            rest = after;
        }
    }
    Ok((matchers, field, rest))
}

fn matcher(text: &str) -> Result<((String, String, String), &str), String> {
    let wrong = || format!("no comparison at `{text}`");
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').ok_or_else(wrong)?;
    let (name, rest) = text.split_at(end);
    let quote = rest.find('"').filter(|quote| (1..=2).contains(quote)).ok_or_else(wrong)?;
    let (operator, rest) = rest.split_at(quote);
    let (mut value, mut letters) = (String::new(), rest[1..].char_indices());
    while let Some((index, letter)) = letters.next() {
        match letter {
            '"' => return Ok(((name.to_owned(), operator.to_owned(), value), &rest[index + 2..])),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    Err(wrong())
}

/// What the question comes to at a moment, in nanoseconds since 1970.
pub fn evaluate(question: &Question, entries: &[Entry], at: u64) -> Vec<Series> {
    let chosen = |entry: &Entry, names: &[String]| -> Labels {
        names.iter().filter_map(|name| Some((name.clone(), entry.labels.get(name)?.clone()))).collect()
    };
    let mut groups: BTreeMap<Labels, f64> = BTreeMap::new();
    let mut different: BTreeSet<(Labels, Labels)> = BTreeSet::new();
    for entry in entries {
        if entry.at > at || entry.at <= at.saturating_sub(question.range) || !question.takes(entry) {
            continue;
        }
        let group = chosen(entry, &question.by);
        let number = question.field.as_ref().and_then(|field| entry.labels.get(field)?.parse::<f64>().ok());
        match (&question.sum, number) {
            (Sum::Count, _) => *groups.entry(group).or_default() += 1.0,
            (Sum::Of, Some(number)) => *groups.entry(group).or_default() += number,
            (Sum::Last, _) => {
                let last = groups.entry(group).or_default();
                *last = last.max((entry.at / 1_000_000_000) as f64);
            }
            (Sum::Groups(inner), _) => {
                if different.insert((group.clone(), chosen(entry, inner))) {
                    *groups.entry(group).or_default() += 1.0;
                }
            }
            (Sum::Lines, _) | (Sum::Of, None) => {}
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
    fn each_shape_comes_to_what_it_says() {
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
        ] {
            let question = parse(text).expect(text);
            let found: Vec<f64> = evaluate(&question, &entries, 31 * SECOND).iter().map(|one| one.value).collect();
            assert_eq!(found, values, "{text}");
        }
    }

    #[test]
    fn everything_that_the_panel_asks_of_loki_is_understood() {
        use monitor_core::telemetry::{Owner, Range, stores::queries};
        let owner = Owner { project: Some("a \"b\" | c".to_owned()), agent: None };
        let addresses = ["172.18.0.5".to_owned(), "fd00::5".to_owned()];
        for text in [
            queries::cost("24h"),
            queries::tokens("input_tokens", "7d"),
            queries::tools("1h"),
            queries::sessions("6h"),
            queries::owners_last_seen("120s"),
            queries::owner_versions_last_seen("604800s"),
            queries::managed_settings("125s"),
            queries::activity("2880s"),
            queries::owner_events(&owner),
            queries::sessions_last_seen(&owner, Range::Day),
            queries::sessions_counts(&owner, Range::Day),
            queries::sessions_sum(&owner, "cost_usd", Range::Week),
            queries::address_map(),
            queries::connections(&addresses, Range::Hour),
            queries::unresolved(&addresses, Range::Hour),
        ] {
            assert!(parse(&text).is_ok(), "{text}: {:?}", parse(&text));
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in
            ["", "rate(x)", "{a=b}", "{a=\"b\"} | json", "sum(count_over_time({a=\"b\"}))", "{a=\"b\"} |= \"c\""]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
