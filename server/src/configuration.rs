//! The stack's configuration on disk: reads the settings, compares the generated files with what they should be, and
//! writes both. Files are replaced atomically, and what differs is never overwritten unasked.

mod atomic;
mod ledger;
mod settings_file;
#[cfg(test)]
mod settings_tests;
#[cfg(test)]
mod tests;
mod writing;

use std::{
    io::ErrorKind,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use monitor_core::{
    error::StackError,
    file_view::{FileState, FileView},
    files::{self, GeneratedFile},
    live,
    settings::Settings,
    settings_page::FieldDrift,
    stack::{HostFacts, StackSpec},
};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use self::ledger::Ledger;
pub use self::{
    settings_file::{Saved, SettingsText},
    writing::{FilesBefore, Overwrite},
};
use crate::paths::{Paths, file_error};

/// The configuration of one installation.
#[derive(Debug, Clone)]
pub struct Configuration {
    paths: Paths,
    docker_socket: String,
    /// Held while the settings file is read, changed and replaced.
    saving: Arc<Mutex<()>>,
    changed: Arc<Notify>,
}

impl Configuration {
    /// The configuration at these paths, for an Engine whose containers mount that socket.
    pub fn new(paths: Paths, docker_socket: String) -> Configuration {
        Configuration { paths, docker_socket, saving: Arc::default(), changed: Arc::default() }
    }

    /// Notifies whoever waits in `changed` that files or settings may have changed.
    pub fn notify_changed(&self) {
        self.changed.notify_one();
    }

    /// Resolves once files or settings may have changed; at once where that was not seen yet. For one waiter at a time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The monitor folder.
    pub fn directory(&self) -> String {
        self.paths.directory.display().to_string()
    }

    /// The settings file, whether or not it exists.
    pub fn settings_file(&self) -> String {
        self.paths.settings_file.display().to_string()
    }

    /// The folders whose contents matter: the settings' and the monitor folder. Either may not exist yet.
    pub fn folders(&self) -> [PathBuf; 2] {
        let settings = self.paths.settings_file.parent().map(PathBuf::from).unwrap_or_default();
        [settings, self.paths.directory.clone()]
    }

    /// The stack that the settings ask for.
    pub fn stack(&self) -> Result<StackSpec, StackError> {
        Ok(StackSpec::new(&self.settings()?, &self.facts()))
    }

    /// The stack that settings alone would ask for: used where a broken settings file must not hide what runs.
    pub fn stack_or_default(&self) -> StackSpec {
        StackSpec::new(&self.settings().unwrap_or_default(), &self.facts())
    }

    /// Every generated file, on disk and as it should be.
    pub fn files(&self) -> Result<Vec<FileView>, StackError> {
        let compared = self.files_under(&self.settings()?)?;
        Ok(compared.into_iter().map(ComparedFile::view).collect())
    }

    /// Every generated file, on disk and as those settings ask for.
    pub fn files_under(&self, settings: &Settings) -> Result<Vec<ComparedFile>, StackError> {
        self.check_generation()?;
        let ledger = Ledger::read(&self.paths.directory);
        files::render(settings, &self.facts())
            .into_iter()
            .map(|file| {
                let on_disk = self.read(file.name)?;
                let state = state_of(on_disk.as_deref(), &file, ledger.files.get(file.name));
                Ok(ComparedFile { file, on_disk, state })
            })
            .collect()
    }

    /// The settings that the generated files were written from last; `None` where that is not known.
    pub fn written_from(&self) -> Option<Settings> {
        Ledger::read(&self.paths.directory).written_from()
    }

    /// Settings that the generated files were not written from, as far as they concern those files.
    pub fn fields_behind(&self, settings: &Settings) -> Vec<FieldDrift> {
        Ledger::read(&self.paths.directory).fields_behind(settings)
    }

    /// What the panel shows of it.
    pub fn summary(&self) -> live::Configuration {
        let (differing, error) = match self.files() {
            Ok(files) => (
                files.into_iter().filter(|file| file.state != FileState::Current).map(|file| file.name).collect(),
                None,
            ),
            Err(error) => (Vec::new(), Some(error)),
        };
        live::Configuration {
            directory: self.directory(),
            settings_file: self.settings_file(),
            settings_base: self.settings_base(),
            initialized: self.is_initialized(),
            differing,
            error,
        }
    }

    /// The files are there.
    pub fn is_initialized(&self) -> bool {
        self.paths.directory.join("compose.yaml").is_file()
    }

    /// The stack to start: fails where there are no files, and where starting would use files that do not belong to
    /// the settings. A file that somebody edited by hand is theirs to edit and is used as it is; only `compose.yaml`
    /// is not mounted but stands for the settings themselves, so that one must agree.
    pub fn stack_to_start(&self) -> Result<StackSpec, StackError> {
        let settings = self.settings()?;
        if !self.is_initialized() {
            return Err(StackError::NotInitialized { directory: self.directory() });
        }
        let stands_in_the_way = |file: &FileView| match file.state {
            FileState::Current => false,
            FileState::Missing | FileState::Outdated => true,
            FileState::Edited => file.name == "compose.yaml",
        };
        let files: Vec<String> = self.files()?.into_iter().filter(stands_in_the_way).map(|file| file.name).collect();
        if files.is_empty() {
            Ok(StackSpec::new(&settings, &self.facts()))
        } else {
            Err(StackError::FilesDiffer { files, directory: self.directory() })
        }
    }

    /// The stack to stop, as far as broken settings allow: fails only where the folder is another generation's.
    pub fn stack_to_stop(&self) -> Result<StackSpec, StackError> {
        self.check_generation()?;
        Ok(self.stack_or_default())
    }

    /// The stack that followed this one lives in the same folder under the same project name; its containers bear the
    /// labels by which ours are known. It is left alone as a whole.
    fn check_generation(&self) -> Result<(), StackError> {
        match self.read("compose.yaml") {
            Ok(Some(compose)) if files::is_of_the_opensearch_generation(&compose) => {
                Err(StackError::OtherGeneration { directory: self.directory() })
            }
            // A file that cannot be read is told of by whoever needs it.
            _ => Ok(()),
        }
    }

    /// What this machine adds to the settings.
    pub fn facts(&self) -> HostFacts {
        HostFacts { directory: self.directory(), docker_socket: self.docker_socket.clone() }
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.paths.directory.join(name)
    }

    /// The contents of a file in the monitor folder; `None` where there is none. Bytes that are no text are shown, not
    /// refused: the file counts as edited either way.
    fn read(&self, name: &str) -> Result<Option<String>, StackError> {
        let path = self.path_of(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            // Where the folder is a file, nothing is in it; whoever wants to write there is told.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(file_error(&path, "read", &error)),
        }
    }
}

/// A generated file, on disk and as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedFile {
    /// As it should be.
    pub file: GeneratedFile,
    /// As it is; `None` where it is missing.
    pub on_disk: Option<String>,
    /// The one against the other.
    pub state: FileState,
}

impl ComparedFile {
    fn view(self) -> FileView {
        FileView {
            name: self.file.name.to_owned(),
            purpose: self.file.purpose.to_owned(),
            language: self.file.language,
            state: self.state,
            contents: self.on_disk.unwrap_or(self.file.contents),
        }
    }
}

fn state_of(on_disk: Option<&str>, file: &GeneratedFile, last_written: Option<&String>) -> FileState {
    match on_disk {
        None => FileState::Missing,
        Some(contents) if contents == file.contents => FileState::Current,
        Some(contents) if last_written == Some(&hash(contents.as_bytes())) => FileState::Outdated,
        Some(_) => FileState::Edited,
    }
}

/// SHA-256, 64 hexadecimal digits.
fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
