//! Measurements in Chromium, taken by Playwright and read from its JSON.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{end2end, paths::Paths, step::run};

pub struct Page {
    pub wire_bytes: f64,
    pub first_contentful_paint_ms: f64,
    pub memory_bytes: f64,
    pub event_p50_ms: f64,
    pub event_p95_ms: f64,
    pub events: f64,
    pub agents: Agents,
    pub chromium: String,
}

/// The page Agents, with many agents.
pub struct Agents {
    pub crowd: f64,
    pub event_p50_ms: f64,
    pub event_p95_ms: f64,
    pub events: f64,
    /// From a key press in the search box to the filtered list.
    pub typing_ms: f64,
}

pub fn measure(paths: &Paths, chromium: &Path, binary: &Path) -> Result<Page> {
    let (output, agents_output) = (paths.target.join("measured.json"), paths.target.join("measured-agents.json"));
    let mut command = end2end::playwright(paths, chromium, binary);
    command.args(["--project", "measure", "--reporter", "line"]).env("MEASURE_OUTPUT", &output);
    command.env("MEASURE_AGENTS_OUTPUT", &agents_output);
    run(command.stdout(std::io::stderr()))?;
    let measured: Value = serde_json::from_str(&std::fs::read_to_string(&output)?)?;
    let of_agents: Value = serde_json::from_str(&std::fs::read_to_string(&agents_output)?)?;
    let number = |name: &str| measured[name].as_f64().with_context(|| format!("`{name}` was not measured"));
    let of_agents = |path: &str| {
        of_agents.pointer(path).and_then(Value::as_f64).with_context(|| format!("`{path}` was not measured"))
    };
    Ok(Page {
        wire_bytes: number("wireBytes")?,
        first_contentful_paint_ms: number("firstContentfulPaint")?,
        memory_bytes: number("memoryBytes")?,
        event_p50_ms: number("eventP50")?,
        event_p95_ms: number("eventP95")?,
        events: number("events")?,
        agents: Agents {
            crowd: of_agents("/crowd")?,
            event_p50_ms: of_agents("/among/p50")?,
            event_p95_ms: of_agents("/among/p95")?,
            events: of_agents("/among/events")?,
            typing_ms: of_agents("/typing")?,
        },
        chromium: measured["chromium"].as_str().unwrap_or("unknown").to_owned(),
    })
}
