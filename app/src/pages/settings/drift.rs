//! The sync status of the four layers (settings, files, containers, agents): which one is out of date, and how to update
//! it.

use leptos::prelude::*;
use monitor_core::{
    file_view::FileState,
    live::Snapshot,
    settings::{KEYS, Key},
    settings_page::{Drift, FieldDrift, SettingsPage},
    status::StackState,
};

use super::editing::Editing;
use crate::{
    components::{Chip, Prose, Tone},
    live::Live,
};

/// The status of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub title: &'static str,
    /// The color and icon of the status.
    pub tone: Tone,
    /// The status in one or two words.
    pub word: &'static str,
    /// The details.
    pub fact: String,
}

/// What updates the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: they are in sync, or their status is unknown.
    None,
    /// Creating the files for the first time.
    Initialize,
    /// Applying the saved settings.
    Apply,
    /// Rebuilding the agents' images.
    Agents,
}

/// What the sync status needs of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackFacts {
    /// The state of the stack.
    pub state: StackState,
    /// Whether the files were created.
    pub initialized: bool,
    /// Whether a job is running.
    pub job_is_running: bool,
}

impl StackFacts {
    /// Whether anything of the stack is running.
    fn runs(self) -> bool {
        matches!(self.state, StackState::Running | StackState::Partial)
    }

    /// Reads them from the snapshot.
    pub fn of(snapshot: &Snapshot) -> StackFacts {
        StackFacts {
            state: snapshot.stack,
            initialized: snapshot.configuration.initialized,
            job_is_running: snapshot.running_job().is_some(),
        }
    }
}

/// The status of the layers, in order.
pub fn layers(page: &SettingsPage, stack: StackFacts) -> [Layer; 4] {
    let drift = &page.drift;
    if page.broken.is_some() {
        let unknown = |title| Layer { title, tone: Tone::Off, word: "Unknown", fact: "not compared".to_owned() };
        return [settings(page), unknown("Files"), unknown("Containers"), unknown("Agents")];
    }
    [settings(page), files(drift, stack), containers(drift, stack), agents(drift)]
}

/// The next step.
pub fn remedy(page: &SettingsPage, stack: StackFacts) -> Remedy {
    let drift = &page.drift;
    match () {
        // A broken file must be fixed first, and a running job may already be applying the settings.
        () if page.broken.is_some() || stack.job_is_running => Remedy::None,
        () if !stack.initialized => Remedy::Initialize,
        () if !drift.files.is_empty() || !drift.fields.is_empty() => Remedy::Apply,
        // Without a running stack, the next start recreates them.
        () if !drift.services.is_empty() && stack.runs() => Remedy::Apply,
        () if !drift.agents.is_empty() => Remedy::Agents,
        () => Remedy::None,
    }
}

fn settings(page: &SettingsPage) -> Layer {
    let (tone, word, fact) = match (&page.broken, page.values.len()) {
        (Some(_), _) => (Tone::Bad, "Broken", "using defaults for now".to_owned()),
        (None, 0) => (Tone::Ok, "Saved", "all settings at their defaults".to_owned()),
        (None, set) => (Tone::Ok, "Saved", format!("{set} of {} set", KEYS.len())),
    };
    Layer { title: "settings.yaml", tone, word, fact }
}

fn files(drift: &Drift, stack: StackFacts) -> Layer {
    let count = |state| drift.files.iter().filter(|(_, found)| *found == state).count();
    let (missing, edited) = (count(FileState::Missing), count(FileState::Edited));
    let behind = count(FileState::Outdated) + missing;
    let (tone, word, fact) = match () {
        () if !stack.initialized => (Tone::Off, "None yet", "not created".to_owned()),
        () if drift.files.is_empty() => (Tone::Ok, "In sync", "match the settings".to_owned()),
        () if behind == 0 => (Tone::Warn, "Edited", format!("{edited} edited by hand, kept")),
        () if edited == 0 => (Tone::Warn, "Out of date", format!("{behind} to update")),
        () => (Tone::Warn, "Out of date", format!("{behind} to update, {edited} edited")),
    };
    Layer { title: "Files", tone, word, fact }
}

fn containers(drift: &Drift, stack: StackFacts) -> Layer {
    let (tone, word, fact) = match () {
        () if drift.engine_error.is_some() => (Tone::Off, "Unknown", "can't reach Docker".to_owned()),
        () if !stack.runs() && !drift.services.is_empty() => {
            (Tone::Off, "Stopped", format!("the next start recreates {}", drift.services.len()))
        }
        () if !drift.services.is_empty() => {
            (Tone::Warn, "Out of date", format!("{} to recreate", drift.services.len()))
        }
        () if stack.runs() => (Tone::Ok, "In sync", "use these files".to_owned()),
        () => (Tone::Off, "Stopped", "the stack is stopped".to_owned()),
    };
    Layer { title: "Containers", tone, word, fact }
}

