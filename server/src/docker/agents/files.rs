//! Reads what the files in an agent's container say: Claude Code's settings and its version.

use bollard::models::ContainerInspectResponse;
use monitor_core::{
    agents::{SettingsFile, SettingsLayer},
    error::StackError,
};

use super::{
    archive::{Archive, Content, EngineArchive},
    convert,
    places::Places,
    version::claude_version,
};
use crate::{
    docker::{
        client::{Client, Connection},
        observe::inspect,
    },
    engine::AgentFiles,
};

/// Claude Code's settings that users can't override.
const MANAGED_SETTINGS: &str = "/etc/claude-code/managed-settings.json";
/// The folder of files that are merged over them, in alphabetical order.
const MANAGED_FOLDER: &str = "/etc/claude-code/managed-settings.d";
/// More folders above the work folder than these are not looked into.
const MOST_LEVELS: usize = 8;
/// More files in that folder than these are not read.
const MOST_FILES: usize = 50;

/// Reads Claude Code's version and settings. Both are empty if the container was removed.
pub(in crate::docker) async fn read_agent_files(client: &Client, id: &str) -> Result<AgentFiles, StackError> {
    let engine = client.connection().await?;
    let Some(inspected) = inspect(&engine, id).await? else { return Ok(AgentFiles::default()) };
    let mut files = EngineArchive { engine: &engine, id, reader: None };
    let places = places(&files, &inspected).await?;
    files.reader = places.reader;
    let settings = settings_files(&files, &places).await?;
    Ok(AgentFiles { claude_version: claude_version(&files, &places).await?, settings })
}

/// The settings files of a container that is not known to run Claude Code.
pub(super) async fn read_settings(
    engine: &Connection,
    inspected: &ContainerInspectResponse,
) -> Result<Vec<SettingsFile>, StackError> {
    let mut files = EngineArchive { engine, id: inspected.id.as_deref().unwrap_or_default(), reader: None };
    let places = places(&files, inspected).await?;
    files.reader = places.reader;
    settings_files(&files, &places).await
}

async fn places(files: &dyn Archive, inspected: &ContainerInspectResponse) -> Result<Places, StackError> {
    let passwd = match files.text("/etc/passwd").await? {
        Content::Text(text) => text,
        Content::Missing | Content::Unreadable(_) => String::new(),
    };
    Ok(Places::of(inspected, &passwd, convert::is_managed_agent(inspected)))
}

/// All settings files that exist, in the order in which later ones win.
async fn settings_files(files: &dyn Archive, places: &Places) -> Result<Vec<SettingsFile>, StackError> {
    let mut found = Vec::new();
    found.extend(config_file(files, places).await?);
    for folder in &places.work_folders {
        if let Some(root) = repository_above(files, folder).await? {
            let path = format!("{root}/.claude/settings.local.json");
            found.extend(settings_file(files, SettingsLayer::Repository, &path).await?);
        }
        let folder = format!("{folder}/.claude");
        // In the home folder, the project's settings are the user's.
        if places.config_folders.contains(&folder) {
            continue;
        }
        for name in ["settings.json", "settings.local.json"] {
            found.extend(settings_file(files, SettingsLayer::Project, &format!("{folder}/{name}")).await?);
        }
    }
    for folder in &places.config_folders {
        if let Some(file) = settings_file(files, SettingsLayer::User, &format!("{folder}/settings.json")).await? {
            found.push(file);
            break;
        }
    }
    found.extend(settings_file(files, SettingsLayer::Managed, MANAGED_SETTINGS).await?);
    let names = files.names(MANAGED_FOLDER).await?;
    let names = names.iter().filter(|name| name.ends_with(".json") && !name.starts_with('.'));
    for name in names.take(MOST_FILES) {
        found.extend(settings_file(files, SettingsLayer::Managed, &format!("{MANAGED_FOLDER}/{name}")).await?);
    }
    Ok(found)
}

/// Claude Code's own state, which may hold variables as well. The older name counts if both exist.
async fn config_file(files: &dyn Archive, places: &Places) -> Result<Option<SettingsFile>, StackError> {
    for folder in &places.config_folders {
        let home = folder.strip_suffix("/.claude").filter(|_| !places.config_folder_is_set).unwrap_or(folder);
        for path in [format!("{folder}/.config.json"), format!("{home}/.claude.json")] {
            if let Some(file) = settings_file(files, SettingsLayer::Config, &path).await? {
                return Ok(Some(file));
            }
        }
    }
    Ok(None)
}

/// The root of the Git repository that contains this folder, if that is another folder. Claude Code reads the project's
/// local settings from there as well (seen with 2.1.252 and 2.1.332, not with 2.1.100).
async fn repository_above(files: &dyn Archive, folder: &str) -> Result<Option<String>, StackError> {
    let mut level = folder;
    for _ in 0..MOST_LEVELS {
        if level.is_empty() {
            return Ok(None);
        }
        if files.exists(&format!("{level}/.git")).await? {
            return Ok((level != folder).then(|| level.to_owned()));
        }
        level = level.rsplit_once('/').map_or("", |(above, _)| above);
    }
    Ok(None)
}

