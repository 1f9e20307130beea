//! The line above the page when what it shows may not be current.

use leptos::prelude::*;

use crate::{
    live::{Link, Live},
    reactive::{Derived, show_if},
};

/// Says that the connection is lost, or that the server is of another build than this page.
#[component]
pub fn LinkBanner() -> impl IntoView {
    let live = Live::get();
    let stale = live.stale();
    let link = live.link();
    let lost = Derived::new(move || link.get() == Link::Lost);
    view! {
        <div class="banner" role="status">
            {show_if(lost, || view! {
                    <p data-tone="bad">
                        <b>"The panel’s server does not answer."</b>
                        " The page shows what was known last, and follows again by itself. See whether "
                        <code>"clawker-monitor"</code> " still runs."
                    </p>
                })}
            {show_if(stale, || view! {
                    <p data-tone="warn">
                        <b>"The panel was updated."</b> " This page is of the previous version. "
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
