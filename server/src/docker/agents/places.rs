//! Where Claude Code's files can be in a container: home folders, its configuration folder, the work folder, and where
//! programs are installed. Pure.

use std::collections::HashMap;

use bollard::models::ContainerInspectResponse;

use super::archive::Reader;

/// More home folders than these are not looked into.
const MOST_HOMES: usize = 8;
/// Larger labels are not read, in bytes.
const LARGEST_LABEL: usize = 1 << 16;

/// The places in one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    /// Folders that may hold the user's `settings.json`; the first one that does counts.
    pub config_folders: Vec<String>,
    /// Whether a variable names that folder.
    pub config_folder_is_set: bool,
    /// Home folders, the likeliest first.
    pub homes: Vec<String>,
    /// Work folders; settings of later ones win.
    pub work_folders: Vec<String>,
    /// The folders in `PATH`.
    pub path: Vec<String>,
    /// Prefixes of npm's global installation and folders of Node versions that variables name.
    pub prefixes: Vec<String>,
    /// The folder of nvm, if a variable names it.
    pub nvm: Option<String>,
    /// The user as which programs start; `None` for root, or if its number is unknown.
    pub reader: Option<Reader>,
}

/// A user in `/etc/passwd`.
struct User<'a> {
    name: &'a str,
    id: &'a str,
    group: &'a str,
    home: &'a str,
}

impl Places {
    /// The places in an inspected container, given the text of its `/etc/passwd`.
    pub fn of(inspected: &ContainerInspectResponse, passwd: &str, is_clawkers: bool) -> Places {
        let config = inspected.config.as_ref();
        let lines = config.and_then(|config| config.env.as_deref()).unwrap_or_default();
        let variable = |name: &str| {
            let pairs = lines.iter().rev().filter_map(|line| line.split_once('='));
            pairs.filter(|(known, _)| *known == name).map(|(_, value)| value).find(|value| !value.is_empty())
        };
        let absolute = |name: &str| variable(name).filter(|path| path.starts_with('/')).map(trimmed);
        let labels = config.and_then(|config| config.labels.as_ref());
        let user = config.and_then(|config| config.user.as_deref()).unwrap_or_default();
        let (user, group) = user.split_once(':').unwrap_or((user, ""));
        let remote_user = labels.and_then(remote_user);
        let users: Vec<User<'_>> = passwd.lines().filter_map(user_of_line).collect();
        let home_of = |user: &str| {
            let known = users.iter().find(|known| known.name == user || known.id == user);
            let guess = || match user {
                "root" | "0" => Some("/root".to_owned()),
                name if name.starts_with(|first: char| first.is_ascii_alphabetic()) => Some(format!("/home/{name}")),
                _ => None,
            };
            known.map(|known| trimmed(known.home)).or_else(guess)
        };
        let reader = || {
            let known = users.iter().find(|known| known.name == user || known.id == user);
            let user: u64 = known.map_or(user, |known| known.id).parse().ok().filter(|id| *id != 0)?;
            let group = group.parse().ok().or_else(|| known?.group.parse().ok());
            Some(Reader { user, group: group.unwrap_or_default() })
        };
        // The tools of a devcontainer may work as somebody else.
        let reader = if remote_user.is_some() { None } else { reader() };
        let is_root = matches!(user, "" | "root" | "0");
        let mut own = Vec::new();
        own.extend(remote_user.as_deref().and_then(home_of));
        // Clawker's containers start as root and run Claude Code as `claude`.
        own.extend((is_clawkers && is_root).then(|| "/home/claude".to_owned()));
        own.extend(absolute("HOME"));
        own.extend(if is_root { home_of("root") } else { home_of(user) });
        let others = users.iter().filter(|user| user.id.parse().is_ok_and(|id: u32| (1000..60_000).contains(&id)));
        let others = others.map(|user| trimmed(user.home)).chain(is_clawkers.then(|| "/home/claude".to_owned()));
        let mut homes = own.clone();
        homes.extend(others);
        let (own, homes) = (without_repetition(own), without_repetition(homes));
        let config_folders = match absolute("CLAUDE_CONFIG_DIR") {
            Some(folder) => vec![folder],
            // A process of root may run Claude Code as somebody else.
            None => (if is_root { &homes } else { &own }).iter().map(|home| format!("{home}/.claude")).collect(),
        };
        Places {
            config_folders,
            config_folder_is_set: absolute("CLAUDE_CONFIG_DIR").is_some(),
            work_folders: work_folders(inspected),
            path: variable("PATH")
                .unwrap_or_default()
                .split(':')
                .filter(|it| it.starts_with('/'))
                .map(trimmed)
                .collect(),
            prefixes: ["NPM_CONFIG_PREFIX", "npm_config_prefix"].into_iter().filter_map(absolute).collect(),
            nvm: absolute("NVM_DIR"),
            reader,
            homes,
        }
    }
}

