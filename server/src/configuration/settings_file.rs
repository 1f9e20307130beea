//! Clawker's settings file: its text, changed without touching what was not meant, and replaced as a whole.
//!
//! **Invariant:** nothing is written over a text that its writer has not seen; whoever saves names the text by its
//! `base`.

use std::{
    io::ErrorKind,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{MutexGuard, PoisonError},
};

use monitor_core::{
    error::StackError,
    job::{FileAction, FileOutcome},
    problem::Problem,
    settings::{self, Change, Settings},
};
use rustix::fs::{Access, access};

use super::{Configuration, atomic, hash};
use crate::{clock::now, paths::file_error};

/// A settings file larger than this is not one: it is refused unread.
const LIMIT_BYTES: u64 = 1024 * 1024;

/// The settings file at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsText {
    /// SHA-256 of its bytes in hexadecimal digits; empty where there is no file.
    pub base: String,
    /// All of it; empty where there is no file.
    pub text: String,
}

/// What saving did, so that it can be told and taken back.
#[derive(Debug, Clone)]
pub struct Saved {
    /// What became of the file.
    pub outcome: FileOutcome,
    before: Option<Vec<u8>>,
    after: String,
}

impl Configuration {
    /// The settings, or every problem with them.
    pub fn settings(&self) -> Result<Settings, StackError> {
        self.settings_in(&self.settings_text()?.text)
    }

    /// The settings that a text would make.
    pub fn settings_in(&self, text: &str) -> Result<Settings, StackError> {
        settings::read(text, &self.settings_file()).map_err(|problems| StackError::SettingsInvalid { problems })
    }

    /// The file's text; fails where it is none.
    pub fn settings_text(&self) -> Result<SettingsText, StackError> {
        let bytes = self.settings_bytes()?;
        let base = base_of(bytes.as_deref());
        Ok(SettingsText { base, text: self.text_of(bytes.unwrap_or_default())? })
    }

    /// The `base` of the file; empty where there is none that can be read.
    pub fn settings_base(&self) -> String {
        self.settings_bytes().map(|bytes| base_of(bytes.as_deref())).unwrap_or_default()
    }

    /// Makes the changes in the file, which must still be the one of that `base`. A missing file and folder are made.
    pub fn save_settings(&self, changes: &[Change], base: &str) -> Result<Saved, StackError> {
        let _alone = self.alone();
        let before = self.settings_bytes()?;
        self.check_base(before.as_deref(), base)?;
        let text = self.text_of(before.clone().unwrap_or_default())?;
        let after = self.edited(&text, changes)?;
        self.replace_settings(before, &after)
    }

    /// The text with the changes made, in memory only.
    pub fn edited(&self, text: &str, changes: &[Change]) -> Result<String, StackError> {
        // Only a line of the file leads there; a value that was typed is in no file.
        let place = |problem: Problem| Problem { file: problem.line.map(|_| self.settings_file()), ..problem };
        settings::edit(text, changes)
            .map_err(|problems| StackError::ChangeRefused { problems: problems.into_iter().map(place).collect() })
    }

    /// Replaces the whole text, right or wrong. Line endings become those that the file has: forms send CRLF.
    pub fn mend_settings(&self, text: &str, base: &str) -> Result<Saved, StackError> {
        let _alone = self.alone();
        let before = self.settings_bytes()?;
        self.check_base(before.as_deref(), base)?;
        let is_crlf = before.as_ref().is_some_and(|bytes| bytes.windows(2).any(|pair| pair == b"\r\n"));
        let unix = text.replace("\r\n", "\n");
        self.replace_settings(before, &if is_crlf { unix.replace('\n', "\r\n") } else { unix })
    }

