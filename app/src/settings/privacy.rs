//! What is recorded, in plain sentences that change as somebody edits, and the choices that are made as a whole.

use leptos::prelude::*;
use monitor_core::settings::{PRESETS, Settings};

use super::editing::Editing;
use crate::{
    components::{part, part_if, text},
    live::{Derived, Live},
};

/// Above the switches.
#[component]
pub fn Recorded(editing: Editing) -> impl IntoView {
    let telemetry = Derived::new(move || editing.form.with(|form| form.telemetry()));
    let hydrated = Live::get().hydrated();
    let changed = Derived::new(move || {
        editing.form.with(|form| form.fields().iter().any(|it| it.key.path.starts_with("telemetry.") && it.changed()))
    });
    let presets = move || {
        PRESETS
            .iter()
            .map(|preset| {
                let holds = Derived::new(move || {
                    preset.holds(&Settings { telemetry: telemetry.get(), ..Settings::default() })
                });
                view! {
                    <button
                        type="button"
                        class="button"
                        data-rank="quiet"
                        title=preset.meaning
                        aria-pressed=text(move || holds.get().to_string())
                        on:click=move |_| editing.change(|form| form.take(preset))
                    >
                        {preset.title}
                    </button>
                }
                .into_any()
            })
            .collect::<Vec<_>>()
    };
    view! {
        <div class="recorded">
            <div class="actions">
                <h3>{text(move || match changed.get() {
                    true => "What would be recorded",
                    false => "What is being recorded now",
                }.to_owned())}</h3>
                {part_if(hydrated, move || view! { <div class="presets">{presets()}</div> }.into_any())}
            </div>
            {part(move || {
                let sentences: Vec<AnyView> = telemetry
                    .with(|telemetry| telemetry.in_words())
                    .into_iter()
                    .map(|sentence| view! { <li>{sentence}</li> }.into_any())
                    .collect();
                view! { <ul>{sentences}</ul> }.into_any()
            })}
        </div>
    }
    .into_any()
}
