//! The page: the state and the next step, what needs attention, the services, the data path, the checks.

use leptos::prelude::*;
use leptos_meta::Title;
use monitor_core::{
    error::StackError,
    live::{EngineState, ReceiverAddresses},
};

use super::{
    actions::{OpenPage, RemoveForm},
    checks::{self, Checks},
    flow::DataPath,
    headline::{Step, available_actions, headline},
    services::Services,
};
use crate::{
    api::ApiError,
    components::{Chip, ErrorNote, Icon, Prose, Tone, show_if},
    jobs::{Command, CommandButton, CommandRefusal, Commands, Outcome, Progress},
    live::Live,
};

/// `/`.
#[component]
pub fn StackPage() -> impl IntoView {
    let commands = Commands::new();
    let checks_first = Live::get().derive(checks::has_problem_to_show_first);
    let checks_last = Memo::new(move |_| !checks_first.get());
    view! {
        <Title text="Stack" />
        <div class="page">
            <Opening commands />
            <CommandRefusal commands />
            <Receiving />
            <Attention commands />
            <Outcome commands />
            {show_if(checks_first, move || view! { <Checks commands /> })}
            <Services />
            <DataPath />
            {show_if(checks_last, move || view! { <Checks commands /> })}
        </div>
    }
}

/// The state, and the next step.
#[component]
fn Opening(commands: Commands) -> impl IntoView {
    let live = Live::get();
    let headline = live.derive(headline);
    let step = Memo::new(move |_| headline.with(|headline| headline.step.clone()));
    let lead = Memo::new(move |_| headline.with(|headline| headline.text.clone()));
    let stop = live.derive(|snapshot| available_actions(snapshot).stop);
    let remove = live.derive(|snapshot| available_actions(snapshot).remove);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        step.track();
        stop.track();
        remove.track();
        request_animation_frame(move || keep_focus(commands));
    });
    view! {
        <header class="page-header">
            <div class="title-row">
                <h1>"Stack"</h1>
                <Chip
                    tone=Signal::derive(move || headline.with(|headline| headline.tone))
                    word=Signal::derive(move || headline.with(|headline| headline.word.to_owned()))
                />
            </div>
            <div role="status">
                <p class="headline" id="stack-state" tabindex="-1">{move || headline.with(|headline| headline.title.clone())}</p>
                <p class="lead">{move || view! { <Prose text=lead.get() /> }.into_any()}</p>
            </div>
            <Progress />
            <div class="actions">
                {move || match step.get() {
                    Step::None => ().into_any(),
                    Step::Initialize => view! { <CommandButton commands command=Command::Initialize rank="primary" /> }.into_any(),
                    Step::Start => view! { <CommandButton commands command=Command::Start rank="primary" /> }.into_any(),
                    Step::Cancel => view! { <CommandButton commands command=Command::Cancel rank="plain" /> }.into_any(),
                    Step::Open(url) => view! { <OpenPage url words="Open Grafana" /> }.into_any(),
                }}
                {show_if(stop, move || view! {
                    <CommandButton commands command=Command::Stop rank="plain" />
                })}
                {show_if(remove, move || view! {
                    <RemoveForm commands />
                })}
            </div>
        </header>
    }
}

/// Moves the focus to the state where the button that had it is gone: somebody who does not see the page would start at its
/// top again.
#[cfg(feature = "hydrate")]
fn keep_focus(commands: Commands) {
    let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
    if is_lost
        && commands.take_pressed()
        && let Some(state) = document().get_element_by_id("stack-state")
        && let Ok(state) = wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(state)
    {
        let _ = state.focus();
    }
}

