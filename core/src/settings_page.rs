//! What the settings page shows and what it sends: the wire types between the page, the command line and the server.
//! Nothing here reads a file; who does is the server.

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

/// Everything the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPage {
    /// The settings file's path, whether or not it exists.
    pub file: String,
    /// Tells one text of the file from another; empty where there is no file. See `SettingsForm::base`.
    pub base: String,
    /// The values that the file sets, by dotted key below `monitoring`, as they are written; a key that is absent has
    /// its default.
    pub values: BTreeMap<String, String>,
    /// The file cannot be used, and why; `values` is empty then.
    pub broken: Option<BrokenSettings>,
    /// The host's side of every port setting, in the order of the settings' table.
    pub ports: Vec<PortUse>,
    /// What an agent is given under these settings.
    pub environment: Vec<Variable>,
    /// The same, ready to copy into `.clawker.yaml` as `agent.env`.
    pub agent_env: String,
    /// Where settings, files, containers and agents differ.
    pub drift: Drift,
}

/// A settings file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenSettings {
    /// Why: every problem with its line, or why it could not be read at all.
    pub error: StackError,
    /// Its text, to be mended; `None` where it is none (a folder, not UTF-8, larger than 1 MiB).
    pub text: Option<String>,
}

/// A port of the host, as the field that sets it shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortUse {
    /// The setting, dotted below `monitoring`; empty where a number was asked about that no setting holds.
    pub key: String,
    /// The number.
    pub port: u16,
    /// Who has it; `None` where it is not published or cannot be known.
    pub holder: Option<PortHolder>,
    /// A free one nearby, where this one is somebody else's.
    pub free: Option<u16>,
}

/// What somebody wants changed, and what they were looking at while they said so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsForm {
    /// The `base` of the file whose values the form was filled with.
    pub base: String,
    /// The value of every field, by dotted key. Empty text: the key is to have its default.
    pub values: BTreeMap<String, String>,
    /// The value that each field was filled with; empty text: the file did not set it.
    pub was: BTreeMap<String, String>,
}

impl SettingsForm {
    /// Reads the pairs of an HTML form: `base`, `KEY`, and `was.KEY`. Pairs that are neither are ignored.
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

    /// The changes that were made in the form: fields that are not as they were filled.
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

/// What would happen if the form were applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The `base` of the file on disk that this was worked out against; applying refuses any other.
    pub base: String,
    /// Why the changes cannot be made, all at once; nothing else is worked out then.
    pub problems: Vec<Problem>,
    /// Fields that the form changes and that somebody else changed meanwhile.
    pub conflicts: Vec<Conflict>,
    /// What changes in the settings file.
    pub settings: FileDiff,
    /// What changes in the generated files.
    pub files: Vec<FileDiff>,
    /// Generated files that were edited by hand and would be kept as they are, unless one chooses otherwise.
    pub edited: Vec<String>,
    /// Services that would be made anew; empty while the stack does not run.
    pub services: Vec<Service>,
    /// What agents need before they follow.
    pub agents: AgentNeed,
    /// Agents that exist and would go on with other values, by container name.
    pub agents_affected: Vec<String>,
    /// The stack runs, so that applying restarts services.
    pub stack_runs: bool,
}

/// A field that two people changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The key, dotted below `monitoring`.
    pub key: String,
    /// What the form was filled with; `None`: not set.
    pub was: Option<String>,
    /// What the file says now.
    pub on_disk: Option<String>,
    /// What the form says.
    pub yours: Option<String>,
}

/// The four layers (settings, files, running containers, agents), and where one lags behind the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Settings that the files were not written from: key, the value in the settings, the value in the files. Empty
    /// where it is not known what the files were written from.
    pub fields: Vec<FieldDrift>,
    /// Generated files that are not as the settings ask for.
    pub files: Vec<(String, FileState)>,
    /// Containers that are not as the settings ask for.
    pub services: Vec<(Service, Recreate)>,
    /// How many agents there are, running or not.
    pub agents_seen: u32,
    /// Agents whose telemetry variables are not what an agent would be given now.
    pub agents: Vec<AgentDrift>,
    /// Why the containers could not be looked at.
    pub engine_error: Option<StackError>,
}

impl Drift {
    /// Everything agrees.
    pub fn is_none(&self) -> bool {
        self.fields.is_empty() && self.files.is_empty() && self.services.is_empty() && self.agents.is_empty()
    }
}

/// A setting that waits to be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDrift {
    /// The key, dotted below `monitoring`.
    pub key: String,
    /// The value in `settings.yaml`, or its default.
    pub settings: String,
    /// The value that the files were written from.
    pub files: String,
}

/// An agent whose telemetry variables differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentDrift {
    /// The container's name.
    pub container: String,
    /// It runs.
    pub running: bool,
    /// The variables that differ.
    pub differences: Vec<Difference>,
}
