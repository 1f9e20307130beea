//! The subset of PromQL that the panel uses for data of agents, evaluated over samples in memory.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::{self, AtModifier, Expr, LabelModifier, MatrixSelector, VectorSelector, token};

use crate::records::Labels;

/// The label that holds the metric's name.
const NAME: &str = "__name__";

/// The samples of each series: milliseconds since 1970 and value. Several at the same time add up, as in the collector.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// In order of time.
    series: BTreeMap<Labels, Vec<(i64, f64)>>,
    /// Series that only a selector with their name finds.
    by_name_only: BTreeSet<Labels>,
}

impl Samples {
    /// Adds a sample.
    pub fn add(&mut self, name: &str, labels: Labels, at: i64, value: f64) {
        let samples = self.series.entry(named(name, labels)).or_default();
        samples.insert(samples.partition_point(|(known, _)| *known <= at), (at, value));
    }

    /// Adds a sample of a series that a selector without its exact name does not find.
    pub fn add_by_name_only(&mut self, name: &str, labels: Labels, at: i64, value: f64) {
        self.by_name_only.insert(named(name, labels.clone()));
        self.add(name, labels, at, value);
    }
}

fn named(name: &str, mut labels: Labels) -> Labels {
    labels.insert(NAME.to_owned(), name.to_owned());
    labels
}

/// One number for each series.
pub type Vector = Vec<(Labels, f64)>;

enum Value {
    Scalar(f64),
    Vector(Vector),
}

/// Evaluates a query at each of `times` (milliseconds since 1970). The error names what is not supported.
pub fn evaluate(text: &str, samples: &Samples, times: &[i64]) -> Result<Vec<(i64, Vector)>, String> {
    let query = parser::parse(text)?;
    let evaluation = Evaluation { samples, end: times.iter().copied().max().unwrap_or_default() };
    times.iter().map(|&time| Ok((time, evaluation.vector(&query, time)?))).collect()
}

struct Evaluation<'a> {
    samples: &'a Samples,
    /// What `@ end()` means.
    end: i64,
}

