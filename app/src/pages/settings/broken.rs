//! A settings file that cannot be used: why, where, and a small editor to mend it in.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use monitor_core::settings_page::SettingsPage;

use super::{
    editing::Editing,
    query,
    request::{Request, RequestRefusal},
};
use crate::{
    api::{ApiError, MendSettings},
    components::ErrorNote,
    reactive::{Derived, show_if},
};

/// The note, and the editor where there is a text to edit.
#[component]
pub fn Broken(editing: Editing, mend: Request) -> impl IntoView {
    let error = Derived::new(move || editing.page.with(|page| page.broken.as_ref().map(|broken| broken.error.clone())));
    // Counts the texts that were taken into the editor. Another text on disk does not take away what is typed there.
    let taken = RwSignal::new(0_u32);
    view! {
        {move || {
            error.get().map(|error| {
                let title = "The settings file cannot be used".to_owned();
                view! { <ErrorNote title error=ApiError::Stack(error) /> }
            }).into_any()
        }}
        {move || {
            taken.track();
            editing.page.with_untracked(text_of).map(|text| view! { <Mend editing mend taken text /> }).into_any()
        }}
    }
}

fn text_of(page: &SettingsPage) -> Option<String> {
    page.broken.as_ref()?.text.clone()
}

#[component]
fn Mend(editing: Editing, mend: Request, taken: RwSignal<u32>, text: String) -> impl IntoView {
    let (file, base) = editing.page.with_untracked(|page| (page.file.clone(), page.base.clone()));
    let rows = (text.lines().count() + 2).clamp(8, 30);
    let area = NodeRef::<leptos::html::Textarea>::new();
    let changed = {
        let base = base.clone();
        Derived::new(move || editing.page.with(|page| page.base != base))
    };
    let submit = {
        let base = base.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let Some(area) = area.get_untracked() else { return };
            let body = query::write([("text", area.value().as_str()), ("base", base.as_str())]);
            mend.send(body, move || editing.load(Some(taken)));
        }
    };
    view! {
        <form class="card file-editor" method="post" action=MendSettings::url() on:submit=submit>
            <input type="hidden" name="base" value=base />
            <div class="card-head">
                <h2>
                    <label for="mend">"Mend the file"</label>
                </h2>
                <code class="file-path">{file}</code>
            </div>
            <textarea
                id="mend"
                name="text"
                rows=rows.to_string()
                spellcheck="false"
                autocomplete="off"
                autocapitalize="off"
                wrap="off"
                aria-describedby="mend-about"
                node_ref=area
            >
                {text}
            </textarea>
            <RequestRefusal request=mend title="The file was not saved" />
            {show_if(changed, move || view! {
                <p class="hint actions">
                    "The file has changed on disk since."
                    <button type="button" class="link-button" on:click=move |_| taken.update(|count| *count += 1)>
                        "Take what is on disk"
                    </button>
                </p>
            })}
            <div class="actions">
                <button
                    type="submit"
                    class="button"
                    data-rank="primary"
                    aria-busy=move || mend.pending().to_string()
                >
                    "Save the file"
                </button>
                <p class="muted" id="mend-about">
                    "It is saved as it stands here, and the old one is kept beside it as a backup. Nothing is applied."
                </p>
            </div>
        </form>
    }
    .into_any()
}
