//! The real programs of the stack, as images in the Engine of the tests: the pinned images themselves where a registry
//! answers, else collector, Prometheus and Jaeger built from Go modules. Loki, Grafana and Promtail are not to be had as
//! Go modules, so their stand-ins are used beside built programs.

pub mod build;
pub mod claude_code;
mod images;

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::Engine;
use crate::{paths::Paths, step::say};

pub use images::{PREFIX, check_pulling, pull};

/// A registry that mirrors Docker Hub, as a prefix of images: `mirror.example:5000/`.
const MIRROR: &str = "MONITOR_REAL_REGISTRY";

/// One service of `end2end/real/programs.json`.
#[derive(Debug, Clone)]
pub struct Program {
    /// The service's name in `compose.yaml`.
    pub service: String,
    /// The pinned image, without its digest.
    pub image: String,
    /// How to build the program and what its image has; `None` if it cannot be built here.
    pub build: Option<Value>,
}

impl Program {
    /// The tag of the image, which is the program's version.
    pub fn version(&self) -> &str {
        self.image.rsplit_once(':').map_or("latest", |(_, tag)| tag)
    }

    /// The name of the image in the Engine of the tests. Its prefix is how later runs know what they may remove.
    pub fn local_image(&self) -> String {
        format!("{PREFIX}{}:{}", self.service, self.version())
    }
}

/// A service's image in the Engine, and how it came there.
#[derive(Debug)]
pub struct RealImage {
    pub service: String,
    pub image: String,
    /// `pulled`, `built from Go modules`, or `stand-in`.
    pub origin: &'static str,
}

/// The files by which xtask and the tests talk to each other.
#[derive(Debug)]
pub struct RealPrograms {
    /// The images to use: what `ensure` wrote.
    pub file: PathBuf,
    /// Where the tests append what they compared.
    pub table: PathBuf,
}

/// Reads `end2end/real/programs.json`.
pub fn programs(paths: &Paths) -> Result<Vec<Program>> {
    let file = paths.end2end().join("real/programs.json");
    let text = std::fs::read_to_string(&file).with_context(|| format!("`{}`", file.display()))?;
    let services: BTreeMap<String, Value> = serde_json::from_str(&text)?;
    let program = |(service, fields): (String, Value)| {
        let image = fields["image"].as_str().with_context(|| format!("`{service}` has no image"))?.to_owned();
        let build = fields.get("build").cloned();
        Ok(Program { service, image, build })
    };
    services.into_iter().map(program).collect()
}

/// Brings the images into the Engine and writes the file that lists them.
pub fn ensure(paths: &Paths, engine: Option<&Engine>) -> Result<RealPrograms> {
    let Some(engine) = engine else { bail!("the real programs: there is no Docker Engine to run them") };
    let programs = programs(paths)?;
    let mirror = std::env::var(MIRROR).unwrap_or_default();
    let images = match pull(engine, &programs, &mirror) {
        Ok(images) => images,
        Err(error) => {
            say(&format!("the pinned images cannot be pulled ({}); building from Go modules instead", brief(&error)));
            build_all(paths, engine, &programs)?
        }
    };
    let list: Vec<Value> = programs.iter().zip(&images).map(|(program, image)| describe(program, image)).collect();
    let file = paths.target.join("real-programs.json");
    std::fs::create_dir_all(&paths.target)?;
    std::fs::write(&file, serde_json::to_string_pretty(&list)?)?;
    Ok(RealPrograms { file, table: paths.target.join("real-table.jsonl") })
}

fn describe(program: &Program, image: &RealImage) -> Value {
    json!({
        "service": image.service,
        "image": image.image,
        "origin": image.origin,
        "pinned": program.image,
        "version": program.version(),
    })
}

fn build_all(paths: &Paths, engine: &Engine, programs: &[Program]) -> Result<Vec<RealImage>> {
    let toolchain = build::Toolchain::find()?;
    build::announce(paths, programs)?;
    programs
        .iter()
        .map(|program| {
            let Some(recipe) = &program.build else {
                return Ok(RealImage {
                    service: program.service.clone(),
                    image: format!("clawker-stand-in/{}:{}", program.service, program.version()),
                    origin: "stand-in",
                });
            };
            let binary = build::ensure(paths, &toolchain, program, recipe)?;
            images::import(paths, engine, program, recipe, &binary)
        })
        .collect()
}

/// The last line of an error, which is where Docker says why.
fn brief(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_listed_and_three_can_be_built() -> Result<()> {
        let programs = programs(&Paths::find()?)?;
        let names: Vec<&str> = programs.iter().map(|program| program.service.as_str()).collect();
        assert_eq!(names, ["grafana", "jaeger", "loki", "otel-collector", "prometheus", "promtail"]);
        let built: Vec<String> =
            programs.iter().filter(|program| program.build.is_some()).map(Program::local_image).collect();
        let expected = ["jaeger:1.76.0", "otel-collector:0.148.0", "prometheus:v3.10.0"];
        assert_eq!(built, expected.map(|name| format!("clawker-real/{name}")));
        Ok(())
    }
}
