//! The form: the settings in groups, and the bar with the number of changes.

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
};
use leptos_router::hooks::use_navigate;
use monitor_core::settings::{Group, KEYS, Key, Kind, Needs};

use super::{dom, editing::Editing, field::Setting, privacy::Recorded};
use crate::{components::Tone, live::Live, words};

/// The form. It is sent to the preview as an address: by the browser with all fields, by the page with the changes only.
#[component]
pub fn Editor(editing: Editing) -> impl IntoView {
    let navigate = use_navigate();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let first = untrack(|| editing.problems.with(|problems| problems.first().map(|it| it.field.clone())));
        if let Some(field) = first {
            return dom::focus(field.strip_prefix("monitoring.").unwrap_or(&field));
        }
        if editing.form.with_untracked(|form| form.changes() == 0) {
            return;
        }
        let query = editing.form.with_untracked(|form| form.query());
        dom::remember(&format!("/settings?{query}"));
        navigate(&format!("/settings/preview?{query}"), Default::default());
    };
    let discard = move |event: Event| {
        event.prevent_default();
        dom::remember("/settings");
        editing.change(|form| form.discard());
    };
    let groups: Vec<AnyView> =
        Group::ALL.into_iter().map(|group| view! { <SettingGroup editing group /> }.into_any()).collect();
    let filled: Vec<AnyView> = editing.form.with_untracked(|form| {
        let fields = form.fields().iter().map(|field| {
            let name = format!("was.{}", field.key.path);
            view! { <input type="hidden" name=name value=field.was.clone() /> }.into_any()
        });
        fields.collect()
    });
    let base = editing.form.with_untracked(|form| form.base().to_owned());
    view! {
        <form
            class="settings-form"
            method="get"
            action="/settings/preview"
            on:input=move |event| handle_input(editing, &event)
            on:submit=submit
            on:reset=discard
        >
            <input type="hidden" name="base" value=base />
            {filled}
            {groups}
            <Bar editing />
        </form>
    }
    .into_any()
}

/// Handles an input event of any field.
fn handle_input(editing: Editing, event: &Event) {
    use leptos::wasm_bindgen::JsCast;

    let Some(input) = event.target().and_then(|target| target.dyn_into::<leptos::web_sys::HtmlInputElement>().ok())
    else {
        return;
    };
    let Some(key) = Key::find(&input.name()) else { return };
    editing.form.update(|form| match key.kind {
        Kind::Switch => form.switch(key.path, input.id().ends_with("-on")),
        _ => form.type_in(key.path, &input.value()),
    });
    if key.kind == Kind::Port {
        editing.look_at_port_soon(key.path);
    }
}

#[component]
fn SettingGroup(editing: Editing, group: Group) -> impl IntoView {
    let keys = || KEYS.iter().filter(|key| key.group == group);
    let usual = most_common_need(keys());
    let rows: Vec<AnyView> = keys().map(|key| view! { <Setting editing key usual /> }.into_any()).collect();
    let id = group.title().to_ascii_lowercase();
    let labelled = id.clone();
    view! {
        <div class="card" role="group" aria-labelledby=labelled>
            <div class="card-head">
                <h2 id=id>{group.title()}</h2>
                {usual.map(|usual| view! { <p class="muted">{usual.description()}</p> })}
            </div>
            {(group == Group::Privacy).then(|| view! { <Recorded editing /> })}
            {rows}
        </div>
    }
}

/// What applying most of these settings needs. The first wins a tie.
fn most_common_need(keys: impl Iterator<Item = &'static Key>) -> Option<Needs> {
    let all: Vec<Needs> = keys.map(|key| key.needs).collect();
    all.iter().rev().max_by_key(|needs| all.iter().filter(|other| other == needs).count()).copied()
}

/// The number of changes and problems, and the buttons.
#[component]
fn Bar(editing: Editing) -> impl IntoView {
    let hydrated = Live::get().hydrated();
    let changes = Memo::new(move |_| editing.form.with(|form| form.changes()));
    let problems = Memo::new(move |_| editing.problems.with(Vec::len));
    view! {
        <div class="save-bar" data-tone=move || bar_tone(changes.get(), problems.get())>
            <p role="status" id="bar-words">{move || bar_text(changes.get(), problems.get())}</p>
            <div class="actions">
                <button type="reset" class="button">"Discard"</button>
                <button
                    type="submit"
                    class="button"
                    data-rank="primary"
                    aria-disabled=move || {
                        let blocked = hydrated.get() && (problems.get() != 0 || changes.get() == 0);
                        blocked.then(|| "true".to_owned())
                    }
                    aria-describedby="bar-words"
                >
                    "Preview and apply…"
                </button>
            </div>
        </div>
    }
}

fn bar_tone(changes: usize, problems: usize) -> String {
    let tone = match (problems, changes) {
        (0, 0) => Tone::Off,
        (0, _) => Tone::Busy,
        _ => Tone::Bad,
    };
    tone.name().to_owned()
}

/// `2 settings changed.`, `1 problem to fix first.`
pub(super) fn bar_text(changes: usize, problems: usize) -> String {
    let several = |count: usize, one: &str, many: &str| format!("{}.", words::plural(count, one, many));
    match (changes, problems) {
        (0, 0) => "No changes.".into(),
        (0, _) => several(problems, "problem in the file", "problems in the file"),
        (_, 0) => several(changes, "setting changed", "settings changed"),
        (_, _) => format!(
            "{} {}",
            several(changes, "setting changed", "settings changed"),
            several(problems, "problem to fix first", "problems to fix first")
        ),
    }
}
