//! Reads Clawker's files on this machine that decide about the variables of a new agent. `core` merges them.
//!
//! Source: Clawker v0.8.0, `internal/storage/discover.go` and `cmd/container/shared/agentenv.go`.

use std::{
    io::ErrorKind,
    path::{Component, Path, PathBuf},
};

use monitor_core::agents::{AgentSpec, ClawkerFile, ClawkerVariables, UnreadFile, registered_projects};

use crate::{
    file_access::{FileAccess, read_inside, read_regular},
    paths::ClawkerFolders,
};

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// More folders above the work folder than these are not looked into.
const MOST_LEVELS: usize = 64;
/// More files in `agent.env_file` than these are not read.
const MOST_ENV_FILES: usize = 16;

/// The telemetry variables that Clawker would set for a new container in this folder. Where a disk does not answer, that is
/// said in place of them.
pub(super) fn variables(access: &FileAccess, workdir: Option<&str>, folders: &ClawkerFolders) -> ClawkerVariables {
    let place = workdir.map_or_else(|| folders.settings.clone(), PathBuf::from);
    let (workdir, folders) = (workdir.map(str::to_owned), folders.clone());
    let read = access.within(&place, move || read_variables(workdir.as_deref(), &folders));
    read.unwrap_or_else(|error| ClawkerVariables {
        variables: Vec::new(),
        unread: vec![UnreadFile { path: place.display().to_string(), why: error.to_string() }],
    })
}

fn read_variables(workdir: Option<&str>, folders: &ClawkerFolders) -> ClawkerVariables {
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
            found.extend(levels.into_iter().flat_map(|level| project_files(level, &root)));
        }
    }
    let in_settings = ["clawker.local", "clawker"].map(|name| folders.settings.join(name));
    found.extend(in_settings.iter().filter_map(|path| read_yaml(path, None)));
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
    let registry = read_yaml(&folders.data.join("registry"), None).and_then(|file| file.text.ok()).unwrap_or_default();
    let registered = registered_projects(&registry);
    let is_registered = |level: &&Path| registered.iter().any(|root| Path::new(root) == *level);
    // The nearest one comes first.
    let root = levels.iter().position(is_registered);
    let root = root.or_else(|| levels.iter().rposition(|level| has_project_files(level))).unwrap_or_default();
    levels.into_iter().take(root + 1).collect()
}

/// Clawker's files in one folder, the one that wins first. If there is a folder `.clawker`, Clawker reads no other. Agents
/// write in the project, so links that lead out of it are not followed.
fn project_files(folder: &Path, root: &Path) -> Vec<ClawkerFile> {
    project_paths(folder).iter().filter_map(|path| read_yaml(path, Some(root))).collect()
}

/// Whether the folder has one of Clawker's files. Opens none.
fn has_project_files(folder: &Path) -> bool {
    let exists = |path: PathBuf| path.symlink_metadata().is_ok_and(|found| !found.is_dir());
    project_paths(folder).iter().flat_map(|path| with_extensions(path)).any(exists)
}

fn project_paths(folder: &Path) -> [PathBuf; 2] {
    let own = folder.join(".clawker");
    if own.is_dir() {
        ["clawker.local", "clawker"].map(|name| own.join(name))
    } else {
        [".clawker.local", ".clawker"].map(|name| folder.join(name))
    }
}

/// The file with this name and the extension `.yaml`, else `.yml`. `None` if there is neither.
fn read_yaml(path: &Path, root: Option<&Path>) -> Option<ClawkerFile> {
    with_extensions(path).into_iter().find_map(|path| {
        let text = read_text(&path, root).transpose()?;
        Some(ClawkerFile { path: path.display().to_string(), text })
    })
}

fn with_extensions(path: &Path) -> [PathBuf; 2] {
    [".yaml", ".yml"].map(|extension| {
        let mut name = path.as_os_str().to_owned();
        name.push(extension);
        PathBuf::from(name)
    })
}

