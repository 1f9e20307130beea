//! Reads and edits Clawker's settings file. Edits preserve everything else in the file, and replace it as a whole.
//!
//! **Invariant:** no text is overwritten that the caller has not seen. Callers identify the text by its `base`.

use std::{io::ErrorKind, os::unix::fs::PermissionsExt, path::Path};

use monitor_core::{
    error::StackError,
    job::{FileAction, FileOutcome},
    problem::Problem,
    settings::{self, Change, Settings},
};
use rustix::fs::{Access, access};

use super::{Configuration, atomic, backups, save_lock::HeldSaveLock, sha256_hex};
use crate::paths::file_error;

/// Larger files are refused without reading them.
const SIZE_LIMIT_BYTES: u64 = 1024 * 1024;

/// The contents of the settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsText {
    /// SHA-256 of the file in hexadecimal digits. Empty if there is no file.
    pub base: String,
    /// Empty if there is no file.
    pub text: String,
}

/// The result of saving, with what is needed to undo it.
#[derive(Debug, Clone)]
pub struct SavedSettings {
    /// What was done to the file.
    pub outcome: FileOutcome,
    before: Option<Vec<u8>>,
    /// The `base` of the saved text.
    after: String,
}

impl SavedSettings {
    /// The text before. Empty if there was no file.
    pub fn text_before(&self) -> String {
        String::from_utf8_lossy(self.before.as_deref().unwrap_or_default()).into_owned()
    }
}

impl Configuration {
    /// The settings in the file, or all problems in it.
    pub fn settings(&self) -> Result<Settings, StackError> {
        self.settings_in(&self.settings_text()?.text)
    }

    /// The settings in a text, or all problems in it.
    pub fn settings_in(&self, text: &str) -> Result<Settings, StackError> {
        settings::read(text, &self.settings_file()).map_err(|problems| StackError::SettingsInvalid { problems })
    }

    /// Unknown keys in the file that look like misspelled settings. Empty if it can't be read.
    pub fn misspelled_settings(&self) -> Vec<Problem> {
        let file = self.settings_text();
        file.map(|file| settings::misspelled_keys(&file.text, &self.settings_file())).unwrap_or_default()
    }

    /// Reads the file. Fails if it is not UTF-8 text.
    pub fn settings_text(&self) -> Result<SettingsText, StackError> {
        let bytes = self.settings_bytes()?;
        let base = base_of(bytes.as_deref());
        Ok(SettingsText { base, text: self.decode(bytes.unwrap_or_default())? })
    }

    /// The `base` of the file. Empty if it is missing or can't be read.
    pub fn settings_base(&self) -> String {
        self.settings_bytes().map(|bytes| base_of(bytes.as_deref())).unwrap_or_default()
    }

    /// Applies changes to the file, which must still have this `base`. A missing file and folder are created.
    pub fn save_settings(&self, changes: &[Change], base: &str) -> Result<SavedSettings, StackError> {
        let _lock = self.lock_settings()?;
        let before = self.settings_bytes()?;
        self.check_base(before.as_deref(), base)?;
        self.save_changes(before, changes)
    }

    /// Applies changes to the file as it is, for whoever has not looked at it.
    pub fn change_settings(&self, changes: &[Change]) -> Result<SavedSettings, StackError> {
        let _lock = self.lock_settings()?;
        let before = self.settings_bytes()?;
        self.save_changes(before, changes)
    }

    fn save_changes(&self, before: Option<Vec<u8>>, changes: &[Change]) -> Result<SavedSettings, StackError> {
        let text = self.decode(before.clone().unwrap_or_default())?;
        let after = self.edit_text(&text, changes)?;
        self.replace_settings(before, &after)
    }

    /// Applies changes to a text in memory.
    pub fn edit_text(&self, text: &str, changes: &[Change]) -> Result<String, StackError> {
        // Problems with new values have no line, and are not in the file.
        let with_file = |problem: Problem| Problem { file: problem.line.map(|_| self.settings_file()), ..problem };
        settings::edit(text, changes)
            .map_err(|problems| StackError::ChangeRefused { problems: problems.into_iter().map(with_file).collect() })
    }

    /// Replaces the whole text, valid or not, but not by one that can't be read at all: it would have to be removed by hand.
    /// Line endings are converted to those of the file, because forms send CRLF.
    pub fn replace_settings_text(&self, text: &str, base: &str) -> Result<SavedSettings, StackError> {
        settings::check_limits(text, &self.settings_file())
            .map_err(|problems| StackError::ChangeRefused { problems })?;
        let _lock = self.lock_settings()?;
        let before = self.settings_bytes()?;
        self.check_base(before.as_deref(), base)?;
        let is_crlf = before.as_ref().is_some_and(|bytes| bytes.windows(2).any(|pair| pair == b"\r\n"));
        let unix = text.replace("\r\n", "\n");
        self.replace_settings(before, &if is_crlf { unix.replace('\n', "\r\n") } else { unix })
    }

