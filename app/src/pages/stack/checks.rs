//! What the doctor found: problems and warnings first, then, folded, the checks that passed.

use leptos::prelude::*;
use monitor_core::{
    doctor::{Check, Finding, Grade},
    live::Snapshot,
    status::StackState,
};

use crate::{
    components::{Icon, Prose, Tone, show_if},
    jobs::{Command, CommandButton, Commands},
    live::Live,
    words,
};

/// Whether there is a problem that will make a start fail and that the page does not show elsewhere. If so, the checks are
/// shown above the services.
pub fn has_problem_to_show_first(snapshot: &Snapshot) -> bool {
    let shown_elsewhere = |check: Check| matches!(check, Check::Engine | Check::Settings | Check::Files);
    let is_problem = |finding: &Finding| finding.grade == Grade::Problem && !shown_elsewhere(finding.check);
    shown(snapshot).iter().any(is_problem)
}

/// The findings to show. While a job is running, those about what it is changing are out of date with its next step, and
/// their advice would be to start the job again.
pub fn shown(snapshot: &Snapshot) -> Vec<Finding> {
    let changed_by_job = |finding: &Finding| match finding.check {
        Check::Settings | Check::Files | Check::Port | Check::ContainerName | Check::Network | Check::Health => true,
        Check::Engine
        | Check::DataFolder
        | Check::Address
        | Check::DiskSpace
        | Check::ImageVersion
        | Check::EndOfLife => false,
    };
    let at_work = snapshot.running_job().is_some();
    let findings = snapshot.checkup.iter().flat_map(|checkup| &checkup.findings);
    findings.filter(|finding| !at_work || finding.grade == Grade::Ok || !changed_by_job(finding)).cloned().collect()
}

/// Whether the finding needs attention. Services without support are marked in the table of services instead.
pub fn needs_attention(finding: &Finding) -> bool {
    finding.grade != Grade::Ok && finding.check != Check::EndOfLife
}

/// Counts the findings: `1 problem`, `2 warnings`.
pub fn summary(snapshot: &Snapshot) -> String {
    if snapshot.checkup.is_none() {
        return "Checking…".into();
    }
    let findings = shown(snapshot);
    let problems = findings.iter().filter(|finding| finding.grade == Grade::Problem).count();
    match (problems, findings.iter().filter(|finding| needs_attention(finding)).count()) {
        (0, 0) if snapshot.running_job().is_some() => "They are repeated when the job is done.".into(),
        // The page says above what is not running or not ready; no check is about that.
        (0, 0) if snapshot.stack == StackState::Partial => "No other problems found.".into(),
        (0, 0) => "No problems found.".into(),
        (0, warnings) => format!("{}.", words::plural(warnings, "warning", "warnings")),
        (problems, _) => format!("{}.", words::plural(problems, "problem", "problems")),
    }
}

/// The card.
#[component]
pub fn Checks(commands: Commands) -> impl IntoView {
    let live = Live::get();
    let findings = live.derive(shown);
    let words = live.derive(summary);
    let age = live.derive_timed(|snapshot, now| {
        let checkup = snapshot.checkup.as_ref();
        checkup.map(|checkup| format!("Checked {}.", words::ago(checkup.checked_at, now))).unwrap_or_default()
    });
    let folded = Memo::new(move |_| findings.with(|findings| passed_label(findings)));
    let any = Memo::new(move |_| findings.with(|findings| !findings.is_empty()));
    view! {
        <section class="card checks" aria-labelledby="checks">
            <div class="card-head">
                <h2 id="checks">"Checks"</h2>
                <p class="muted">{move || words.get()} " " {move || age.get()}</p>
                <CommandButton commands command=Command::CheckUp rank="quiet" />
            </div>
            {move || findings.with(|findings| list(findings, true))}
            {show_if(any, move || view! {
                <details>
                    <summary>{move || folded.get()}</summary>
                    {move || findings.with(|findings| list(findings, false))}
                </details>
            })}
        </section>
    }
}

/// `All 17 checks`, `The other 15 checks`.
fn passed_label(findings: &[Finding]) -> String {
    match findings.iter().filter(|finding| !needs_attention(finding)).count() {
        all if all == findings.len() => format!("All {all} checks"),
        others => format!("The other {others} checks"),
    }
}

/// The findings that need attention, or the others.
fn list(findings: &[Finding], open: bool) -> AnyView {
    let rows: Vec<AnyView> = findings.iter().filter(|finding| needs_attention(finding) == open).map(row).collect();
    if rows.is_empty() { ().into_any() } else { view! { <ul>{rows}</ul> }.into_any() }
}

fn row(finding: &Finding) -> AnyView {
    let (tone, grade) = match finding.grade {
        Grade::Ok => (Tone::Ok, "OK: "),
        Grade::Warning => (Tone::Warn, "Warning: "),
        Grade::Problem => (Tone::Bad, "Problem: "),
    };
    let next = finding.next.as_ref().map(|next| {
        let text = words::sentence(next);
        view! {
            <p class="hint">
                <b>"Next: "</b>
                <Prose text />
            </p>
        }
        .into_any()
    });
    view! {
        <li data-tone=tone.name()>
            <Icon shape=tone.shape() />
            <div>
                <p class="check-title">
                    <span class="visually-hidden">{grade}</span>
                    <Prose text=finding.summary.clone() />
                </p>
                <p class="muted">
                    <Prose text=words::sentence(&finding.evidence) />
                </p>
                {next}
            </div>
        </li>
    }
    .into_any()
}
