//! One setting: its meaning, its field, and the messages below it.

use leptos::prelude::*;
use monitor_core::settings::{Key, Kind, Needs};

use super::{
    editing::Editing,
    form::{Field, Form},
    port::{self, PortWords},
};
use crate::{
    components::{Icon, Prose, Tone, show_if},
    live::Live,
    words,
};

/// The messages about a field, which change while typing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    problems: Vec<String>,
    port: Option<PortWords>,
    changed_on_disk: Option<String>,
    restore: Restore,
}

/// The button that restores a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Restore {
    #[default]
    None,
    Undo,
    Reset,
}

impl Editing {
    fn state_of(self, path: &'static str) -> State {
        let problems = self.problems.with(|problems| {
            let of_this = |field: &str| field.strip_prefix("monitoring.") == Some(path);
            problems.iter().filter(|it| of_this(&it.field)).map(|it| words::sentence(&it.message)).collect::<Vec<_>>()
        });
        self.form.with(|form| {
            let Some(field) = form.field(path) else { return State::default() };
            State {
                // An invalid number is not a port.
                port: if problems.is_empty() { self.ports.with(|known| port_words(form, field, known)) } else { None },
                problems,
                changed_on_disk: field.changed_on_disk().map(str::to_owned),
                restore: match field.changed() {
                    true => Restore::Undo,
                    false if !field.value.is_empty() => Restore::Reset,
                    false => Restore::None,
                },
            }
        })
    }
}

fn port_words(form: &Form, field: &Field, known: &[monitor_core::settings_page::PortUse]) -> Option<PortWords> {
    match field.key.kind {
        Kind::Port => port::words(field.key.path, form.port(field.key.path)?, known),
        _ => None,
    }
}

/// The row of a setting. `usual` is what applying its group usually needs; the row mentions only a difference.
#[component]
pub fn Setting(editing: Editing, key: &'static Key, usual: Option<Needs>) -> impl IntoView {
    let path = key.path;
    let state = Memo::new(move |_| editing.state_of(path));
    let needs = (Some(key.needs) != usual).then(|| words::sentence(key.needs.description()));
    let control = match key.kind {
        Kind::Switch => view! { <Switch editing key state /> }.into_any(),
        _ => view! { <Input editing key state /> }.into_any(),
    };
    let title = match key.kind {
        Kind::Switch => view! { <span class="setting-title" id=format!("{path}-title")>{key.title}</span> }.into_any(),
        _ => view! { <label class="setting-title" for=path>{key.title}</label> }.into_any(),
    };
    view! {
        <div class="setting" data-changed=move || editing.form.with(|form| form.field(path)?.changed().then(|| "true".to_owned()))>
            <div class="setting-about">
                <p>{title} " " <code>{path}</code></p>
                <p class="muted" id=format!("{path}-about")>
                    <Prose text=words::sentence(key.meaning) />
                    {needs.map(|needs| view! { " " <span class="setting-requires">{needs}</span> })}
                </p>
            </div>
            <div>
                {control}
                <div id=format!("{path}-state") class="setting-state">
                    {move || state.with(|state| messages(editing, path, state))}
                </div>
            </div>
        </div>
    }
}

fn describedby(path: &str) -> String {
    format!("{path}-about {path}-state")
}

fn invalid(state: Memo<State>) -> Option<String> {
    state.with(|state| (!state.problems.is_empty()).then(|| "true".to_owned()))
}

#[component]
fn Input(editing: Editing, key: &'static Key, state: Memo<State>) -> impl IntoView {
    let value = editing.form.with_untracked(|form| form.field(key.path).map(|field| field.value.clone()));
    let number = matches!(key.kind, Kind::Port | Kind::Milliseconds);
    let short = number || key.kind == Kind::Retention;
    let placeholder = if key.default.is_empty() { "none" } else { key.default };
    view! {
        <div class="setting-value">
            <input
                id=key.path
                name=key.path
                value=value
                placeholder=placeholder
                inputmode=number.then_some("numeric")
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                data-short=short.to_string()
                aria-describedby=describedby(key.path)
                aria-invalid=move || invalid(state)
            />
            {move || state.with(|state| state.port.as_ref().map(holder).into_any())}
            <RestoreButton editing key state />
        </div>
    }
}

