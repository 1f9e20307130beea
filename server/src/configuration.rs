//! The stack's configuration on disk: reads and writes the settings and the generated files, and compares the files with
//! their expected contents. Files are replaced atomically, and edited files are overwritten only on request.

mod atomic;
mod backups;
mod claude_code;
#[cfg(test)]
mod claude_code_tests;
#[cfg(test)]
mod interrupted_tests;
mod ledger;
mod save_lock;
mod settings_file;
#[cfg(test)]
mod settings_tests;
#[cfg(test)]
mod tests;
mod write_points;
mod writing;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use monitor_core::{
    compose_env::{ComposeEnv, ENV_FILE},
    compose_override::{ComposeOverride, OVERRIDE_FILES},
    doctor::OtherEngine,
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

pub use self::{
    claude_code::{ClaudeSettingsChange, Mode},
    settings_file::{SavedSettings, SettingsText},
    writing::{FilesBackup, Overwrite},
};
use self::{ledger::Ledger, save_lock::SaveLock};
use crate::{
    background::in_background,
    file_access::{self, FileAccess},
    paths::{ClawkerFolders, Paths, file_error},
    work_lock::WorkLock,
};

/// Larger files for Docker Compose are not read, in bytes.
const LARGEST_OVERRIDE: u64 = 1 << 20;
/// Larger files than this are not ours, in bytes.
const LARGEST_GENERATED: u64 = 4 << 20;

/// The configuration of one installation.
#[derive(Debug, Clone)]
pub struct Configuration {
    paths: Paths,
    docker_socket: String,
    /// The address of the Engine. `None` if it has none.
    endpoint: Option<String>,
    files: FileAccess,
    /// Held while the settings file is read, changed and replaced.
    save_lock: SaveLock,
    work_lock: WorkLock,
    changed: Arc<Notify>,
}

impl Configuration {
    /// The configuration at these paths. `docker_socket` is the path that containers mount.
    pub fn new(paths: Paths, docker_socket: String) -> Configuration {
        let files = FileAccess::default();
        let work_lock = WorkLock::new(&paths.directory).with_access(files.clone());
        let (save_lock, changed) = (SaveLock::default(), Arc::default());
        Configuration { paths, docker_socket, endpoint: None, files, save_lock, work_lock, changed }
    }

    /// The same with the address of the Engine, which is remembered with the files.
    #[must_use]
    pub fn with_endpoint(self, endpoint: Option<String>) -> Configuration {
        Configuration { endpoint, ..self }
    }

    /// Wakes the task that waits in `changed`: files or settings may have changed.
    pub fn notify_changed(&self) {
        self.changed.notify_one();
    }

    /// Resolves when files or settings may have changed since the last call. For one waiting task at a time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The lock for work on the stack.
    pub fn work_lock(&self) -> &WorkLock {
        &self.work_lock
    }

    /// Access to the files of this installation.
    pub fn file_access(&self) -> &FileAccess {
        &self.files
    }

    /// Reads files outside of the threads that answer requests.
    pub async fn read<T: Send + 'static>(&self, read: impl FnOnce(&Configuration) -> T + Send + 'static) -> T {
        let configuration = self.clone();
        in_background(move || read(&configuration)).await
    }

    /// Removes what killed processes left unfinished.
    pub fn tidy_up(&self) {
        for folder in self.watched_folders() {
            let path = folder.clone();
            self.files.within(&folder, move || atomic::remove_left_behind(&path)).ok();
        }
    }

    /// The path of the monitor folder.
    pub fn directory(&self) -> String {
        self.paths.directory.display().to_string()
    }

    /// The file of the built-in receiver, which may not exist.
    pub fn telemetry_file(&self) -> PathBuf {
        self.paths.telemetry_file()
    }

    /// The process that receives into that file and makes way for the stack, if there is one.
    pub fn receiver_that_makes_way(&self) -> Option<u32> {
        let file = self.telemetry_file();
        let found = self.files.within(&self.paths.telemetry_folder(), move || monitor_receiver::store::holder(&file));
        found.ok().flatten().filter(|holder| holder.makes_way).map(|holder| holder.process)
    }

    /// The path of the settings file, which may not exist.
    pub fn settings_file(&self) -> String {
        self.paths.settings_file.display().to_string()
    }

