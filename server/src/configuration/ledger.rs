//! What was written last into the monitor folder: the hash of each file, to tell "edited by hand" from "the settings
//! moved on", and the settings that the files were written from.

use std::{collections::BTreeMap, path::Path};

use monitor_core::{
    error::StackError,
    settings::{KEYS, Key, RawValue, RawValues, Settings},
    settings_page::FieldDrift,
};
use serde::{Deserialize, Serialize};

use super::atomic;
use crate::paths::file_error;

/// Its name in the monitor folder.
pub(super) const NAME: &str = ".generated.json";

/// The ledger of one monitor folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// Hashes of contents by file name.
    pub(super) files: BTreeMap<String, String>,
    /// Every setting as it was; empty where that was not written down.
    #[serde(default)]
    pub(super) settings: BTreeMap<String, String>,
}

impl Ledger {
    /// A ledger that is missing or broken is an empty one: every differing file then counts as edited by hand.
    pub(super) fn read(directory: &Path) -> Ledger {
        let Ok(bytes) = std::fs::read(directory.join(NAME)) else { return Ledger::default() };
        // The first ledgers were the map of files alone.
        let files_alone = || Some(Ledger { files: serde_json::from_slice(&bytes).ok()?, ..Ledger::default() });
        serde_json::from_slice(&bytes).ok().or_else(files_alone).unwrap_or_default()
    }

    pub(super) fn write(&self, directory: &Path) -> Result<(), StackError> {
        let path = directory.join(NAME);
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        atomic::write(&path, format!("{text}\n").as_bytes()).map_err(|error| file_error(&path, "written", &error))
    }

    /// Every setting as the ledger keeps it.
    pub(super) fn values_of(settings: &Settings) -> BTreeMap<String, String> {
        KEYS.iter().map(|key| (key.path.to_owned(), settings.value(key.path))).collect()
    }

    pub(super) fn written_from(&self) -> Option<Settings> {
        let raw = |(key, text): (&String, &String)| (key.clone(), RawValue { text: text.clone(), line: None });
        let values: RawValues = self.settings.iter().map(raw).collect();
        (!values.is_empty()).then(|| Settings::from_values(&values).ok()).flatten()
    }

    /// A key that the ledger does not know is one that came with a later version: nothing can be said of it.
    pub(super) fn fields_behind(&self, settings: &Settings) -> Vec<FieldDrift> {
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
