//! What the stack page offers besides plain commands: the question before data is removed, and the way to Grafana.

use leptos::prelude::*;

use crate::{
    components::{Icon, Shape, Tone},
    jobs::{Command, CommandButton, Commands},
};

/// `Remove stack and data`, which asks first. The question is a popover: it opens, closes on Escape and hands the
/// focus back without a line of script.
#[component]
pub fn RemoveForm(commands: Commands) -> impl IntoView {
    view! {
        <button type="button" class="button needs-confirmation" data-rank="danger" popovertarget="remove">
            "Remove stack and data"
        </button>
        <dialog id="remove" popover="auto" aria-labelledby="remove-title">
            <h2 id="remove-title">
                <Icon shape=Tone::Warn.shape() />
                "Remove the stack and all recorded data?"
            </h2>
            <p>
                "The containers go, and with them three volumes: the metrics in Prometheus, the events in Loki, and \
                 what was changed in Grafana. This cannot be undone."
            </p>
            <p>"The configuration files stay, and so does the agents’ network."</p>
            <div class="actions">
                <button type="button" class="button" popovertarget="remove" popovertargetaction="hide">
                    "Keep everything"
                </button>
                <CommandButton commands command=Command::Remove rank="danger" closes="remove" />
            </div>
        </dialog>
    }
}

/// Opens a service's own page.
#[component]
pub fn OpenPage(url: String, words: &'static str) -> impl IntoView {
    view! {
        <a class="button" data-rank="primary" href=url target="_blank" rel="noreferrer">
            {words}
            <Icon shape=Shape::Out />
        </a>
    }
}
