//! A settings file that cannot be used: why, where, and a small editor to mend it in.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use monitor_core::settings_page::BrokenSettings;

use super::{
    editing::Editing,
    query,
    request::{Request, RequestRefusal},
};
use crate::{
    api::{ApiError, MendSettings},
    components::{ErrorNote, text as text_part},
};

/// The note, and the editor where there is a text to edit.
#[component]
pub fn Broken(editing: Editing, mend: Request, file: String, base: String, broken: BrokenSettings) -> impl IntoView {
    let BrokenSettings { error, text } = broken;
    view! {
        <ErrorNote title="The settings file cannot be used".to_owned() error=ApiError::Stack(error) />
        {text.map(|text| view! { <Mend editing mend file base text /> })}
    }
    .into_any()
}

#[component]
fn Mend(editing: Editing, mend: Request, file: String, base: String, text: String) -> impl IntoView {
    let rows = (text.lines().count() + 2).clamp(8, 30);
    let area = NodeRef::<leptos::html::Textarea>::new();
    let submit = {
        let base = base.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let Some(area) = area.get_untracked() else { return };
            let body = query::write([("text", area.value().as_str()), ("base", base.as_str())]);
            mend.send(body, move || editing.load());
        }
    };
    view! {
        <form class="card mend" method="post" action=MendSettings::url() on:submit=submit>
            <input type="hidden" name="base" value=base />
            <div class="card-head">
                <h2>
                    <label for="mend">"Mend the file"</label>
                </h2>
                <code class="path">{file}</code>
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
            <div class="actions">
                <button type="submit" class="button" data-rank="primary" aria-busy=text_part(move || mend.pending().to_string())>
                    "Save the file"
                </button>
                <p class="fact" id="mend-about">
                    "It is saved as it stands here, and the old one is kept beside it as a backup. Nothing is applied."
                </p>
            </div>
        </form>
    }
    .into_any()
}
