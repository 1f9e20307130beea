//! What would happen: shown before anything is written, with the one button that makes it happen.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_url};
use monitor_core::{
    problem::Problem,
    service::Service,
    settings::{AgentNeed, Key},
    settings_page::{Conflict, Preview},
};

use super::{
    diff,
    query,
    request::{Request, RequestRefusal},
};
use crate::{
    api::{ApplySettings, preview_settings},
    components::{ErrorNote, Icon, Prose, Tone, attribute, part_if, text},
    live::{Carried, Derived, Live},
    words,
};

/// `/settings/preview?base=…&grafana_port=3001&was.grafana_port=`.
#[component]
pub fn PreviewPage() -> impl IntoView {
    let url = use_url();
    // Only what belongs to the form: the server puts a refusal into the same address.
    let asked = Derived::new(move || {
        let pairs = url.with(|url| query::read(url.search()));
        query::write(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    });
    // Worked out anew whenever the server sees settings, files or containers change.
    let seen = Live::get().derive(|snapshot| {
        let started: Vec<_> = snapshot.services.iter().map(|status| status.started_at).collect();
        (snapshot.configuration.clone(), started)
    });
    let preview = Resource::new_str_blocking(
        move || (asked.get(), seen.get()),
        |(asked, _)| async { Carried(preview_settings(asked).await) },
    );
    let apply = Request::new(ApplySettings::url());
    view! {
        <Title text="Preview" />
        <div class="page preview">
            <header class="opening">
                <h1>"Preview"</h1>
                <p class="lead">"What applying would do. Nothing is written yet."</p>
            </header>
            <RequestRefusal request=apply title="The settings were not applied" />
            <Transition fallback=|| view! { <p class="fact">"Working it out…"</p> }>
                {move || {
                    let asked = asked.get();
                    Suspend::new(async move {
                        match preview.await.0 {
                            Ok(preview) => view! { <Worked preview asked apply /> }.into_any(),
                            Err(error) => {
                                let title = "What would happen could not be worked out".to_owned();
                                view! {
                                    <ErrorNote title error>
                                        <Back asked />
                                    </ErrorNote>
                                }
                                .into_any()
                            }
                        }
                    })
                }}
            </Transition>
        </div>
    }
    .into_any()
}

/// Back to the form, which fills itself from the address.
#[component]
fn Back(asked: String) -> impl IntoView {
    view! {
        <a class="button" href=format!("/settings?{asked}")>
            "Back to the form"
        </a>
    }
    .into_any()
}

#[component]
fn Worked(preview: Preview, asked: String, apply: Request) -> impl IntoView {
    if !preview.problems.is_empty() {
        return view! { <Problems problems=preview.problems asked /> }.into_any();
    }
    let changed: Vec<AnyView> = preview
        .files
        .iter()
        .filter(|file| !file.hunks.is_empty())
        .map(|file| {
            // What is on disk is somebody's own: this is what replacing it would do.
            let kept = preview.edited.contains(&file.name).then_some("; edited by hand, and kept unless replaced");
            view! {
                <details class="card">
                    <summary>
                        <code>{file.name.clone()}</code>
                        <span class="fact">{diff::counts(file)} {kept}</span>
                    </summary>
                    {diff::lines(file)}
                </details>
            }
            .into_any()
        })
        .collect();
    let settings = (!preview.settings.hunks.is_empty()).then(|| {
        view! {
            <section class="card" aria-labelledby="settings-diff">
                <div class="card-head">
                    <h2 id="settings-diff">
                        <code class="path">{preview.settings.name.clone()}</code>
                    </h2>
                    <p class="fact">{diff::counts(&preview.settings)}</p>
                </div>
                {diff::lines(&preview.settings)}
            </section>
        }
        .into_any()
    });
    view! {
        {(!preview.conflicts.is_empty()).then(|| conflicts(&preview.conflicts))}
        <section class="card follows" aria-labelledby="follows">
            <div class="card-head">
                <h2 id="follows">"What follows"</h2>
            </div>
            <ul>{follows(&preview).into_iter().map(consequence).collect::<Vec<_>>()}</ul>
        </section>
        <Apply apply preview=preview.clone() asked />
        {settings}
        {(!changed.is_empty()).then(|| view! {
            <section class="diffs" aria-labelledby="diffs">
                <h2 id="diffs">"Generated files"</h2>
                {changed}
            </section>
        }.into_any())}
    }
    .into_any()
}

/// Whether applying would do anything at all.
pub(super) fn does_nothing(preview: &Preview) -> bool {
    preview.settings.hunks.is_empty()
        && preview.files.iter().all(|file| file.hunks.is_empty())
        && preview.edited.is_empty()
        && preview.services.is_empty()
}

/// A consequence: how it feels, and a sentence.
type Consequence = (Tone, String);

/// What follows for the services, and for the agents.
pub(super) fn follows(preview: &Preview) -> Vec<Consequence> {
    let named: Vec<&str> = preview.services.iter().map(|service| service.title()).collect();
    let rest = Service::ALL.len() - named.len();
    let verb = if named.len() == 1 { "is" } else { "are" };
    let services = match (preview.stack_runs, named.len()) {
        (false, _) => (Tone::Off, "The stack does not run; the next start takes what is saved.".to_owned()),
        (true, 0) => (Tone::Ok, "No service is made anew.".to_owned()),
        (true, _) if rest == 0 => {
            (Tone::Busy, "All six services are made anew; nothing is recorded until they are ready.".to_owned())
        }
        (true, _) => (
            Tone::Busy,
            format!(
                "{} {verb} made anew; the other {} {} running. If one does not get ready, all is put back as it was.",
                words::list(&named),
                words::count(rest),
                if rest == 1 { "keeps" } else { "keep" },
            ),
        ),
    };
    let affected = match preview.agents_affected.as_slice() {
        [] => " None exists that would have to.".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!(" Until then {} on as before.", words::list(&names) + if names.len() == 1 { " goes" } else { " go" })
        }
    };
    let agents = match preview.agents {
        AgentNeed::Nothing => (Tone::Ok, "Agents need nothing.".to_owned()),
        AgentNeed::NewContainers => {
            (Tone::Warn, format!("Agents follow once their containers are made anew.{affected}"))
        }
        AgentNeed::NewImages => (
            Tone::Warn,
            format!(
                "Agents follow once their image is built anew (`clawker build`) and their containers are made from \
                 it.{affected}"
            ),
        ),
    };
    vec![services, agents]
}

