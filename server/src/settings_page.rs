//! Gathers what the settings page shows: the file's values, the use of ports, agents' variables, and the sync status of the
//! layers (settings, files, containers, agents). Changes nothing.

mod affected;
mod ports;
mod preview;

use std::collections::BTreeMap;

use futures::future::join;
use monitor_core::{
    agent_environment,
    agents::AgentContainer,
    error::StackError,
    file_view::FileState,
    lifecycle::Observed,
    settings::{Settings, read_values},
    settings_page::{AgentDrift, BrokenSettings, Drift, SettingsPage},
    stack::StackSpec,
};

use self::affected::{FileChanges, affected_services};
pub use self::{ports::check_port, preview::preview};
use crate::{
    background::in_background,
    configuration::{Configuration, SettingsText},
    engine::ContainerEngine,
};

/// Gathers everything once. An unreachable Engine and invalid settings are part of the result.
pub async fn gather(engine: &dyn ContainerEngine, configuration: &Configuration) -> Result<SettingsPage, StackError> {
    let (read, misspelled) = configuration.read(|it| (read_settings(it), it.misspelled_settings())).await;
    let (base, values, settings) = match read {
        SettingsFile::Valid { base, values, settings } => (base, values, settings),
        SettingsFile::Invalid { base, broken } => {
            return Ok(SettingsPage {
                file: configuration.settings_file(),
                base,
                values: BTreeMap::new(),
                misspelled,
                broken: Some(broken),
                ports: Vec::new(),
                environment: Vec::new(),
                agent_env: String::new(),
                drift: Drift::default(),
            });
        }
    };
    let (ports, drift) =
        join(ports::ports_of_settings(engine, configuration, &settings), drift(engine, configuration, &settings)).await;
    // Without a project and an agent, which are added when a container is created.
    let environment = agent_environment::environment(&settings, "", "");
    Ok(SettingsPage {
        file: configuration.settings_file(),
        base,
        values,
        misspelled,
        broken: None,
        ports,
        agent_env: agent_environment::agent_env(&environment),
        environment,
        drift,
    })
}

/// The contents of the settings file.
enum SettingsFile {
    Valid { base: String, values: BTreeMap<String, String>, settings: Box<Settings> },
    Invalid { base: String, broken: BrokenSettings },
}

fn read_settings(configuration: &Configuration) -> SettingsFile {
    let SettingsText { base, text } = match configuration.settings_text() {
        Ok(file) => file,
        Err(error) => {
            return SettingsFile::Invalid {
                base: configuration.settings_base(),
                broken: BrokenSettings { error, text: None },
            };
        }
    };
    let values =
        read_values(&text, &configuration.settings_file()).map_err(|problems| StackError::SettingsInvalid { problems });
    match configuration.settings_in(&text).and_then(|settings| Ok((settings, values?))) {
        Ok((settings, values)) => SettingsFile::Valid {
            base,
            values: values.into_iter().map(|(key, raw)| (key, raw.text)).collect(),
            settings: Box::new(settings),
        },
        Err(error) => SettingsFile::Invalid { base, broken: BrokenSettings { error, text: Some(text) } },
    }
}

/// Which layers are out of date with the layer before them.
async fn drift(engine: &dyn ContainerEngine, configuration: &Configuration, settings: &Settings) -> Drift {
    let facts = configuration.host_facts();
    let stack = StackSpec::new(settings, &facts);
    let (on_disk, engine_observation) = join(
        {
            let (configuration, settings) = (configuration.clone(), settings.clone());
            in_background(move || file_drift(&configuration, &settings))
        },
        observe_engine(engine, &stack),
    )
    .await;
    let services = engine_observation
        .as_ref()
        .map_or_else(|_| Vec::new(), |state| affected_services(settings, &facts, &state.observed, &on_disk));
    let FileChanges { fields, files } = on_disk;
    match engine_observation {
        Ok(state) => Drift {
            fields,
            files,
            // Before the first start there is nothing to be out of date.
            services: services.into_iter().filter(|it| it.because.is_some()).collect(),
            agents_seen: u32::try_from(state.agents.len()).unwrap_or(u32::MAX),
            agents: state.agents.iter().filter_map(|agent| agent_drift(agent, settings)).collect(),
            engine_error: None,
        },
        Err(error) => Drift { fields, files, engine_error: Some(error), ..Drift::default() },
    }
}

/// Settings and files that are out of date. Empty before the first `init`, and for a folder of a later Clawker.
fn file_drift(configuration: &Configuration, settings: &Settings) -> FileChanges {
    if !configuration.is_initialized() {
        return FileChanges::default();
    }
    let Ok(files) = configuration.files_for(settings) else { return FileChanges::default() };
    let differing = files.into_iter().filter(|it| it.state != FileState::Current);
    let files: Vec<_> = differing.map(|it| (it.file.name.to_owned(), it.state)).collect();
    // After a crash, all files may be written while the settings that they were written from are not recorded yet.
    let fields = if files.is_empty() { Vec::new() } else { configuration.field_drift(settings) };
    FileChanges { fields, files }
}

/// What the Engine reports about the stack and the agents.
struct EngineObservation {
    observed: Observed,
    agents: Vec<AgentContainer>,
}

async fn observe_engine(engine: &dyn ContainerEngine, stack: &StackSpec) -> Result<EngineObservation, StackError> {
    let (observed, mut agents) = futures::future::try_join(engine.observe(stack), engine.agents()).await?;
    // Containers that Clawker did not create don't get their variables from these settings.
    agents.retain(|agent| agent.managed);
    Ok(EngineObservation { observed, agents })
}

fn agent_drift(agent: &AgentContainer, settings: &Settings) -> Option<AgentDrift> {
    let project = agent.project.as_deref().unwrap_or_default();
    let differences = agent_environment::differences(&agent.environment, settings, project, &agent.agent);
    (!differences.is_empty()).then(|| AgentDrift {
        container: agent.container.clone(),
        running: agent.state.is_up(),
        differences,
    })
}