impl Evaluation<'_> {
    fn vector(&self, part: &Expr, time: i64) -> Result<Vector, String> {
        match self.value(part, time)? {
            Value::Vector(vector) => Ok(vector),
            Value::Scalar(value) => Ok(vec![(Labels::new(), value)]),
        }
    }

    fn value(&self, part: &Expr, time: i64) -> Result<Value, String> {
        Ok(match part {
            Expr::NumberLiteral(number) => Value::Scalar(number.val),
            Expr::Paren(paren) => self.value(&paren.expr, time)?,
            Expr::Call(call) => {
                let arguments: Vec<&Expr> = call.args.args.iter().map(|argument| &**argument).collect();
                match (call.func.name, arguments.as_slice()) {
                    ("vector", [number]) => Value::Vector(self.vector(number, time)?),
                    // Only the form that adds a label.
                    ("label_replace", [of, label, value, from, _]) if text(from)?.is_empty() => {
                        let (label, value) = (text(label)?, text(value)?);
                        let mut vector = self.vector(of, time)?;
                        vector.iter_mut().for_each(|(labels, _)| drop(labels.insert(label.clone(), value.clone())));
                        Value::Vector(vector)
                    }
                    (name, [argument]) => Value::Vector(self.over_time(name, argument, time)?),
                    _ => return Err(unsupported(part)),
                }
            }
            Expr::Aggregate(aggregate) => {
                let by: &[String] = match &aggregate.modifier {
                    None => &[],
                    Some(LabelModifier::Include(labels)) => &labels.labels,
                    Some(LabelModifier::Exclude(_)) => return Err(unsupported(part)),
                };
                let mut groups: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
                for (labels, value) in self.vector(&aggregate.expr, time)? {
                    groups.entry(only(&labels, by)).or_default().push(value);
                }
                if aggregate.op.id() == token::T_TOPK {
                    let Some(Expr::NumberLiteral(count)) = aggregate.param.as_deref() else {
                        return Err(unsupported(part));
                    };
                    let mut of_group: BTreeMap<Labels, Vector> = BTreeMap::new();
                    for (labels, value) in self.vector(&aggregate.expr, time)? {
                        of_group.entry(only(&labels, by)).or_default().push((labels, value));
                    }
                    for found in of_group.values_mut() {
                        found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
                        found.truncate(count.val as usize);
                    }
                    return Ok(Value::Vector(of_group.into_values().flatten().collect()));
                }
                let reduce: fn(&[f64]) -> f64 = match aggregate.op.id() {
                    token::T_SUM => |values| values.iter().sum(),
                    token::T_MAX => |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                    token::T_COUNT => |values| values.len() as f64,
                    token::T_GROUP => |_| 1.0,
                    _ => return Err(unsupported(part)),
                };
                Value::Vector(groups.into_iter().map(|(labels, values)| (labels, reduce(&values))).collect())
            }
            Expr::Binary(binary) => {
                let (left, right) = (self.value(&binary.lhs, time)?, self.value(&binary.rhs, time)?);
                let on = binary.modifier.as_ref().and_then(|modifier| modifier.matching.as_ref());
                let key = |labels: &Labels| match on {
                    Some(LabelModifier::Include(on)) => only(labels, &on.labels),
                    _ => labels.iter().filter(|(name, _)| *name != NAME).map(|(n, v)| (n.clone(), v.clone())).collect(),
                };
                match (binary.op.id(), left, right) {
                    (token::T_LOR, Value::Vector(mut left), Value::Vector(right)) => {
                        let known: BTreeSet<Labels> = left.iter().map(|(labels, _)| key(labels)).collect();
                        left.extend(right.into_iter().filter(|(labels, _)| !known.contains(&key(labels))));
                        Value::Vector(left)
                    }
                    (token::T_LUNLESS, Value::Vector(mut left), Value::Vector(right)) => {
                        let known: BTreeSet<Labels> = right.iter().map(|(labels, _)| key(labels)).collect();
                        left.retain(|(labels, _)| !known.contains(&key(labels)));
                        Value::Vector(left)
                    }
                    (token::T_MUL, Value::Scalar(by), Value::Vector(right)) => {
                        Value::Vector(right.into_iter().map(|(labels, value)| (labels, by * value)).collect())
                    }
                    // What has no match on the right is left out.
                    (token::T_MUL, Value::Vector(left), Value::Vector(right)) => {
                        let right: BTreeMap<Labels, f64> =
                            right.iter().map(|(labels, value)| (key(labels), *value)).collect();
                        let product = |(labels, value): (Labels, f64)| {
                            let by = right.get(&key(&labels))?;
                            Some((labels, value * by))
                        };
                        Value::Vector(left.into_iter().filter_map(product).collect())
                    }
                    (token::T_LAND, Value::Vector(mut left), Value::Vector(right)) => {
                        let known: BTreeSet<Labels> = right.iter().map(|(labels, _)| key(labels)).collect();
                        left.retain(|(labels, _)| known.contains(&key(labels)));
                        Value::Vector(left)
                    }
                    (token::T_DIV, Value::Scalar(left), Value::Scalar(right)) => Value::Scalar(left / right),
                    _ => return Err(unsupported(part)),
                }
            }
            _ => return Err(unsupported(part)),
        })
    }

    fn over_time(&self, function: &str, argument: &Expr, time: i64) -> Result<Vector, String> {
        let reduce: fn(&[f64]) -> f64 = match function {
            "sum_over_time" => |values| values.iter().sum(),
            "max_over_time" => |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            "last_over_time" => |values| values.last().copied().unwrap_or_default(),
            "present_over_time" => |_| 1.0,
            _ => return Err(format!("`{function}` is not supported")),
        };
        let Expr::MatrixSelector(selector) = argument else { return Err(unsupported(argument)) };
        let windows = self.windows(selector, time)?;
        let labeled = |mut labels: Labels| {
            if function != "last_over_time" {
                labels.remove(NAME);
            }
            labels
        };
        Ok(windows.into_iter().map(|(labels, values)| (labeled(labels), reduce(&values))).collect())
    }

    /// The values of each series within the window: its start is excluded, its end included.
    fn windows(
        &self,
        MatrixSelector { vs, range }: &MatrixSelector,
        time: i64,
    ) -> Result<Vec<(Labels, Vec<f64>)>, String> {
        let until = match vs.at {
            None => time,
            Some(AtModifier::End) => self.end,
            Some(_) => return Err("only `@ end()` is supported".to_owned()),
        };
        let from = until - range.as_millis() as i64;
        let mut windows = Vec::new();
        for (labels, samples) in &self.samples.series {
            let place = |at: i64| samples.partition_point(|(known, _)| *known <= at);
            let found = &samples[place(from)..place(until)];
            let is_found = vs.name.is_some() || !self.samples.by_name_only.contains(labels);
            if !found.is_empty() && is_found && matches(vs, labels) {
                windows.push((labels.clone(), found.iter().map(|(_, value)| *value).collect()));
            }
        }
        Ok(windows)
    }
}

fn matches(selector: &VectorSelector, labels: &Labels) -> bool {
    let value = |name: &str| labels.get(name).map_or("", String::as_str);
    selector.name.as_deref().is_none_or(|name| value(NAME) == name)
        && selector.matchers.matchers.iter().all(|matcher| matcher.is_match(value(&matcher.name)))
}