    /// Undoes a save, unless the file has changed since. Restores the previous text and removes its backup.
    pub fn undo_save(&self, saved: &SavedSettings) -> Result<(), StackError> {
        let _lock = self.lock_settings()?;
        let path = &self.paths.settings_file;
        let (before, after) = (base_of(saved.before.as_deref()), &saved.after);
        if before == *after {
            return Ok(());
        }
        self.check_base(self.settings_bytes()?.as_deref(), after)?;
        let restored = match &saved.before {
            Some(bytes) => atomic::write(&self.files, path, bytes),
            None => atomic::remove(&self.files, path),
        };
        restored.map_err(|error| file_error(path, "restored", &error))?;
        if let FileAction::Replaced { backup } = &saved.outcome.action {
            // The file has the same contents as the backup again.
            atomic::remove(&self.files, &path.with_file_name(backup)).ok();
        }
        Ok(())
    }

    /// The lock of the settings file, wherever symbolic links lead. Its folder is created.
    fn lock_settings(&self) -> Result<HeldSaveLock<'_>, StackError> {
        let path = &self.paths.settings_file;
        let target = atomic::in_time(&self.files, path, atomic::resolve_links);
        let target = target.map_err(|error| file_error(path, "read", &error))?;
        let folder = target.parent().unwrap_or(Path::new("/"));
        if path == &target {
            atomic::create_folder(&self.files, folder).map_err(|error| file_error(folder, "created", &error))?;
        }
        self.save_lock.acquire(&self.files, folder)
    }

    /// `None` if there is no file. Folders, pipes and files that are too large are not read.
    fn settings_bytes(&self) -> Result<Option<Vec<u8>>, StackError> {
        let path = &self.paths.settings_file;
        self.files.read(path, SIZE_LIMIT_BYTES).map_err(|error| match error.kind() {
            ErrorKind::IsADirectory => self.file_problem("expected a file, but it is a folder".into()),
            ErrorKind::InvalidInput | ErrorKind::FileTooLarge => self.file_problem(error.to_string()),
            _ => file_error(path, "read", &error),
        })
    }

    fn decode(&self, bytes: Vec<u8>) -> Result<String, StackError> {
        String::from_utf8(bytes)
            .map_err(|error| self.file_problem(format!("not UTF-8 text (byte {})", error.utf8_error().valid_up_to())))
    }

    /// A problem with the file as a whole.
    fn file_problem(&self, message: String) -> StackError {
        let problem = Problem { field: String::new(), message, file: Some(self.settings_file()), line: None };
        StackError::SettingsInvalid { problems: vec![problem] }
    }

    fn check_base(&self, present: Option<&[u8]>, base: &str) -> Result<(), StackError> {
        if base_of(present) == base { Ok(()) } else { Err(StackError::SettingsChanged { file: self.settings_file() }) }
    }

    fn replace_settings(&self, before: Option<Vec<u8>>, text: &str) -> Result<SavedSettings, StackError> {
        let path = &self.paths.settings_file;
        if text.len() as u64 > SIZE_LIMIT_BYTES {
            return Err(self.file_problem(too_large(text.len() as u64)));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let action = match &before {
            Some(bytes) if bytes == text.as_bytes() => FileAction::Unchanged,
            Some(_) => {
                let checked = atomic::in_time(&self.files, path, |path| Ok(check_writable(path)));
                checked.map_err(|error| file_error(path, "written", &error))??;
                let backup =
                    backups::back_up(&self.files, path).map_err(|error| file_error(path, "backed up", &error))?;
                if let Err(error) = atomic::write(&self.files, path, text.as_bytes()) {
                    // The file is still what its backup is.
                    atomic::remove(&self.files, &path.with_file_name(backup)).ok();
                    return Err(file_error(path, "replaced", &error));
                }
                backups::remove_old(&self.files, path);
                FileAction::Replaced { backup }
            }
            None => {
                atomic::write(&self.files, path, text.as_bytes())
                    .map_err(|error| file_error(path, "written", &error))?;
                FileAction::Written
            }
        };
        Ok(SavedSettings { outcome: FileOutcome { name, action }, before, after: sha256_hex(text.as_bytes()) })
    }
}

/// Replacing a file needs no write permission for it. A read-only file is still not replaced.
pub(super) fn check_writable(path: &Path) -> Result<(), StackError> {
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
    bytes.map(sha256_hex).unwrap_or_default()
}

fn too_large(bytes: u64) -> String {
    format!("it is too large: {bytes} bytes, and the limit is 1 MiB")
}
