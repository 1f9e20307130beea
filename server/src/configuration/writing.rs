//! Writes the generated files, and restores them.

use std::{collections::BTreeMap, path::PathBuf};

use monitor_core::{
    error::StackError,
    file_view::FileState,
    files,
    job::{FileAction, FileOutcome},
    settings::Settings,
};

use super::{ComparedFile, Configuration, LARGEST_GENERATED, atomic, ledger, ledger::Ledger};
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
        self.create_directory()?;
        let mut recorded = Ledger::read(&self.files, directory);
        let mut ledger = recorded.clone();
        for it in &compared {
            let on_disk = it.on_disk.as_deref().map(str::as_bytes);
            if is_replaced(it.state, overwrite) {
                ledger.intend(it.file.name, it.file.contents.as_bytes(), on_disk);
            } else {
                ledger.settle(it.file.name, on_disk);
            }
        }
        if ledger != recorded {
            ledger.write(&self.files, directory)?;
            recorded = ledger.clone();
        }
        let mut all_current = true;
        for compared in compared {
            let action = self.write_one(&compared, overwrite)?;
            let name = compared.file.name.to_owned();
            all_current &= action != FileAction::Kept || compared.state == FileState::Edited;
            if action != FileAction::Kept {
                ledger.written(&name, compared.file.contents.as_bytes());
            }
            written(FileOutcome { name, action })?;
        }
        if all_current {
            ledger.settings = Ledger::values_of(&settings);
            ledger.endpoint = self.endpoint.clone().or(ledger.endpoint);
        }
        if ledger != recorded {
            ledger.write(&self.files, directory)?;
        }
        Ok(())
    }

    fn write_one(&self, compared: &ComparedFile, overwrite: Overwrite) -> Result<FileAction, StackError> {
        let path = self.path_of(compared.file.name);
        let write = |verb: &str| {
            atomic::write(&self.files, &path, compared.file.contents.as_bytes())
                .map_err(|error| file_error(&path, verb, &error))
        };
        if !is_replaced(compared.state, overwrite) {
            let is_current = compared.state == FileState::Current;
            return Ok(if is_current { FileAction::Unchanged } else { FileAction::Kept });
        }
        Ok(match (compared.state, overwrite) {
            (FileState::Missing, _) => {
                write("written")?;
                FileAction::Written
            }
            (_, Overwrite::Everything) => {
                let backup =
                    atomic::back_up(&self.files, &path).map_err(|error| file_error(&path, "backed up", &error))?;
                if let Err(error) = write("replaced") {
                    // The file is still what its backup is.
                    atomic::remove(&self.files, &path.with_file_name(backup)).ok();
                    return Err(error);
                }
                FileAction::Replaced { backup }
            }
            _ => {
                write("replaced")?;
                FileAction::Updated
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
            let bytes = self.files.read(&path, LARGEST_GENERATED).map_err(|error| file_error(&path, "read", &error))?;
            Ok((path, bytes))
        };
        names.map(read).collect::<Result<_, _>>().map(FilesBackup)
    }

    /// Restores the generated files. Continues after a failure, and returns the first one.
    pub fn restore_files(&self, backup: &FilesBackup) -> Result<(), StackError> {
        let mut outcome = self.intend_to_restore(backup);
        // The ledger comes last: until then, it knows both contents.
        for (path, bytes) in &backup.0 {
            let present = self.files.read(path, LARGEST_GENERATED).ok().flatten();
            let restored = match (bytes, present) {
                (Some(bytes), present) if present.as_ref() == Some(bytes) => Ok(()),
                (Some(bytes), _) => atomic::write(&self.files, path, bytes),
                (None, None) => Ok(()),
                (None, Some(_)) => atomic::remove(&self.files, path),
            };
            outcome = outcome.and(restored.map_err(|error| file_error(path, "restored", &error)));
        }
        self.notify_changed();
        outcome
    }

    /// Records what is going to be restored, as far as it was written here.
    fn intend_to_restore(&self, backup: &FilesBackup) -> Result<(), StackError> {
        let directory = &self.paths.directory;
        let named = |(path, bytes): &'_ (PathBuf, Option<Vec<u8>>)| {
            Some((path.file_name()?.to_str()?.to_owned(), bytes.clone()?))
        };
        let contents: BTreeMap<String, Vec<u8>> = backup.0.iter().filter_map(named).collect();
        let Some(old) = contents.get(ledger::FILE_NAME).map(|bytes| Ledger::parse(bytes)) else { return Ok(()) };
        let before = Ledger::read(&self.files, directory);
        let mut ledger = before.clone();
        for (name, bytes) in contents.iter().filter(|(name, bytes)| old.wrote(name, bytes)) {
            let on_disk = self.files.read(&self.path_of(name), LARGEST_GENERATED).ok().flatten();
            if on_disk.as_ref() != Some(bytes) {
                ledger.intend(name, bytes, on_disk.as_deref());
            }
        }
        if ledger == before { Ok(()) } else { ledger.write(&self.files, directory) }
    }
}

/// Whether a file in this state is written.
fn is_replaced(state: FileState, overwrite: Overwrite) -> bool {
    match (state, overwrite) {
        // What is not compared is not written.
        (FileState::Current | FileState::Unknown, _) => false,
        (FileState::Missing, _) => true,
        (_, Overwrite::Nothing) | (FileState::Edited, Overwrite::Outdated) => false,
        (FileState::Outdated | FileState::Edited, _) => true,
    }
}