fn agents(drift: &Drift) -> Layer {
    let (tone, word, fact) = match drift.agents.len() {
        _ if drift.engine_error.is_some() => (Tone::Off, "Unknown", "can't reach Docker".to_owned()),
        0 if drift.agents_seen == 0 => (Tone::Off, "None", "no agents yet".to_owned()),
        0 => (Tone::Ok, "In sync", "use these settings".to_owned()),
        some => (Tone::Warn, "Out of date", format!("{some} to rebuild")),
    };
    Layer { title: "Agents", tone, word, fact }
}

/// The card.
#[component]
pub fn Layers(editing: Editing) -> impl IntoView {
    let live = Live::get();
    let stack = live.derive(StackFacts::of);
    view! {
        <section class="card sync-status" aria-labelledby="layers">
            <div class="card-head">
                <h2 id="layers">"Sync status"</h2>
                <p class="muted">"Each layer is generated from the one before"</p>
            </div>
            {move || editing.page.with(|page| layer_list(&layers(page, stack.get())))}
            {move || editing.page.with(|page| details(page, remedy(page, stack.get())))}
        </section>
    }
}

fn layer_list(layers: &[Layer]) -> AnyView {
    let layers: Vec<AnyView> = layers
        .iter()
        .map(|layer| {
            view! {
                <li>
                    <b>{layer.title}</b>
                    <Chip tone=layer.tone word=layer.word.to_owned() />
                    <span class="muted">{layer.fact.clone()}</span>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ol>{layers}</ol> }.into_any()
}

/// What is out of date, and what to do.
fn details(page: &SettingsPage, remedy: Remedy) -> AnyView {
    let drift = &page.drift;
    if remedy == Remedy::None {
        return ().into_any();
    }
    let fields = (!drift.fields.is_empty()).then(|| fields_table(&drift.fields));
    let files = (remedy != Remedy::Initialize && !drift.files.is_empty()).then(|| {
        let files: Vec<AnyView> = drift
            .files
            .iter()
            .map(|(name, state)| {
                let what = match state {
                    FileState::Missing => "missing",
                    FileState::Edited => "edited by hand",
                    FileState::Outdated | FileState::Current | FileState::Unknown => "out of date",
                };
                view! {
                    <li>
                        <a href=format!("/files?name={name}")>
                            <code>{name.clone()}</code>
                        </a>
                        " "
                        <span>{what}</span>
                    </li>
                }
                .into_any()
            })
            .collect();
        view! { <ul class="result-list">{files}</ul> }.into_any()
    });
    let services: Vec<AnyView> = drift
        .services
        .iter()
        .map(|it| view! { <li>{it.service.title()} " " <span><Prose text=it.reason() /></span></li> }.into_any())
        .collect();
    let services = (!services.is_empty()).then(|| view! { <ul class="result-list">{services}</ul> }.into_any());
    let agents = (!drift.agents.is_empty()).then(|| {
        view! {
            <p class="hint">
                <Prose text=AGENTS_NEXT.to_owned() />
                " "
                <a href="#agents">"View the differing variables"</a>
            </p>
        }
        .into_any()
    });
    let next = match remedy {
        Remedy::Apply => view! {
            <p class="actions">
                <a class="button" href="/settings/preview">"Apply…"</a>
                <span class="muted">"Shows a preview first."</span>
            </p>
        }
        .into_any(),
        Remedy::Initialize => view! {
            <p class="hint">
                "The files are created when you initialize the stack: " <a href="/">"go to the stack"</a> "."
            </p>
        }
        .into_any(),
        Remedy::Agents | Remedy::None => ().into_any(),
    };
    view! { <div class="details">{fields}{files}{services}{agents}{next}</div> }.into_any()
}

/// How to update agents that still have their old settings.
pub const AGENTS_NEXT: &str = "Agents get these settings once you rebuild their image (`clawker build`) and recreate \
                               their containers.";

fn fields_table(fields: &[FieldDrift]) -> AnyView {
    let value = |value: &str| match value {
        "" => "not set".to_owned(),
        value => value.to_owned(),
    };
    let rows: Vec<AnyView> = fields
        .iter()
        .map(|field| {
            let title = Key::find(&field.key).map_or("", |key| key.title);
            view! {
                <tr>
                    <th scope="row">{title} " " <code>{field.key.clone()}</code></th>
                    <td data-label="Saved">{value(&field.settings)}</td>
                    <td data-label="In the files">{value(&field.files)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="scroll-area" tabindex="0" role="region" aria-label="Settings that are not applied yet">
            <table class="value-table">
                <thead>
                    <tr>
                        <th scope="col">"Setting"</th>
                        <th scope="col">"Saved"</th>
                        <th scope="col">"In the files"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
