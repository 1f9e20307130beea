//! Reads single small files from a container through the Engine's archive API. Nothing is run in the container, and it
//! does not have to be running.

use std::io::Read;

use bollard::query_parameters::{ContainerArchiveInfoOptionsBuilder, DownloadFromContainerOptionsBuilder};
use futures::StreamExt;
use monitor_core::error::StackError;

use crate::{
    docker::{
        client::{Client, Connection},
        error::Failure,
    },
    engine::AgentFiles,
};

/// Settings files and `package.json` are much smaller than this.
const SIZE_LIMIT_BYTES: usize = 1 << 20;
/// Claude Code's settings that can't be overridden in the container.
const MANAGED_SETTINGS: &str = "/etc/claude-code/managed-settings.json";
/// The installer's symbolic links to the version in use, `…/versions/2.1.100`.
const VERSION_LINKS: [&str; 2] = ["/home/claude/.local/bin/claude", "/root/.local/bin/claude"];
/// Folders of npm's global installation.
const NPM_FOLDERS: [&str; 3] =
    ["/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/local/share/npm-global/lib/node_modules"];

/// Reads Claude Code's version and managed settings. Both are `None` if the container was removed.
pub(in crate::docker) async fn read_agent_files(client: &Client, id: &str) -> Result<AgentFiles, StackError> {
    let engine = client.connection().await?;
    let managed_settings = read_text(&engine, id, MANAGED_SETTINGS).await?;
    Ok(AgentFiles { claude_version: claude_version(&engine, id).await?, managed_settings })
}

async fn claude_version(engine: &Connection, id: &str) -> Result<Option<String>, StackError> {
    for link in VERSION_LINKS {
        let options = ContainerArchiveInfoOptionsBuilder::default().path(link).build();
        let answer = engine.docker.get_container_archive_info(id, Some(options)).await;
        let target = unless_refused(answer.map_err(|error| engine.failure(error)))?.map(|file| file.link_target);
        if let Some(version) = target.as_deref().and_then(version_of_link) {
            return Ok(Some(version));
        }
    }
    for folder in NPM_FOLDERS {
        let path = format!("{folder}/@anthropic-ai/claude-code/package.json");
        if let Some(version) = read_text(engine, id, &path).await?.as_deref().and_then(version_of_package) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// The text of a file. `None` if it is missing, too large or not UTF-8.
async fn read_text(engine: &Connection, id: &str, path: &str) -> Result<Option<String>, StackError> {
    let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
    let mut pieces = Box::pin(engine.docker.download_from_container(id, Some(options)));
    let mut archive = Vec::new();
    while let Some(piece) = pieces.next().await {
        let Some(piece) = unless_refused(piece.map_err(|error| engine.failure(error)))? else { return Ok(None) };
        archive.extend_from_slice(&piece);
        if archive.len() > SIZE_LIMIT_BYTES {
            return Ok(None);
        }
    }
    Ok(first_file(&archive))
}

/// `None` if the file is missing or the Engine refuses to show it. Only an unreachable Engine is an error.
fn unless_refused<T>(answer: Result<T, Failure>) -> Result<Option<T>, StackError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Failure::Refused { .. }) => Ok(None),
        Err(Failure::NoAnswer(error)) => Err(error),
    }
}

/// The text of the first file in a tar archive.
fn first_file(archive: &[u8]) -> Option<String> {
    let mut archive = tar::Archive::new(archive);
    let mut file =
        archive.entries().ok()?.filter_map(Result::ok).find(|entry| entry.header().entry_type().is_file())?;
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    Some(text)
}

/// `/home/claude/.local/share/claude/versions/2.1.100` to `2.1.100`.
fn version_of_link(target: &str) -> Option<String> {
    let (_, version) = target.rsplit_once("/versions/")?;
    is_version(version).then(|| version.to_owned())
}

fn version_of_package(text: &str) -> Option<String> {
    let package: serde_json::Value = serde_json::from_str(text).ok()?;
    let version = package.get("version")?.as_str()?;
    is_version(version).then(|| version.to_owned())
}

/// The version is shown on a page, so text that doesn't look like one is ignored.
fn is_version(text: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || ".-+".contains(letter);
    text.starts_with(|first: char| first.is_ascii_digit()) && text.len() <= 40 && text.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(kind: tar::EntryType, text: &str) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_data(&mut header, "managed-settings.json", text.as_bytes()).expect("an entry");
        builder.into_inner().expect("an archive")
    }

    #[test]
    fn the_file_in_an_archive_is_read_and_folders_and_garbage_are_ignored() {
        assert_eq!(first_file(&archive(tar::EntryType::Regular, "{\"env\":{}}")).as_deref(), Some("{\"env\":{}}"));
        assert_eq!(first_file(&archive(tar::EntryType::Directory, "")), None);
        assert_eq!(first_file(b"not an archive"), None);
        assert_eq!(first_file(&[]), None);
    }

    #[test]
    fn only_well_formed_versions_are_accepted() {
        for (target, version) in [
            ("/home/claude/.local/share/claude/versions/2.1.100", Some("2.1.100")),
            ("/root/.local/share/claude/versions/2.2.0-beta.1", Some("2.2.0-beta.1")),
            ("/home/claude/.local/share/claude/versions/", None),
            ("/home/claude/.local/share/claude/versions/2.1.100/cli.js", None),
            ("/usr/bin/claude", None),
            ("", None),
        ] {
            assert_eq!(version_of_link(target).as_deref(), version, "{target}");
        }
        for (text, version) in [
            (r#"{"name":"@anthropic-ai/claude-code","version":"2.0.30"}"#, Some("2.0.30")),
            (r#"{"version":"<script>"}"#, None),
            (r#"{"version":2}"#, None),
            ("{", None),
        ] {
            assert_eq!(version_of_package(text).as_deref(), version, "{text}");
        }
    }
}
