//! The preview: what applying will do, shown before anything is written.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_url;
use monitor_core::{
    problem::Problem,
    settings::Key,
    settings_page::{Conflict, Preview},
};

use super::{
    apply::Apply,
    back::BackToSettings,
    diff,
    effects::{Effect, describe_effects},
    query,
    request::{Request, RequestRefusal},
};
use crate::{
    api::{ApplySettings, preview_settings},
    components::{ErrorNote, Icon, Prose, Tone},
    live::{Carried, Live},
    words,
};

/// `/settings/preview?base=…&grafana_port=3001&was.grafana_port=`.
#[component]
pub fn PreviewPage() -> impl IntoView {
    let url = use_url();
    // Only the form's own fields: the server puts a refusal into the same address.
    let asked = Memo::new(move |_| {
        let pairs = url.with(|url| query::read(url.search()));
        query::encode_query(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    });
    // Loaded again when settings, files, or containers change.
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
        <div class="page">
            <header class="page-header">
                <h1>"Preview"</h1>
                <p class="lead">"What applying will do. Nothing is written yet."</p>
            </header>
            <RequestRefusal request=apply title="The settings were not applied" />
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>
                {move || {
                    let asked = asked.get();
                    Suspend::new(async move {
                        match preview.await.0 {
                            Ok(preview) => view! { <LoadedPreview preview asked apply /> }.into_any(),
                            Err(error) => {
                                let title = "The preview could not be loaded".to_owned();
                                view! {
                                    <ErrorNote title error>
                                        <BackToSettings asked />
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
}

#[component]
fn LoadedPreview(preview: Preview, asked: String, apply: Request) -> impl IntoView {
    if !preview.problems.is_empty() {
        return view! { <Problems problems=preview.problems asked /> }.into_any();
    }
    let changed: Vec<AnyView> = preview
        .files
        .iter()
        .filter(|file| !file.hunks.is_empty())
        .map(|file| {
            // An edited file is kept by default; this is what replacing it will change.
            let kept = preview.edited.contains(&file.name).then_some("; edited by hand, kept unless you replace it");
            view! {
                <details class="card">
                    <summary>
                        <code>{file.name.clone()}</code>
                        <span class="muted">{diff::counts(file)} {kept}</span>
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
                        <code class="file-path">{preview.settings.name.clone()}</code>
                    </h2>
                    <p class="muted">{diff::counts(&preview.settings)}</p>
                </div>
                {diff::lines(&preview.settings)}
            </section>
        }
        .into_any()
    });
    view! {
        {(!preview.conflicts.is_empty()).then(|| conflicts(&preview.conflicts))}
        <section class="card effects" aria-labelledby="effects">
            <div class="card-head">
                <h2 id="effects">"What will happen"</h2>
            </div>
            <ul>{describe_effects(&preview).into_iter().map(effect).collect::<Vec<_>>()}</ul>
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

fn effect((tone, sentence): Effect) -> AnyView {
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
                "Invalid changes"
            </h2>
            <ul class="problems">{rows}</ul>
            <div class="actions">
                <BackToSettings asked />
            </div>
        </section>
    }
}

fn conflicts(conflicts: &[Conflict]) -> AnyView {
    let value = |value: &Option<String>| match value {
        Some(value) => view! { <code>{value.clone()}</code> }.into_any(),
        None => view! { <span class="muted">"not set"</span> }.into_any(),
    };
    let rows: Vec<AnyView> = conflicts
        .iter()
        .map(|conflict| {
            let title = Key::find(&conflict.key).map_or("", |key| key.title);
            view! {
                <tr>
                    <th scope="row">{title} " " <code>{conflict.key.clone()}</code></th>
                    <td data-label="Was">{value(&conflict.was)}</td>
                    <td data-label="On disk now">{value(&conflict.on_disk)}</td>
                    <td data-label="Yours">{value(&conflict.yours)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="note" data-tone="warn">
            <h2>
                <Icon shape=Tone::Warn.shape() />
                "Conflicting changes"
            </h2>
            <p>"The file changed while you were editing. Applying overwrites it with your values."</p>
            <div class="scroll-area" tabindex="0" role="region" aria-label="Conflicting changes">
                <table class="value-table">
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
