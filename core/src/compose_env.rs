//! The file `.env` in the monitor folder. Docker Compose reads variables of its own from it; the panel does not.

use crate::{compose_override::ComposeOverride, stack::PROJECT};

/// The file's name.
pub const ENV_FILE: &str = ".env";
/// The file that the panel writes.
const OWN_FILE: &str = "compose.yaml";
/// Longer values are shortened, in characters.
const LONGEST_SHOWN: usize = 120;

/// What the file changes for Docker Compose. Values are as they are in the file, without quotes; variables in them are not
/// resolved.
///
/// Source: runs of Compose 2.40.3. `COMPOSE_ENV_FILES` and `COMPOSE_DISABLE_ENV_FILE` have no effect in this file, and
/// `COMPOSE_PATH_SEPARATOR` only changes how `COMPOSE_FILE` is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComposeEnv {
    /// The files that Compose uses instead of `compose.yaml` and its override file.
    pub files: Option<String>,
    /// The project's name, in place of the stack's own.
    pub project: Option<String>,
    /// The profiles that it turns on. The stack's own services have none.
    pub profiles: Option<String>,
}

impl ComposeEnv {
    /// Reads the file. `None` if it changes nothing. `merged` is the override file.
    pub fn read(text: &str, merged: Option<&ComposeOverride>) -> Option<ComposeEnv> {
        let value = |name: &str| variables(text).into_iter().rev().find(|(known, _)| *known == name).map(|it| it.1);
        let own = |files: &str| files.strip_prefix("./").unwrap_or(files) == OWN_FILE;
        // With `compose.yaml` alone, only an override file is left out, which is what the panel does.
        let files = value("COMPOSE_FILE").filter(|files| !own(files));
        let others = files.is_some() || merged.is_some() && value("COMPOSE_FILE").is_none();
        let found = ComposeEnv {
            files: files.map(shortened),
            project: value("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty() && *name != PROJECT).map(shortened),
            profiles: value("COMPOSE_PROFILES").filter(|names| others && !names.is_empty()).map(shortened),
        };
        (found != ComposeEnv::default()).then_some(found)
    }

    /// Whether the file names the files to use, so that Compose does not look for an override file.
    pub fn chooses_files(text: &str) -> bool {
        variables(text).iter().any(|(name, _)| *name == "COMPOSE_FILE")
    }

    /// What a person has to know before services are created, as a sentence without its period. `None` if they would be the
    /// same for Compose.
    pub fn warning(&self) -> Option<String> {
        let files = self.files.as_ref()?;
        Some(format!(
            "`COMPOSE_FILE={files}` in `{ENV_FILE}` is only for `docker compose`; clawker-monitor creates services from \
             `{OWN_FILE}` alone"
        ))
    }

    /// What each variable does, as clauses.
    pub fn effects(&self) -> Vec<String> {
        let files = self.files.as_ref().map(|files| {
            format!("`COMPOSE_FILE={files}`: `docker compose` uses these files instead of `{OWN_FILE}` alone")
        });
        let project = self.project.as_ref().map(|name| {
            format!(
                "`COMPOSE_PROJECT_NAME={name}`: `docker compose` looks for that project and finds none of the stack's \
                 containers, which belong to `{PROJECT}`"
            )
        });
        let profiles = self.profiles.as_ref().map(|names| {
            format!("`COMPOSE_PROFILES={names}`: `docker compose` also starts the services of these profiles")
        });
        [files, project, profiles].into_iter().flatten().collect()
    }
}

/// The variables that the text sets, in order. The last one of a name counts. A line break in quotes does not end a value,
/// so that what follows is not taken for a variable.
fn variables(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while !rest.is_empty() {
        let end = rest.find('\n').unwrap_or(rest.len());
        let line = rest[..end].trim();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((name, value)) = line.split_once(['=', ':']).filter(|_| !line.starts_with('#')) else {
            rest = rest.get(end + 1..).unwrap_or_default();
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|letter| ['"', '\''].contains(letter));
        if let Some(quote) = quote {
            // The value may go on in the next lines.
            let start = value.as_ptr() as usize - rest.as_ptr() as usize + 1;
            let inside = &rest[start..];
            let Some(close) = inside.find(quote) else { break };
            found.push((name.trim_end(), &inside[..close]));
            let after = &inside[close + 1..];
            rest = after.find('\n').map_or("", |end| &after[end + 1..]);
        } else {
            let comment = value.find(" #").unwrap_or(value.len());
            found.push((name.trim_end(), value[..comment].trim_end()));
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }
    found
}

/// A value that is part of a literal in a sentence.
fn shortened(value: &str) -> String {
    let plain = value.chars().map(|letter| if letter == '`' || letter.is_control() { ' ' } else { letter });
    let mut text: String = plain.take(LONGEST_SHOWN).collect();
    if value.chars().nth(LONGEST_SHOWN).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(files: Option<&str>, project: Option<&str>, profiles: Option<&str>) -> Option<ComposeEnv> {
        let owned = |value: Option<&str>| value.map(str::to_owned);
        Some(ComposeEnv { files: owned(files), project: owned(project), profiles: owned(profiles) })
    }

    /// Each line as Compose 2.40.3 read it.
    #[test]
    fn variables_are_read_as_compose_reads_them() {
        for (text, expected) in [
            ("COMPOSE_FILE=other.yaml\n", env(Some("other.yaml"), None, None)),
            ("export COMPOSE_FILE=\"other.yaml\" # mine\n", env(Some("other.yaml"), None, None)),
            ("COMPOSE_FILE: other.yaml", env(Some("other.yaml"), None, None)),
            (" COMPOSE_FILE = 'other.yaml'\r\n", env(Some("other.yaml"), None, None)),
            ("COMPOSE_FILE=compose.yaml:other.yaml\n", env(Some("compose.yaml:other.yaml"), None, None)),
            ("COMPOSE_FILE=\n", env(Some(""), None, None)),
            ("COMPOSE_FILE=other.yaml\nCOMPOSE_FILE=./compose.yaml\n", None),
            ("\u{feff}COMPOSE_PROJECT_NAME=other\r\n", env(None, Some("other"), None)),
            ("FOO\nCOMPOSE_PROJECT_NAME=a#b\n", env(None, Some("a#b"), None)),
            ("COMPOSE_PROJECT_NAME=\n", None),
            ("COMPOSE_PROJECT_NAME=monitor\n", None),
            ("COMPOSE_PROJECT_NAME\n", None),
            ("compose_file=other.yaml\n", None),
            ("# COMPOSE_FILE=other.yaml\n", None),
            ("A=\"x\nCOMPOSE_FILE=other.yaml\n\"\n", None),
            ("A=\"x\n\"\nCOMPOSE_FILE=other.yaml\n", env(Some("other.yaml"), None, None)),
            (
                "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_ENV_FILES=a\nCOMPOSE_DISABLE_ENV_FILE=1\nDOCKER_HOST=tcp://a:1\n",
                None,
            ),
            ("", None),
        ] {
            assert_eq!(ComposeEnv::read(text, None), expected, "{text:?}");
        }
    }

    #[test]
    fn profiles_matter_only_where_another_file_may_have_services_of_them() {
        let merged = ComposeOverride::read("compose.override.yaml", "services: {}\n");
        assert_eq!(ComposeEnv::read("COMPOSE_PROFILES=debug\n", None), None);
        assert_eq!(ComposeEnv::read("COMPOSE_PROFILES=debug\n", Some(&merged)), env(None, None, Some("debug")));
        let both = "COMPOSE_PROFILES=debug\nCOMPOSE_FILE=";
        assert_eq!(ComposeEnv::read(&format!("{both}compose.yaml"), Some(&merged)), None);
        assert_eq!(ComposeEnv::read(&format!("{both}a.yaml"), None), env(Some("a.yaml"), None, Some("debug")));
    }

    #[test]
    fn a_value_stays_within_its_literal() {
        let found = ComposeEnv::read(&format!("COMPOSE_FILE=\"a`\u{1b}\n{}\"", "b".repeat(200)), None);
        let files = found.and_then(|found| found.files).expect("a value");
        assert_eq!(files, format!("a   {}…", "b".repeat(116)));
    }
}
