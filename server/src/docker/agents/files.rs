//! Single small files out of a container, through the Engine's archive: nothing is run in it, and it need not run.

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

/// Larger files than this are not settings, and no `package.json` either.
const LIMIT_BYTES: usize = 1 << 20;
/// Claude Code's settings that nobody in the container can override.
const MANAGED_SETTINGS: &str = "/etc/claude-code/managed-settings.json";
/// Where the installer puts a link to the version in use, `…/versions/2.1.100`.
const LINKS: [&str; 2] = ["/home/claude/.local/bin/claude", "/root/.local/bin/claude"];
/// Where npm puts it for everybody.
const MODULES: [&str; 3] =
    ["/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/local/share/npm-global/lib/node_modules"];

/// What can be learnt from the files of a container. A container that is gone has none.
pub(in crate::docker) async fn files(client: &Client, id: &str) -> Result<AgentFiles, StackError> {
    let engine = client.connection().await?;
    let managed_settings = read(&engine, id, MANAGED_SETTINGS).await?;
    Ok(AgentFiles { claude_version: claude_version(&engine, id).await?, managed_settings })
}

async fn claude_version(engine: &Connection, id: &str) -> Result<Option<String>, StackError> {
    for link in LINKS {
        let options = ContainerArchiveInfoOptionsBuilder::default().path(link).build();
        let answer = engine.docker.get_container_archive_info(id, Some(options)).await;
        let target = found(answer.map_err(|error| engine.failure(error)))?.map(|file| file.link_target);
        if let Some(version) = target.as_deref().and_then(version_of_link) {
            return Ok(Some(version));
        }
    }
    for folder in MODULES {
        let path = format!("{folder}/@anthropic-ai/claude-code/package.json");
        if let Some(version) = read(engine, id, &path).await?.as_deref().and_then(version_of_package) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// The text of a file; `None` where there is none, or none that can be read as text.
async fn read(engine: &Connection, id: &str, path: &str) -> Result<Option<String>, StackError> {
    let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
    let mut pieces = Box::pin(engine.docker.download_from_container(id, Some(options)));
    let mut archive = Vec::new();
    while let Some(piece) = pieces.next().await {
        let Some(piece) = found(piece.map_err(|error| engine.failure(error)))? else { return Ok(None) };
        archive.extend_from_slice(&piece);
        if archive.len() > LIMIT_BYTES {
            return Ok(None);
        }
    }
    Ok(only_file(&archive))
}

/// What is missing or refused is not there; only an Engine that does not answer is an error.
fn found<T>(answer: Result<T, Failure>) -> Result<Option<T>, StackError> {
    match answer {
        Ok(there) => Ok(Some(there)),
        Err(Failure::Refused { .. }) => Ok(None),
        Err(Failure::NoAnswer(error)) => Err(error),
    }
}

/// The text of the one file in that archive.
fn only_file(archive: &[u8]) -> Option<String> {
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

/// It is shown on the page, so it has to look like one.
fn is_version(text: &str) -> bool {
    let fine = |letter: char| letter.is_ascii_alphanumeric() || ".-+".contains(letter);
    text.starts_with(|first: char| first.is_ascii_digit()) && text.len() <= 40 && text.chars().all(fine)
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
    fn the_one_file_of_an_archive_is_read_and_nothing_else_is_taken_for_one() {
        assert_eq!(only_file(&archive(tar::EntryType::Regular, "{\"env\":{}}")).as_deref(), Some("{\"env\":{}}"));
        assert_eq!(only_file(&archive(tar::EntryType::Directory, "")), None);
        assert_eq!(only_file(b"no archive at all"), None);
        assert_eq!(only_file(&[]), None);
    }

    #[test]
    fn versions_are_told_from_what_only_stands_in_their_place() {
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
