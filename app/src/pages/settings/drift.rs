//! The four layers (settings, files, containers, agents): which one lags behind the one before, where, and the one thing
//! that brings them together.

use leptos::prelude::*;
use monitor_core::{
    file_view::FileState,
    job::Job,
    lifecycle::Recreate,
    live::Snapshot,
    settings::{KEYS, Key},
    settings_page::{Drift, FieldDrift, SettingsPage},
    status::StackState,
};

use super::editing::Editing;
use crate::{
    components::{Chip, Prose, Tone},
    live::Live,
    words,
};

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub title: &'static str,
    /// How it stands to the one before.
    pub tone: Tone,
    /// The same in a word or two.
    pub word: &'static str,
    /// What is behind it.
    pub fact: String,
}

/// What brings the layers together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: they agree, or nothing can be known.
    None,
    /// The files were never written.
    Initialize,
    /// Applying the settings as they are saved.
    Apply,
    /// New agents, from new images.
    Agents,
}

/// The layers, in order, as page and snapshot tell.
pub fn layers(page: &SettingsPage, snapshot: &Snapshot) -> [Layer; 4] {
    let drift = &page.drift;
    [settings(page), files(drift, snapshot), containers(drift, snapshot), agents(drift)]
}

/// The one thing to do.
pub fn remedy(page: &SettingsPage, snapshot: &Snapshot) -> Remedy {
    let drift = &page.drift;
    match () {
        // A broken file is mended first, and what is being applied needs no applying.
        () if page.broken.is_some() || snapshot.running_job().is_some() => Remedy::None,
        () if !snapshot.configuration.initialized => Remedy::Initialize,
        () if !drift.files.is_empty() || !drift.services.is_empty() || !drift.fields.is_empty() => Remedy::Apply,
        () if !drift.agents.is_empty() => Remedy::Agents,
        () => Remedy::None,
    }
}

fn settings(page: &SettingsPage) -> Layer {
    let (tone, word, fact) = match (&page.broken, page.values.len()) {
        (Some(_), _) => (Tone::Bad, "Broken", "judged by the defaults meanwhile".to_owned()),
        (None, 0) => (Tone::Ok, "Saved", "every setting at its default".to_owned()),
        (None, set) => (Tone::Ok, "Saved", format!("{set} of {} set", KEYS.len())),
    };
    Layer { title: "settings.yaml", tone, word, fact }
}

fn files(drift: &Drift, snapshot: &Snapshot) -> Layer {
    let count = |state| drift.files.iter().filter(|(_, found)| *found == state).count();
    let (missing, edited) = (count(FileState::Missing), count(FileState::Edited));
    let behind = count(FileState::Outdated) + missing;
    let (tone, word, fact) = match () {
        () if !snapshot.configuration.initialized => (Tone::Off, "None yet", "never written".to_owned()),
        () if drift.files.is_empty() => (Tone::Ok, "Agree", "as the settings ask for".to_owned()),
        () if behind == 0 => (Tone::Warn, "Edited", format!("{} by hand, and kept", words::count(edited))),
        () if edited == 0 => (Tone::Warn, "Lag", format!("{} to be written", words::count(behind))),
        () => (Tone::Warn, "Lag", format!("{} to be written, {} edited", words::count(behind), words::count(edited))),
    };
    Layer { title: "Files", tone, word, fact }
}

fn containers(drift: &Drift, snapshot: &Snapshot) -> Layer {
    let runs = matches!(snapshot.stack, StackState::Running | StackState::Partial);
    let (tone, word, fact) = match () {
        () if drift.engine_error.is_some() => (Tone::Off, "Unknown", "Docker does not answer".to_owned()),
        () if !drift.services.is_empty() => {
            (Tone::Warn, "Lag", format!("{} to be made anew", words::count(drift.services.len())))
        }
        () if runs => (Tone::Ok, "Agree", "made from these files".to_owned()),
        () => (Tone::Off, "None run", "the stack is stopped".to_owned()),
    };
    Layer { title: "Containers", tone, word, fact }
}

fn agents(drift: &Drift) -> Layer {
    let (tone, word, fact) = match drift.agents.len() {
        _ if drift.engine_error.is_some() => (Tone::Off, "Unknown", "Docker does not answer".to_owned()),
        0 if drift.agents_seen == 0 => (Tone::Off, "None", "no agent was made yet".to_owned()),
        0 => (Tone::Ok, "Agree", "as they would be made now".to_owned()),
        1 => (Tone::Warn, "Lag", "one differs".to_owned()),
        some => (Tone::Warn, "Lag", format!("{} differ", words::count(some))),
    };
    Layer { title: "Agents", tone, word, fact }
}

/// The card.
#[component]
pub fn Layers(editing: Editing) -> impl IntoView {
    let live = Live::get();
    // What of the snapshot the layers are told by.
    let snapshot = live.derive(|snapshot| {
        let mut seen = crate::live::Seed::empty().snapshot;
        seen.stack = snapshot.stack;
        seen.configuration.initialized = snapshot.configuration.initialized;
        seen.job = snapshot.running_job().map(|job| Job::begin(job.id, job.kind, job.started_at));
        seen
    });
    view! {
        <section class="card sync-status" aria-labelledby="layers">
            <div class="card-head">
                <h2 id="layers">"Where it stands"</h2>
                <p class="muted">"Each layer is made from the one before"</p>
            </div>
            {move || editing.page.with(|page| snapshot.with(|snapshot| chain(&layers(page, snapshot))))}
            {move || editing.page.with(|page| snapshot.with(|snapshot| details(page, remedy(page, snapshot))))}
        </section>
    }
}

fn chain(layers: &[Layer]) -> AnyView {
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

/// What lags, and what to do.
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
                    FileState::Outdated | FileState::Current => "older than the settings",
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
        .map(|(service, why)| view! { <li>{service.title()} " " <span>{why_words(*why)}</span></li> }.into_any())
        .collect();
    let services = (!services.is_empty()).then(|| view! { <ul class="result-list">{services}</ul> }.into_any());
    let agents = (!drift.agents.is_empty()).then(|| {
        view! {
            <p class="hint">
                <Prose text=AGENTS_NEXT.to_owned() />
                " "
                <a href="#agents">"Which variables differ"</a>
            </p>
        }
        .into_any()
    });
    let next = match remedy {
        Remedy::Apply => view! {
            <p class="actions">
                <a class="button" href="/settings/preview">"Apply…"</a>
                <span class="muted">"Shows first what it would do."</span>
            </p>
        }
        .into_any(),
        Remedy::Initialize => view! {
            <p class="hint">
                "The files are written when the stack is set up: " <a href="/">"go to the stack"</a> "."
            </p>
        }
        .into_any(),
        Remedy::Agents | Remedy::None => ().into_any(),
    };
    view! { <div class="details">{fields}{files}{services}{agents}{next}</div> }.into_any()
}

/// What somebody does about agents that go on as before.
pub const AGENTS_NEXT: &str = "Agents follow once their image is built anew (`clawker build`) and their containers are \
                               made from it.";

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
        <div class="scroll-area" tabindex="0" role="region" aria-label="Settings that wait to be applied">
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

fn why_words(why: Recreate) -> &'static str {
    match why {
        Recreate::DefinitionChanged => "made from other settings",
        Recreate::ImageChanged => "made from another image of that name",
        Recreate::NetworkChanged => "attached to a network that is gone",
        Recreate::Dead => "given up by the Engine",
    }
}