fn consequence((tone, sentence): Consequence) -> AnyView {
    view! {
        <li data-tone=tone.name()>
            <Icon shape=tone.shape() />
            <span>
                <Prose text=sentence />
            </span>
        </li>
    }
    .into_any()
}

#[component]
fn Problems(problems: Vec<Problem>, asked: String) -> impl IntoView {
    let rows: Vec<AnyView> = problems
        .iter()
        .map(|problem| {
            let title = Key::find(&problem.field).map_or("", |key| key.title);
            view! {
                <li>
                    <b>{title}</b>
                    " "
                    <Prose text=words::sentence(&problem.message) />
                </li>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="note" data-tone="bad">
            <h2>
                <Icon shape=Tone::Bad.shape() />
                "These changes cannot be made"
            </h2>
            <ul class="problems">{rows}</ul>
            <div class="actions">
                <Back asked />
            </div>
        </section>
    }
    .into_any()
}

fn conflicts(conflicts: &[Conflict]) -> AnyView {
    let value = |value: &Option<String>| match value {
        Some(value) => view! { <code>{value.clone()}</code> }.into_any(),
        None => view! { <span class="fact">"not set"</span> }.into_any(),
    };
    let rows: Vec<AnyView> = conflicts
        .iter()
        .map(|conflict| {
            let title = Key::find(&conflict.key).map_or("", |key| key.title);
            view! {
                <tr>
                    <th scope="row">{title} " " <code>{conflict.key.clone()}</code></th>
                    <td>{value(&conflict.was)}</td>
                    <td>{value(&conflict.on_disk)}</td>
                    <td>{value(&conflict.yours)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="note" data-tone="warn">
            <h2>
                <Icon shape=Tone::Warn.shape() />
                "Somebody else changed the same"
            </h2>
            <p>"The file has changed since the form was filled. Applying writes what you asked for over it."</p>
            <div class="scroll" tabindex="0" role="region" aria-label="Changed by two people">
                <table class="facts">
                    <thead>
                        <tr>
                            <th scope="col">"Setting"</th>
                            <th scope="col">"Was"</th>
                            <th scope="col">"On disk now"</th>
                            <th scope="col">"Yours"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

/// The one button.
#[component]
fn Apply(apply: Request, preview: Preview, asked: String) -> impl IntoView {
    let navigate = use_navigate();
    let busy = Live::get().derive(|snapshot| snapshot.running_job().map(|job| job.kind));
    let at_work = Derived::new(move || busy.with(Option::is_some));
    let replace = RwSignal::new(false);
    let nothing = does_nothing(&preview);
    let edited = (!preview.edited.is_empty()).then(|| {
        let names: Vec<String> = preview.edited.iter().map(|name| format!("`{name}`")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let verb = if names.len() == 1 { "was" } else { "were" };
        let words = format!("{} {verb} edited by hand, and stays as it is.", words::list(&names));
        let words = if names.len() == 1 { words } else { words.replace("stays as it is", "stay as they are") };
        view! {
            <p>
                <Prose text=words />
            </p>
            <label class="check">
                <input
                    type="checkbox"
                    name="replace_edited"
                    value="true"
                    on:change:target=move |event| replace.set(event.target().checked())
                />
                "Replace what was edited; the old ones are kept as backups"
            </label>
        }
        .into_any()
    });
    if nothing {
        return view! {
            <section class="note" data-tone="ok">
                <h2>
                    <Icon shape=Tone::Ok.shape() />
                    "There is nothing to apply"
                </h2>
                <p class="fact">"Settings, files and containers agree."</p>
            </section>
            <div class="actions">
                <Back asked />
            </div>
        }
        .into_any();
    }
    let base = preview.base.clone();
    let submit = {
        let (asked, base) = (asked.clone(), base.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if untrack(move || at_work.get()) {
                return;
            }
            let mut pairs = vec![("query", asked.as_str()), ("base", base.as_str())];
            if replace.get_untracked() {
                pairs.push(("replace_edited", "true"));
            }
            let navigate = navigate.clone();
            apply.send(query::write(pairs), move || navigate("/settings", Default::default()));
        }
    };
    view! {
        <form class="apply" method="post" action=ApplySettings::url() on:submit=submit>
            <input type="hidden" name="query" value=asked.clone() />
            <input type="hidden" name="base" value=base />
            {edited}
            {part_if(at_work, || view! {
                <p class="hint">"A job is at work. Applying waits until it is done."</p>
            }.into_any())}
            <div class="actions">
                <button
                    type="submit"
                    class="button"
                    data-rank="primary"
                    aria-busy=text(move || apply.pending().to_string())
                    aria-disabled=attribute(move || at_work.get().then(|| "true".to_owned()))
                >
                    "Save and apply"
                </button>
                <Back asked />
            </div>
        </form>
    }
    .into_any()
}
