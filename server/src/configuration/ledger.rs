//! Records what was last written to the monitor folder: the hash of each file, which tells edited files from outdated ones,
//! and the settings that the files were written from.
//!
//! **Invariant:** a hash is recorded before its contents are written, and the one before it is kept until they are. So a
//! process that is killed in between leaves no file that looks edited.

use std::{collections::BTreeMap, path::Path};

use monitor_core::{
    error::StackError,
    settings::{KEYS, Key, RawValue, RawValues, Settings},
    settings_page::FieldDrift,
};
use serde::{Deserialize, Serialize};

use super::{atomic, sha256_hex};
use crate::{file_access::FileAccess, paths::file_error};

/// The ledger's file name in the monitor folder.
pub(super) const FILE_NAME: &str = ".generated.json";

/// More bytes are not read. A ledger has some 3 kB.
const LARGEST: u64 = 1 << 20;

/// The ledger of a monitor folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// SHA-256 of the contents, by file name.
    pub(super) files: BTreeMap<String, String>,
    /// The same for contents that were about to be written. Empty when all of them are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    intended: BTreeMap<String, String>,
    /// The values of all settings, by key. Empty in ledgers of older versions.
    #[serde(default)]
    pub(super) settings: BTreeMap<String, String>,
    /// The address of the Engine that the files were written for. `None` in ledgers of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) endpoint: Option<String>,
}

impl Ledger {
    /// Reads the ledger. It is empty if the file is missing or invalid; differing files then count as edited by hand.
    pub(super) fn read(files: &FileAccess, directory: &Path) -> Ledger {
        let bytes = files.read(&directory.join(FILE_NAME), LARGEST).ok().flatten();
        bytes.map(|bytes| Ledger::parse(&bytes)).unwrap_or_default()
    }

    /// Empty if it is invalid.
    pub(super) fn parse(bytes: &[u8]) -> Ledger {
        // Older versions wrote only the map of files.
        let files_alone = || Some(Ledger { files: serde_json::from_slice(bytes).ok()?, ..Ledger::default() });
        serde_json::from_slice(bytes).ok().or_else(files_alone).unwrap_or_default()
    }

    /// Whether these contents of a file were written here, and by nobody else.
    pub(super) fn wrote(&self, name: &str, contents: &[u8]) -> bool {
        let hash = Some(sha256_hex(contents));
        self.files.get(name) == hash.as_ref() || self.intended.get(name) == hash.as_ref()
    }

    /// Replaces an earlier intention by what became of it.
    pub(super) fn settle(&mut self, name: &str, on_disk: Option<&[u8]>) {
        let intended = self.intended.remove(name);
        if let Some(carried_out) = intended.filter(|it| on_disk.is_some_and(|on_disk| *it == sha256_hex(on_disk))) {
            self.files.insert(name.to_owned(), carried_out);
        }
    }

    /// Notes what is going to be written. `on_disk` is what is there until then.
    pub(super) fn intend(&mut self, name: &str, contents: &[u8], on_disk: Option<&[u8]>) {
        self.settle(name, on_disk);
        self.intended.insert(name.to_owned(), sha256_hex(contents));
    }

    /// Notes that it was written, or was there already.
    pub(super) fn written(&mut self, name: &str, contents: &[u8]) {
        self.intended.remove(name);
        self.files.insert(name.to_owned(), sha256_hex(contents));
    }

    pub(super) fn write(&self, files: &FileAccess, directory: &Path) -> Result<(), StackError> {
        let path = directory.join(FILE_NAME);
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        atomic::write(files, &path, format!("{text}\n").as_bytes())
            .map_err(|error| file_error(&path, "written", &error))
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
