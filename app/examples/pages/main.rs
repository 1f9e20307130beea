//! Renders every state of the pages into a folder, for review. Needs no server, no Docker, and no browser.
//!
//! `cargo run -p monitor-app --features ssr --example pages -- FOLDER`

mod agents;
mod settings;
mod states;

use std::{path::Path, sync::Arc};

use any_spawner::Executor;
use async_trait::async_trait;
use futures::{
    StreamExt,
    executor::block_on,
    stream::{self, BoxStream},
};
use leptos::prelude::*;
use leptos_router::location::RequestUrl;
use monitor_app::{
    App,
    control_plane::{ControlPlane, EventBatch, PageNeeds},
};
use monitor_core::{
    agent_page::{AgentPage, AgentPageUpdate},
    error::StackError,
    file_view::FileView,
    job::Job,
    live::{LiveEvent, Snapshot},
    logs::LogLine,
    service::Service,
    settings_page::{PortUse, Preview, SettingsForm, SettingsPage},
    telemetry::{Numbers, Range},
};

/// The answers besides the snapshot.
#[derive(Default)]
struct Answers {
    settings: Option<(SettingsPage, Preview)>,
    numbers: Option<Numbers>,
    agent: Option<AgentPage>,
}

/// A control plane with a fixed state. Refuses all changes.
struct Fixed {
    snapshot: Snapshot,
    answers: Answers,
}

#[async_trait]
impl ControlPlane for Fixed {
    fn snapshot(&self) -> Result<Snapshot, StackError> {
        Ok(self.snapshot.clone())
    }

    fn build(&self) -> String {
        "fixed".into()
    }

    async fn refresh(&self, _needs: PageNeeds) -> Result<(), StackError> {
        Ok(())
    }

    fn live_events(&self) -> Result<BoxStream<'static, LiveEvent>, StackError> {
        Ok(stream::empty().boxed())
    }

    async fn initialize(&self, _replace: bool) -> Result<Job, StackError> {
        Err(StackError::Cancelled)
    }

    async fn start_stack(&self) -> Result<Job, StackError> {
        Err(StackError::Cancelled)
    }

    async fn stop_stack(&self) -> Result<Job, StackError> {
        Err(StackError::Cancelled)
    }

    async fn remove_stack_and_data(&self) -> Result<Job, StackError> {
        Err(StackError::Cancelled)
    }

    async fn dismiss_job(&self) -> Result<(), StackError> {
        Ok(())
    }

    async fn cancel_job(&self) -> Result<(), StackError> {
        Ok(())
    }

    async fn check_up(&self) -> Result<(), StackError> {
        Ok(())
    }

    async fn settings_page(&self) -> Result<SettingsPage, StackError> {
        self.answers.settings.as_ref().map(|(page, _)| page.clone()).ok_or(StackError::Cancelled)
    }

    async fn look_at_port(&self, port: u16) -> Result<PortUse, StackError> {
        Ok(settings::free(port))
    }

    async fn preview_settings(&self, _form: SettingsForm) -> Result<Preview, StackError> {
        self.answers.settings.as_ref().map(|(_, preview)| preview.clone()).ok_or(StackError::Cancelled)
    }

    async fn apply_settings(
        &self,
        _form: SettingsForm,
        _base: String,
        _replace_edited: bool,
    ) -> Result<Job, StackError> {
        Err(StackError::Cancelled)
    }

    async fn mend_settings(&self, _text: String, _base: String) -> Result<(), StackError> {
        Err(StackError::Cancelled)
    }

    async fn agent_numbers(&self, range: Range) -> Result<Numbers, StackError> {
        let none = Numbers { range, at: self.snapshot.taken_at, owners: Vec::new(), missing: Vec::new() };
        Ok(self.answers.numbers.clone().unwrap_or(none))
    }

    fn number_changes(&self, _range: Range) -> Result<BoxStream<'static, Numbers>, StackError> {
        Ok(stream::empty().boxed())
    }

    async fn agent_events(&self, _container: String) -> Result<BoxStream<'static, EventBatch>, StackError> {
        Ok(stream::empty().boxed())
    }

    async fn agent_changes(
        &self,
        _container: String,
        _range: Range,
    ) -> Result<BoxStream<'static, AgentPageUpdate>, StackError> {
        Ok(stream::empty().boxed())
    }

    async fn agent_page(&self, container: String, _range: Range) -> Result<AgentPage, StackError> {
        self.answers.agent.clone().ok_or(StackError::UnknownAgent { agent: container })
    }

    async fn files(&self) -> Result<Vec<FileView>, StackError> {
        Ok(states::files())
    }

    async fn recent_logs(&self, service: Service, _lines: u32) -> Result<Vec<LogLine>, StackError> {
        match service {
            Service::Jaeger => Err(StackError::NoContainer { service }),
            _ => Ok(states::lines()),
        }
    }

    fn download_logs(&self, _service: Service) -> Result<BoxStream<'static, Result<LogLine, StackError>>, StackError> {
        Ok(stream::iter(states::lines().into_iter().map(Ok)).boxed())
    }

    fn follow_logs(
        &self,
        _service: Service,
        _tail: u32,
    ) -> Result<BoxStream<'static, Result<LogLine, StackError>>, StackError> {
        Ok(stream::empty().boxed())
    }
}

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/pages".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let style = style_sheet(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../style"))?;
    let _ = Executor::init_futures_executor();
    for (name, snapshot) in states::snapshots() {
        std::fs::write(folder.join(format!("{name}.html")), document(&style, "/", snapshot, Answers::default()))?;
    }
    for (name, path) in [("files", "/files"), ("logs", "/logs/loki"), ("no-log", "/logs/jaeger"), ("lost", "/lost")] {
        std::fs::write(
            folder.join(format!("{name}.html")),
            document(&style, path, states::running(), Answers::default()),
        )?;
    }
    for (name, path, page, preview) in settings::pages() {
        let answers = Answers { settings: Some((page, preview)), ..Answers::default() };
        std::fs::write(folder.join(format!("{name}.html")), document(&style, &path, states::running(), answers))?;
    }
    for agents::State { name, path, snapshot, numbers, page } in agents::states() {
        let answers = Answers { numbers: Some(numbers), agent: page, ..Answers::default() };
        std::fs::write(folder.join(format!("{name}.html")), document(&style, &path, snapshot, answers))?;
    }
    let applied = document(&style, "/settings", states::restored(), Answers::default());
    std::fs::write(folder.join("settings-restored.html"), applied)
}

/// The entry, with the sheets that it imports in place of the imports.
fn style_sheet(folder: &Path) -> std::io::Result<String> {
    let mut sheet = String::new();
    for line in std::fs::read_to_string(folder.join("main.css"))?.lines() {
        match line.strip_prefix("@import \"").and_then(|rest| rest.strip_suffix("\";")) {
            Some(name) => sheet.push_str(&std::fs::read_to_string(folder.join(name))?),
            None => sheet.push_str(line),
        }
        sheet.push('\n');
    }
    Ok(sheet)
}

fn document(style: &str, path: &str, snapshot: Snapshot, answers: Answers) -> String {
    let owner = Owner::new_root(None);
    let body = owner.with(|| {
        let (meta, _output) = leptos_meta::ServerMetaContext::new();
        provide_context(meta);
        provide_context(RequestUrl::new(path));
        let plane: Arc<dyn ControlPlane> = Arc::new(Fixed { snapshot, answers });
        provide_context(plane);
        block_on(view! { <App /> }.to_html_stream_in_order().collect::<String>())
    });
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{path}</title>\
         <style>{style}</style><body>{body}</body></html>"
    )
}
