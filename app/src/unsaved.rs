//! Asks before input that was not saved is lost: by a link to another page, or by closing the tab.

use leptos::{
    ev::{self, MouseEvent},
    prelude::*,
};

#[cfg(feature = "hydrate")]
const QUESTION: &str = "Your changes are not saved. Leave the page and lose them?";

/// Whether the page has input that was not saved.
#[derive(Debug, Clone, Copy)]
pub struct Unsaved(RwSignal<bool>);

impl Unsaved {
    /// Provides it as context, and asks before the tab is closed.
    pub fn start() -> Unsaved {
        let unsaved = Unsaved(RwSignal::new(false));
        provide_context(unsaved);
        Effect::new(move |_| {
            window_event_listener(ev::beforeunload, move |event| {
                if unsaved.0.get_untracked() {
                    event.prevent_default();
                }
            });
        });
        unsaved
    }

    /// Follows what a page says, until the page is left.
    pub fn follow(is_unsaved: Memo<bool>) {
        let unsaved: Unsaved = expect_context();
        Effect::new(move |_| unsaved.0.set(is_unsaved.get()));
        on_cleanup(move || {
            unsaved.0.try_set(false);
        });
    }

    /// Asks if the click is on a link to another page. Must be called before the router hears of the click.
    #[cfg(feature = "hydrate")]
    pub fn ask_before_leaving(self, event: &MouseEvent) {
        if !self.0.get_untracked() || !leads_away(event) {
            return;
        }
        if window().confirm_with_message(QUESTION).unwrap_or(true) {
            // Asked once: the page may also be loaded anew.
            self.0.set(false);
        } else {
            event.prevent_default();
            event.stop_propagation();
        }
    }

    /// Only the browser has clicks.
    #[cfg(not(feature = "hydrate"))]
    pub fn ask_before_leaving(self, _event: &MouseEvent) {}
}

/// Whether a click follows a link to another page in this tab.
#[cfg(feature = "hydrate")]
fn leads_away(event: &MouseEvent) -> bool {
    use wasm_bindgen::JsCast;

    let in_new_tab =
        event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() || event.button() != 0;
    let link = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let link = link.and_then(|element| element.closest("a[href]").ok().flatten()).filter(|_| !in_new_tab);
    let address = link.filter(|link| !link.has_attribute("target")).and_then(|link| link.get_attribute("href"));
    // The pages below the current one keep the input in their addresses.
    let here = window().location().pathname().unwrap_or_default();
    address.is_some_and(|address| !address.starts_with(['#', '?']) && !address.starts_with(&here))
}
