//! The page: the list of files, and the selected file.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use monitor_core::file_view::{FileState, FileView};

use super::highlight::highlight;
use crate::{
    api::load_files,
    components::{Chip, Copy, ErrorNote, Tone, show_if},
    jobs::{Command, CommandButton, CommandRefusal, Commands},
    live::{Carried, Live},
    words,
};

/// `/files`, `/files?name=compose.yaml`.
#[component]
pub fn FilesPage() -> impl IntoView {
    let live = Live::get();
    // Loaded again when files or settings change.
    let files = Resource::new_str_blocking(
        {
            let configuration = live.derive(|snapshot| snapshot.configuration.clone());
            move || configuration.get()
        },
        |_| async { Carried(load_files().await) },
    );
    let directory = live.derive(|snapshot| snapshot.configuration.directory.clone());
    let settings_file = live.derive(|snapshot| snapshot.configuration.settings_file.clone());
    let commands = Commands::new();
    view! {
        <Title text="Files" />
        <div class="page">
            <header class="page-header">
                <h1>"Files"</h1>
                <p class="lead">
                    "Configuration files of the stack, in " <code>{move || directory.get()}</code>
                    ". Generated from " <code>{move || settings_file.get()}</code> "."
                </p>
            </header>
            <CommandRefusal commands />
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>
                {move || Suspend::new(async move {
                    match files.await.0 {
                        Ok(files) => view! { <Files files commands /> }.into_any(),
                        Err(error) => {
                            view! { <ErrorNote title="The files could not be loaded".to_owned() error /> }.into_any()
                        }
                    }
                })}
            </Transition>
        </div>
    }
}

#[component]
fn Files(files: Vec<FileView>, commands: Commands) -> impl IntoView {
    let query = use_query_map();
    let missing = !files.is_empty() && files.iter().all(|file| file.state == FileState::Missing);
    let unknown = files.iter().any(|file| file.state == FileState::Unknown);
    let differ = !missing && !unknown && files.iter().any(|file| file.state != FileState::Current);
    let files: Arc<[FileView]> = files.into();
    let chosen = Memo::new({
        let files = Arc::clone(&files);
        move |_| {
            let name = query.with(|query| query.get("name"));
            files.iter().position(|file| Some(&file.name) == name.as_ref()).unwrap_or_default()
        }
    });
    let entries = files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            view! {
                <li>
                    <a href=format!("/files?name={}", file.name) aria-current=move || (chosen.get() == index).then(|| "page".to_owned())>
                        <span class="name">{file.name.clone()}</span>
                        <Chip tone=describe_state(file.state).0 word=describe_state(file.state).1.to_owned() />
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        {missing.then(|| view! {
            <section class="note" data-tone="off">
                <p>"No files yet. This is what Initialize will create."</p>
                <div class="actions">
                    <CommandButton commands command=Command::Initialize rank="primary" />
                </div>
            </section>
        })}
        {unknown.then(|| view! {
            <section class="note" data-tone="bad">
                <p>"The settings file is invalid, so the files can't be compared with it. " <a href="/settings">"Fix the settings"</a></p>
            </section>
        })}
        {differ.then(|| view! {
            <section class="note" data-tone="warn">
                <p>"Some files differ from the settings. Replacing keeps a backup of each old file."</p>
                <div class="actions">
                    <CommandButton commands command=Command::Replace rank="plain" />
                </div>
            </section>
        })}
        <div class="file-browser">
            <nav aria-label="Files of the stack">
                <ul>{entries}</ul>
            </nav>
            {move || {
                match files.get(chosen.get()).cloned() {
                    Some(file) => view! { <Contents file /> }.into_any(),
                    None => ().into_any(),
                }
            }}
        </div>
    }
}

#[component]
fn Contents(file: FileView) -> impl IntoView {
    let live = Live::get();
    let html = highlight(file.language, &file.contents);
    let lines = file.contents.lines().count();
    let (tone, word) = describe_state(file.state);
    let contents: Arc<str> = file.contents.into();
    view! {
        <article class="card file-contents" data-state=word.to_ascii_lowercase()>
            <div class="card-head">
                <h2>{file.name.clone()}</h2>
                <Chip tone word=word.to_owned() />
                {show_if(live.hydrated(), move || view! {
                    <Copy text=contents.clone() />
                })}
            </div>
            <p class="purpose">{words::sentence(&file.purpose)} " " {explain_state(file.state)}</p>
            <pre tabindex="0" role="region" aria-label=format!("Contents of {}, {lines} lines", file.name)>
                <code inner_html=html></code>
            </pre>
        </article>
    }
}

fn describe_state(state: FileState) -> (Tone, &'static str) {
    match state {
        FileState::Missing => (Tone::Off, "Missing"),
        FileState::Current => (Tone::Ok, "Current"),
        FileState::Outdated => (Tone::Warn, "Out of date"),
        FileState::Edited => (Tone::Warn, "Edited"),
        FileState::Unknown => (Tone::Off, "Not compared"),
    }
}

fn explain_state(state: FileState) -> &'static str {
    match state {
        FileState::Missing => "Not created yet: this is what will be created.",
        FileState::Current => "",
        FileState::Outdated => "The settings have changed since it was created.",
        FileState::Edited => "Edited by hand; shown as it is on disk.",
        FileState::Unknown => "Shown as it is on disk; it can't be compared with invalid settings.",
    }
}
