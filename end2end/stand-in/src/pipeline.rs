//! An interpreter of Promtail's configuration: relabeling and the pipeline's stages, as far as the generated file uses
//! them. Anything else is an error, as a stage that Promtail does not know is for Promtail.
//!
//! Source for the behavior: Promtail's `clients/pkg/logentry/stages`, read, not run. In particular, JSON's null is a value that no
//! later stage can convert to text, so that neither a label nor metadata is created for it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use regex::Regex;
use saphyr::YamlOwned;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    logql::{Query, parse},
    records::{Labels, json_scalar},
};

/// The relabeling and the stages of one scrape configuration.
#[derive(Debug)]
pub struct Pipeline {
    relabeling: Vec<Relabeling>,
    stages: Vec<Stage>,
}

/// A line on its way to Loki.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Nanoseconds since 1970.
    pub at: u64,
    /// The labels of its stream.
    pub labels: Labels,
    /// Its structured metadata.
    pub metadata: Labels,
    pub text: String,
}

#[derive(Debug)]
struct Relabeling {
    sources: Vec<String>,
    pattern: Regex,
    target: String,
}

#[derive(Debug)]
enum Stage {
    Match {
        selector: Query,
        stages: Vec<Stage>,
    },
    /// Names of the values to extract; each is also the name of the JSON field.
    Json {
        fields: Vec<String>,
    },
    Regex {
        source: Option<String>,
        expression: Regex,
    },
    Timestamp {
        source: String,
    },
    /// Label and the extracted value it gets.
    Labels(Vec<(String, String)>),
    /// Metadata and the extracted value it gets.
    StructuredMetadata(Vec<(String, String)>),
}

impl Pipeline {
    /// Reads the only scrape configuration of a Promtail configuration.
    pub fn new(configuration: &YamlOwned) -> Result<Pipeline> {
        let scrape = configuration.as_mapping_get("scrape_configs").and_then(|configs| configs.as_sequence());
        let [scrape] = scrape.map(Vec::as_slice).context("`scrape_configs` is not a list")? else {
            bail!("exactly one scrape configuration is supported")
        };
        let list = |key: &str| {
            scrape.as_mapping_get(key).and_then(|list| list.as_sequence()).with_context(|| format!("no list `{key}`"))
        };
        Ok(Pipeline {
            relabeling: list("relabel_configs")?.iter().map(relabeling).collect::<Result<_>>()?,
            stages: stages(list("pipeline_stages")?)?,
        })
    }

    /// Processes a line that a container wrote at this time, in nanoseconds since 1970.
    pub fn process(&self, container: &str, text: &str, at: u64) -> Line {
        // Docker's names begin with a slash.
        let discovered = Labels::from([("__meta_docker_container_name".to_owned(), format!("/{container}"))]);
        let mut labels = Labels::new();
        for Relabeling { sources, pattern, target } in &self.relabeling {
            let values: Vec<&str> =
                sources.iter().map(|source| discovered.get(source).map_or("", String::as_str)).collect();
            if let Some(found) = pattern.captures(&values.join(";")) {
                labels.insert(target.clone(), found.get(1).map_or("", |group| group.as_str()).to_owned());
            }
        }
        let mut line = Line { at, labels, metadata: Labels::new(), text: text.to_owned() };
        run(&self.stages, &mut line, &mut BTreeMap::new());
        line
    }
}

fn run(stages: &[Stage], line: &mut Line, extracted: &mut Labels) {
    // Every pipeline begins with the labels as extracted values, also that of a `match`.
    extracted.extend(line.labels.clone());
    for stage in stages {
        match stage {
            Stage::Match { selector, stages } => {
                if selector.matches_labels(&line.labels) {
                    run(stages, line, extracted);
                }
            }
            Stage::Json { fields } => {
                let Ok(object) = serde_json::from_str::<serde_json::Map<_, _>>(&line.text) else { continue };
                for field in fields {
                    match object.get(field).and_then(json_scalar) {
                        Some(value) => extracted.insert(field.clone(), value),
                        None => extracted.remove(field),
                    };
                }
            }
            Stage::Regex { source, expression } => {
                let input = match source {
                    None => Some(&line.text),
                    Some(source) => extracted.get(source),
                };
                let Some(found) = input.and_then(|input| expression.captures(input)) else { continue };
                let groups: Vec<(String, String)> = expression
                    .capture_names()
                    .flatten()
                    .map(|name| (name.to_owned(), found.name(name).map_or("", |group| group.as_str()).to_owned()))
                    .collect();
                extracted.extend(groups);
            }
            Stage::Timestamp { source } => {
                let time = extracted.get(source).and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
                line.at = time.map_or(line.at, |time| time.unix_timestamp_nanos() as u64);
            }
            Stage::Labels(names) => {
                for (name, source) in names {
                    line.labels.extend(extracted.get(source).map(|value| (name.clone(), value.clone())));
                }
            }
            Stage::StructuredMetadata(names) => {
                for (name, source) in names {
                    line.metadata.extend(extracted.get(source).map(|value| (name.clone(), value.clone())));
                    // A label with this name moves from the stream to the metadata.
                    line.metadata.extend(line.labels.remove(source).map(|value| (name.clone(), value)));
                }
            }
        }
    }
}