    /// The folders to watch: that of the settings file, those that it leads to if it is a symbolic link, and the monitor
    /// folder. They may not exist yet.
    pub fn watched_folders(&self) -> Vec<PathBuf> {
        let parent = |path: &Path| path.parent().map(PathBuf::from).unwrap_or_default();
        let file = self.paths.settings_file.clone();
        let links = self.files.within(&parent(&file), move || atomic::links(&file).unwrap_or_default());
        let mut folders = vec![parent(&self.paths.settings_file), self.paths.directory.clone()];
        for folder in links.unwrap_or_default().iter().map(|link| parent(link)) {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders
    }

    /// The folders of Clawker's settings and data, whose files also decide about new agents.
    pub fn clawker_folders(&self) -> ClawkerFolders {
        let parent = |path: &PathBuf| path.parent().map(PathBuf::from).unwrap_or_default();
        ClawkerFolders { settings: parent(&self.paths.settings_file), data: parent(&self.paths.directory) }
    }

    /// The stack that the settings describe.
    pub fn stack(&self) -> Result<StackSpec, StackError> {
        Ok(StackSpec::new(&self.settings()?, &self.host_facts()))
    }

    /// The stack that the settings describe, or the default one if they are invalid, so that running services remain visible.
    pub fn stack_or_default(&self) -> StackSpec {
        StackSpec::new(&self.settings().unwrap_or_default(), &self.host_facts())
    }

    /// The same for looking at services, see `StackSpec::without_config_label`.
    pub fn stack_to_look_at(&self) -> StackSpec {
        StackSpec::without_config_label(&self.settings().unwrap_or_default(), &self.host_facts())
    }

    /// The generated files, compared with the current settings.
    pub fn files(&self) -> Result<Vec<FileView>, StackError> {
        let compared = self.files_for(&self.settings()?)?;
        Ok(compared.into_iter().map(ComparedFile::view).collect())
    }

    /// The generated files for people who look at them. With invalid settings, those that exist, compared with nothing.
    pub fn files_to_show(&self) -> Result<Vec<FileView>, StackError> {
        let error = match self.files() {
            Err(error @ StackError::SettingsInvalid { .. }) => error,
            files => return files,
        };
        self.check_generation()?;
        let mut found = Vec::new();
        // Names and purposes don't depend on the settings.
        for file in files::render(&Settings::default(), &self.host_facts()) {
            if let Some(on_disk) = self.read_file(file.name)? {
                found.push(ComparedFile { file, on_disk: Some(on_disk), state: FileState::Unknown }.view());
            }
        }
        if found.is_empty() { Err(error) } else { Ok(found) }
    }

    /// The generated files, compared with what they should be for `settings`.
    pub fn files_for(&self, settings: &Settings) -> Result<Vec<ComparedFile>, StackError> {
        self.check_generation()?;
        let ledger = self.ledger();
        files::render(settings, &self.host_facts())
            .into_iter()
            .map(|file| {
                let on_disk = self.read_file(file.name)?;
                let state = compare_file(on_disk.as_deref(), &file, &ledger);
                Ok(ComparedFile { file, on_disk, state })
            })
            .collect()
    }

    /// The settings that the generated files were last written from. `None` if unknown.
    pub fn written_from(&self) -> Option<Settings> {
        self.ledger().written_from()
    }

    /// Settings that are not applied to the generated files yet.
    pub fn field_drift(&self, settings: &Settings) -> Vec<FieldDrift> {
        self.ledger().field_drift(settings)
    }

    /// What the panel's snapshot contains about the configuration.
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

    /// Creates the monitor folder if it does not exist.
    pub fn create_directory(&self) -> Result<(), StackError> {
        let directory = &self.paths.directory;
        atomic::create_folder(&self.files, directory).map_err(|error| file_error(directory, "created", &error))
    }

    /// The file in the monitor folder that Docker Compose merges into `compose.yaml`, if there is one.
    pub fn compose_override(&self) -> Option<ComposeOverride> {
        if ComposeEnv::chooses_files(&self.compose_env_text()) {
            return None;
        }
        let file = OVERRIDE_FILES.into_iter().find(|name| self.is_file(name))?;
        // One that can't be read is still there.
        let text = self.files.read(&self.path_of(file), LARGEST_OVERRIDE).ok().flatten().unwrap_or_default();
        Some(ComposeOverride::read(file, &String::from_utf8_lossy(&text)))
    }

    /// What a `.env` in the monitor folder changes for Docker Compose, if it changes something.
    pub fn compose_env(&self) -> Option<ComposeEnv> {
        ComposeEnv::read(&self.compose_env_text(), self.compose_override().as_ref())
    }

    /// The text of `.env` in the monitor folder; empty if there is none.
    fn compose_env_text(&self) -> String {
        let text = self.files.read(&self.path_of(ENV_FILE), LARGEST_OVERRIDE).ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The Engine that the files were written for, and the one that is used now, if these are two.
    pub fn other_engine(&self) -> Option<OtherEngine> {
        let then = self.ledger().endpoint?;
        let now = self.endpoint.clone()?;
        (resolve_endpoint(&then) != resolve_endpoint(&now)).then_some(OtherEngine { then, now })
    }

    /// Whether the files were generated. If their disk does not answer, they count as generated: reading them says why it
    /// fails.
    pub fn is_initialized(&self) -> bool {
        let path = self.path_of("compose.yaml");
        self.files.within(&self.paths.directory, move || path.is_file()).unwrap_or(true)
    }

    /// That the disk with the generated files does not answer, if it was found not to.
    pub fn silent_disk(&self) -> Option<StackError> {
        let directory = &self.paths.directory;
        self.files.is_overdue(directory).then(|| file_error(directory, "read", &file_access::silence()))
    }

    /// The stack to start. Fails if files are missing or out of date. Files that were edited by hand are used as they are,
    /// except for `compose.yaml`: it is not mounted but describes the stack, so it has to match the settings.
    pub fn stack_to_start(&self) -> Result<StackSpec, StackError> {
        let settings = self.settings()?;
        if !self.is_initialized() {
            return Err(StackError::NotInitialized { directory: self.directory() });
        }
        let prevents_start = |file: &FileView| match file.state {
            FileState::Current => false,
            FileState::Missing | FileState::Outdated => true,
            FileState::Edited | FileState::Unknown => file.name == "compose.yaml",
        };
        let files: Vec<String> = self.files()?.into_iter().filter(prevents_start).map(|file| file.name).collect();
        match self.other_engine() {
            _ if files.is_empty() => Ok(StackSpec::new(&settings, &self.host_facts())),
            // The files name the Engine's socket, and the settings did not change.
            Some(OtherEngine { then, now }) if self.written_from().as_ref() == Some(&settings) => {
                Err(StackError::OtherEngine { then, now })
            }
            _ => Err(StackError::FilesDiffer { files, directory: self.directory() }),
        }
    }

    /// The stack to stop. Works with invalid settings, and fails only if the folder belongs to a later Clawker.
    pub fn stack_to_stop(&self) -> Result<StackSpec, StackError> {
        self.check_generation()?;
        Ok(self.stack_or_default())
    }

    /// Fails for the OpenSearch stack of later Clawker versions. It uses the same folder, project name and labels, so it could
    /// not be told apart from ours, and is never changed.
    pub fn check_generation(&self) -> Result<(), StackError> {
        match self.read_file("compose.yaml") {
            Ok(Some(compose)) if files::is_of_the_opensearch_generation(&compose) => {
                Err(StackError::OtherGeneration { directory: self.directory() })
            }
            // A file that can't be read is reported where it is needed.
            _ => Ok(()),
        }
    }

    /// Facts about this machine that the generated files depend on.
    pub fn host_facts(&self) -> HostFacts {
        HostFacts { directory: self.directory(), docker_socket: self.docker_socket.clone() }
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.paths.directory.join(name)
    }

    fn ledger(&self) -> Ledger {
        Ledger::read(&self.files, &self.paths.directory)
    }

    fn is_file(&self, name: &str) -> bool {
        let path = self.path_of(name);
        self.files.within(&self.paths.directory, move || path.is_file()).unwrap_or(false)
    }

    /// The contents of a file in the monitor folder. `None` if it is missing. Invalid UTF-8 is replaced, because such a file
    /// counts as edited anyway.
    fn read_file(&self, name: &str) -> Result<Option<String>, StackError> {
        let path = self.path_of(name);
        // If the folder is a file, nothing is in it. Writing reports the error.
        let bytes = self.files.read(&path, LARGEST_GENERATED).map_err(|error| file_error(&path, "read", &error))?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// The address of the same socket by another path, such as a symbolic link, is the same Engine's.
fn resolve_endpoint(endpoint: &str) -> PathBuf {
    let path = endpoint.strip_prefix("unix://");
    path.and_then(|path| std::fs::canonicalize(path).ok()).unwrap_or_else(|| endpoint.into())
}

/// A generated file with its contents on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedFile {
    /// The expected file.
    pub file: GeneratedFile,
    /// The contents on disk. `None` if the file is missing.
    pub on_disk: Option<String>,
    /// The result of the comparison.
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

fn compare_file(on_disk: Option<&str>, file: &GeneratedFile, ledger: &Ledger) -> FileState {
    match on_disk {
        None => FileState::Missing,
        Some(contents) if contents == file.contents => FileState::Current,
        Some(contents) if ledger.wrote(file.name, contents.as_bytes()) => FileState::Outdated,
        Some(_) => FileState::Edited,
    }
}

/// SHA-256, 64 hexadecimal digits.
fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
