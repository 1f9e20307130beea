//! Takes over the page that the server rendered.

use std::time::Duration;

use leptos::prelude::*;

use crate::{App, routes::load_part_of, scroll_memory};

/// How long to wait before loading a part again.
const PAUSE: Duration = Duration::from_secs(1);

/// Hydrates the page once its part is loaded. If the part can't be loaded, the page stays as it is without JavaScript:
/// correct, with working links and forms.
pub fn hydrate() {
    hydrate_when_loaded(3);
}

/// Tries that many times: browsers abort requests when a network appears or disappears, which happens with each container
/// that starts.
fn hydrate_when_loaded(attempts: u8) {
    wasm_bindgen_futures::spawn_local(async move {
        let path = window().location().pathname().unwrap_or_default();
        match load_part_of(&path).await {
            // Going back before the page is live changes the address, but not the document.
            Ok(()) if has_another_address() => drop(window().location().reload()),
            Ok(()) => {
                leptos::mount::hydrate_body(App);
                scroll_memory::start();
            }
            Err(_) if attempts > 1 => set_timeout(move || hydrate_when_loaded(attempts - 1), PAUSE),
            Err(_) => {}
        }
    });
}

/// Whether the document was rendered for another path than that in the address bar, and is to be loaded again. Only once for
/// each path, so that a path that server and browser write differently is not loaded forever.
fn has_another_address() -> bool {
    const LOADED_AGAIN: &str = "loaded-again";
    let rendered = document().body().and_then(|body| body.get_attribute("data-path"));
    let path = window().location().pathname().ok();
    let (Some(rendered), Some(path), Ok(Some(storage))) = (rendered, path, window().session_storage()) else {
        return false;
    };
    let was_loaded_again = storage.get_item(LOADED_AGAIN).ok().flatten().as_ref() == Some(&path);
    let differs = rendered != path;
    // Where it can't be stored, it would be loaded forever.
    let is_noted = if differs { storage.set_item(LOADED_AGAIN, &path) } else { storage.remove_item(LOADED_AGAIN) };
    differs && !was_loaded_again && is_noted.is_ok()
}
