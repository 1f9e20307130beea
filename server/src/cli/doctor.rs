//! `doctor`: checks whether the stack can start, with the evidence and the next step for each problem.

use std::process::ExitCode;

use monitor_core::{
    doctor::{Checkup, Finding, Grade},
    error::StackError,
};

use super::output::Output;
use crate::{doctor::check_up, installation::Installation};

/// Exits with 1 if there is a problem, so that scripts can check before they continue.
pub(super) async fn doctor(output: &Output) -> Result<ExitCode, StackError> {
    let installation = Installation::from_environment()?;
    let checkup = check_up(installation.engine.as_ref(), &installation.configuration).await;
    if output.is_json() {
        output.document(&checkup);
    } else {
        let lines = checkup.findings.iter().flat_map(finding_lines).chain([summary(&checkup)]);
        let _ = lines.into_iter().all(|line| output.line(&line));
    }
    Ok(match checkup.result {
        Grade::Problem => ExitCode::FAILURE,
        Grade::Ok | Grade::Warning => ExitCode::SUCCESS,
    })
}

fn finding_lines(finding: &Finding) -> Vec<String> {
    let mut lines = vec![format!("{:<8} {} ({})", finding.grade.name(), finding.summary, finding.evidence)];
    lines.extend(finding.next.as_ref().map(|next| format!("         hint: {next}")));
    lines
}

/// `16 ok, 2 warnings, 1 problem`.
fn summary(checkup: &Checkup) -> String {
    let counted = |grade: Grade, one: &str, many: &str| {
        let count = checkup.count(grade);
        format!("{count} {}", if count == 1 { one } else { many })
    };
    [
        counted(Grade::Ok, "ok", "ok"),
        counted(Grade::Warning, "warning", "warnings"),
        counted(Grade::Problem, "problem", "problems"),
    ]
    .join(", ")
}
