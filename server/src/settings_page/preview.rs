//! What would happen if a form were applied: worked out in memory, against what is on disk and what runs.

use std::collections::BTreeMap;

use monitor_core::{
    agent_environment::{SettingsChange, settings_change},
    agents::AgentContainer,
    diff::FileDiff,
    error::StackError,
    file_view::FileState,
    lifecycle::{ServiceAction, plan_up},
    problem::Problem,
    service::Service,
    settings::{AgentNeed, Change, Key, Settings, read_values},
    settings_page::{Conflict, Preview, SettingsForm},
    stack::StackSpec,
};

use super::{Seen, agent_behind, look_at_engine};
use crate::{
    background::in_background, configuration::Configuration, diff, engine::ContainerEngine, work::apply::running,
};

/// Works it out. Fails where the settings file cannot be read at all; everything else that is wrong is in the answer.
pub async fn preview(
    engine: &dyn ContainerEngine,
    configuration: &Configuration,
    form: SettingsForm,
) -> Result<Preview, StackError> {
    let (mut preview, planned) = {
        let configuration = configuration.clone();
        in_background(move || plan(&configuration, &form)).await?
    };
    let Some(Planned { settings, every_agent }) = planned else { return Ok(preview) };
    let stack = StackSpec::new(&settings, &configuration.facts());
    let Ok(seen) = look_at_engine(engine, &stack).await else { return Ok(preview) };
    preview.stack_runs = running(&stack, &seen.observed).next().is_some();
    if preview.stack_runs && configuration.is_initialized() {
        preview.services = made_anew(&stack, &seen);
    }
    if preview.agents != AgentNeed::Nothing {
        let concerns = |agent: &&AgentContainer| every_agent || agent_behind(agent, &settings).is_some();
        preview.agents_affected = seen.agents.iter().filter(concerns).map(|agent| agent.container.clone()).collect();
    }
    Ok(preview)
}

/// What the Engine is to be compared with.
struct Planned {
    settings: Settings,
    /// See `SettingsChange::every_agent`.
    every_agent: bool,
}

/// What can be said without the Engine. Where the changes cannot be made, that is all there is to say.
fn plan(configuration: &Configuration, form: &SettingsForm) -> Result<(Preview, Option<Planned>), StackError> {
    let file = configuration.settings_text()?;
    let changes = form.changes();
    let edited = configuration.edited(&file.text, &changes);
    let (settings, edited) = match edited.and_then(|edited| Ok((configuration.settings_in(&edited)?, edited))) {
        Ok(both) => both,
        Err(StackError::SettingsInvalid { problems } | StackError::ChangeRefused { problems }) => {
            return Ok((empty(file.base, configuration, problems), None));
        }
        Err(error) => return Err(error),
    };
    let before = configuration.settings_in(&file.text).ok();
    let unchanged = SettingsChange { need: AgentNeed::Nothing, every_agent: false };
    let change = before.map_or(unchanged, |before| settings_change(&before, &settings));
    let files = match configuration.is_initialized() {
        true => configuration.files_under(&settings)?,
        false => Vec::new(),
    };
    let edited_files = files.iter().filter(|it| it.state == FileState::Edited).map(|it| it.file.name.to_owned());
    let edited_files = edited_files.collect();
    let file_diffs = files
        .iter()
        .filter(|it| it.state != FileState::Current)
        .map(|it| diff::between(it.file.name, it.on_disk.as_deref().unwrap_or_default(), &it.file.contents));
    let preview = Preview {
        conflicts: conflicts(configuration, &file.text, form, &changes),
        settings: diff::between(&configuration.settings_file(), &file.text, &edited),
        files: file_diffs.collect(),
        edited: edited_files,
        agents: change.need,
        ..empty(file.base, configuration, Vec::new())
    };
    Ok((preview, Some(Planned { settings, every_agent: change.every_agent })))
}

fn empty(base: String, configuration: &Configuration, problems: Vec<Problem>) -> Preview {
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
    }
}

/// Fields that the form changes, and that are on disk neither as the form was filled nor as it says.
fn conflicts(configuration: &Configuration, text: &str, form: &SettingsForm, changes: &[Change]) -> Vec<Conflict> {
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

/// One spelling for every way to say the same.
fn canonical(key: &str, text: Option<&str>) -> Option<String> {
    let text = text?;
    Some(Key::find(key).and_then(|key| key.canonical(text).ok()).unwrap_or_else(|| text.to_owned()))
}

/// Services whose container the next start would make, or make anew. Where a stranger holds a name nothing would be.
fn made_anew(stack: &StackSpec, seen: &Seen) -> Vec<Service> {
    let plan = plan_up(stack, &seen.observed).map(|plan| plan.services).unwrap_or_default();
    let anew =
        plan.into_iter().filter(|it| matches!(it.action, ServiceAction::Create | ServiceAction::Recreate { .. }));
    anew.map(|it| it.service).collect()
}
