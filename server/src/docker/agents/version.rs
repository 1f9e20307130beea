//! Finds the version of Claude Code from the files of its installation: npm's global folders, Node version managers, the
//! native installer, and whatever `claude` in `PATH` leads to.

use monitor_core::error::StackError;

use super::{
    archive::{Archive, Content, resolved},
    places::Places,
};

/// npm's package.
const PACKAGE: &str = "@anthropic-ai/claude-code";
/// Prefixes of npm's global installation in images.
const PREFIXES: [&str; 4] = ["/usr/local", "/usr", "/usr/local/share/npm-global", "/opt/npm-global"];
/// Folders below a home folder that hold `node_modules` with the package.
const IN_HOME: [&str; 7] = [
    ".claude/local",
    ".npm-global/lib",
    ".local/lib",
    ".npm-packages/lib",
    ".bun/install/global",
    ".config/yarn/global",
    ".volta/tools/image/packages/@anthropic-ai/claude-code/lib",
];
/// Folders with one folder for each version of Node, below a home folder, and where npm's prefix is in those.
const NODE_VERSIONS: [(&str, &str); 5] = [
    (".nvm/versions/node", ""),
    (".local/share/fnm/node-versions", "/installation"),
    (".local/share/mise/installs/node", ""),
    (".asdf/installs/nodejs", ""),
    ("n/versions/node", ""),
];
/// Such folders of nvm that images share between users.
const SHARED_NVM: [&str; 2] = ["/usr/local/share/nvm", "/usr/local/nvm"];
/// More versions of Node than these are not looked into.
const MOST_VERSIONS: usize = 8;

/// The version, or `None` if no installation was found.
pub(super) async fn claude_version(files: &dyn Archive, places: &Places) -> Result<Option<String>, StackError> {
    for folder in &places.path {
        if let Some(version) = version_of_program(files, &format!("{folder}/claude")).await? {
            return Ok(Some(version));
        }
    }
    let mut homes = Vec::new();
    for home in &places.homes {
        if files.exists(home).await? {
            homes.push(home.as_str());
        }
    }
    for home in &homes {
        if let Some(version) = version_of_program(files, &format!("{home}/.local/bin/claude")).await? {
            return Ok(Some(version));
        }
        for folder in IN_HOME {
            if let Some(version) = version_in(files, &format!("{home}/{folder}")).await? {
                return Ok(Some(version));
            }
        }
    }
    for prefix in prefixes(places) {
        if let Some(version) = version_in(files, &format!("{prefix}/lib")).await? {
            return Ok(Some(version));
        }
    }
    for (folder, inside) in node_folders(places, &homes) {
        for node in files.names(&folder).await?.iter().rev().take(MOST_VERSIONS) {
            if let Some(version) = version_in(files, &format!("{folder}/{node}{inside}/lib")).await? {
                return Ok(Some(version));
            }
        }
    }
    // The native installer's programs, named for their versions, without a link to one of them.
    for home in &homes {
        let names = files.names(&format!("{home}/.local/share/claude/versions")).await?;
        let newest = names.into_iter().filter(|name| is_version(name)).max_by_key(|name| numbers(name));
        if newest.is_some() {
            return Ok(newest);
        }
    }
    Ok(None)
}

/// Prefixes of npm's global installation.
fn prefixes(places: &Places) -> Vec<&str> {
    let beside_path = places.path.iter().filter_map(|folder| folder.strip_suffix("/bin"));
    places.prefixes.iter().map(String::as_str).chain(PREFIXES).chain(beside_path).collect()
}

/// Folders with one folder for each version of Node, and where npm's prefix is in those.
fn node_folders(places: &Places, homes: &[&str]) -> Vec<(String, &'static str)> {
    let mut folders = Vec::new();
    for nvm in places.nvm.as_deref().into_iter().chain(SHARED_NVM) {
        folders.push((format!("{nvm}/versions/node"), ""));
    }
    for home in homes {
        for (folder, inside) in NODE_VERSIONS {
            folders.push((format!("{home}/{folder}"), inside));
        }
    }
    folders
}

