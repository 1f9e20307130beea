//! What the doctor found: problems and warnings first, then, folded, the checks that passed.

use leptos::prelude::*;
use monitor_core::{
    doctor::{Check, Checkup, Finding, Grade},
    live::Snapshot,
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
    snapshot.checkup.as_ref().is_some_and(|checkup| checkup.findings.iter().any(is_problem))
}

/// Whether the finding needs attention. Services without support are marked in the table of services instead.
pub fn needs_attention(finding: &Finding) -> bool {
    finding.grade != Grade::Ok && finding.check != Check::EndOfLife
}

/// Counts the findings: `1 problem`, `2 warnings`.
pub fn summary(checkup: &Checkup) -> String {
    match (checkup.count(Grade::Problem), checkup.findings.iter().filter(|finding| needs_attention(finding)).count()) {
        (0, 0) => "No problems found.".into(),
        (0, warnings) => format!("{}.", words::plural(warnings, "warning", "warnings")),
        (problems, _) => format!("{}.", words::plural(problems, "problem", "problems")),
    }
}

/// The card.
#[component]
pub fn Checks(commands: Commands) -> impl IntoView {
    let live = Live::get();
    let findings = live.derive(|snapshot| match &snapshot.checkup {
        Some(checkup) => checkup.findings.clone(),
        None => Vec::new(),
    });
    let words = live.derive(|snapshot| match &snapshot.checkup {
        Some(checkup) => summary(checkup),
        None => "Checking…".into(),
    });
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
