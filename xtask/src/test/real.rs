//! The ring `real`: whether pinned images would be pulled, the tests on the real programs, and the document that a run
//! of this ring alone writes.

use std::{fmt::Write as _, fs};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{cargo_tests, rings::Selected, tally::Tally};
use crate::{
    paths::Paths,
    step::say,
    tools::{self, Tools},
};

/// Runs the whole ring.
pub fn run(tally: &mut Tally, paths: &Paths, tools: &Tools, selected: &Selected) {
    check_pulling(tally, paths, tools);
    if let Some(real) = &tools.real {
        let _ = fs::remove_file(&real.table);
    }
    cargo_tests::run(tally, paths, tools, selected);
}

/// Whether the pinned images would be pulled where a registry answers: tried on a registry of the tests' own, because
/// most test machines reach no other.
fn check_pulling(tally: &mut Tally, paths: &Paths, tools: &Tools) {
    let name = "pulling the pinned images from a registry";
    let (Some(engine), Some(registry), true) = (&tools.engine, &tools.registry, tools.stand_ins) else {
        return tally.skip(name, "needs a Docker Engine, the stand-in images and docker-registry");
    };
    let outcome =
        tools::real::programs(paths).and_then(|programs| tools::real::check_pulling(engine, &programs, registry));
    match outcome {
        Ok(()) => tally.pass(name),
        Err(error) => tally.fail(name, &format!("{error:#}")),
    }
}

/// Writes `docs/REAL.md`: which programs ran, and every number that was compared.
pub fn write_document(paths: &Paths, tools: &Tools) -> Result<()> {
    let Some(real) = &tools.real else { return Ok(()) };
    let programs: Vec<Value> = serde_json::from_str(&fs::read_to_string(&real.file)?)?;
    let lines = fs::read_to_string(&real.table).context("the ring compared nothing")?;
    let comparisons = lines.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let file = paths.root.join("docs").join("REAL.md");
    fs::write(&file, document(&programs, &comparisons))?;
    say(&format!("wrote `{}`", file.display()));
    Ok(())
}

fn document(programs: &[Value], comparisons: &[Value]) -> String {
    let mut text = "# The real programs\n\nWritten by `cargo xtask test real`, which runs the stack on these programs, \
                    sends with the simulator and with Claude\nCode, and compares what the stores and the panel say with \
                    what was sent.\n\n| program | version | how it came here |\n|---|---|---|\n"
        .to_owned();
    let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    for program in programs {
        let origin = match word(program, "origin").as_str() {
            "stand-in" if word(program, "service") == "loki" => "a stand-in, with the real one's limits".to_owned(),
            "stand-in" => "a stand-in".to_owned(),
            "pulled" => format!("pulled, `{}`", word(program, "pinned")),
            other => other.to_owned(),
        };
        let _ = writeln!(text, "| {} | {} | {origin} |", word(program, "service"), word(program, "version"));
    }
    let mut test = String::new();
    for comparison in comparisons {
        if word(comparison, "test") != test {
            test = word(comparison, "test");
            let mut title = test.clone();
            title[..1].make_ascii_uppercase();
            let _ = write!(
                text,
                "\n## {title}\n\n| what was compared | sent | found | difference |\n|---|---:|---:|---:|\n"
            );
        }
        let [sent, found] = ["sent", "found"].map(|key| comparison[key].as_f64().unwrap_or_default());
        let _ = writeln!(text, "| {} | {sent} | {found} | {} |", word(comparison, "what"), found - sent);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_programs_and_differences() {
        let program = serde_json::json!({ "service": "loki", "version": "3.7.0", "origin": "stand-in", "pinned": "x" });
        let comparison =
            |test, found| serde_json::json!({ "test": test, "what": "events", "sent": 7.0, "found": found });
        let text = document(&[program], &[comparison("eight kills", 7.0), comparison("after", 6.0)]);
        assert!(text.contains("| loki | 3.7.0 | a stand-in, with the real one's limits |"), "{text}");
        assert!(text.contains("## Eight kills\n") && text.contains("| events | 7 | 7 | 0 |"), "{text}");
        assert!(text.contains("## After\n") && text.contains("| events | 7 | 6 | -1 |"), "{text}");
    }
}
