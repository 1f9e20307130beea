//! The parts that the WebAssembly comes in, so that a page weighs on those alone who open it. The stack's page is in the
//! main module; each other page is behind a function of its own marked `#[wasm_split]`, and xtask cuts there.
//!
//! On the server nothing is cut: the same functions answer at once.

use leptos::prelude::*;
use leptos_router::hooks::use_url;

use crate::{
    components::{Icon, Tone},
    live::Live,
};

/// The browser could not load a part. It has said why in its console.
pub use leptos::wasm_split::SplitLoaderError as NotLoaded;

/// The page, or where its part could not be loaded, a note that says so.
pub fn page_or_note(page: Result<AnyView, NotLoaded>) -> AnyView {
    page.unwrap_or_else(|_| view! { <NotLoadedNote /> }.into_any())
}

/// Takes over the page that the server rendered, once the part it is in has come. Where it does not come, the page stays
/// what it is without JavaScript: right, with links that link and forms that post.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    hydrate_when_loaded(3);
}

/// A browser gives up what it is loading when a network comes or goes, as it does with each container that starts; so
/// once is not enough.
#[cfg(feature = "hydrate")]
fn hydrate_when_loaded(attempts: u8) {
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);
    wasm_bindgen_futures::spawn_local(async move {
        let path = window().location().pathname().unwrap_or_default();
        match load(&path).await {
            Ok(()) => leptos::mount::hydrate_body(crate::App),
            Err(_) if attempts > 1 => set_timeout(move || hydrate_when_loaded(attempts - 1), PAUSE),
            Err(_) => {}
        }
    });
}

/// Begins to load the part of the page at that path, for somebody who is about to go there.
pub fn fetch_ahead(path: &'static str) {
    leptos::task::spawn_local(async move {
        // Without success nothing is lost: it is tried again, and complained about, when the page is opened.
        let _ = load(path).await;
    });
}

/// Loads the part that the page at that path is in. **Invariant:** every route that is `Lazy` is here, since hydration
/// itself does not wait for parts.
async fn load(path: &str) -> Result<(), NotLoaded> {
    match path.split('/').nth(1) {
        Some("agents") => crate::pages::agents::load_part().await,
        Some("files") => crate::pages::files::load_part().await,
        Some("settings") => crate::pages::settings::load_part().await,
        Some("logs") => crate::pages::logs::load_part().await,
        _ => Ok(()),
    }
}

/// Shown in place of the page. A server of another build has parts of other names, and then its own page is asked for at
/// once; a server that does not answer is left to the reader, who sees here that there is something to do.
#[component]
fn NotLoadedNote() -> impl IntoView {
    let address = use_url().with_untracked(|url| match url.search() {
        "" => url.path().to_owned(),
        search => format!("{}?{search}", url.path()),
    });
    let stale = Live::get().stale();
    Effect::new(move |_| {
        if stale.get() {
            // The router writes the new address once it has shown this; only then is it the one to reload.
            set_timeout(|| drop(window().location().reload()), std::time::Duration::ZERO);
        }
    });
    view! {
        <section class="note" data-tone="bad">
            <h2>
                <Icon shape=Tone::Bad.shape() />
                "This page could not be loaded"
            </h2>
            <p>"A page is fetched from the panel’s server when it is first opened, and the server did not send it."</p>
            <p class="hint">
                <b>"Next: "</b>
                "See whether "
                <code>"clawker-monitor"</code>
                " still runs, then open the page again."
            </p>
            <div class="actions">
                <a class="button" href=address rel="external">
                    "Open the page again"
                </a>
            </div>
        </section>
    }
}
