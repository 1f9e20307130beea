//! The HTML document around the app. Knows the addresses of the assets; knows no page.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;
use leptos_router::location::RequestUrl;

use crate::app::App;

/// The addresses of the hashed assets. A missing one is left out; without the script the panel is plain pages and forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteEntry {
    /// The stylesheet.
    pub stylesheet: Option<String>,
    /// The JavaScript module that `wasm-bindgen` generated.
    pub script: Option<String>,
    /// The JavaScript module that the first one imports. It loads the parts of the WebAssembly.
    pub loader: Option<String>,
    /// The main WebAssembly module.
    pub wasm: Option<String>,
}

/// Renders the document. Reads `SiteEntry` and the nonce of the content security policy from context.
pub fn shell() -> impl IntoView {
    let SiteEntry { stylesheet, script, loader, wasm } = use_context().unwrap_or_default();
    let at_work = use_context::<crate::api::Plane>()
        .and_then(|plane| plane.snapshot().ok())
        .is_some_and(|snapshot| snapshot.running_job().is_some());
    // `hydrate` compares it with the address.
    let path = use_context::<RequestUrl>().and_then(|url| Some(path_of(url.as_ref())?.to_owned()));
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
                // Without JavaScript the page reloads while a job is running.
                {at_work.then(|| view! { <noscript><meta http-equiv="refresh" content="2" /></noscript> })}
                <MetaTags />
            </head>
            <body data-path=path>
                <App />
            </body>
        </html>
    }
}

/// Loads script and WebAssembly in parallel, then hydrates. Tries three times: Chromium aborts requests when a network
/// appears or disappears, which happens with each container that starts.
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

/// The path in a URL such as `http://leptos.dev/agents?range=1h`, which is how Leptos names a request.
fn path_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = &rest[rest.find('/')?..];
    path.split(['?', '#']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_request_has_neither_host_nor_query() {
        for (url, path) in [
            ("http://leptos.dev/", Some("/")),
            ("http://leptos.dev/agents?range=1h", Some("/agents")),
            ("/agents/a%20b#x", Some("/agents/a%20b")),
            ("", None),
        ] {
            assert_eq!(path_of(url), path);
        }
    }
}
