//! The settings page's facts: what the file says, who has which port, what agents are given, and where the layers
//! (settings, files, containers, agents) lag behind one another. Looks, and changes nothing.

mod ports;
mod preview;

use std::collections::BTreeMap;

use futures::future::join;
use monitor_core::{
    agent_environment,
    agents::AgentContainer,
    error::StackError,
    file_view::FileState,
    lifecycle::{Observed, Recreate, ServiceAction, plan_up},
    service::Service,
    settings::{Settings, read_values},
    settings_page::{AgentDrift, BrokenSettings, Drift, SettingsPage},
    stack::StackSpec,
};

pub use self::{ports::look_at_port, preview::preview};
use crate::{
    background::in_background,
    configuration::{Configuration, SettingsText},
    engine::ContainerEngine,
};

/// Looks at everything once. An Engine that does not answer, and settings that cannot be used, are part of the answer.
pub async fn look(engine: &dyn ContainerEngine, configuration: &Configuration) -> Result<SettingsPage, StackError> {
    let read = {
        let configuration = configuration.clone();
        in_background(move || read(&configuration)).await
    };
    let (base, values, settings) = match read {
        Read::Usable { base, values, settings } => (base, values, settings),
        Read::Broken { base, broken } => {
            return Ok(SettingsPage {
                file: configuration.settings_file(),
                base,
                values: BTreeMap::new(),
                broken: Some(broken),
                ports: Vec::new(),
                environment: Vec::new(),
                agent_env: String::new(),
                drift: Drift::default(),
            });
        }
    };
    let (ports, drift) =
        join(ports::of_settings(engine, configuration, &settings), drift(engine, configuration, &settings)).await;
    // For an agent of no name: project and agent are added when its container is created.
    let environment = agent_environment::environment(&settings, "", "");
    Ok(SettingsPage {
        file: configuration.settings_file(),
        base,
        values,
        broken: None,
        ports,
        agent_env: agent_environment::agent_env(&environment),
        environment,
        drift,
    })
}

/// The settings file, as far as it can be used.
enum Read {
    Usable { base: String, values: BTreeMap<String, String>, settings: Box<Settings> },
    Broken { base: String, broken: BrokenSettings },
}

fn read(configuration: &Configuration) -> Read {
    let SettingsText { base, text } = match configuration.settings_text() {
        Ok(file) => file,
        Err(error) => {
            return Read::Broken { base: configuration.settings_base(), broken: BrokenSettings { error, text: None } };
        }
    };
    let values =
        read_values(&text, &configuration.settings_file()).map_err(|problems| StackError::SettingsInvalid { problems });
    match configuration.settings_in(&text).and_then(|settings| Ok((settings, values?))) {
        Ok((settings, values)) => Read::Usable {
            base,
            values: values.into_iter().map(|(key, raw)| (key, raw.text)).collect(),
            settings: Box::new(settings),
        },
        Err(error) => Read::Broken { base, broken: BrokenSettings { error, text: Some(text) } },
    }
}

/// Where one layer lags behind the one before it.
async fn drift(engine: &dyn ContainerEngine, configuration: &Configuration, settings: &Settings) -> Drift {
    let stack = StackSpec::new(settings, &configuration.facts());
    let (on_disk, looked) = join(
        {
            let (configuration, settings) = (configuration.clone(), settings.clone());
            in_background(move || files_behind(&configuration, &settings))
        },
        look_at_engine(engine, &stack),
    )
    .await;
    let (fields, files) = on_disk;
    match looked {
        Ok(seen) => Drift {
            fields,
            files,
            services: containers_behind(&stack, &seen.observed),
            agents_seen: u32::try_from(seen.agents.len()).unwrap_or(u32::MAX),
            agents: seen.agents.iter().filter_map(|agent| agent_behind(agent, settings)).collect(),
            engine_error: None,
        },
        Err(error) => Drift { fields, files, engine_error: Some(error), ..Drift::default() },
    }
}

type FilesBehind = (Vec<monitor_core::settings_page::FieldDrift>, Vec<(String, FileState)>);

/// Files that were not made yet do not lag behind; nor does a folder that is not ours.
fn files_behind(configuration: &Configuration, settings: &Settings) -> FilesBehind {
    if !configuration.is_initialized() {
        return FilesBehind::default();
    }
    let Ok(files) = configuration.files_under(settings) else { return FilesBehind::default() };
    let differing = files.into_iter().filter(|it| it.state != FileState::Current);
    (configuration.fields_behind(settings), differing.map(|it| (it.file.name.to_owned(), it.state)).collect())
}

/// What the Engine holds that follows the settings.
struct Seen {
    observed: Observed,
    agents: Vec<AgentContainer>,
}

async fn look_at_engine(engine: &dyn ContainerEngine, stack: &StackSpec) -> Result<Seen, StackError> {
    let (observed, mut agents) = futures::future::try_join(engine.observe(stack), engine.agents()).await?;
    // Who did not make a container has not given it these settings either.
    agents.retain(|agent| agent.managed);
    Ok(Seen { observed, agents })
}

/// Containers that the next start would make anew. None where a name is held by a stranger: the doctor tells of that.
fn containers_behind(stack: &StackSpec, observed: &Observed) -> Vec<(Service, Recreate)> {
    let plan = plan_up(stack, observed).map(|plan| plan.services).unwrap_or_default();
    let behind = plan.into_iter().filter_map(|planned| match planned.action {
        ServiceAction::Recreate { because, .. } => Some((planned.service, because)),
        _ => None,
    });
    behind.collect()
}

fn agent_behind(agent: &AgentContainer, settings: &Settings) -> Option<AgentDrift> {
    let project = agent.project.as_deref().unwrap_or_default();
    let differences = agent_environment::differences(&agent.environment, settings, project, &agent.agent);
    (!differences.is_empty()).then(|| AgentDrift {
        container: agent.container.clone(),
        running: agent.state.is_up(),
        differences,
    })
}
