//! What could not be looked at, so that nobody reads "no problem found" as more than it is.

use super::super::{CauseCode, FileProblem, FixKind, SettingsLayer, Verdict};
use super::facts::{AgentFacts, Finding, Severity, fix_without_command};
use super::variables::backticked;

/// More files than these are not listed.
const MOST_LISTED: usize = 4;

/// Files that could not be read; if no problem was found, also the version, and files that have not been read yet.
/// Clawker's files only matter where they would tell who turned telemetry off; causes of values that were set at creation
/// name them on their own.
pub(super) fn not_checked(facts: &AgentFacts<'_>, verdict: Verdict, findings: &[Finding]) -> Option<Finding> {
    let found_nothing = matches!(verdict, Verdict::Waiting | Verdict::Idle);
    let mut parts = Vec::new();
    if !facts.agent.files_read {
        if found_nothing {
            parts.push("its settings files have not been read".to_owned());
        }
    } else {
        let unread = facts.agent.settings_files.iter().filter_map(|file| match &file.variables {
            // Other causes tell about invalid managed settings.
            Err(FileProblem::Invalid(_)) if file.layer == SettingsLayer::Managed => None,
            Err(problem) => Some((&file.path, problem.clause())),
            Ok(_) => None,
        });
        let is_off_by_clawker =
            findings.iter().any(|finding| finding.cause.code == CauseCode::DisabledBecauseStackWasDown);
        let of_clawker = facts.agent.clawker.unread.iter().filter(|_| is_off_by_clawker);
        let of_clawker = of_clawker.map(|file| (&file.path, file.why.as_str()));
        let unread: Vec<_> = unread.chain(of_clawker).collect();
        let said = unread.iter().take(MOST_LISTED).map(|(path, why)| format!("{}: {why}", backticked(path)));
        parts.extend(said);
        if unread.len() > MOST_LISTED {
            parts.push(format!("{} more files", unread.len() - MOST_LISTED));
        }
        let helper = facts.agent.settings_files.iter().find(|file| file.has_headers_helper).filter(|_| found_nothing);
        parts.extend(helper.map(|file| {
            let path = backticked(&file.path);
            format!("{path}: `otelHeadersHelper` is a command; if it fails, Claude Code sends nothing")
        }));
        if found_nothing && facts.release.is_none() {
            parts.push("the version of Claude Code was not found".to_owned());
        }
    }
    if parts.is_empty() {
        return None;
    }
    let fix = fix_without_command(FixKind::None);
    Some(Finding::new(Severity::Note, CauseCode::NotChecked, parts.join("; "), fix))
}
