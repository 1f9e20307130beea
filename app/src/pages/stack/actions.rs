//! The buttons of the stack page that need more than a form: removing data asks first, and Grafana opens in a new tab.

use leptos::prelude::*;

use crate::{
    components::{Icon, Shape, Tone, close_dialog, open_dialog},
    jobs::{Command, CommandButton, Commands},
};

/// `Remove stack and data`, which asks first.
#[component]
pub fn RemoveForm(commands: Commands) -> impl IntoView {
    view! {
        <button
            type="button"
            class="button needs-confirmation"
            data-rank="danger"
            popovertarget="remove"
            on:click=|event| open_dialog(&event, "remove")
        >
            "Remove stack and data"
        </button>
        <dialog id="remove" popover="auto" aria-labelledby="remove-title">
            <h2 id="remove-title">
                <Icon shape=Tone::Warn.shape() />
                "Remove the stack and all recorded data?"
            </h2>
            <p>
                "This deletes the containers and all volumes: the metrics in Prometheus, the events in Loki, the traces in \
                 Jaeger, your changes in Grafana, and what waits in the collector's queue. It can't be undone."
            </p>
            <p>"The configuration files and the agents' network are kept."</p>
            <div class="actions">
                <button
                    type="button"
                    class="button"
                    popovertarget="remove"
                    popovertargetaction="hide"
                    on:click=|_| close_dialog("remove")
                >
                    "Keep everything"
                </button>
                <CommandButton commands command=Command::Remove rank="danger" closes="remove" />
            </div>
        </dialog>
    }
}

/// A link that opens a service's own page in a new tab.
#[component]
pub fn OpenPage(url: String, words: &'static str) -> impl IntoView {
    view! {
        <a class="button" data-rank="primary" href=url target="_blank" rel="noreferrer">
            {words}
            <Icon shape=Shape::Out />
        </a>
    }
}
