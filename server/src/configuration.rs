//! The stack's configuration on disk: reads the settings, compares the generated files with what they should be, and
//! writes them. Files are replaced atomically, and what differs is never overwritten unasked.

mod atomic;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf};

use monitor_core::{
    error::StackError,
    file_view::{FileState, FileView},
    files::{self, GeneratedFile},
    job::{FileAction, FileOutcome},
    live,
    problem::Problem,
    settings::{self, Settings},
    stack::{HostFacts, StackSpec},
};
use sha2::{Digest, Sha256};

use crate::paths::{Paths, file_error};

/// A settings file larger than this is not one: it is refused unread.
const SETTINGS_LIMIT_BYTES: u64 = 1024 * 1024;
/// Names of files and the hash of what was last written to each, to tell "edited by hand" from "the settings changed".
const LEDGER: &str = ".generated.json";

/// The configuration of one installation.
#[derive(Debug, Clone)]
pub struct Configuration {
    paths: Paths,
    docker_socket: String,
}

impl Configuration {
    /// The configuration at these paths, for an Engine whose containers mount that socket.
    pub fn new(paths: Paths, docker_socket: String) -> Configuration {
        Configuration { paths, docker_socket }
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

    /// The settings, or every problem with them.
    pub fn settings(&self) -> Result<Settings, StackError> {
        let path = &self.paths.settings_file;
        let problem = |message: String| StackError::SettingsInvalid {
            problems: vec![Problem {
                field: String::new(),
                message,
                file: Some(path.display().to_string()),
                line: None,
            }],
        };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(error) => return Err(file_error(path, "read", &error)),
            Ok(found) if found.is_dir() => return Err(problem("it is a folder, and a file is expected here".into())),
            Ok(found) if found.len() > SETTINGS_LIMIT_BYTES => {
                return Err(problem(format!(
                    "it holds {} bytes, and a settings file holds 1 MiB at most",
                    found.len()
                )));
            }
            Ok(_) => {}
        }
        let text = std::fs::read(path).map_err(|error| file_error(path, "read", &error))?;
        let text = String::from_utf8(text)
            .map_err(|error| problem(format!("not UTF-8 text (byte {})", error.utf8_error().valid_up_to())))?;
        settings::read(&text, &path.display().to_string()).map_err(|problems| StackError::SettingsInvalid { problems })
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
        self.check_generation()?;
        let ledger = self.ledger();
        self.rendered()?
            .into_iter()
            .map(|file| {
                let on_disk = self.read(file.name)?;
                let state = state_of(on_disk.as_deref(), &file, ledger.get(file.name));
                Ok(FileView {
                    name: file.name.to_owned(),
                    purpose: file.purpose.to_owned(),
                    language: file.language,
                    state,
                    contents: on_disk.unwrap_or(file.contents),
                })
            })
            .collect()
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

    /// Writes what is missing and, with `replace`, what differs, keeping a backup of that. Tells of each file as it is
    /// done with; an error leaves the rest as it was.
    pub fn write(&self, replace: bool, mut tell: impl FnMut(FileOutcome)) -> Result<(), StackError> {
        self.check_generation()?;
        let rendered = self.rendered()?;
        std::fs::create_dir_all(&self.paths.directory)
            .map_err(|error| file_error(&self.paths.directory, "created", &error))?;
        let mut ledger = self.ledger();
        for file in rendered {
            let path = self.path_of(file.name);
            let on_disk = self.read(file.name)?;
            let action = match on_disk {
                Some(contents) if contents == file.contents => FileAction::Unchanged,
                Some(_) if !replace => FileAction::Kept,
                Some(_) => {
                    let backup = atomic::back_up(&path).map_err(|error| file_error(&path, "backed up", &error))?;
                    atomic::write(&path, &file.contents).map_err(|error| file_error(&path, "replaced", &error))?;
                    FileAction::Replaced { backup }
                }
                None => {
                    atomic::write(&path, &file.contents).map_err(|error| file_error(&path, "written", &error))?;
                    FileAction::Written
                }
            };
            if action != FileAction::Kept
                && ledger.insert(file.name.to_owned(), hash(&file.contents)) != Some(hash(&file.contents))
            {
                self.write_ledger(&ledger)?;
            }
            tell(FileOutcome { name: file.name.to_owned(), action });
        }
        Ok(())
    }

    fn facts(&self) -> HostFacts {
        HostFacts { directory: self.directory(), docker_socket: self.docker_socket.clone() }
    }

    fn rendered(&self) -> Result<Vec<GeneratedFile>, StackError> {
        Ok(files::render(&self.settings()?, &self.facts()))
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
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error(&path, "read", &error)),
        }
    }

    /// A ledger that is missing or broken is an empty one: every differing file then counts as edited by hand.
    fn ledger(&self) -> BTreeMap<String, String> {
        std::fs::read(self.path_of(LEDGER))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    fn write_ledger(&self, ledger: &BTreeMap<String, String>) -> Result<(), StackError> {
        let path = self.path_of(LEDGER);
        let text = serde_json::to_string_pretty(ledger).unwrap_or_default();
        atomic::write(&path, &format!("{text}\n")).map_err(|error| file_error(&path, "written", &error))
    }
}

fn state_of(on_disk: Option<&str>, file: &GeneratedFile, last_written: Option<&String>) -> FileState {
    match on_disk {
        None => FileState::Missing,
        Some(contents) if contents == file.contents => FileState::Current,
        Some(contents) if last_written == Some(&hash(contents)) => FileState::Outdated,
        Some(_) => FileState::Edited,
    }
}

fn hash(contents: &str) -> String {
    Sha256::digest(contents.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
