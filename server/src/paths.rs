//! The folders of Clawker's settings and data, from environment variables. Checks only which spelling of the settings file
//! exists.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use monitor_core::error::StackError;

use crate::file_access::FileAccess;

/// The name of the built-in receiver's file.
pub const TELEMETRY_FILE: &str = "telemetry.db";

/// The stack's two absolute paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Clawker's settings file. It may not exist.
    pub settings_file: PathBuf,
    /// The monitor folder with the generated files. It may not exist. Its name is that of the Compose project.
    pub directory: PathBuf,
}

/// The folders of Clawker's files. They may not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClawkerFolders {
    /// Its settings.
    pub settings: PathBuf,
    /// Its data.
    pub data: PathBuf,
}

impl Paths {
    /// The same as Clawker: `CLAWKER_CONFIG_DIR`, else `XDG_CONFIG_HOME/clawker`, else `~/.config/clawker`; the same with
    /// `DATA` for the data folder, else `~/.local/share/clawker`.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Result<Paths, StackError> {
        let config = find_folder(&variable, "CLAWKER_CONFIG_DIR", "XDG_CONFIG_HOME", ".config")?;
        let data = find_folder(&variable, "CLAWKER_DATA_DIR", "XDG_DATA_HOME", ".local/share")?;
        if data.to_string_lossy().contains(':') {
            return Err(StackError::DataFolderUnusable { path: data.display().to_string() });
        }
        let short = config.join("settings.yml");
        let long = config.join("settings.yaml");
        let names = (long.clone(), short.clone());
        let is_short = FileAccess::default().within(&config, move || !names.0.exists() && names.1.exists());
        let settings_file = if is_short.unwrap_or(false) { short } else { long };
        Ok(Paths { settings_file, directory: data.join("monitor") })
    }

    /// The folder of the built-in receiver's file, beside the monitor folder: SQLite keeps more files next to its own, and
    /// a container gets them all with one mount.
    pub fn telemetry_folder(&self) -> PathBuf {
        self.directory.with_file_name("telemetry")
    }

    /// The generated file that exists once a stack was set up.
    pub fn compose_file(&self) -> PathBuf {
        self.directory.join("compose.yaml")
    }

    /// The file in which the built-in receiver keeps what it receives.
    pub fn telemetry_file(&self) -> PathBuf {
        self.telemetry_folder().join(TELEMETRY_FILE)
    }
}

/// Claude Code's settings file of this user: in `CLAUDE_CONFIG_DIR`, else in `~/.claude`.
///
/// # Errors
/// Neither `CLAUDE_CONFIG_DIR` nor `HOME` is set.
pub fn claude_settings_file(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, StackError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("CLAUDE_CONFIG_DIR").or_else(|| set("HOME").map(|home| home.join(".claude")));
    let file = folder.map(|folder| folder.join("settings.json")).ok_or_else(|| StackError::File {
        path: "~/.claude/settings.json".into(),
        verb: "found".into(),
        detail: "neither `CLAUDE_CONFIG_DIR` nor `HOME` is set".into(),
    })?;
    std::path::absolute(&file).map_err(|error| file_error(&file, "found", &error))
}

fn find_folder(
    variable: &impl Fn(&str) -> Option<OsString>,
    own: &str,
    xdg: &str,
    below_home: &str,
) -> Result<PathBuf, StackError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let chosen = set(own)
        .or_else(|| set(xdg).map(|base| base.join("clawker")))
        .or_else(|| set("HOME").map(|home| home.join(below_home).join("clawker")))
        .ok_or_else(|| StackError::File {
            path: format!("~/{below_home}/clawker"),
            verb: "found".into(),
            detail: format!("neither `{own}` nor `HOME` is set"),
        })?;
    std::path::absolute(&chosen).map_err(|error| file_error(&chosen, "found", &error))
}

/// Converts an I/O error. `verb` follows "could not be".
pub fn file_error(path: &Path, verb: &str, error: &std::io::Error) -> StackError {
    let detail = match error.kind() {
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        std::io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::NotADirectory => "part of the path is a file, not a folder".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    };
    StackError::File { path: path.display().to_string(), verb: verb.to_owned(), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(variables: &[(&str, &str)]) -> Result<(String, String), StackError> {
        Paths::from_environment(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
        .map(|paths| (paths.settings_file.display().to_string(), paths.directory.display().to_string()))
    }

    #[test]
    fn clawkers_variables_come_first_then_xdg_then_home() {
        let home = ("HOME", "/home/ada");
        for (variables, settings, directory) in [
            (&[home][..], "/home/ada/.config/clawker/settings.yaml", "/home/ada/.local/share/clawker/monitor"),
            (
                &[home, ("XDG_CONFIG_HOME", "/x/c"), ("XDG_DATA_HOME", "/x/d")],
                "/x/c/clawker/settings.yaml",
                "/x/d/clawker/monitor",
            ),
            (
                &[home, ("XDG_DATA_HOME", "/x/d"), ("CLAWKER_CONFIG_DIR", "/c"), ("CLAWKER_DATA_DIR", "/d")],
                "/c/settings.yaml",
                "/d/monitor",
            ),
            (
                &[home, ("XDG_DATA_HOME", "")],
                "/home/ada/.config/clawker/settings.yaml",
                "/home/ada/.local/share/clawker/monitor",
            ),
        ] {
            assert_eq!(paths(variables), Ok((settings.to_owned(), directory.to_owned())));
        }
    }

    #[test]
    fn a_data_folder_that_cannot_be_mounted_is_refused() {
        for (name, value) in [("CLAWKER_DATA_DIR", "/srv/a:b"), ("XDG_DATA_HOME", "/srv/c:"), ("HOME", "/home/a:b")] {
            let config = ("CLAWKER_CONFIG_DIR", "/etc/a:b");
            let error = paths(&[config, (name, value)]).expect_err(value);
            assert!(matches!(&error, StackError::DataFolderUnusable { path } if path.starts_with(value)), "{error}");
        }
        let error = paths(&[("HOME", "/h"), ("CLAWKER_DATA_DIR", "/srv/a:b")]).expect_err("a colon");
        assert_eq!(
            format!("{error}; {}", error.hint()),
            "the data folder `/srv/a:b` can't be used: Docker reads the `:` in its path as a separator; set \
             `CLAWKER_DATA_DIR` to a folder without `:` in its path"
        );
        assert!(paths(&[("HOME", "/h"), ("CLAWKER_CONFIG_DIR", "/c:d")]).is_ok(), "settings are not mounted");
    }

    #[test]
    fn without_a_home_folder_the_error_names_the_missing_variables() {
        let error = paths(&[]).expect_err("there is no home");
        assert_eq!(
            error.to_string(),
            "`~/.config/clawker` could not be found: neither `CLAWKER_CONFIG_DIR` nor `HOME` is set"
        );
    }
}
