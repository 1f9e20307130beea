//! A state as an icon and a word, so that it is readable without distinguishing colors or shapes.

use leptos::prelude::*;

use super::{Icon, Shape};

/// The kind of a state: its color and its icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Ok,
    /// In progress; changes by itself.
    Busy,
    /// Needs attention.
    Warn,
    /// A problem.
    Bad,
    /// Inactive.
    Off,
}

impl Tone {
    /// The value of `data-tone`.
    pub const fn name(self) -> &'static str {
        match self {
            Tone::Ok => "ok",
            Tone::Busy => "busy",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Off => "off",
        }
    }

    /// The icon. Each tone has its own.
    pub const fn shape(self) -> Shape {
        match self {
            Tone::Ok => Shape::Check,
            Tone::Busy => Shape::Arc,
            Tone::Warn => Shape::Triangle,
            Tone::Bad => Shape::Cross,
            Tone::Off => Shape::Ring,
        }
    }
}

/// A state that changes.
#[component]
pub fn Chip(
    /// Its color and icon.
    #[prop(into)]
    tone: Signal<Tone>,
    /// Its text.
    #[prop(into)]
    word: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="chip" data-tone=move || tone.get().name().to_owned()>
            {move || view! { <Icon shape=tone.get().shape() /> }.into_any()}
            {move || word.get()}
        </span>
    }
}

/// A state that does not change. Cheaper than `Chip`, because it has no effects.
pub fn chip(tone: Tone, word: &str) -> AnyView {
    view! {
        <span class="chip" data-tone=tone.name()>
            <Icon shape=tone.shape() />
            {word.to_owned()}
        </span>
    }
    .into_any()
}
