//! Reads single small files and the names in folders of a container through the Engine's archive API. Nothing is run in
//! the container, and it does not have to be running.

use std::io::Read;

use async_trait::async_trait;
use bollard::query_parameters::{ContainerArchiveInfoOptionsBuilder, DownloadFromContainerOptionsBuilder};
use futures::StreamExt;
use monitor_core::error::StackError;

use crate::docker::{client::Connection, error::Failure};

/// Settings files and `package.json` are much smaller than this, in bytes.
const LARGEST_FILE: usize = 1 << 20;
/// How much of a folder is read for its names, in bytes: it may hold whole programs.
const MOST_OF_A_FOLDER: usize = 1 << 18;
/// How many symbolic links are followed.
const MOST_LINKS: usize = 8;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Missing,
    Text(String),
    /// It can't be read: why, as a clause.
    Unreadable(String),
}

/// Who reads files in a container: a user that is not root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reader {
    pub user: u64,
    pub group: u64,
}

impl Reader {
    /// Whether the mode of a file lets this user read it.
    fn can_read(self, (user, group, mode): (u64, u64, u32)) -> bool {
        let allowed = match () {
            () if user == self.user => 0o400,
            () if group == self.group => 0o040,
            () => 0o004,
        };
        mode & allowed != 0
    }
}

/// The files of one container. Only an unreachable Engine is an error.
#[async_trait]
pub(super) trait Archive: Send + Sync {
    /// The text of a file. Symbolic links are followed.
    async fn text(&self, path: &str) -> Result<Content, StackError>;

    /// Whether there is anything at the path.
    async fn exists(&self, path: &str) -> Result<bool, StackError>;

    /// Where a symbolic link leads; `None` if it is none.
    async fn link_target(&self, path: &str) -> Result<Option<String>, StackError>;

    /// The names in a folder, sorted; of a large one, only the first.
    async fn names(&self, folder: &str) -> Result<Vec<String>, StackError>;
}

/// The files of a container, through its Engine.
pub(super) struct EngineArchive<'a> {
    pub engine: &'a Connection,
    pub id: &'a str,
    /// The user whose view it is; `None` for root, who can read everything.
    pub reader: Option<Reader>,
}

impl EngineArchive<'_> {
    /// The beginning of the archive of a path, up to `limit` bytes, and whether that is all of it.
    async fn download(&self, path: &str, limit: usize) -> Result<Result<(Vec<u8>, bool), Failure>, StackError> {
        let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
        let mut pieces = Box::pin(self.engine.docker.download_from_container(self.id, Some(options)));
        let mut archive = Vec::new();
        while let Some(piece) = pieces.next().await {
            match piece.map_err(|error| self.engine.failure(error)) {
                Ok(piece) => archive.extend_from_slice(&piece),
                Err(Failure::NoAnswer(error)) => return Err(error),
                Err(refused) => return Ok(Err(refused)),
            }
            if archive.len() > limit {
                return Ok(Ok((archive, false)));
            }
        }
        Ok(Ok((archive, true)))
    }
}

impl EngineArchive<'_> {
    /// Where a symbolic link leads, empty if it is none; `None` if there is nothing at the path.
    async fn link_of(&self, path: &str) -> Result<Option<String>, StackError> {
        let options = ContainerArchiveInfoOptionsBuilder::default().path(path).build();
        let answer = self.engine.docker.get_container_archive_info(self.id, Some(options)).await;
        match answer.map_err(|error| self.engine.failure(error)) {
            Ok(file) => Ok(Some(file.link_target)),
            Err(Failure::Refused { .. }) => Ok(None),
            Err(Failure::NoAnswer(error)) => Err(error),
        }
    }
}

