//! What is recorded, in sentences that change while editing, and the presets.

use leptos::prelude::*;
use monitor_core::settings::{Kind, PRESETS, Retention, Settings};

use super::{editing::Editing, form::Form};
use crate::{components::show_if, live::Live};

/// The sentences and the presets, above the switches.
#[component]
pub fn Recorded(editing: Editing) -> impl IntoView {
    let recorded = Memo::new(move |_| editing.form.with(Form::recorded));
    let hydrated = Live::get().hydrated();
    let changed = Memo::new(move |_| {
        editing.form.with(|form| form.fields().iter().any(|it| changes_sentences(it.key.kind) && it.changed()))
    });
    let presets = move || {
        PRESETS
            .iter()
            .map(|preset| {
                let holds = Memo::new(move |_| recorded.with(|settings| preset.holds(settings)));
                view! {
                    <button
                        type="button"
                        class="button"
                        data-rank="quiet"
                        title=preset.meaning
                        aria-pressed=move || holds.get().to_string()
                        on:click=move |_| editing.change(|form| form.apply_preset(preset))
                    >
                        {preset.title}
                    </button>
                }
                .into_any()
            })
            .collect::<Vec<_>>()
    };
    view! {
        <div class="recorded-data">
            <div class="actions">
                <h3>{move || if changed.get() { "What will be recorded" } else { "What is recorded now" }.to_owned()}</h3>
                {show_if(hydrated, move || view! { <div class="presets">{presets()}</div> })}
            </div>
            {move || {
                let sentences: Vec<AnyView> = recorded
                    .with(sentences)
                    .into_iter()
                    .map(|sentence| view! { <li>{sentence}</li> }.into_any())
                    .collect();
                view! { <ul>{sentences}</ul> }.into_any()
            }}
        </div>
    }
}

/// Whether settings of that kind change the sentences.
fn changes_sentences(kind: Kind) -> bool {
    matches!(kind, Kind::Switch | Kind::Retention)
}

/// Describes what is recorded, and for how long it is kept.
pub(super) fn sentences(settings: &Settings) -> Vec<String> {
    let days = |retention: Retention| match retention.days() {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let (metrics, logs) = (days(settings.retention.metrics), days(settings.retention.logs));
    let mut sentences = settings.telemetry.privacy_summary();
    sentences.push(if metrics == logs {
        format!("All data is kept for {metrics}.")
    } else {
        format!("Metrics are kept for {metrics}, events for {logs}.")
    });
    sentences
}
