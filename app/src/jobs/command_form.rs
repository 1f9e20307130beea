//! The buttons that give commands, and the note where the server refused one.

use leptos::{ev::SubmitEvent, prelude::*};

use super::{Command, Situation};
use crate::{
    api::ApiError,
    components::{ErrorNote, close_dialog},
    forms::{post_form, posted_refusal},
    live::{Carried, Live},
};

/// The requests of one page. All buttons of a page share it, so that a refusal is shown in one place.
#[derive(Debug, Clone, Copy)]
pub struct Commands {
    refusal: RwSignal<Option<(Command, ApiError)>>,
    pending: RwSignal<bool>,
    /// Whether a button of this page was pressed. It may be gone afterwards, and the focus with it.
    pressed: RwSignal<bool>,
}

impl Commands {
    /// Must be called within a route: there the refusal of a form that was posted without JavaScript is in context.
    pub fn new() -> Commands {
        let posted = SharedValue::new_str(|| Carried(posted_command())).into_inner().0;
        let refusal = posted.and_then(|(index, error)| Some((Command::at_index(index)?, error)));
        let refusal = RwSignal::new(refusal);
        let situation = Live::get().derive_linked(Situation::of);
        Effect::new(move |before: Option<Situation>| {
            let now = situation.get();
            if before.is_some_and(|before| before.has_improved(&now)) {
                refusal.set(None);
            }
            now
        });
        Commands { refusal, pending: RwSignal::new(false), pressed: RwSignal::new(false) }
    }

    /// Whether a button was pressed and the focus may have gone with it. `false` from then on.
    #[cfg(feature = "hydrate")]
    pub fn take_pressed(self) -> bool {
        let was_pressed = self.pressed.get_untracked();
        self.pressed.set(false);
        was_pressed
    }

    fn send(self, command: Command) {
        self.pressed.set(true);
        self.refusal.set(None);
        self.pending.set(true);
        leptos::task::spawn_local(async move {
            let answer = post_form(command.url(), command.body()).await;
            self.pending.try_set(false);
            if let Err(error) = answer {
                self.refusal.try_set(Some((command, error)));
            }
        });
    }
}

fn posted_command() -> Option<(u8, ApiError)> {
    let (url, error) = posted_refusal()?;
    Some((Command::index_of_url(&url)?, error))
}

/// Why the server refused the last command.
#[component]
pub fn CommandRefusal(commands: Commands) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                let refusal = commands.refusal.get();
                refusal
                    .map(|(command, error)| view! { <ErrorNote title=command.refusal_title().to_owned() error /> })
                    .into_any()
            }}
        </div>
    }
}

/// The form of a command: one button.
#[component]
pub fn CommandButton(
    commands: Commands,
    command: Command,
    /// `primary`, `plain`, `quiet` or `danger`.
    rank: &'static str,
    /// The id of the dialog to close when the button is pressed.
    #[prop(optional)]
    closes: Option<&'static str>,
) -> impl IntoView {
    let shown_at = clock();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        // *Cancel* takes the place of *Start stack*: the second click of a double click is not meant for it.
        if command == Command::Cancel && clock() - shown_at < DOUBLE_CLICK_MS {
            return;
        }
        if let Some(id) = closes {
            close_dialog(id);
        }
        commands.send(command);
    };
    view! {
        <form method="post" action=command.url() on:submit=submit>
            {(command == Command::Replace).then(|| view! { <input type="hidden" name="replace" value="true" /> })}
            <button
                type="submit"
                class="button"
                data-rank=rank
                aria-busy=move || commands.pending.get().to_string()
            >
                {command.label()}
            </button>
        </form>
    }
}

/// The longest time between the clicks of a double click, in milliseconds; systems use 500.
const DOUBLE_CLICK_MS: f64 = 700.0;

/// Milliseconds since the page was loaded.
#[cfg(feature = "hydrate")]
fn clock() -> f64 {
    window().performance().map(|performance| performance.now()).unwrap_or_default()
}

/// Only the browser has clicks to tell apart.
#[cfg(not(feature = "hydrate"))]
fn clock() -> f64 {
    0.0
}