#[async_trait]
impl Archive for EngineArchive<'_> {
    async fn text(&self, path: &str) -> Result<Content, StackError> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let (archive, complete) = match self.download(&path, LARGEST_FILE).await? {
                Ok(found) => found,
                Err(failure) if is_missing(&failure) => return Ok(Content::Missing),
                Err(failure) => return Ok(Content::Unreadable(format!("the Engine says: {}", failure.message()))),
            };
            match first_entry(&archive, complete, self.reader) {
                Entry::Link(target) => path = resolved(&path, &target),
                Entry::Is(content) => return Ok(content),
            }
        }
        Ok(Content::Unreadable("too many symbolic links".to_owned()))
    }

    async fn exists(&self, path: &str) -> Result<bool, StackError> {
        Ok(self.link_of(path).await?.is_some())
    }

    async fn link_target(&self, path: &str) -> Result<Option<String>, StackError> {
        Ok(self.link_of(path).await?.filter(|target| !target.is_empty()))
    }

    async fn names(&self, folder: &str) -> Result<Vec<String>, StackError> {
        let mut folder = folder.to_owned();
        for _ in 0..MOST_LINKS {
            match self.link_of(&folder).await? {
                None => return Ok(Vec::new()),
                Some(target) if target.is_empty() => break,
                Some(target) => folder = resolved(&folder, &target),
            }
        }
        let archive = self.download(&folder, MOST_OF_A_FOLDER).await?;
        Ok(archive.map(|(archive, _)| names_in(&archive)).unwrap_or_default())
    }
}

/// Whether there is nothing at the path. Some Engines answer with another status if a part of it is a file.
fn is_missing(failure: &Failure) -> bool {
    let message = failure.message().to_ascii_lowercase();
    failure.is_missing() || message.contains("no such file") || message.contains("not a directory")
}

/// The first entry of an archive.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Link(String),
    Is(Content),
}

fn first_entry(archive: &[u8], complete: bool, reader: Option<Reader>) -> Entry {
    let unreadable = |why: &str| Entry::Is(Content::Unreadable(why.to_owned()));
    let mut archive = tar::Archive::new(archive);
    let Some(Ok(mut entry)) = archive.entries().ok().and_then(|mut entries| entries.next()) else {
        return unreadable("the Engine's answer is not an archive");
    };
    let kind = entry.header().entry_type();
    if kind.is_symlink() || kind.is_hard_link() {
        let target = entry.link_name().ok().flatten().and_then(|target| Some(target.to_str()?.to_owned()));
        return target.map_or_else(|| unreadable("it is a link that leads nowhere"), Entry::Link);
    }
    if !kind.is_file() {
        return unreadable("it is not a file");
    }
    let header = entry.header();
    let (user, group, mode) =
        (header.uid().unwrap_or_default(), header.gid().unwrap_or_default(), header.mode().unwrap_or(0o444));
    if reader.is_some_and(|reader| !reader.can_read((user, group, mode))) {
        let why = format!("the container's user may not read it (owner {user}, mode {:o})", mode & 0o777);
        return unreadable(&why);
    }
    if !complete {
        return unreadable("it is larger than 1 MB");
    }
    let mut text = String::new();
    match entry.read_to_string(&mut text) {
        Ok(_) => Entry::Is(Content::Text(text)),
        Err(_) => unreadable("it is not UTF-8 text"),
    }
}

