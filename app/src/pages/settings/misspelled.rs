//! Keys in the settings file that look like misspelled settings.

use leptos::prelude::*;

use super::editing::Editing;
use crate::components::{Icon, Prose, Tone, show_if};

/// The note, if there are any.
#[component]
pub fn Misspelled(editing: Editing) -> impl IntoView {
    let sentences = Memo::new(move |_| {
        let sentence = |problem: &monitor_core::problem::Problem| {
            let line = problem.line.map(|line| format!("Line {line}: ")).unwrap_or_default();
            format!("{line}`{}`: {}", problem.field, problem.message)
        };
        editing.page.with(|page| page.misspelled.iter().map(sentence).collect::<Vec<_>>())
    });
    let any = Memo::new(move |_| sentences.with(|sentences| !sentences.is_empty()));
    show_if(any, move || {
        view! {
            <section class="note" data-tone="warn">
                <h2><Icon shape=Tone::Warn.shape() /> "Unknown settings"</h2>
                <ul>
                    {move || sentences.get().into_iter().map(|text| view! { <li><Prose text /></li> }.into_any()).collect_view()}
                </ul>
            </section>
        }
    })
}
