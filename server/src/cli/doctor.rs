//! `doctor`: what stands in the stack's way, with the evidence and the next step.

use std::process::ExitCode;

use monitor_core::{
    doctor::{Checkup, Finding, Grade},
    error::StackError,
};

use super::output;
use crate::{doctor::check_up, installation::Installation};

/// Fails where something stands in the way, so that a script can ask before it goes on.
pub(super) async fn doctor(json: bool) -> Result<ExitCode, StackError> {
    let installation = Installation::from_environment()?;
    let checkup = check_up(installation.engine.as_ref(), &installation.configuration).await;
    if json {
        output::json(&checkup);
    } else {
        for finding in &checkup.findings {
            finding_lines(finding).iter().for_each(|line| {
                output::line(line);
            });
        }
        output::line(&sum(&checkup));
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
fn sum(checkup: &Checkup) -> String {
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