/// The user that a devcontainer's tools work as, from the label that the devcontainer command line sets.
fn remote_user(labels: &HashMap<String, String>) -> Option<String> {
    let metadata = labels.get("devcontainer.metadata").filter(|text| text.len() <= LARGEST_LABEL)?;
    let metadata: serde_json::Value = serde_json::from_str(metadata).ok()?;
    let parts = metadata.as_array().cloned().unwrap_or_else(|| vec![metadata]);
    let user = parts.iter().rev().find_map(|part| part.get("remoteUser")?.as_str())?;
    Some(user.to_owned())
}

/// The folder in which the container's programs start, and where the folder in which Clawker was run is mounted.
fn work_folders(inspected: &ContainerInspectResponse) -> Vec<String> {
    let config = inspected.config.as_ref();
    let label =
        config.and_then(|config| config.labels.as_ref()?.get("dev.clawker.workdir")).filter(|it| !it.is_empty());
    let mounts = inspected.mounts.iter().flatten();
    let of_label = mounts
        .filter(|mount| label.is_some() && mount.source.as_ref().map(|it| trimmed(it)) == label.map(|it| trimmed(it)));
    let of_label = of_label.filter_map(|mount| mount.destination.as_deref()).map(trimmed);
    let start = config.and_then(|config| config.working_dir.as_deref()).filter(|folder| folder.starts_with('/'));
    let mut folders: Vec<String> = of_label.collect();
    let start = trimmed(start.unwrap_or("/"));
    folders.retain(|folder| *folder != start);
    folders.push(start);
    folders
}

fn user_of_line(line: &str) -> Option<User<'_>> {
    let mut parts = line.split(':');
    let (name, _, id, group) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let home = parts.nth(1).filter(|home| home.starts_with('/'))?;
    Some(User { name, id, group, home })
}

/// A path without a slash at its end; `/` becomes empty, so that others can be appended.
fn trimmed(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}

fn without_repetition(folders: Vec<String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for folder in folders {
        if !found.contains(&folder) && found.len() < MOST_HOMES {
            found.push(folder);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\ndb:x:999:999::/var/db:\n";

    fn places(json: &str, is_clawkers: bool) -> Places {
        Places::of(&serde_json::from_str(json).expect("an inspection"), PASSWD, is_clawkers)
    }

    #[test]
    fn the_users_settings_are_where_its_user_or_variables_say() {
        let folders = |json: &str, is_clawkers: bool| places(json, is_clawkers).config_folders;
        assert_eq!(folders(r#"{"Config":{"User":"node"}}"#, false), ["/home/node/.claude"]);
        assert_eq!(folders(r#"{"Config":{"User":"1000:1000"}}"#, false), ["/home/node/.claude"]);
        assert_eq!(folders(r#"{"Config":{"User":"eve"}}"#, false), ["/home/eve/.claude"]);
        assert_eq!(folders("{}", false), ["/root/.claude", "/home/node/.claude"]);
        assert_eq!(folders("{}", true), ["/home/claude/.claude", "/root/.claude", "/home/node/.claude"]);
        assert_eq!(folders(r#"{"Config":{"User":"node","Env":["HOME=/h/"]}}"#, false)[0], "/h/.claude");
        assert_eq!(folders(r#"{"Config":{"Env":["CLAUDE_CONFIG_DIR=/c"]}}"#, false), ["/c"]);
        let label = r#"{"Config":{"Labels":{"devcontainer.metadata":"[{\"remoteUser\":\"node\"},{\"id\":1}]"}}}"#;
        assert_eq!(folders(label, false)[0], "/home/node/.claude");
    }

    #[test]
    fn files_are_read_as_the_containers_user() {
        let reader = |json: &str| places(json, false).reader.map(|reader| (reader.user, reader.group));
        assert_eq!(reader("{}"), None);
        assert_eq!(reader(r#"{"Config":{"User":"root"}}"#), None);
        assert_eq!(reader(r#"{"Config":{"User":"node"}}"#), Some((1000, 1000)));
        assert_eq!(reader(r#"{"Config":{"User":"999"}}"#), Some((999, 999)));
        assert_eq!(reader(r#"{"Config":{"User":"node:50"}}"#), Some((1000, 50)));
        assert_eq!(reader(r#"{"Config":{"User":"eve"}}"#), None, "her number is unknown");
    }

    #[test]
    fn work_folders_are_where_programs_start_and_where_clawkers_folder_is_mounted() {
        let json = r#"{"Config":{"WorkingDir":"/w","Labels":{"dev.clawker.workdir":"/p/shop"}},
            "Mounts":[{"Source":"/p/shop","Destination":"/workspace"},{"Source":"/other","Destination":"/o"}]}"#;
        assert_eq!(places(json, true).work_folders, ["/workspace", "/w"]);
        assert_eq!(places("{}", true).work_folders, [""]);
    }
}
