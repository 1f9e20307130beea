//! Reads Clawker's files on this machine that decide about the variables of a new agent. `core` merges them.
//!
//! Source: Clawker v0.8.0, `internal/storage/discover.go` and `cmd/container/shared/agentenv.go`.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use monitor_core::agents::{AgentSpec, ClawkerFile, ClawkerVariables, UnreadFile, registered_projects};

use crate::paths::ClawkerFolders;

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// More folders above the work folder than these are not looked into.
const MOST_LEVELS: usize = 64;
/// More files in `agent.env_file` than these are not read.
const MOST_ENV_FILES: usize = 16;

/// The telemetry variables that Clawker would set for a new container in this folder.
pub(super) fn variables(workdir: Option<&str>, folders: &ClawkerFolders) -> ClawkerVariables {
    let mut missing = None;
    let mut found = Vec::new();
    let mut root = PathBuf::new();
    match workdir.map(Path::new).filter(|folder| folder.is_absolute()) {
        None => missing = Some(("the project's .clawker.yaml".to_owned(), "the container does not name its folder")),
        Some(folder) if !folder.is_dir() => {
            missing = Some((folder.display().to_string(), "the folder is not on this machine"));
        }
        Some(folder) => {
            let levels = project_levels(folder, folders);
            root = levels.last().map_or_else(|| folder.to_owned(), |level| level.to_path_buf());
            found.extend(levels.into_iter().flat_map(project_files));
        }
    }
    let in_settings = ["clawker.local", "clawker"].map(|name| folders.settings.join(name));
    found.extend(in_settings.iter().filter_map(|path| read_yaml(path)));
    let spec = AgentSpec::read(&found);
    let env_files = spec.env_files().iter().take(MOST_ENV_FILES).map(|path| env_file(path, &root));
    let env_files: Vec<ClawkerFile> = env_files.collect();
    let mut variables = spec.variables(&env_files);
    variables.unread.extend(missing.map(|(path, why)| UnreadFile { path, why: why.to_owned() }));
    variables
}

/// The folders from the work folder up to the project's root. The root is the registered project that contains the work
/// folder; without one, the furthest folder that has a file of Clawker's.
fn project_levels<'a>(workdir: &'a Path, folders: &ClawkerFolders) -> Vec<&'a Path> {
    let levels: Vec<&Path> = workdir.ancestors().take(MOST_LEVELS).collect();
    let registry = read_yaml(&folders.data.join("registry")).and_then(|file| file.text.ok()).unwrap_or_default();
    let registered = registered_projects(&registry);
    let is_registered = |level: &&Path| registered.iter().any(|root| Path::new(root) == *level);
    // The nearest one comes first.
    let root = levels.iter().position(is_registered);
    let root = root.or_else(|| levels.iter().rposition(|level| !project_files(level).is_empty())).unwrap_or_default();
    levels.into_iter().take(root + 1).collect()
}

/// Clawker's files in one folder, the one that wins first. If there is a folder `.clawker`, Clawker reads no other.
fn project_files(folder: &Path) -> Vec<ClawkerFile> {
    let own = folder.join(".clawker");
    let names = if own.is_dir() {
        ["clawker.local", "clawker"].map(|name| own.join(name))
    } else {
        [".clawker.local", ".clawker"].map(|name| folder.join(name))
    };
    names.iter().filter_map(|path| read_yaml(path)).collect()
}

/// The file with this name and the extension `.yaml`, else `.yml`. `None` if there is neither.
fn read_yaml(path: &Path) -> Option<ClawkerFile> {
    ["yaml", "yml"].into_iter().find_map(|extension| {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(extension);
        let path = PathBuf::from(name);
        let text = read_small(&path).transpose()?;
        Some(ClawkerFile { path: path.display().to_string(), text })
    })
}

/// A file that `agent.env_file` names, from `~`, a variable, or the project's root.
fn env_file(path: &str, root: &Path) -> ClawkerFile {
    let expanded = expand(path);
    let path = expanded.as_ref().map_or_else(|_| PathBuf::from(path), |path| root.join(path));
    let text = match expanded {
        Ok(_) if path.is_absolute() => read_small(&path).and_then(|text| text.ok_or("it does not exist".to_owned())),
        Ok(_) => Err("the project's folder is unknown".to_owned()),
        Err(why) => Err(why),
    };
    ClawkerFile { path: path.display().to_string(), text }
}

/// Replaces `~`, `$NAME` and `${NAME}`, as Clawker does.
fn expand(path: &str) -> Result<String, String> {
    let value = |name: &str| std::env::var(name).map_err(|_| format!("`{name}` is not set here"));
    let path = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", value("HOME")?),
        _ => path.to_owned(),
    };
    let mut parts = path.split('$');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
            Some(braced) => braced,
            None => {
                let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
                part.split_at(part.find(|letter| !is_name(letter)).unwrap_or(part.len()))
            }
        };
        expanded.push_str(&value(name)?);
        expanded.push_str(rest);
    }
    Ok(expanded)
}

