//! What the doctor found: first what stands in the way, then, folded up, what is in order.

use leptos::prelude::*;
use monitor_core::{
    doctor::{Check, Checkup, Finding, Grade},
    live::Snapshot,
};

use crate::{
    components::{Icon, Prose, Tone},
    jobs::{Command, CommandButton, Commands},
    live::Live,
    reactive::{Derived, show_if},
    words,
};

/// Whether something stands in the way of a start that the page does not say elsewhere. Such findings go before the
/// services.
pub fn comes_first(snapshot: &Snapshot) -> bool {
    let told_elsewhere = |check: Check| matches!(check, Check::Engine | Check::Settings | Check::Files);
    let stands_in_the_way = |finding: &Finding| finding.grade == Grade::Problem && !told_elsewhere(finding.check);
    snapshot.checkup.as_ref().is_some_and(|checkup| checkup.findings.iter().any(stands_in_the_way))
}

/// Whether somebody should read it now. The ends of life are told beside the services.
pub fn is_open(finding: &Finding) -> bool {
    finding.grade != Grade::Ok && finding.check != Check::EndOfLife
}

/// The sum in words.
pub fn sum(checkup: &Checkup) -> String {
    match (checkup.count(Grade::Problem), checkup.findings.iter().filter(|finding| is_open(finding)).count()) {
        (0, 0) => "Nothing stands in the way.".into(),
        (0, 1) => "One thing to know.".into(),
        (0, some) => format!("{} things to know.", words::sentence(&words::count(some)).trim_end_matches('.')),
        (1, _) => "One problem to solve.".into(),
        (some, _) => format!("{} problems to solve.", words::sentence(&words::count(some)).trim_end_matches('.')),
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
        Some(checkup) => sum(checkup),
        None => "Looking at this machine…".into(),
    });
    let age = live.derive_timed(|snapshot, now| {
        let checkup = snapshot.checkup.as_ref();
        checkup.map(|checkup| format!("Checked {}.", words::ago(checkup.checked_at, now))).unwrap_or_default()
    });
    let folded = Derived::new(move || findings.with(|findings| folded_words(findings)));
    let any = Derived::new(move || findings.with(|findings| !findings.is_empty()));
    view! {
        <section class="card checks" aria-labelledby="checks">
            <div class="card-head">
                <h2 id="checks">"Checks"</h2>
                <p class="fact">{move || words.get()} " " {move || age.get()}</p>
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
fn folded_words(findings: &[Finding]) -> String {
    match findings.iter().filter(|finding| !is_open(finding)).count() {
        all if all == findings.len() => format!("All {all} checks"),
        others => format!("The other {others} checks"),
    }
}

/// The findings that are to be read now, or the others.
fn list(findings: &[Finding], open: bool) -> AnyView {
    let rows: Vec<AnyView> = findings.iter().filter(|finding| is_open(finding) == open).map(row).collect();
    match rows.is_empty() {
        true => ().into_any(),
        false => view! { <ul>{rows}</ul> }.into_any(),
    }
}

fn row(finding: &Finding) -> AnyView {
    let (tone, grade) = match finding.grade {
        Grade::Ok => (Tone::Ok, "In order: "),
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