fn relabeling(configuration: &YamlOwned) -> Result<Relabeling> {
    check_keys(configuration, "relabel_configs", &["source_labels", "regex", "target_label"])?;
    let sources = configuration.as_mapping_get("source_labels").and_then(|list| list.as_sequence());
    let sources = sources.context("`source_labels` is not a list")?.iter();
    Ok(Relabeling {
        sources: sources.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        // Prometheus anchors the expression.
        pattern: Regex::new(&format!("^(?:{})$", text(configuration, "regex")?))?,
        target: text(configuration, "target_label")?,
    })
}

fn stages(list: &[YamlOwned]) -> Result<Vec<Stage>> {
    list.iter().map(stage).collect()
}

fn stage(configuration: &YamlOwned) -> Result<Stage> {
    let only = configuration.as_mapping().filter(|stage| stage.len() == 1).and_then(|stage| stage.iter().next());
    let (kind, options) = only.context("a stage is a mapping with one key")?;
    let kind = kind.as_str().unwrap_or_default();
    let parsed = match kind {
        "match" => {
            check_keys(options, kind, &["selector", "stages"])?;
            let selector = parse(&text(options, "selector")?).map_err(anyhow::Error::msg)?;
            let inner = options.as_mapping_get("stages").and_then(|list| list.as_sequence());
            Stage::Match { selector, stages: stages(inner.context("`match` needs stages")?)? }
        }
        "json" => {
            check_keys(options, kind, &["expressions"])?;
            let fields = names(options.as_mapping_get("expressions").context("`json` needs expressions")?)?;
            if let Some((name, expression)) = fields.iter().find(|(name, expression)| name != expression) {
                bail!("`{name}: {expression}`: JMESPath is not supported")
            }
            Stage::Json { fields: fields.into_iter().map(|(name, _)| name).collect() }
        }
        "regex" => {
            check_keys(options, kind, &["source", "expression"])?;
            let source = options.as_mapping_get("source").and_then(|source| source.as_str()).map(str::to_owned);
            Stage::Regex { source, expression: Regex::new(&text(options, "expression")?)? }
        }
        "timestamp" => {
            check_keys(options, kind, &["source", "format", "fallback_formats", "action_on_failure"])?;
            if text(options, "format")? != "RFC3339Nano" || text(options, "action_on_failure")? != "skip" {
                bail!("only RFC3339Nano and `action_on_failure: skip` are supported")
            }
            Stage::Timestamp { source: text(options, "source")? }
        }
        "labels" => Stage::Labels(names(options)?),
        "structured_metadata" => Stage::StructuredMetadata(names(options)?),
        _ => bail!("invalid stage `{kind}`: not supported"),
    };
    Ok(parsed)
}

/// Pairs of a name and its source; without a source it is the name.
fn names(mapping: &YamlOwned) -> Result<Vec<(String, String)>> {
    let pairs = mapping.as_mapping().filter(|pairs| !pairs.is_empty()).context("expected names")?;
    let pair = |(name, source): (&YamlOwned, &YamlOwned)| {
        let name = name.as_str().context("a name is not text")?;
        let source = source.as_str().filter(|source| !source.is_empty()).unwrap_or(name);
        Ok((name.to_owned(), source.to_owned()))
    };
    pairs.iter().map(pair).collect()
}

fn text(mapping: &YamlOwned, key: &str) -> Result<String> {
    let value = mapping.as_mapping_get(key).and_then(|value| value.as_str()).filter(|value| !value.is_empty());
    value.map(str::to_owned).with_context(|| format!("`{key}` is missing"))
}

fn check_keys(mapping: &YamlOwned, of: &str, known: &[&str]) -> Result<()> {
    let keys = mapping.as_mapping().with_context(|| format!("`{of}` is not a mapping"))?.keys();
    match keys.filter_map(|key| key.as_str()).find(|key| !known.contains(key)) {
        Some(key) => bail!("`{key}` of `{of}` is not supported"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