/// `Free`, `In use by this stack`, `In use by …`.
fn holder(port: &PortWords) -> AnyView {
    view! {
        <span class="port-owner" data-tone=port.tone.name()>
            <Icon shape=port.tone.shape() />
            <span>
                <Prose text=port.words.clone() />
            </span>
        </span>
    }
    .into_any()
}

/// On or off. Each choice has the spelling that the file uses, so that sending the form without JavaScript changes
/// nothing.
#[component]
fn Switch(editing: Editing, key: &'static Key, state: Memo<State>) -> impl IntoView {
    let path = key.path;
    let choice = move |word: &'static str, title: &'static str, effect: &'static str| {
        let (value, chosen) = editing.form.with_untracked(|form| {
            let chosen = form.field(path).is_some_and(|field| field.effective() == effect);
            let mut form = form.clone();
            form.switch(path, effect == "true");
            (form.field(path).map(|field| field.value.clone()).unwrap_or_default(), chosen)
        });
        view! {
            <label>
                <input id=format!("{path}-{word}") type="radio" name=path value=value checked=chosen />
                <span>{title}</span>
            </label>
        }
        .into_any()
    };
    let default = if key.default == "true" { "Default: on" } else { "Default: off" };
    let unset = Memo::new(move |_| editing.form.with(|form| form.field(path).is_some_and(|it| it.value.is_empty())));
    view! {
        <div class="setting-value">
            <div
                class="toggle"
                role="radiogroup"
                aria-labelledby=format!("{path}-title")
                aria-describedby=describedby(path)
                aria-invalid=move || invalid(state)
            >
                {choice("on", "On", "true")}
                {choice("off", "Off", "false")}
            </div>
            {show_if(unset, move || view! { <span class="muted">{default}</span> })}
            <RestoreButton editing key state />
        </div>
    }
}

/// `Undo` where the field was changed, else `Reset` where it is set. Both need JavaScript; without it, emptying the field
/// resets it.
#[component]
fn RestoreButton(editing: Editing, key: &'static Key, state: Memo<State>) -> impl IntoView {
    let path = key.path;
    let hydrated = Live::get().hydrated();
    let restore = Memo::new(move |_| if hydrated.get() { state.with(|state| state.restore) } else { Restore::None });
    let button = move |word: String, unseen: String, back: fn(&mut Form, &str)| {
        view! {
            <button
                type="button"
                class="link-button"
                on:click=move |_| {
                    editing.change(|form| back(form, path));
                    super::dom::focus(path);
                }
            >
                {word}
                <span class="visually-hidden">{unseen}</span>
            </button>
        }
        .into_any()
    };
    view! {
        {move || match restore.get() {
            Restore::None => ().into_any(),
            Restore::Undo => button("Undo".to_owned(), format!(" the change to {}", key.title), Form::undo),
            Restore::Reset => {
                let word = match (key.kind, key.default) {
                    (Kind::Switch, _) | (_, "") => "Reset".to_owned(),
                    (_, default) => format!("Reset to {default}"),
                };
                button(word, format!(", {}", key.title), Form::reset)
            }
        }}
    }
}

/// The problems, a free port to use instead, and a change of the file.
fn messages(editing: Editing, path: &'static str, state: &State) -> AnyView {
    let problems: Vec<AnyView> = state
        .problems
        .iter()
        .map(|problem| {
            view! {
                <p class="field-problem" data-tone="bad">
                    <Icon shape=Tone::Bad.shape() />
                    <span>
                        <Prose text=problem.clone() />
                    </span>
                </p>
            }
            .into_any()
        })
        .collect();
    let free = state.port.as_ref().and_then(|port| port.free).map(|free| {
        view! {
            <p class="muted">
                {format!("{free} is free. ")}
                <button
                    type="button"
                    class="link-button"
                    on:click=move |_| editing.change(|form| form.type_in(path, &free.to_string()))
                >
                    {format!("Use {free}")}
                </button>
            </p>
        }
        .into_any()
    });
    let changed_on_disk = state.changed_on_disk.as_ref().map(|on_disk| {
        let words = match on_disk.as_str() {
            "" => "It was removed from the file in the meantime.".to_owned(),
            value => format!("The file now has `{value}`."),
        };
        view! {
            <p class="muted" data-tone="warn">
                <Prose text=words />
            </p>
        }
        .into_any()
    });
    view! { <>{problems}{free}{changed_on_disk}</> }.into_any()
}