/// The version in the npm package below `node_modules` in this folder.
async fn version_in(files: &dyn Archive, folder: &str) -> Result<Option<String>, StackError> {
    let content = files.text(&format!("{folder}/node_modules/{PACKAGE}/package.json")).await?;
    Ok(match content {
        Content::Text(text) => version_of_package(&text),
        Content::Missing | Content::Unreadable(_) => None,
    })
}

/// The version of the program that a link leads to: one of the native installer's, or a script of the npm package.
async fn version_of_program(files: &dyn Archive, link: &str) -> Result<Option<String>, StackError> {
    let Some(target) = files.link_target(link).await? else { return Ok(None) };
    if let Some(version) = version_of_link(&target) {
        return Ok(Some(version));
    }
    let target = resolved(link, &target);
    let Some((folder, _)) = target.split_once(&format!("/node_modules/{PACKAGE}/")) else { return Ok(None) };
    version_in(files, folder).await
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

fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-', '+']).filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::archive::FakeArchive, *};

    fn places() -> Places {
        Places {
            config_folders: Vec::new(),
            config_folder_is_set: false,
            homes: vec!["/home/claude".into(), "/root".into()],
            work_folders: Vec::new(),
            path: vec!["/opt/node/bin".into(), "/usr/bin".into()],
            prefixes: vec!["/npm".into()],
            nvm: None,
            reader: None,
        }
    }

    #[tokio::test]
    async fn the_version_is_found_wherever_it_is_installed() {
        for path in [
            "/usr/local/lib/node_modules/@anthropic-ai/claude-code/package.json",
            "/opt/node/lib/node_modules/@anthropic-ai/claude-code/package.json",
            "/npm/lib/node_modules/@anthropic-ai/claude-code/package.json",
            "/home/claude/.npm-global/lib/node_modules/@anthropic-ai/claude-code/package.json",
            "/root/.claude/local/node_modules/@anthropic-ai/claude-code/package.json",
            "/home/claude/.nvm/versions/node/v22.1.0/lib/node_modules/@anthropic-ai/claude-code/package.json",
            "/usr/local/share/nvm/versions/node/v20.0.0/lib/node_modules/@anthropic-ai/claude-code/package.json",
            "/root/.local/share/fnm/node-versions/v20/installation/lib/node_modules/@anthropic-ai/claude-code/package.json",
        ] {
            let files = FakeArchive { files: [(path, r#"{"version":"2.1.9"}"#)].into(), links: [].into() };
            assert_eq!(claude_version(&files, &places()).await, Ok(Some("2.1.9".into())), "{path}");
        }
        let native = ["2.1.9", "2.1.10", "x"].map(|name| match name {
            "2.1.9" => ("/root/.local/share/claude/versions/2.1.9", ""),
            "2.1.10" => ("/root/.local/share/claude/versions/2.1.10", ""),
            _ => ("/root/.local/share/claude/versions/x", ""),
        });
        let files = FakeArchive { files: native.into(), links: [].into() };
        assert_eq!(claude_version(&files, &places()).await, Ok(Some("2.1.10".into())));
        assert_eq!(claude_version(&FakeArchive::default(), &places()).await, Ok(None));
    }

    #[tokio::test]
    async fn the_program_in_the_path_comes_first() {
        let other = ("/usr/local/lib/node_modules/@anthropic-ai/claude-code/package.json", r#"{"version":"2.1.1"}"#);
        let package = ("/x/lib/node_modules/@anthropic-ai/claude-code/package.json", r#"{"version":"2.1.2"}"#);
        for (link, target, version) in [
            ("/opt/node/bin/claude", "/x/lib/node_modules/@anthropic-ai/claude-code/cli.js", "2.1.2"),
            ("/usr/bin/claude", "../../x/lib/node_modules/@anthropic-ai/claude-code/cli.js", "2.1.2"),
            ("/usr/bin/claude", "/home/eve/.local/share/claude/versions/2.1.3", "2.1.3"),
            ("/home/claude/.local/bin/claude", "/home/claude/.local/share/claude/versions/2.1.4", "2.1.4"),
            ("/usr/bin/claude", "/nowhere", "2.1.1"),
        ] {
            let files = FakeArchive { files: [other, package].into(), links: [(link, target)].into() };
            assert_eq!(claude_version(&files, &places()).await, Ok(Some(version.into())), "{link} {target}");
        }
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
