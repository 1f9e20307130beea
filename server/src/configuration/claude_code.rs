//! Claude Code's own settings file on this machine: puts variables into it, and takes them out again. What it had replaced
//! is remembered in a file of ours, which only its owner can read.
//!
//! **Invariant:** what has to be remembered is on disk before the settings change.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use monitor_core::{
    claude_settings::{self, ChangedVariable, Connected, Disconnected, Remembered},
    error::StackError,
};
use serde::{Deserialize, Serialize};

use super::{Configuration, atomic, backups, save_lock::HeldSaveLock, settings_file::check_writable, sha256_hex};
use crate::paths::file_error;

/// Larger files are not read, in bytes.
const LARGEST: u64 = 1 << 20;

/// What was done to the file, or would be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaudeSettingsChange {
    /// The path of the settings file.
    pub file: String,
    /// What differs; empty if nothing does.
    pub changes: Vec<ChangedVariable>,
    /// The name of the copy of the old text, in the same folder.
    pub backup: Option<String>,
    /// Connecting: other variables for telemetry in the file. Disconnecting: variables that somebody changed since.
    pub left_alone: Vec<String>,
    /// Whether there is no file afterwards.
    pub is_gone: bool,
}

impl ClaudeSettingsChange {
    /// Nothing was done to this file.
    pub fn nothing(file: &str) -> ClaudeSettingsChange {
        ClaudeSettingsChange {
            file: file.to_owned(),
            changes: Vec::new(),
            backup: None,
            left_alone: Vec::new(),
            is_gone: false,
        }
    }
}

/// The file in which is remembered what was replaced.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// The path of the settings file, for people.
    file: String,
    #[serde(flatten)]
    remembered: Remembered,
}

/// Whether something is done, or only said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Change the file.
    Write,
    /// Change nothing.
    DryRun,
}

impl Configuration {
    /// Puts variables into the `env` of Claude Code's settings file, which is created if there is none.
    ///
    /// # Errors
    /// A file that can't be read, understood or written. It was not changed then.
    pub fn connect_claude_code(
        &self,
        file: &Path,
        variables: &[(String, String)],
        mode: Mode,
    ) -> Result<ClaudeSettingsChange, StackError> {
        let target = self.resolve(file)?;
        let _lock = self.lock_folder_of(&target, mode)?;
        let before = self.claude_settings(file)?;
        let record = self.read_record(&target)?;
        let known = record.map(|record| record.remembered);
        let Connected { text, remembered, changes, other_variables } =
            claude_settings::connect(before.as_deref(), variables, known.clone())
                .map_err(|detail| refused(file, detail))?;
        let nothing = ClaudeSettingsChange::nothing(&file.display().to_string());
        let mut change = ClaudeSettingsChange { changes, left_alone: other_variables, ..nothing };
        if mode == Mode::Write {
            if Some(&remembered) != known.as_ref() {
                self.write_record(&target, remembered)?;
            }
            if !change.changes.is_empty() {
                change.backup = self.replace_claude_settings(file, before.is_some(), &text)?;
            }
        }
        Ok(change)
    }

    /// Takes the variables out again. `None` if none were put in.
    ///
    /// # Errors
    /// As for `connect_claude_code`.
    pub fn disconnect_claude_code(&self, file: &Path, mode: Mode) -> Result<Option<ClaudeSettingsChange>, StackError> {
        let target = self.resolve(file)?;
        let Some(Record { remembered, .. }) = self.read_record(&target)? else { return Ok(None) };
        let _lock = self.lock_folder_of(&target, mode)?;
        let before = self.claude_settings(file)?;
        let Disconnected { text, changes, left_alone } =
            claude_settings::disconnect(before.as_deref(), &remembered).map_err(|detail| refused(file, detail))?;
        let nothing = ClaudeSettingsChange::nothing(&file.display().to_string());
        let mut change = ClaudeSettingsChange { changes, left_alone, is_gone: text.is_none(), ..nothing };
        if mode == Mode::Write {
            match &text {
                _ if text == before => {}
                Some(text) => change.backup = self.replace_claude_settings(file, true, text)?,
                None => {
                    self.check_claude_settings_writable(file)?;
                    atomic::remove(&self.files, &target).map_err(|error| file_error(file, "removed", &error))?;
                }
            }
            let record = self.record_path(&target);
            atomic::remove(&self.files, &record).map_err(|error| file_error(&record, "removed", &error))?;
        }
        Ok(Some(change))
    }

