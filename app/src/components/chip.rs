//! A state as a shape and a word, so that neither colour nor shape must be told apart to read it.

use leptos::prelude::*;

use super::{Icon, Shape};

/// How a state feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As wanted.
    Ok,
    /// At work, will change by itself.
    Busy,
    /// Needs a look.
    Warn,
    /// Wrong.
    Bad,
    /// At rest.
    Off,
}

impl Tone {
    /// The word in `data-tone`.
    pub const fn name(self) -> &'static str {
        match self {
            Tone::Ok => "ok",
            Tone::Busy => "busy",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Off => "off",
        }
    }

    /// Every tone has a shape of its own.
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

/// The state.
#[component]
pub fn Chip(
    /// How it feels.
    #[prop(into)]
    tone: Signal<Tone>,
    /// What it is.
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

/// A state that does not change by itself: the same, without anything that watches.
pub fn chip(tone: Tone, word: &str) -> AnyView {
    view! {
        <span class="chip" data-tone=tone.name()>
            <Icon shape=tone.shape() />
            {word.to_owned()}
        </span>
    }
    .into_any()
}
