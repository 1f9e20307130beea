//! Which tests need which tools: read from `#[ignore = "needs …"]`, so that a missing tool excludes only the tests that
//! name it.

use std::{collections::BTreeSet, fs, path::PathBuf};

use crate::tools::Tool;

/// What the reasons say, and the tool that it means.
const WORDS: [(&str, Tool); 12] = [
    ("Docker Engine", Tool::Engine),
    ("stand-in images", Tool::StandIns),
    ("Docker Compose", Tool::Compose),
    ("prometheus", Tool::Prometheus),
    ("promtool", Tool::Prometheus),
    ("docker-registry", Tool::Registry),
    ("MONITOR_TEST_REGISTRY", Tool::Registry),
    ("Grafana's LogQL grammar", Tool::NpmPackages),
    ("root", Tool::Root),
    ("real programs", Tool::RealPrograms),
    ("Claude Code", Tool::ClaudeCode),
    ("Grafana's schema library", Tool::DashboardCheck),
];

/// A test that `cargo test` alone leaves out.
#[derive(Debug, PartialEq, Eq)]
pub struct IgnoredTest {
    /// The function's name, without its module.
    pub name: String,
    pub tools: BTreeSet<Tool>,
}

/// The ignored tests in these files. An error names each test whose reason could not be read.
pub fn ignored_tests(files: &[PathBuf]) -> Result<Vec<IgnoredTest>, String> {
    let (mut tests, mut problems) = (Vec::new(), Vec::new());
    for file in files {
        let Ok(text) = fs::read_to_string(file) else { continue };
        for found in ignored_in(&text) {
            match found {
                Ok(test) => tests.push(test),
                Err(problem) => problems.push(format!("{}: {problem}", file.display())),
            }
        }
    }
    if problems.is_empty() { Ok(tests) } else { Err(problems.join("\n")) }
}

fn ignored_in(text: &str) -> Vec<Result<IgnoredTest, String>> {
    let mut found = Vec::new();
    let mut reason = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[ignore") {
            reason = Some(line);
        } else if let Some(attribute) = reason
            && let Some(name) = function_name(line)
        {
            let tools = attribute.split('"').nth(1).ok_or_else(|| "an `#[ignore]` without a reason".to_owned());
            let tools = tools.and_then(tools_in).map_err(|problem| format!("`{name}`: {problem}"));
            found.push(tools.map(|tools| IgnoredTest { name: name.to_owned(), tools }));
            reason = None;
        }
    }
    found
}

/// The name in `async fn name(`.
pub fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_definition = before.split_whitespace().all(|word| matches!(word, "pub" | "async" | "const"));
    let name = after.split(['(', '<']).next()?.trim();
    (is_definition && !name.is_empty()).then_some(name)
}

/// Of `needs root and the Docker Engine; run by cargo xtask test`.
fn tools_in(reason: &str) -> Result<BTreeSet<Tool>, String> {
    let list = reason.split(';').next().unwrap_or_default();
    let list =
        list.strip_prefix("needs ").ok_or_else(|| format!("the reason `{reason}` does not start with `needs`"))?;
    list.split([',', '&'])
        .flat_map(|part| part.split(" and "))
        .map(|item| {
            let item = item.trim().trim_start_matches("the ").trim_start_matches("a ");
            let tool = WORDS.iter().find(|(word, _)| *word == item).map(|(_, tool)| *tool);
            tool.ok_or_else(|| format!("the reason names `{item}`, which `xtask/src/test/needs.rs` does not know"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tools_of_an_ignored_test_are_read_from_its_reason() {
        let text = r#"
            #[test]
            fn runs_anywhere() {}

            #[tokio::test]
            #[ignore = "needs the Docker Engine, the stand-in images and Docker Compose; run by cargo xtask test"]
            async fn starts_and_stops() {}

            #[test]
            #[ignore = "needs root; run by cargo xtask test"]
            fn writes_anywhere() {}
        "#;
        let found: Result<Vec<_>, _> = ignored_in(text).into_iter().collect();
        let expected =
            |name: &str, tools: &[Tool]| IgnoredTest { name: name.to_owned(), tools: tools.iter().copied().collect() };
        assert_eq!(
            found,
            Ok(vec![
                expected("starts_and_stops", &[Tool::Engine, Tool::StandIns, Tool::Compose]),
                expected("writes_anywhere", &[Tool::Root]),
            ])
        );
    }

    #[test]
    fn an_unknown_or_missing_reason_is_an_error_that_names_the_test() {
        for (attribute, expected) in [
            ("#[ignore = \"needs a printer\"]", "`printer`"),
            ("#[ignore = \"slow\"]", "`slow`"),
            ("#[ignore]", "without a reason"),
        ] {
            let problem = ignored_in(&format!("{attribute}\nfn prints() {{}}")).remove(0).expect_err(attribute);
            assert!(problem.starts_with("`prints`: ") && problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn only_definitions_have_a_function_name() {
        assert_eq!(function_name("pub async fn start<T>(value: T) {"), Some("start"));
        assert_eq!(function_name("let f: fn (u8) = g;"), None);
        assert_eq!(function_name("// a fn of ours"), None);
    }
}