    /// Where the file is, if its path is a symbolic link.
    fn resolve(&self, file: &Path) -> Result<PathBuf, StackError> {
        atomic::in_time(&self.files, file, atomic::resolve_links).map_err(|error| file_error(file, "read", &error))
    }

    /// The lock for changes to files in this folder, which is created to write to it.
    fn lock_folder_of(&self, target: &Path, mode: Mode) -> Result<HeldSaveLock<'_>, StackError> {
        let folder = target.parent().unwrap_or(Path::new("/"));
        if mode == Mode::Write {
            atomic::create_private_folder(&self.files, folder)
                .map_err(|error| file_error(folder, "created", &error))?;
        }
        self.save_lock.acquire(&self.files, folder)
    }

    /// The text; `None` if there is no file.
    fn claude_settings(&self, file: &Path) -> Result<Option<String>, StackError> {
        let bytes = self.files.read(file, LARGEST).map_err(|error| match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::FileTooLarge => refused(file, error.to_string()),
            ErrorKind::IsADirectory => refused(file, "it is a folder".to_owned()),
            _ => file_error(file, "read", &error),
        })?;
        bytes.map(String::from_utf8).transpose().map_err(|_| refused(file, "it is not UTF-8 text".to_owned()))
    }

    fn check_claude_settings_writable(&self, file: &Path) -> Result<(), StackError> {
        let checked = atomic::in_time(&self.files, file, |file| Ok(check_writable(file)));
        checked.map_err(|error| file_error(file, "written", &error))?
    }

    /// Replaces the text, and returns the name of the backup.
    fn replace_claude_settings(&self, file: &Path, exists: bool, text: &str) -> Result<Option<String>, StackError> {
        let mut backup = None;
        if exists {
            self.check_claude_settings_writable(file)?;
            let name = backups::back_up(&self.files, file).map_err(|error| file_error(file, "backed up", &error))?;
            backup = Some(name);
        }
        if let Err(error) = atomic::write_private(&self.files, file, text.as_bytes()) {
            // The file is still what its backup is.
            backup.map(|backup| atomic::remove(&self.files, &file.with_file_name(backup)).ok());
            return Err(file_error(file, "replaced", &error));
        }
        backups::remove_old(&self.files, file);
        Ok(backup)
    }

    /// One for each settings file, so that two that change different files are not in each other's way.
    fn record_path(&self, target: &Path) -> PathBuf {
        let hash = sha256_hex(target.as_os_str().as_encoded_bytes());
        self.paths.telemetry_folder().join(format!("connected-{}.json", &hash[..16]))
    }

    fn read_record(&self, target: &Path) -> Result<Option<Record>, StackError> {
        let path = self.record_path(target);
        let bytes = self.files.read(&path, LARGEST).map_err(|error| file_error(&path, "read", &error))?;
        let Some(bytes) = bytes else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| StackError::File {
            path: path.display().to_string(),
            verb: "read".into(),
            detail: format!("it is damaged ({error})"),
        })
    }

    fn write_record(&self, target: &Path, remembered: Remembered) -> Result<(), StackError> {
        let path = self.record_path(target);
        let folder = self.paths.telemetry_folder();
        let failed = |error: std::io::Error| file_error(&path, "written", &error);
        atomic::create_private_folder(&self.files, &folder).map_err(failed)?;
        let record = Record { file: target.display().to_string(), remembered };
        let text = serde_json::to_string_pretty(&record).unwrap_or_default();
        atomic::write_private(&self.files, &path, format!("{text}\n").as_bytes()).map_err(failed)
    }
}

fn refused(file: &Path, detail: String) -> StackError {
    StackError::ClaudeSettings { path: file.display().to_string(), detail }
}
