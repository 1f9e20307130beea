//! Writes the generated files, and restores them.

use std::{io::ErrorKind, path::PathBuf};

use monitor_core::{
    error::StackError,
    file_view::FileState,
    files,
    job::{FileAction, FileOutcome},
    settings::Settings,
};

use super::{ComparedFile, Configuration, atomic, ledger, ledger::Ledger, sha256_hex};
use crate::paths::file_error;

/// Which differing files are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// None. Only missing files are written.
    Nothing,
    /// Files that were not edited since they were written. They need no backup.
    Outdated,
    /// All of them, after backing them up in the same folder.
    Everything,
}

/// The contents of the generated files at one time. `None` for files that were missing.
#[derive(Debug, Clone)]
pub struct FilesBackup(Vec<(PathBuf, Option<Vec<u8>>)>);

impl Configuration {
    /// Writes missing files and replaces those that `overwrite` allows. Calls `written` after each file. An error, also one
    /// from `written`, leaves the remaining files unchanged.
    pub fn write_files(
        &self,
        overwrite: Overwrite,
        written: impl FnMut(FileOutcome) -> Result<(), StackError>,
    ) -> Result<(), StackError> {
        let outcome = self.write_all(overwrite, written);
        self.notify_changed();
        outcome
    }

    fn write_all(
        &self,
        overwrite: Overwrite,
        mut written: impl FnMut(FileOutcome) -> Result<(), StackError>,
    ) -> Result<(), StackError> {
        let settings = self.settings()?;
        let compared = self.files_for(&settings)?;
        let directory = &self.paths.directory;
        std::fs::create_dir_all(directory).map_err(|error| file_error(directory, "created", &error))?;
        let mut ledger = Ledger::read(directory);
        let mut all_current = true;
        for compared in compared {
            let action = self.write_one(&compared, overwrite)?;
            let name = compared.file.name.to_owned();
            all_current &= action != FileAction::Kept || compared.state == FileState::Edited;
            let contents_hash = sha256_hex(compared.file.contents.as_bytes());
            if action != FileAction::Kept && ledger.files.get(&name) != Some(&contents_hash) {
                ledger.files.insert(name.clone(), contents_hash);
                ledger.write(directory)?;
            }
            written(FileOutcome { name, action })?;
        }
        let values = Ledger::values_of(&settings);
        let endpoint = self.endpoint.clone().or_else(|| ledger.endpoint.clone());
        if all_current && (ledger.settings != values || ledger.endpoint != endpoint) {
            ledger.settings = values;
            ledger.endpoint = endpoint;
            ledger.write(directory)?;
        }
        Ok(())
    }

    fn write_one(&self, compared: &ComparedFile, overwrite: Overwrite) -> Result<FileAction, StackError> {
        let path = self.path_of(compared.file.name);
        let write = |verb: &str| {
            atomic::write(&path, compared.file.contents.as_bytes()).map_err(|error| file_error(&path, verb, &error))
        };
        Ok(match (compared.state, overwrite) {
            (FileState::Current, _) => FileAction::Unchanged,
            (FileState::Missing, _) => {
                write("written")?;
                FileAction::Written
            }
            (FileState::Outdated | FileState::Edited, Overwrite::Nothing)
            | (FileState::Edited, Overwrite::Outdated) => FileAction::Kept,
            (FileState::Outdated, Overwrite::Outdated) => {
                write("replaced")?;
                FileAction::Updated
            }
            (FileState::Outdated | FileState::Edited, Overwrite::Everything) => {
                let backup = atomic::back_up(&path).map_err(|error| file_error(&path, "backed up", &error))?;
                write("replaced")?;
                FileAction::Replaced { backup }
            }
        })
    }

    /// Reads the generated files, so that `restore_files` can restore them.
    pub fn back_up_files(&self) -> Result<FilesBackup, StackError> {
        // The names don't depend on the settings.
        let names = files::render(&Settings::default(), &self.host_facts())
            .into_iter()
            .map(|file| file.name)
            .chain([ledger::FILE_NAME]);
        let read = |name: &str| {
            let path = self.path_of(name);
            match std::fs::read(&path) {
                Ok(bytes) => Ok((path, Some(bytes))),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok((path, None)),
                Err(error) => Err(file_error(&path, "read", &error)),
            }
        };
        names.map(read).collect::<Result<_, _>>().map(FilesBackup)
    }

    /// Restores the generated files. Continues after a failure, and returns the first one.
    pub fn restore_files(&self, backup: &FilesBackup) -> Result<(), StackError> {
        let mut outcome = Ok(());
        for (path, bytes) in &backup.0 {
            let restored = match (bytes, std::fs::read(path).ok()) {
                (Some(bytes), present) if present.as_ref() == Some(bytes) => Ok(()),
                (Some(bytes), _) => atomic::write(path, bytes),
                (None, None) => Ok(()),
                (None, Some(_)) => std::fs::remove_file(path),
            };
            outcome = outcome.and(restored.map_err(|error| file_error(path, "restored", &error)));
        }
        self.notify_changed();
        outcome
    }
}