/// `None` if it does not exist.
async fn settings_file(
    files: &dyn Archive,
    layer: SettingsLayer,
    path: &str,
) -> Result<Option<SettingsFile>, StackError> {
    Ok(match files.text(path).await? {
        Content::Missing => None,
        Content::Text(text) => Some(SettingsFile::parse(layer, path, &text)),
        Content::Unreadable(why) => Some(SettingsFile::not_read(layer, path, &why)),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::archive::FakeArchive, *};

    #[tokio::test]
    async fn settings_are_read_from_the_lowest_layer_to_the_highest() {
        let one = r#"{"env":{"OTEL_LOGS_EXPORTER":"none"}}"#;
        let files = FakeArchive {
            files: [
                ("/etc/claude-code/managed-settings.d/20.json", one),
                ("/etc/claude-code/managed-settings.d/10.json", "(unreadable)"),
                ("/etc/claude-code/managed-settings.d/.hidden.json", one),
                ("/etc/claude-code/managed-settings.d/README", one),
                ("/etc/claude-code/managed-settings.json", one),
                ("/home/node/.claude/settings.json", one),
                ("/root/.claude/settings.json", one),
                ("/w/.claude/settings.json", one),
                ("/w/.claude/settings.local.json", "{"),
            ]
            .into(),
            links: [].into(),
        };
        let inspected = serde_json::from_str(r#"{"Config":{"User":"node","WorkingDir":"/w"}}"#).expect("an inspection");
        let places = places(&files, &inspected).await.expect("an answer");
        let found = settings_files(&files, &places).await.expect("an answer");
        let paths: Vec<_> = found.iter().map(|file| (file.layer, file.path.as_str(), file.variables.is_ok())).collect();
        assert_eq!(
            paths,
            [
                (SettingsLayer::Project, "/w/.claude/settings.json", true),
                (SettingsLayer::Project, "/w/.claude/settings.local.json", false),
                (SettingsLayer::User, "/home/node/.claude/settings.json", true),
                (SettingsLayer::Managed, "/etc/claude-code/managed-settings.json", true),
                (SettingsLayer::Managed, "/etc/claude-code/managed-settings.d/10.json", false),
                (SettingsLayer::Managed, "/etc/claude-code/managed-settings.d/20.json", true),
            ]
        );
    }

    async fn paths(files: &[(&'static str, &'static str)], inspected: &str) -> Vec<(SettingsLayer, String)> {
        let files = FakeArchive { files: files.iter().copied().collect(), links: [].into() };
        let inspected = serde_json::from_str(inspected).expect("an inspection");
        let places = places(&files, &inspected).await.expect("an answer");
        let found = settings_files(&files, &places).await.expect("an answer");
        found.into_iter().map(|file| (file.layer, file.path)).collect()
    }

    #[tokio::test]
    async fn variables_in_claude_codes_own_state_are_read() {
        let root = r#"{"Config":{"User":"root"}}"#;
        let set = r#"{"Config":{"User":"root","Env":["CLAUDE_CONFIG_DIR=/c"]}}"#;
        for (file, inspected, is_read) in [
            ("/root/.claude.json", root, true),
            ("/root/.claude/.config.json", root, true),
            ("/root/.claude/.claude.json", root, false),
            ("/c/.claude.json", set, true),
            ("/c/.config.json", set, true),
            ("/root/.claude.json", set, false),
        ] {
            let expected = is_read.then(|| (SettingsLayer::Config, file.to_owned()));
            assert_eq!(paths(&[(file, "{}")], inspected).await, expected.into_iter().collect::<Vec<_>>(), "{file}");
        }
    }

    #[tokio::test]
    async fn local_settings_of_the_repository_are_read_from_below() {
        let local = ("/w/.claude/settings.local.json", "{}");
        let shared = ("/w/.claude/settings.json", "{}");
        let below = r#"{"Config":{"WorkingDir":"/w/a/b"}}"#;
        let expected = (SettingsLayer::Repository, local.0.to_owned());
        assert_eq!(paths(&[local, shared, ("/w/.git/HEAD", "")], below).await, [expected]);
        assert_eq!(paths(&[local, shared], below).await, []);
    }

    #[tokio::test]
    async fn a_home_folder_is_no_project() {
        let files = FakeArchive { files: [("/root/.claude/settings.json", "{}")].into(), links: [].into() };
        let inspected = serde_json::from_str(r#"{"Config":{"WorkingDir":"/root"}}"#).expect("an inspection");
        let places = places(&files, &inspected).await.expect("an answer");
        let found = settings_files(&files, &places).await.expect("an answer");
        assert_eq!(found.iter().map(|file| file.layer).collect::<Vec<_>>(), [SettingsLayer::User]);
    }
}