fn only(labels: &Labels, names: &[String]) -> Labels {
    names.iter().filter_map(|name| Some((name.clone(), labels.get(name)?.clone()))).collect()
}

fn text(part: &Expr) -> Result<String, String> {
    match part {
        Expr::StringLiteral(literal) => Ok(literal.val.clone()),
        _ => Err(unsupported(part)),
    }
}

fn unsupported(part: &Expr) -> String {
    format!("`{part}` is not supported")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Labels {
        let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn samples() -> Samples {
        let mut samples = Samples::default();
        for (name, of, at, value) in [
            ("own", "agent=a,session_id=1,temporality=delta", 1000, 1.0),
            ("own", "agent=a,session_id=1,temporality=delta", 61_000, 2.0),
            ("derived", "agent=a,session_id=1,temporality=delta", 61_000, 9.0),
            ("derived", "agent=b,session_id=2,temporality=delta", 61_000, 5.0),
            ("derived", "agent=b,session_id=2,temporality=delta", 61_000, 5.0),
            ("last", "agent=a,session_id=1", 61_000, 61.0),
        ] {
            samples.add(name, labels(of), at, value);
        }
        samples.add_by_name_only("own", labels("agent=posted"), 61_000, 7.0);
        samples
    }

    #[test]
    fn each_supported_form_is_evaluated() {
        for (query, expected) in [
            (r#"sum by (agent) (sum_over_time(own{temporality="delta"}[1m]))"#, "a 2"),
            (r#"sum by (agent) (sum_over_time(own[2m]))"#, "a 3, posted 7"),
            (r#"sum by (agent) (sum_over_time({__name__=~"ow.", agent!=""}[2m]))"#, "a 3"),
            (r#"sum by (agent) (sum_over_time(own{agent="a"}[2m]) or sum_over_time(derived[2m]))"#, "a 3, b 10"),
            (
                r#"sum by (agent) (sum_over_time(derived[2m]) unless on (agent) present_over_time(own[2m] @ end()))"#,
                "b 10",
            ),
            (r#"count by (agent) (group by (agent, session_id) (last_over_time(derived[2m])))"#, "a 1, b 1"),
            (r#"max by (agent) (max_over_time(last[2m]))"#, "a 61"),
            (r#"topk(2, sum by (agent) (sum_over_time(own[2m]) or sum_over_time(derived[2m])))"#, "b 10, posted 7"),
            (
                r#"sum by (agent) (topk by (agent) (1, label_replace(sum by (agent) (sum_over_time(own[2m])), "of", "own", "", "") or label_replace(0.5 * sum by (agent) (sum_over_time(derived[2m])), "of", "derived", "", "")) * on (of) group_left () (label_replace(vector(1), "of", "own", "", "") or label_replace(vector(1 / 0.5), "of", "derived", "", "")))"#,
                "a 9, b 10, posted 7",
            ),
            (r#"sum by (agent) (sum_over_time(own[2m]) and on (agent) sum_over_time(derived[2m]))"#, "a 3"),
        ] {
            let found = evaluate(query, &samples(), &[120_000]).expect(query);
            let text: Vec<String> = found[0].1.iter().map(|(of, value)| format!("{} {value}", of["agent"])).collect();
            assert_eq!(text.join(", "), expected, "{query}");
        }
    }

    /// The panel would show nothing where its query is an error.
    #[test]
    fn every_query_about_agents_is_supported() {
        use monitor_core::telemetry::{
            Owner, Range, Sender,
            stores::queries::{self, SessionQueries, deltas::Deltas},
        };
        let range = Deltas::within("7d");
        let SessionQueries { last_seen, counts, cost, output_tokens } =
            SessionQueries::new(&Sender::real(Owner::new(Some("p"), Some("a"))), Range::Day);
        let of_everybody = [
            queries::cost,
            queries::tokens,
            queries::active_time,
            queries::lines,
            queries::tools,
            queries::sessions,
            queries::activity,
            queries::owner_versions_last_seen,
            queries::owners_last_metric,
            queries::managed_settings,
        ];
        let of_everybody = of_everybody.iter().map(|query| query(range));
        for query in of_everybody.chain([last_seen, counts, cost, output_tokens]) {
            if let Err(problem) = evaluate(&query, &samples(), &[120_000]) {
                panic!("{query}: {problem}");
            }
        }
    }

    #[test]
    fn an_unsupported_query_is_an_error() {
        for query in ["sum(rate(own[1m]))", "own", "avg(sum_over_time(own[1m]))", "sum("] {
            assert!(evaluate(query, &samples(), &[120_000]).is_err(), "{query}");
        }
    }
}
