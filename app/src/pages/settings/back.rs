//! The link from the preview back to the form.

use leptos::prelude::*;

/// Leads back to the form, which fills itself from the address.
#[component]
pub fn BackToSettings(
    /// The changes, as the address carries them.
    asked: String,
) -> impl IntoView {
    view! {
        <a class="button" href=format!("/settings?{asked}")>
            "Back to settings"
        </a>
    }
}
