//! The line above the page while what it shows may be outdated.

use leptos::prelude::*;

use crate::{
    components::show_if,
    live::{Link, Live},
};

/// Shown while the connection is lost, or when the server has been updated.
#[component]
pub fn LinkBanner() -> impl IntoView {
    let live = Live::get();
    let stale = live.stale();
    let link = live.link();
    let lost = Memo::new(move |_| link.get() == Link::Lost);
    view! {
        <div class="banner" role="status">
            {show_if(lost, || view! {
                    <p data-tone="bad">
                        <b>"Can't reach the panel's server."</b>
                        " This page shows the last known state and reconnects automatically. Check that "
                        <code>"clawker-monitor"</code> " is still running."
                    </p>
                })}
            {show_if(stale, || view! {
                    <p data-tone="warn">
                        <b>"The panel was updated."</b> " This page is from the previous version. "
                        <button
                            type="button"
                            class="button"
                            on:click=move |_| {
                                let _ = window().location().reload();
                            }
                        >
                            "Reload"
                        </button>
                    </p>
                })}
        </div>
    }
}
