//! The effects of applying a form: computed in memory from the files on disk and the running containers.

use std::collections::BTreeMap;

use monitor_core::{
    agent_environment::{SettingsChange, settings_change},
    agents::AgentContainer,
    diff::FileDiff,
    error::StackError,
    file_view::FileState,
    problem::Problem,
    settings::{AgentNeed, Change, Key, Settings, read_values},
    settings_page::{Conflict, Preview, SettingsForm},
    stack::StackSpec,
};

use super::{
    affected::{FileChanges, affected_services},
    agent_drift, observe_engine,
};
use crate::{
    background::in_background, configuration::Configuration, diff, engine::ContainerEngine, work::apply::running,
};

/// Computes the preview. Fails only if the settings file can't be read. Other problems are part of the result.
pub async fn preview(
    engine: &dyn ContainerEngine,
    configuration: &Configuration,
    form: SettingsForm,
) -> Result<Preview, StackError> {
    let (mut preview, planned) = {
        let configuration = configuration.clone();
        in_background(move || preview_files(&configuration, &form)).await?
    };
    let Some(PlannedSettings { settings, every_agent, changes }) = planned else { return Ok(preview) };
    let facts = configuration.host_facts();
    let stack = StackSpec::new(&settings, &facts);
    let Ok(engine_observation) = observe_engine(engine, &stack).await else {
        return Ok(Preview { engine_unknown: true, ..preview });
    };
    preview.stack_runs = running(&stack, &engine_observation.observed).next().is_some();
    if preview.stack_runs && configuration.read(Configuration::is_initialized).await {
        preview.services = affected_services(&settings, &facts, &engine_observation.observed, &changes);
    }
    if preview.agents != AgentNeed::Nothing {
        let is_affected = |agent: &&AgentContainer| every_agent || agent_drift(agent, &settings).is_some();
        preview.agents_affected =
            engine_observation.agents.iter().filter(is_affected).map(|agent| agent.container.clone()).collect();
    }
    Ok(preview)
}

/// The new settings, to be compared with the Engine's containers.
struct PlannedSettings {
    settings: Settings,
    /// See `SettingsChange::every_agent`.
    every_agent: bool,
    changes: FileChanges,
}

/// The part of the preview that needs no Engine. If the changes are invalid, it holds only the problems.
fn preview_files(
    configuration: &Configuration,
    form: &SettingsForm,
) -> Result<(Preview, Option<PlannedSettings>), StackError> {
    let file = configuration.settings_text()?;
    let typed = form.changes();
    let edited = configuration.edit_text(&file.text, &typed);
    let (settings, edited) = match edited.and_then(|edited| Ok((configuration.settings_in(&edited)?, edited))) {
        Ok(both) => both,
        Err(StackError::SettingsInvalid { problems } | StackError::ChangeRefused { problems }) => {
            return Ok((empty_preview(file.base, configuration, problems), None));
        }
        Err(error) => return Err(error),
    };
    let before = configuration.settings_in(&file.text).ok();
    let unchanged = SettingsChange { need: AgentNeed::Nothing, every_agent: false };
    let change = before.map_or(unchanged, |before| settings_change(&before, &settings));
    let files = if configuration.is_initialized() { configuration.files_for(&settings)? } else { Vec::new() };
    let edited_files = files.iter().filter(|it| it.state == FileState::Edited).map(|it| it.file.name.to_owned());
    let edited_files = edited_files.collect();
    let fields = if configuration.is_initialized() { configuration.field_drift(&settings) } else { Vec::new() };
    let differing = files.iter().filter(|it| it.state != FileState::Current);
    let changes = FileChanges { fields, files: differing.map(|it| (it.file.name.to_owned(), it.state)).collect() };
    let file_diffs = files
        .iter()
        .filter(|it| it.state != FileState::Current)
        .map(|it| diff::diff_lines(it.file.name, it.on_disk.as_deref().unwrap_or_default(), &it.file.contents));
    let preview = Preview {
        conflicts: find_conflicts(configuration, &file.text, form, &typed),
        settings: diff::diff_lines(&configuration.settings_file(), &file.text, &edited),
        files: file_diffs.collect(),
        edited: edited_files,
        agents: change.need,
        ..empty_preview(file.base, configuration, Vec::new())
    };
    Ok((preview, Some(PlannedSettings { settings, every_agent: change.every_agent, changes })))
}

fn empty_preview(base: String, configuration: &Configuration, problems: Vec<Problem>) -> Preview {
    Preview {
        base,
        problems,
        conflicts: Vec::new(),
        settings: FileDiff { name: configuration.settings_file(), hunks: Vec::new() },
        files: Vec::new(),
        edited: Vec::new(),
        services: Vec::new(),
        agents: AgentNeed::Nothing,
        agents_affected: Vec::new(),
        stack_runs: false,
        engine_unknown: false,
    }
}

/// Fields that the form changes, but whose values on disk have changed to something else since the form was loaded.
fn find_conflicts(configuration: &Configuration, text: &str, form: &SettingsForm, changes: &[Change]) -> Vec<Conflict> {
    let on_disk: BTreeMap<String, String> = read_values(text, &configuration.settings_file())
        .map(|values| values.into_iter().map(|(key, raw)| (key, raw.text)).collect())
        .unwrap_or_default();
    let conflict = |change: &Change| {
        let was = form.was.get(&change.key).filter(|was| !was.is_empty()).cloned();
        let found = on_disk.get(&change.key).cloned();
        let same = |one: &Option<String>, other: &Option<String>| {
            canonical(&change.key, one.as_deref()) == canonical(&change.key, other.as_deref())
        };
        let conflict = !same(&found, &was) && !same(&found, &change.value);
        conflict.then(|| Conflict { key: change.key.clone(), was, on_disk: found, yours: change.value.clone() })
    };
    changes.iter().filter_map(conflict).collect()
}

/// The canonical form of a value, so that different spellings compare as equal.
fn canonical(key: &str, text: Option<&str>) -> Option<String> {
    let text = text?;
    Some(Key::find(key).and_then(|key| key.canonical(text).ok()).unwrap_or_else(|| text.to_owned()))
}