/// The text of a small file; `None` if it does not exist.
///
/// # Errors
/// Why it can't be read, as a clause.
fn read_small(path: &Path) -> Result<Option<String>, String> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(because(&error)),
    };
    if metadata.is_dir() {
        return Ok(None);
    }
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| because(&error))?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| because(&error))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("it is larger than 1 MB".to_owned());
    }
    String::from_utf8(bytes).map(Some).map_err(|_| "it is not UTF-8 text".to_owned())
}

fn because(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Machine {
        folder: tempfile::TempDir,
    }

    impl Machine {
        fn new() -> Machine {
            Machine { folder: tempfile::tempdir().expect("a folder") }
        }

        fn path(&self, path: &str) -> PathBuf {
            self.folder.path().join(path)
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.path(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("it is written");
        }

        /// Each variable with its file, below the machine's folder; then what was not read.
        fn said(&self, workdir: &str) -> Vec<String> {
            let folders = ClawkerFolders { settings: self.path("config"), data: self.path("data") };
            let workdir = self.path(workdir).display().to_string();
            let found = variables(Some(&workdir), &folders);
            let base = format!("{}/", self.folder.path().display());
            let lines = found.variables.into_iter().map(|it| {
                format!("{}={} {}", it.name, it.value.unwrap_or_else(|| "?".into()), it.file.replace(&base, ""))
            });
            lines
                .chain(found.unread.into_iter().map(|it| format!("{}: {}", it.path.replace(&base, ""), it.why)))
                .collect()
        }
    }

    fn env(line: &str) -> String {
        format!("agent: {{env: {{{line}}}}}\n")
    }

    #[test]
    fn both_spellings_are_read_and_the_local_file_wins() {
        let machine = Machine::new();
        machine.write("p/.clawker.yml", &env("OTEL_LOGS_EXPORTER: none"));
        assert_eq!(machine.said("p"), ["OTEL_LOGS_EXPORTER=none p/.clawker.yml"]);
        machine.write("p/.clawker.yaml", &env("OTEL_LOGS_EXPORTER: otlp"));
        assert_eq!(machine.said("p"), ["OTEL_LOGS_EXPORTER=otlp p/.clawker.yaml"]);
        machine.write("p/.clawker.local.yaml", &env("EDITOR: vim"));
        assert_eq!(machine.said("p"), [""; 0], "the local map replaces the other");
        fs::create_dir(machine.path("p/.clawker")).expect("a folder");
        machine.write("p/.clawker/clawker.yml", &env("OTEL_LOGS_EXPORTER: console"));
        assert_eq!(machine.said("p"), ["OTEL_LOGS_EXPORTER=console p/.clawker/clawker.yml"]);
    }

    #[test]
    fn files_are_read_from_the_work_folder_up_to_the_projects_root_and_then_clawkers_own() {
        let machine = Machine::new();
        machine.write("config/clawker.yaml", "agent: {env: {OTEL_A: 1}}\nbuild: {instructions: {env: {OTEL_B: 1}}}\n");
        machine.write("p/.clawker.yaml", &env("OTEL_A: 2"));
        machine.write("p/a/b/file", "");
        assert_eq!(machine.said("p/a/b"), ["OTEL_A=2 p/.clawker.yaml", "OTEL_B=1 config/clawker.yaml"]);
        let registry = format!("projects:\n  - root: {}\n", machine.path("p/a").display());
        machine.write("data/registry.yaml", &registry);
        assert_eq!(machine.said("p/a/b"), ["OTEL_A=1 config/clawker.yaml", "OTEL_B=1 config/clawker.yaml"]);
        assert_eq!(machine.said("p"), ["OTEL_A=2 p/.clawker.yaml", "OTEL_B=1 config/clawker.yaml"]);
    }

    #[test]
    fn env_files_are_found_from_the_root_and_missing_ones_are_named() {
        let machine = Machine::new();
        machine.write("p/.clawker.yaml", "agent: {env_file: [.env, gone, $NO_SUCH_VARIABLE/x]}\n");
        machine.write("p/.env", "OTEL_A=\"1\"\n");
        machine.write("p/a/file", "");
        assert_eq!(
            machine.said("p/a"),
            [
                "OTEL_A=\"1\" p/.env",
                "p/gone: it does not exist",
                "$NO_SUCH_VARIABLE/x: `NO_SUCH_VARIABLE` is not set here"
            ]
        );
    }

    #[test]
    fn what_could_not_be_read_is_named() {
        let machine = Machine::new();
        assert_eq!(machine.said("nowhere"), ["nowhere: the folder is not on this machine"]);
        let folders = ClawkerFolders { settings: machine.path("config"), data: machine.path("data") };
        let unknown = variables(None, &folders).unread;
        assert_eq!(unknown[0].why, "the container does not name its folder");
        assert_eq!(variables(Some("relative"), &folders).unread, unknown);
        machine.write("p/.clawker.yaml", "a: [");
        assert!(machine.said("p")[0].starts_with("p/.clawker.yaml: it is not valid YAML"), "{:?}", machine.said("p"));
        machine.write("p/.clawker.yaml", &"x".repeat(2 << 20));
        assert_eq!(machine.said("p"), ["p/.clawker.yaml: it is larger than 1 MB"]);
    }
}
