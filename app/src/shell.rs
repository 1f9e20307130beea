//! The HTML document around the app. Knows the addresses of the assets, and nothing of what the pages show.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::app::App;

/// Where the hashed assets are. A missing one is left out: without its script the panel is plain pages and forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteEntry {
    /// The stylesheet.
    pub stylesheet: Option<String>,
    /// The JavaScript module that `wasm-bindgen` made.
    pub script: Option<String>,
    /// The JavaScript module that the first one imports: it loads the other pages' parts of the WebAssembly.
    pub loader: Option<String>,
    /// The WebAssembly that the module instantiates.
    pub wasm: Option<String>,
}

/// The document. Takes `SiteEntry` from context, and the nonce that the response's policy allows.
pub fn shell() -> impl IntoView {
    let SiteEntry { stylesheet, script, loader, wasm } = use_context().unwrap_or_default();
    let at_work = use_context::<crate::api::Plane>()
        .and_then(|plane| plane.snapshot().ok())
        .is_some_and(|snapshot| snapshot.running_job().is_some());
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#f8f8f6" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#14171a" media="(prefers-color-scheme: dark)" />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                {stylesheet.map(|href| view! { <link rel="stylesheet" href=href /> })}
                {script.zip(wasm).map(|(script, wasm)| view! { <Hydration script loader wasm /> })}
                // Without JavaScript the page asks again by itself, as long as a job is at work.
                {at_work.then(|| view! { <noscript><meta http-equiv="refresh" content="2" /></noscript> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Loads script and WebAssembly side by side, then hydrates. Tried three times: Chromium gives up what it is loading when
/// a network comes or goes, as it does on this machine with every container.
#[component]
fn Hydration(script: String, loader: Option<String>, wasm: String) -> impl IntoView {
    let start = format!(
        "import init, {{ hydrate }} from {script:?};\n\
         const load = (more) => init({{ module_or_path: {wasm:?} }}).catch((error) => {{\n\
         if (more === 0) throw error;\n\
         return new Promise((later) => setTimeout(later, 500)).then(() => load(more - 1));\n\
         }});\n\
         await load(2);\n\
         hydrate();",
    );
    view! {
        <link rel="modulepreload" href=script />
        {loader.map(|href| view! { <link rel="modulepreload" href=href /> })}
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        <script type="module" nonce=use_nonce() inner_html=start></script>
    }
}