/// The names directly in the folder of an archive, sorted. The archive may be cut off.
fn names_in(archive: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let Ok(entries) = archive.entries() else { return Vec::new() };
    let mut names = Vec::new();
    for entry in entries.map_while(Result::ok) {
        let Ok(path) = entry.path() else { continue };
        let mut parts = path.components().skip_while(|part| matches!(part, std::path::Component::CurDir)).skip(1);
        if let Some(name) = parts.next().and_then(|name| name.as_os_str().to_str())
            && names.last().is_none_or(|known| known != name)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The target of a link at `path`, as an absolute path without `..`.
pub(super) fn resolved(path: &str, target: &str) -> String {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let whole = if target.starts_with('/') { target.to_owned() } else { format!("{parent}/{target}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// For tests: files by path.
#[cfg(test)]
#[derive(Default)]
pub(super) struct FakeArchive {
    pub files: std::collections::BTreeMap<&'static str, &'static str>,
    pub links: std::collections::BTreeMap<&'static str, &'static str>,
}

#[cfg(test)]
#[async_trait]
impl Archive for FakeArchive {
    async fn text(&self, path: &str) -> Result<Content, StackError> {
        Ok(match self.files.get(path) {
            Some(&"(unreadable)") => Content::Unreadable("permission denied".into()),
            Some(text) => Content::Text((*text).into()),
            None => Content::Missing,
        })
    }

    async fn exists(&self, path: &str) -> Result<bool, StackError> {
        let is_inside =
            |known: &&&str| known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        Ok(self.files.keys().chain(self.links.keys()).any(|known| is_inside(&known)))
    }

    async fn link_target(&self, path: &str) -> Result<Option<String>, StackError> {
        Ok(self.links.get(path).map(|target| (*target).to_owned()))
    }

    async fn names(&self, folder: &str) -> Result<Vec<String>, StackError> {
        let inside = |path: &&str| path.strip_prefix(folder)?.strip_prefix('/')?.split('/').next().map(str::to_owned);
        let mut names: Vec<String> = self.files.keys().filter_map(inside).collect();
        names.dedup();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: &[(tar::EntryType, &str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (kind, path, text) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            if kind.is_symlink() {
                header.set_size(0);
                builder.append_link(&mut header, path, text).expect("a link");
            } else {
                header.set_size(text.len() as u64);
                builder.append_data(&mut header, path, text.as_bytes()).expect("an entry");
            }
        }
        builder.into_inner().expect("an archive")
    }

    #[test]
    fn a_file_is_read_a_link_followed_and_everything_else_named() {
        let one = |kind, text: &str| first_entry(&archive(&[(kind, "settings.json", text)]), true, None);
        let unreadable = |why: &str| Entry::Is(Content::Unreadable(why.into()));
        assert_eq!(one(tar::EntryType::Regular, "{\"env\":{}}"), Entry::Is(Content::Text("{\"env\":{}}".into())));
        assert_eq!(one(tar::EntryType::Symlink, "../dotfiles/s.json"), Entry::Link("../dotfiles/s.json".into()));
        assert_eq!(one(tar::EntryType::Directory, ""), unreadable("it is not a file"));
        assert_eq!(first_entry(b"not an archive", true, None), unreadable("the Engine's answer is not an archive"));
        assert_eq!(first_entry(&[], true, None), unreadable("the Engine's answer is not an archive"));
        let large = archive(&[(tar::EntryType::Regular, "s", "text")]);
        assert_eq!(first_entry(&large, false, None), unreadable("it is larger than 1 MB"));
    }

    #[test]
    fn what_the_containers_user_may_not_read_is_named() {
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        header.set_uid(0);
        header.set_gid(50);
        let mut entry = |mode, reader| {
            header.set_mode(mode);
            let mut builder = tar::Builder::new(Vec::new());
            builder.append_data(&mut header, "settings.json", &b"{}"[..]).expect("an entry");
            first_entry(&builder.into_inner().expect("an archive"), true, reader)
        };
        let text = Entry::Is(Content::Text("{}".into()));
        let [other, member] = [Reader { user: 1000, group: 1000 }, Reader { user: 1000, group: 50 }];
        let refused = "the container's user may not read it (owner 0, mode 600)";
        assert_eq!(entry(0o600, Some(other)), Entry::Is(Content::Unreadable(refused.into())));
        assert_eq!(entry(0o600, None), text);
        assert_eq!(entry(0o644, Some(other)), text);
        assert_eq!(entry(0o640, Some(member)), text);
        assert_ne!(entry(0o604, Some(member)), text, "the group's permissions count for its members");
    }

    #[test]
    fn the_names_in_a_folder_are_found_in_an_archive_that_is_cut_off() {
        let (file, folder) = (tar::EntryType::Regular, tar::EntryType::Directory);
        let text = "x".repeat(5000);
        let whole = archive(&[
            (folder, "versions/", ""),
            (file, "versions/2.1.9", "x"),
            (folder, "versions/2.1.10/", ""),
            (file, "versions/2.1.10/cli.js", &text),
            (file, "versions/last", "x"),
        ]);
        assert_eq!(names_in(&whole), ["2.1.10", "2.1.9", "last"]);
        assert_eq!(names_in(&whole[..3000]), ["2.1.10", "2.1.9"]);
        assert_eq!(names_in(b"not an archive"), [""; 0]);
    }

    #[test]
    fn links_are_resolved_from_their_folder() {
        for (path, target, found) in [
            ("/root/.claude/settings.json", "../dotfiles/s.json", "/root/dotfiles/s.json"),
            ("/root/.claude/settings.json", "/mnt/s.json", "/mnt/s.json"),
            ("/a/b", "../../../c", "/c"),
            ("/a/b", "./c//d", "/a/c/d"),
        ] {
            assert_eq!(resolved(path, target), found);
        }
    }
}