    /// Takes a save back, unless somebody changed the file since. What it was saved over is what is there afterwards,
    /// and its backup goes.
    pub fn take_back(&self, saved: &Saved) -> Result<(), StackError> {
        let _alone = self.alone();
        let path = &self.paths.settings_file;
        let (before, after) = (base_of(saved.before.as_deref()), &saved.after);
        if before == *after {
            return Ok(());
        }
        self.check_base(self.settings_bytes()?.as_deref(), after)?;
        let restored = match &saved.before {
            Some(bytes) => atomic::write(path, bytes),
            None => std::fs::remove_file(path),
        };
        restored.map_err(|error| file_error(path, "restored", &error))?;
        if let FileAction::Replaced { backup } = &saved.outcome.action {
            // It holds what the file itself holds again.
            let _ = std::fs::remove_file(path.with_file_name(backup));
        }
        Ok(())
    }

    fn alone(&self) -> MutexGuard<'_, ()> {
        self.saving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` where there is no file. A folder, a pipe and a file that is too large are not read.
    fn settings_bytes(&self) -> Result<Option<Vec<u8>>, StackError> {
        let path = &self.paths.settings_file;
        match std::fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error(path, "read", &error)),
            Ok(found) if found.is_dir() => Err(self.wrong("it is a folder, and a file is expected here".into())),
            Ok(found) if !found.is_file() => Err(self.wrong("it is not a regular file".into())),
            Ok(found) if found.len() > LIMIT_BYTES => Err(self.wrong(too_large(found.len()))),
            Ok(_) => std::fs::read(path).map(Some).map_err(|error| file_error(path, "read", &error)),
        }
    }

    fn text_of(&self, bytes: Vec<u8>) -> Result<String, StackError> {
        String::from_utf8(bytes)
            .map_err(|error| self.wrong(format!("not UTF-8 text (byte {})", error.utf8_error().valid_up_to())))
    }

    /// The file as a whole is wrong.
    fn wrong(&self, message: String) -> StackError {
        let problem = Problem { field: String::new(), message, file: Some(self.settings_file()), line: None };
        StackError::SettingsInvalid { problems: vec![problem] }
    }

    fn check_base(&self, present: Option<&[u8]>, base: &str) -> Result<(), StackError> {
        match base_of(present) == base {
            true => Ok(()),
            false => Err(StackError::SettingsChanged { file: self.settings_file() }),
        }
    }

    fn replace_settings(&self, before: Option<Vec<u8>>, text: &str) -> Result<Saved, StackError> {
        let path = &self.paths.settings_file;
        if text.len() as u64 > LIMIT_BYTES {
            return Err(self.wrong(too_large(text.len() as u64)));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let action = match &before {
            Some(bytes) if bytes == text.as_bytes() => FileAction::Unchanged,
            Some(_) => {
                check_writable(path)?;
                let moment = now().to_rfc3339().chars().take(19).collect::<String>().replace(':', "-");
                let backup = atomic::back_up_as(path, &format!("{name}.{moment}"))
                    .map_err(|error| file_error(path, "backed up", &error))?;
                atomic::write(path, text.as_bytes()).map_err(|error| file_error(path, "replaced", &error))?;
                FileAction::Replaced { backup }
            }
            None => {
                let folder = path.parent().unwrap_or(Path::new("/"));
                std::fs::create_dir_all(folder).map_err(|error| file_error(folder, "created", &error))?;
                atomic::write(path, text.as_bytes()).map_err(|error| file_error(path, "written", &error))?;
                FileAction::Written
            }
        };
        Ok(Saved { outcome: FileOutcome { name, action }, before, after: hash(text.as_bytes()) })
    }
}

/// Replacing a file asks nothing of the file itself; one that its owner made read-only is left alone all the same.
fn check_writable(path: &Path) -> Result<(), StackError> {
    let read_only = std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o222 == 0);
    if read_only {
        return Err(StackError::File {
            path: path.display().to_string(),
            verb: "written".into(),
            detail: "it is read-only".into(),
        });
    }
    access(path, Access::WRITE_OK).map_err(|error| file_error(path, "written", &error.into()))
}

fn base_of(bytes: Option<&[u8]>) -> String {
    bytes.map(hash).unwrap_or_default()
}

fn too_large(bytes: u64) -> String {
    format!("it holds {bytes} bytes, and a settings file holds 1 MiB at most")
}
