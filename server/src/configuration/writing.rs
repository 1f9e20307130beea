//! Writing the generated files, and putting them back as they were.

use std::{io::ErrorKind, path::PathBuf};

use monitor_core::{
    error::StackError,
    file_view::FileState,
    files,
    job::{FileAction, FileOutcome},
    settings::Settings,
};

use super::{ComparedFile, Configuration, atomic, hash, ledger, ledger::Ledger};
use crate::paths::file_error;

/// Which of the files that differ are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// None: only what is missing is written.
    Nothing,
    /// Those that nobody edited since they were written. No backup: nothing of anybody's is in them.
    Outdated,
    /// All of them, each with a backup beside it.
    Everything,
}

/// The generated files as they were at one moment.
#[derive(Debug, Clone)]
pub struct FilesBefore(Vec<(PathBuf, Option<Vec<u8>>)>);

impl Configuration {
    /// Writes what is missing and replaces what `overwrite` allows. Calls `written` after each file; its error ends the
    /// writing, as any other does, and leaves the remaining files as they were.
    pub fn write(
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
        let compared = self.files_under(&settings)?;
        let directory = &self.paths.directory;
        std::fs::create_dir_all(directory).map_err(|error| file_error(directory, "created", &error))?;
        let mut ledger = Ledger::read(directory);
        let mut all_follow = true;
        for compared in compared {
            let action = self.write_one(&compared, overwrite)?;
            let name = compared.file.name.to_owned();
            all_follow &= action != FileAction::Kept || compared.state == FileState::Edited;
            let contents_hash = hash(compared.file.contents.as_bytes());
            if action != FileAction::Kept && ledger.files.get(&name) != Some(&contents_hash) {
                ledger.files.insert(name.clone(), contents_hash);
                ledger.write(directory)?;
            }
            written(FileOutcome { name, action })?;
        }
        let values = Ledger::values_of(&settings);
        if all_follow && ledger.settings != values {
            ledger.settings = values;
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

    /// The generated files as they are, to be put back with `restore_files`.
    pub fn remember_files(&self) -> Result<FilesBefore, StackError> {
        // Their names are the same under all settings.
        let names =
            files::render(&Settings::default(), &self.facts()).into_iter().map(|file| file.name).chain([ledger::NAME]);
        let read = |name: &str| {
            let path = self.path_of(name);
            match std::fs::read(&path) {
                Ok(bytes) => Ok((path, Some(bytes))),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok((path, None)),
                Err(error) => Err(file_error(&path, "read", &error)),
            }
        };
        names.map(read).collect::<Result<_, _>>().map(FilesBefore)
    }

    /// Restores the generated files. Continues after a failure, and returns the first one.
    pub fn restore_files(&self, before: &FilesBefore) -> Result<(), StackError> {
        let mut outcome = Ok(());
        for (path, bytes) in &before.0 {
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