/// What needs attention: Docker can't be reached, the settings are invalid, or files differ from the settings.
#[component]
fn Attention(commands: Commands) -> impl IntoView {
    let live = Live::get();
    let engine_error = live.derive(|snapshot| match &snapshot.engine {
        EngineState::Unreachable { error } => Some(error.clone()),
        _ => None,
    });
    let settings_error = live.derive(|snapshot| snapshot.configuration.error.clone());
    let differing = live.derive(|snapshot| {
        if snapshot.configuration.initialized { snapshot.configuration.differing.clone() } else { Vec::new() }
    });
    view! {
        {move || match engine_error.get() { Some(error) => view! { <NoEngine error /> }.into_any(), None => ().into_any() }}
        {move || {
            settings_error.get().map(|error| {
                let title = match &error {
                    StackError::SettingsInvalid { .. } => "Invalid settings",
                    StackError::OtherGeneration { .. } => "Two versions of the stack share this folder",
                    _ => "The configuration could not be read",
                };
                view! { <ErrorNote title=title.to_owned() error=ApiError::Stack(error) /> }
            }).into_any()
        }}
        {move || {
            let names = differing.get();
            (!names.is_empty()).then(|| view! { <Differing names commands /> }).into_any()
        }}
    }
}

/// Where the panel itself receives, while no stack does.
#[component]
fn Receiving() -> impl IntoView {
    let receiver = Live::get().derive(|snapshot| snapshot.receiver.clone());
    view! {
        {move || match receiver.get() {
            None => ().into_any(),
            Some(ReceiverAddresses { http, grpc, file }) => view! {
                <section class="note" data-tone="ok" aria-labelledby="receiving">
                    <h2 id="receiving">
                        <Icon shape=Tone::Ok.shape() />
                        "This panel receives telemetry itself"
                    </h2>
                    <p>
                        "Until the stack is started, Claude Code on this machine can send to "
                        <code>{format!("http://{http}")}</code> " or, with gRPC, to " <code>{format!("http://{grpc}")}</code>
                        ". Nothing arrives unless you point it there: "
                        <code>"clawker-monitor connect"</code> " prints how."
                    </p>
                    <p class="muted">
                        "The data is kept in " <code>{file}</code> ". While the panel is closed, nothing is received. "
                        <code>"serve --no-receive"</code> " turns this off. "
                        <a href="/agents">"Show agents"</a>
                    </p>
                </section>
            }.into_any(),
        }}
    }
}

/// Why Docker can't be reached, and how to install it.
#[component]
fn NoEngine(error: StackError) -> impl IntoView {
    let absent = matches!(error, StackError::EngineUnreachable { .. });
    view! {
        <ErrorNote title="Can't reach Docker".to_owned() error=ApiError::Stack(error)>
            {absent.then(|| view! {
                <dl class="install-options">
                    <dt>"Linux"</dt>
                    <dd>
                        <a href="https://docs.docker.com/engine/install/">"Docker Engine"</a> ", or "
                        <code>"systemctl --user start podman.socket"</code> " where Podman is installed"
                    </dd>
                    <dt>"macOS, Windows"</dt>
                    <dd>
                        <a href="https://docs.docker.com/desktop/">"Docker Desktop"</a>
                    </dd>
                </dl>
            })}
            <p class="muted">"We keep retrying; this page updates when Docker is reachable."</p>
        </ErrorNote>
    }
}

#[component]
fn Differing(names: Vec<String>, commands: Commands) -> impl IntoView {
    let heading = match names.len() {
        1 => "1 file differs from the settings".to_owned(),
        count => format!("{count} files differ from the settings"),
    };
    let files = names
        .into_iter()
        .map(|name| view! { <li><a href=format!("/files?name={name}")><code>{name.clone()}</code></a></li> })
        .collect_view();
    view! {
        <section class="note" data-tone="warn">
            <h2>
                <Icon shape=Tone::Warn.shape() />
                {heading}
            </h2>
            <ul class="inline-list">{files}</ul>
            <p class="hint">"Replacing regenerates them from the settings and keeps a backup of each old file."</p>
            <div class="actions">
                <CommandButton commands command=Command::Replace rank="plain" />
            </div>
        </section>
    }
}