/// A file that `agent.env_file` names, from `~`, a variable, or the project's root.
fn env_file(path: &str, root: &Path) -> ClawkerFile {
    let expanded = expand(path);
    let path = expanded.as_ref().map_or_else(|_| PathBuf::from(path), |path| root.join(path));
    // Other paths are not in the project.
    let is_inside = path.starts_with(root) && !path.components().any(|part| part == Component::ParentDir);
    let text = match expanded {
        Ok(_) if path.is_absolute() => read_text(&path, Some(root).filter(|_| is_inside))
            .and_then(|text| text.ok_or("it does not exist".to_owned())),
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

/// The text of a file, which may be a link within `root` if there is one; `None` if it does not exist.
///
/// # Errors
/// Why it can't be read, as a clause.
fn read_text(path: &Path, root: Option<&Path>) -> Result<Option<String>, String> {
    let read = match root {
        Some(root) => read_inside(root, path, LARGEST_FILE),
        None => read_regular(path, LARGEST_FILE),
    };
    match read {
        Ok(None) => Ok(None),
        Ok(Some(bytes)) => String::from_utf8(bytes).map(Some).map_err(|_| "it is not UTF-8 text".to_owned()),
        Err(error) if error.kind() == ErrorKind::IsADirectory => Ok(None),
        Err(error) => Err(because(&error)),
    }
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
            let found = variables(&FileAccess::default(), Some(&workdir), &folders);
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
        let access = FileAccess::default();
        let unknown = variables(&access, None, &folders).unread;
        assert_eq!(unknown[0].why, "the container does not name its folder");
        assert_eq!(variables(&access, Some("relative"), &folders).unread, unknown);
        machine.write("p/.clawker.yaml", "a: [");
        assert!(machine.said("p")[0].starts_with("p/.clawker.yaml: it is not valid YAML"), "{:?}", machine.said("p"));
        machine.write("p/.clawker.yaml", &"x".repeat(2 << 20));
        assert_eq!(machine.said("p"), ["p/.clawker.yaml: it is too large: 2097152 bytes, and the limit is 1 MiB"]);
    }

    #[test]
    fn links_within_the_project_are_followed_and_no_others() {
        let machine = Machine::new();
        let link = |path: &str, target: &str| {
            fs::remove_file(machine.path(path)).ok();
            std::os::unix::fs::symlink(machine.path(target), machine.path(path)).expect("a link");
        };
        machine.write("p/.clawker.yaml", &env("OTEL_A: 1"));
        machine.write("p/shared/own.yaml", &env("OTEL_A: 2"));
        machine.write("secret.yaml", &env("OTEL_A: 3"));
        machine.write("p/a/file", "");
        link("p/a/.clawker.yaml", "p/shared/own.yaml");
        assert_eq!(machine.said("p/a"), ["OTEL_A=2 p/a/.clawker.yaml"]);
        for (path, target) in [("p/a/.clawker.yaml", "secret.yaml"), ("p/a/.clawker.local.yml", "secret.yaml")] {
            link(path, target);
            let said = machine.said("p/a");
            let refused =
                said.iter().any(|line| line.starts_with(&format!("{path}: it is a link that leads out of `")));
            assert!(refused && !said.iter().any(|line| line.contains("OTEL_A=3")), "{said:?}");
        }
        for path in ["p/a/.clawker.yaml", "p/a/.clawker.local.yml"] {
            fs::remove_file(machine.path(path)).expect("it is removed");
        }
        std::os::unix::fs::symlink("/dev/zero", machine.path("p/a/.clawker.yaml")).expect("a link");
        assert!(
            machine.said("p/a")[1].starts_with("p/a/.clawker.yaml: it is a link that"),
            "{:?}",
            machine.said("p/a")
        );
        machine.write("p/.clawker.yaml", "agent: {env_file: [.env, ../secret.env]}\n");
        machine.write("secret.env", "OTEL_A=4\n");
        link("p/.env", "secret.env");
        let said = machine.said("p");
        assert_eq!(said[0], "OTEL_A=4 p/../secret.env", "where somebody says so, Clawker reads it");
        assert!(said[1].starts_with("p/.env: it is a link that leads out of"), "{said:?}");
    }
}
