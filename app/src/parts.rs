//! Parts of the WebAssembly, so that the browser loads a page's code only when the page is opened. The stack page is in
//! the main module. Each other page is behind a function marked `#[wasm_split]`, where xtask cuts the module.
//!
//! Nothing is cut on the server: there the same functions return at once. Which page is in which part is in `routes`.

use leptos::prelude::*;
use leptos_router::hooks::use_url;

use crate::{
    components::{Icon, Tone},
    live::Live,
};

/// The browser could not load a part. The reason is in its console.
pub use leptos::wasm_split::SplitLoaderError as NotLoaded;

/// Returns the page, or a note where its part could not be loaded.
pub fn page_or_note(page: Result<AnyView, NotLoaded>) -> AnyView {
    page.unwrap_or_else(|_| view! { <NotLoadedNote /> }.into_any())
}

/// Shown in place of the page. After an update the parts have other names, so a stale page reloads at once. If the server
/// can't be reached, the reader decides when to try again.
#[component]
fn NotLoadedNote() -> impl IntoView {
    let address = use_url().with_untracked(|url| match url.search() {
        "" => url.path().to_owned(),
        search => format!("{}?{search}", url.path()),
    });
    let stale = Live::get().stale();
    Effect::new(move |_| {
        if stale.get() {
            // The router writes the new address after showing this note; only then does a reload open that address.
            set_timeout(|| drop(window().location().reload()), std::time::Duration::ZERO);
        }
    });
    view! {
        <section class="note" data-tone="bad">
            <h2>
                <Icon shape=Tone::Bad.shape() />
                "This page could not be loaded"
            </h2>
            <p>"The panel's server did not send it."</p>
            <p class="hint">
                <b>"Next: "</b>
                "Check that "
                <code>"clawker-monitor"</code>
                " is still running, then open the page again."
            </p>
            <div class="actions">
                <a class="button" href=address rel="external">
                    "Open the page again"
                </a>
            </div>
        </section>
    }
}
