//! The buttons that give commands, and the note where the server refused one.

use leptos::{ev::SubmitEvent, prelude::*};

use super::Command;
use crate::{
    api::ApiError,
    components::ErrorNote,
    forms::{post_form, posted_refusal},
    live::Carried,
};

/// The requests of one page. All buttons of a page share it, so that a refusal is shown in one place.
#[derive(Debug, Clone, Copy)]
pub struct Commands {
    refusal: RwSignal<Option<(Command, ApiError)>>,
    pending: RwSignal<bool>,
}

impl Commands {
    /// Must be called within a route: there the refusal of a form that was posted without JavaScript is in context.
    pub fn new() -> Commands {
        let posted = SharedValue::new_str(|| Carried(posted_command())).into_inner().0;
        let refusal = posted.and_then(|(index, error)| Some((Command::at_index(index)?, error)));
        Commands { refusal: RwSignal::new(refusal), pending: RwSignal::new(false) }
    }

    fn send(self, command: Command) {
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
    /// The id of the popover to close when the button is pressed.
    #[prop(optional)]
    closes: Option<&'static str>,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(id) = closes {
            close_popover(id);
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

#[cfg(feature = "hydrate")]
fn close_popover(id: &str) {
    if let Some(element) = document().get_element_by_id(id)
        && let Ok(element) = wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(element)
    {
        // It fails where the popover is already closed.
        let _ = element.hide_popover();
    }
}

/// Only the browser has popovers to close.
#[cfg(not(feature = "hydrate"))]
fn close_popover(_id: &str) {}
