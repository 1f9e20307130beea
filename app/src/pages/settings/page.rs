//! The page: how settings, files, containers and agents stand, the form, and what agents are given.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::hooks::use_url;
use monitor_core::{
    job::JobKind,
    settings_page::{SettingsForm, SettingsPage as Page},
};

use super::{
    broken::Broken, drift::Layers, editing::Editing, editor::Editor, environment::Environment, query, request::Request,
};
use crate::{
    api::{MendSettings, load_settings},
    components::ErrorNote,
    jobs::{Command, CommandButton, CommandRefusal, Commands, JobAtWork, Outcome},
    live::{Carried, Live},
    reactive::{Derived, show_if},
};

/// `/settings`, `/settings?grafana_port=3001&was.grafana_port=3000`.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let live = Live::get();
    // Loaded once: what comes later must not take the fields away under somebody's hands. See `Editing`.
    let page = Resource::new_str_blocking(|| (), |()| async { Carried(load_settings().await) });
    let file = live.derive(|snapshot| snapshot.configuration.settings_file.clone());
    let applied = live.derive(|snapshot| snapshot.job.as_ref().is_some_and(|job| job.kind == JobKind::Apply));
    let at_work = live.derive(|snapshot| snapshot.running_job().is_some());
    let commands = Commands::new();
    let mend = Request::new(MendSettings::url());
    view! {
        <Title text="Settings" />
        <div class="page settings">
            <header class="page-header">
                <h1>"Settings"</h1>
                <p class="lead">
                    "What the stack is made from and what agents record, in " <code>{move || file.get()}</code>
                    ". Comments, order and keys of others stay as they are. An empty field has its default."
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
            <Transition fallback=|| view! { <p class="fact">"Reading the settings…"</p> }>
                {move || Suspend::new(async move {
                    match page.await.0 {
                        Ok(page) => view! { <Loaded page mend /> }.into_any(),
                        Err(error) => {
                            view! { <ErrorNote title="The settings could not be read".to_owned() error /> }.into_any()
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
    let broken = Derived::new(move || editing.page.with(|page| page.broken.is_some()));
    view! {
        {show_if(broken, move || view! { <Broken editing mend /> })}
        <Layers editing />
        {move || match broken.get() {
            true => ().into_any(),
            false => view! { <Editor editing /> }.into_any(),
        }}
        <Environment editing />
    }
}
