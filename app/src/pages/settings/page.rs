//! The page: the sync status, the form, and the agents' variables.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_url;
use monitor_core::{
    job::JobKind,
    settings_page::{SettingsForm, SettingsPage as Page},
};

use super::{
    broken::Broken, drift::Layers, editing::Editing, editor::Editor, environment::Environment, misspelled::Misspelled,
    query, request::Request,
};
use crate::{
    api::{MendSettings, load_settings},
    components::{ErrorNote, show_if},
    jobs::{Command, CommandButton, CommandRefusal, Commands, JobAtWork, Outcome},
    live::{Carried, Live},
    unsaved::Unsaved,
};

/// `/settings`, `/settings?grafana_port=3001&was.grafana_port=3000`.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let live = Live::get();
    // Loaded once: rendering the form again would lose what is being typed. `Editing` keeps it current.
    let page = Resource::new_str_blocking(|| (), |()| async { Carried(load_settings().await) });
    let file = live.derive(|snapshot| snapshot.configuration.settings_file.clone());
    let applied = live.derive(|snapshot| snapshot.job.as_ref().is_some_and(|job| job.kind == JobKind::Apply));
    let at_work = live.derive(|snapshot| snapshot.running_job().is_some_and(|job| job.process.is_none()));
    let commands = Commands::new();
    let mend = Request::new(MendSettings::url());
    view! {
        <Title text="Settings" />
        <div class="page settings">
            <header class="page-header">
                <h1>"Settings"</h1>
                <p class="lead">
                    "Settings of the stack and of what agents record, in " <code>{move || file.get()}</code>
                    ". Comments and other keys are preserved. Empty means default."
                </p>
                <JobAtWork />
                {show_if(at_work, move || view! {
                    <div class="actions">
                        <CommandButton commands command=Command::Cancel rank="plain" />
                    </div>
                })}
            </header>
            <CommandRefusal commands />
            {show_if(applied, move || view! { <Outcome commands /> })}
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>
                {move || Suspend::new(async move {
                    match page.await.0 {
                        Ok(page) => view! { <Loaded page mend /> }.into_any(),
                        Err(error) => {
                            view! { <ErrorNote title="The settings could not be loaded".to_owned() error /> }.into_any()
                        }
                    }
                })}
            </Transition>
        </div>
    }
}

#[component]
fn Loaded(page: Page, mend: Request) -> impl IntoView {
    let asked = use_url().with_untracked(|url| SettingsForm::from_pairs(query::read(url.search())));
    let editing = Editing::begin(page, &asked);
    Unsaved::follow(Memo::new(move |_| editing.form.with(|form| form.changes() > 0)));
    let broken = Memo::new(move |_| editing.page.with(|page| page.broken.is_some()));
    view! {
        {show_if(broken, move || view! { <Broken editing mend /> })}
        <Misspelled editing />
        <Layers editing />
        {move || if broken.get() { ().into_any() } else { view! { <Editor editing /> }.into_any() }}
        <Environment editing />
    }
}
