//! A settings file that is invalid: why, where, and an editor to fix it.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use monitor_core::settings_page::SettingsPage;

use super::{
    editing::Editing,
    query,
    request::{Request, RequestRefusal},
};
use crate::{
    api::{ApiError, MendSettings},
    components::{ErrorNote, show_if},
};

/// The note, and the editor where the file can be read.
#[component]
pub fn Broken(editing: Editing, mend: Request) -> impl IntoView {
    let error = Memo::new(move |_| editing.page.with(|page| page.broken.as_ref().map(|broken| broken.error.clone())));
    // Counts how often the editor was filled from disk. A change on disk does not overwrite what is being typed.
    let taken = RwSignal::new(0_u32);
    view! {
        {move || {
            error.get().map(|error| {
                let title = "The settings file is invalid".to_owned();
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
        Memo::new(move |_| editing.page.with(|page| page.base != base))
    };
    let submit = {
        let base = base.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let Some(area) = area.get_untracked() else { return };
            let body = query::encode_query([("text", area.value().as_str()), ("base", base.as_str())]);
            mend.send(body, move || editing.load(Some(taken)));
        }
    };
    view! {
        <form class="card file-editor" method="post" action=MendSettings::url() on:submit=submit>
            <input type="hidden" name="base" value=base />
            <div class="card-head">
                <h2>
                    <label for="edit">"Edit settings.yaml"</label>
                </h2>
                <code class="file-path">{file}</code>
            </div>
            <textarea
                id="edit"
                name="text"
                rows=rows.to_string()
                spellcheck="false"
                autocomplete="off"
                autocapitalize="off"
                wrap="off"
                aria-describedby="edit-about"
                node_ref=area
            >
                {text}
            </textarea>
            <RequestRefusal request=mend title="The file was not saved" />
            {show_if(changed, move || view! {
                <p class="hint actions">
                    "The file has changed on disk."
                    <button type="button" class="link-button" on:click=move |_| taken.update(|count| *count += 1)>
                        "Reload from disk"
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
                <p class="muted" id="edit-about">
                    "Saves this text and keeps a backup of the old file. Nothing is applied yet."
                </p>
            </div>
        </form>
    }
    .into_any()
}
