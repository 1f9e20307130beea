//! Records what was last written to the monitor folder: the hash of each file, which tells edited files from outdated ones,
//! and the settings that the files were written from.

use std::{collections::BTreeMap, path::Path};

use monitor_core::{
    error::StackError,
    settings::{KEYS, Key, RawValue, RawValues, Settings},
    settings_page::FieldDrift,
};
use serde::{Deserialize, Serialize};

use super::atomic;
use crate::paths::file_error;

/// The ledger's file name in the monitor folder.
pub(super) const FILE_NAME: &str = ".generated.json";

/// The ledger of a monitor folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// SHA-256 of the contents, by file name.
    pub(super) files: BTreeMap<String, String>,
    /// The values of all settings, by key. Empty in ledgers of older versions.
    #[serde(default)]
    pub(super) settings: BTreeMap<String, String>,
    /// The address of the Engine that the files were written for. `None` in ledgers of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) endpoint: Option<String>,
}

impl Ledger {
    /// Reads the ledger. It is empty if the file is missing or invalid; differing files then count as edited by hand.
    pub(super) fn read(directory: &Path) -> Ledger {
        let Ok(bytes) = std::fs::read(directory.join(FILE_NAME)) else { return Ledger::default() };
        // Older versions wrote only the map of files.
        let files_alone = || Some(Ledger { files: serde_json::from_slice(&bytes).ok()?, ..Ledger::default() });
        serde_json::from_slice(&bytes).ok().or_else(files_alone).unwrap_or_default()
    }

    pub(super) fn write(&self, directory: &Path) -> Result<(), StackError> {
        let path = directory.join(FILE_NAME);
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        atomic::write(&path, format!("{text}\n").as_bytes()).map_err(|error| file_error(&path, "written", &error))
    }

    /// The values of all settings in the ledger's format.
    pub(super) fn values_of(settings: &Settings) -> BTreeMap<String, String> {
        KEYS.iter().map(|key| (key.path.to_owned(), settings.value(key.path))).collect()
    }

    pub(super) fn written_from(&self) -> Option<Settings> {
        let raw = |(key, text): (&String, &String)| (key.clone(), RawValue { text: text.clone(), line: None });
        let values: RawValues = self.settings.iter().map(raw).collect();
        (!values.is_empty()).then(|| Settings::from_values(&values).ok()).flatten()
    }

    /// Settings that differ from those that the files were written from. Keys that are not in the ledger were added in a later
    /// version and are left out.
    pub(super) fn field_drift(&self, settings: &Settings) -> Vec<FieldDrift> {
        let concerns_files = |key: &&Key| key.needs.services;
        KEYS.iter()
            .filter(concerns_files)
            .filter_map(|key| {
                let (settings, files) = (settings.value(key.path), self.settings.get(key.path)?.clone());
                (settings != files).then(|| FieldDrift { key: key.path.to_owned(), settings, files })
            })
            .collect()
    }
}
