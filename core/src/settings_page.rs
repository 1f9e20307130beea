//! The data of the settings page: the wire types between page, command line, and server. No I/O; the server reads and
//! writes the files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    agent_environment::{Difference, Variable},
    diff::FileDiff,
    doctor::PortHolder,
    error::StackError,
    file_view::FileState,
    lifecycle::Recreate,
    problem::Problem,
    service::Service,
    settings::{AgentNeed, Change},
};

/// Everything that the settings page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPage {
    /// The path of the settings file, whether or not it exists.
    pub file: String,
    /// Hash of the file's text; empty if there is no file. See `SettingsForm::base`.
    pub base: String,
    /// The values in the file as they are written, by dotted key below `monitoring`. Missing keys have their defaults.
    pub values: BTreeMap<String, String>,
    /// Unknown keys in the file that look like misspelled settings. They have no effect, and nothing is refused.
    pub misspelled: Vec<Problem>,
    /// Why the file can't be used, if so; `values` is then empty.
    pub broken: Option<BrokenSettings>,
    /// What uses the port of each port setting, in the order of `KEYS`.
    pub ports: Vec<PortUse>,
    /// The variables of a new agent under these settings.
    pub environment: Vec<Variable>,
    /// The same variables as text for `agent.env` in `.clawker.yaml`.
    pub agent_env: String,
    /// Differences between settings, files, containers, and agents.
    pub drift: Drift,
}

/// A settings file that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenSettings {
    /// All problems with their lines, or why the file could not be read.
    pub error: StackError,
    /// Its text, to be fixed; `None` if it can't be shown (a folder, not UTF-8, larger than 1 MiB).
    pub text: Option<String>,
}

/// A port on the host and what uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortUse {
    /// The setting, dotted below `monitoring`; empty for a port that no setting has.
    pub key: String,
    /// The port number.
    pub port: u16,
    /// What uses it; `None` if it is not published or unknown.
    pub holder: Option<PortHolder>,
    /// A free port nearby, if another program uses this one.
    pub free: Option<u16>,
}

/// A submitted form: the wanted values, and those that the form was filled with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsForm {
    /// The `base` of the file that the form was filled from.
    pub base: String,
    /// The value of each field by dotted key. Empty text means the default.
    pub values: BTreeMap<String, String>,
    /// The value that each field was filled with; empty text if the file did not set it.
    pub was: BTreeMap<String, String>,
}

impl SettingsForm {
    /// Parses the pairs of an HTML form: `base`, `KEY`, and `was.KEY`. Other pairs are ignored.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> SettingsForm {
        let mut form = SettingsForm::default();
        for (name, value) in pairs {
            match name.strip_prefix("was.") {
                Some(key) => drop(form.was.insert(key.to_owned(), value)),
                None if name == "base" => form.base = value,
                None => drop(form.values.insert(name, value)),
            }
        }
        form
    }

    /// The changes made in the form: fields that differ from their original value.
    pub fn changes(&self) -> Vec<Change> {
        let differs =
            |(key, value): &(&String, &String)| self.was.get(*key).map_or("", String::as_str) != value.as_str();
        self.values
            .iter()
            .filter(differs)
            .map(|(key, value)| match value.as_str() {
                "" => Change::unset(key.as_str()),
                value => Change::set(key.as_str(), value),
            })
            .collect()
    }
}

/// What applying the form would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The `base` of the current file; applying rejects any other.
    pub base: String,
    /// Why the changes can't be made; the rest of the preview is then empty.
    pub problems: Vec<Problem>,
    /// Fields that were changed both in the form and in the file.
    pub conflicts: Vec<Conflict>,
    /// Changes in the settings file.
    pub settings: FileDiff,
    /// Changes in the generated files.
    pub files: Vec<FileDiff>,
    /// Generated files with manual edits, which are kept unless the user chooses to replace them.
    pub edited: Vec<String>,
    /// Services that would be recreated; empty if the stack is not running.
    pub services: Vec<AffectedService>,
    /// What existing agents need.
    pub agents: AgentNeed,
    /// Existing agents that would keep other values, by container name.
    pub agents_affected: Vec<String>,
    /// Whether the stack is running, so that applying recreates services.
    pub stack_runs: bool,
    /// Whether Docker did not answer, so that services and affected agents are unknown.
    pub engine_unknown: bool,
}

/// A service whose container is created or recreated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedService {
    /// The service.
    pub service: Service,
    /// Why its container is recreated; `None` if it has none yet.
    pub because: Option<Recreate>,
    /// The generated files behind it; empty if they are unknown or not the reason.
    pub files: Vec<String>,
    /// The settings behind it, dotted below `monitoring`; empty if they are unknown or not the reason.
    pub settings: Vec<String>,
}

impl AffectedService {
    /// The reason, as a clause about the container: "a file that it mounts changed (`prometheus.yaml`, because of
    /// `monitoring.grafana_port`)".
    pub fn reason(&self) -> String {
        let Some(because) = &self.because else { return "it has no container yet".to_owned() };
        let quoted = |names: &[String], prefix: &str| {
            names.iter().map(|name| format!("`{prefix}{name}`")).collect::<Vec<_>>().join(", ")
        };
        let settings =
            (!self.settings.is_empty()).then(|| format!("because of {}", quoted(&self.settings, "monitoring.")));
        let files = (!self.files.is_empty()).then(|| quoted(&self.files, ""));
        match [files, settings].into_iter().flatten().collect::<Vec<_>>().as_slice() {
            [] => because.reason(),
            details => format!("{} ({})", because.reason(), details.join(", ")),
        }
    }
}

/// A field that was changed both in the form and in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The dotted key below `monitoring`.
    pub key: String,
    /// The value that the form was filled with; `None` if it was not set.
    pub was: Option<String>,
    /// The current value in the file; `None` if it is not set.
    pub on_disk: Option<String>,
    /// The value in the form; `None` to remove the key.
    pub yours: Option<String>,
}

/// Differences between the four layers: settings, files, running containers, agents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Settings that the files do not have yet; empty if it is unknown which settings the files were created from.
    pub fields: Vec<FieldDrift>,
    /// Names of generated files that do not match the settings.
    pub files: Vec<(String, FileState)>,
    /// Services whose containers do not match the settings.
    pub services: Vec<AffectedService>,
    /// Number of agents, running or not.
    pub agents_seen: u32,
    /// Agents whose telemetry variables differ from those of a new agent.
    pub agents: Vec<AgentDrift>,
    /// Why the containers could not be inspected, if so.
    pub engine_error: Option<StackError>,
}

impl Drift {
    /// Whether all layers match.
    pub fn is_none(&self) -> bool {
        self.fields.is_empty() && self.files.is_empty() && self.services.is_empty() && self.agents.is_empty()
    }
}

/// A setting that is not applied yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDrift {
    /// The dotted key below `monitoring`.
    pub key: String,
    /// The value in `settings.yaml`, or the default.
    pub settings: String,
    /// The value that the files were created with.
    pub files: String,
}

/// An agent whose telemetry variables differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentDrift {
    /// The container's name.
    pub container: String,
    /// Whether it is running.
    pub running: bool,
    /// The variables that differ.
    pub differences: Vec<Difference>,
}
