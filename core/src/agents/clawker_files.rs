//! Which telemetry variables Clawker would set for a new container, from the files it reads on the host.
//!
//! Source: a description of Clawker v0.8.0's `internal/storage` (`discover.go`, `merge.go`),
//! `cmd/container/shared/agentenv.go` and `internal/docker/env.go`; Clawker itself was not run. A nearer file replaces a
//! whole list or map of one further away; `env_file` < `from_env` < `env` < `build.instructions.env`; quotes in an
//! `env_file` are part of the value.
//!
//! **Invariant:** only telemetry variables are returned.

use crate::{
    agent_environment::is_telemetry,
    yaml::{
        document::{Node, first_document, is_null, member, merged_entries, text_for_a_program},
        limits::Refusal,
    },
};

/// One of Clawker's files, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClawkerFile {
    /// Its path on this machine.
    pub path: String,
    /// Its text, or why it could not be read, as a clause.
    pub text: Result<String, String>,
}

/// A file that was not taken into account, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadFile {
    /// Its path, or what it is if the path is unknown.
    pub path: String,
    /// Why, as a clause.
    pub why: String,
}

/// A telemetry variable that Clawker would set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClawkerVariable {
    /// The variable's name.
    pub name: String,
    /// Its value; `None` if it is taken from the environment of the shell that runs Clawker.
    pub value: Option<String>,
    /// The file that sets it.
    pub file: String,
    /// What sets it in that file, for example `agent.env.OTEL_LOGS_EXPORTER`.
    pub key: String,
}

/// The telemetry variables that Clawker would set for a new container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClawkerVariables {
    /// In Clawker's order: if a name occurs several times, the last one counts.
    pub variables: Vec<ClawkerVariable>,
    /// Files that may set others.
    pub unread: Vec<UnreadFile>,
}

/// What Clawker's files say about the variables of agents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentSpec {
    env_files: Vec<String>,
    from_env: Vec<Named>,
    env: Vec<Named>,
    build_env: Vec<Named>,
    unread: Vec<UnreadFile>,
}

/// A variable and the file that sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    value: String,
    file: String,
}

/// Where the files name variables, and whether there is a list or else a map.
const PATHS: [(&[&str], bool); 4] = [
    (&["agent", "env_file"], true),
    (&["agent", "from_env"], true),
    (&["agent", "env"], false),
    (&["build", "instructions", "env"], false),
];
/// The most names, or files, that are taken from one list.
const MOST_ENTRIES: usize = 500;

impl AgentSpec {
    /// Merges the files; the nearest to the work folder comes first.
    pub fn read(files: &[ClawkerFile]) -> AgentSpec {
        let mut unread = Vec::new();
        let mut roots = Vec::new();
        for file in files {
            match file.text.as_deref().map_err(Clone::clone).and_then(document) {
                Ok(root) => roots.extend(root.map(|root| (file.path.as_str(), root))),
                Err(why) => unread.push(UnreadFile { path: file.path.clone(), why }),
            }
        }
        unread.extend(PATHS.iter().filter_map(|(path, is_list)| {
            let (file, node) = nearest(&roots, path)?;
            let (is_right, kind) =
                if *is_list { (node.data.is_sequence(), "list") } else { (node.data.is_mapping(), "map") };
            let why = format!("`{}` is not a {kind}, so Clawker can't use it", path.join("."));
            (!is_right).then(|| UnreadFile { path: file.to_owned(), why })
        }));
        let list = |path: &[&str]| {
            let (file, node) = nearest(&roots, path)?;
            let items = node.data.as_sequence()?.iter().take(MOST_ENTRIES).filter_map(text_for_a_program);
            Some((file, items.collect::<Vec<_>>()))
        };
        let map = |path: &[&str]| {
            let Some((file, node)) = nearest(&roots, path) else { return Vec::new() };
            let pairs = merged_entries(node).into_iter().filter(|(name, _)| is_telemetry(name)).take(MOST_ENTRIES);
            let named = |(name, value): (&str, &Node)| {
                Some(Named { name: name.to_owned(), value: text_for_a_program(value)?, file: file.to_owned() })
            };
            pairs.filter_map(named).collect()
        };
        let from_env = list(&["agent", "from_env"]).map(|(file, names)| {
            let named = |name: String| Named { name, value: String::new(), file: file.to_owned() };
            names.into_iter().filter(|name| is_telemetry(name)).map(named).collect()
        });
        AgentSpec {
            env_files: list(&["agent", "env_file"]).map(|(_, files)| files).unwrap_or_default(),
            from_env: from_env.unwrap_or_default(),
            env: map(&["agent", "env"]),
            build_env: map(&["build", "instructions", "env"]),
            unread,
        }
    }

    /// The paths in `agent.env_file` as they are written, in order.
    pub fn env_files(&self) -> &[String] {
        &self.env_files
    }

    /// The variables, given the texts of the files in `agent.env_file`.
    pub fn variables(self, env_files: &[ClawkerFile]) -> ClawkerVariables {
        let mut found = ClawkerVariables { variables: Vec::new(), unread: self.unread };
        for file in env_files {
            match &file.text {
                Ok(text) => found.variables.extend(in_env_file(text, &file.path)),
                Err(why) => found.unread.push(UnreadFile { path: file.path.clone(), why: why.clone() }),
            }
        }
        found.variables.extend(self.from_env.into_iter().map(|named| ClawkerVariable {
            name: named.name,
            value: None,
            file: named.file,
            key: "agent.from_env".to_owned(),
        }));
        for (named, path) in [(self.env, "agent.env"), (self.build_env, "build.instructions.env")] {
            found.variables.extend(named.into_iter().map(|named| ClawkerVariable {
                key: format!("{path}.{}", named.name),
                name: named.name,
                value: Some(named.value),
                file: named.file,
            }));
        }
        found
    }
}

/// Lines `NAME=value`; a name alone has the empty value. Quotes are part of the value.
fn in_env_file<'a>(text: &'a str, path: &'a str) -> impl Iterator<Item = ClawkerVariable> + 'a {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once('=').unwrap_or((line, "")));
    pairs.filter(|(name, _)| is_telemetry(name.trim())).take(MOST_ENTRIES).map(|(name, value)| ClawkerVariable {
        name: name.trim().to_owned(),
        value: Some(value.to_owned()),
        file: path.to_owned(),
        key: name.trim().to_owned(),
    })
}

fn document(text: &str) -> Result<Option<Node>, String> {
    first_document(text).map_err(|refusal| match refusal {
        Refusal::Invalid(error) => {
            format!("it is not valid YAML (line {}), so Clawker refuses it", error.marker().line())
        }
        Refusal::TooMuch { line, of } => format!("{of} (line {line})"),
    })
}

/// The node at this path in the nearest file that has it. A nearer file that has something else in its place, such as
/// nothing at all after `agent:`, hides what others have.
fn nearest<'a>(roots: &'a [(&'a str, Node)], path: &[&str]) -> Option<(&'a str, &'a Node)> {
    for (file, root) in roots {
        let mut node = Some(root);
        for name in path {
            node = match node {
                Some(found) if found.data.is_mapping() => member(found, name),
                Some(found) if std::ptr::eq(found, root) => None,
                Some(_) => return None,
                None => None,
            };
        }
        if let Some(found) = node {
            return (!is_null(found)).then_some((*file, found));
        }
    }
    None
}

/// The folders of registered projects, from the text of Clawker's `registry.yaml`. Empty if it is not valid.
pub fn registered_projects(text: &str) -> Vec<String> {
    let Ok(Some(root)) = document(text) else { return Vec::new() };
    let Some(projects) = member(&root, "projects") else { return Vec::new() };
    let listed = projects.data.as_sequence().into_iter().flatten();
    let by_name = merged_entries(projects).into_iter().map(|(_, project)| project);
    listed.chain(by_name).filter_map(|project| text_for_a_program(member(project, "root")?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)], env_files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| ClawkerFile { path: (*path).into(), text: Ok((*text).into()) };
        let files: Vec<ClawkerFile> = files.iter().map(file).collect();
        let env_files: Vec<ClawkerFile> = env_files.iter().map(file).collect();
        let found = AgentSpec::read(&files).variables(&env_files);
        let lines = found
            .variables
            .into_iter()
            .map(|it| format!("{}={} by {} in {}", it.name, it.value.unwrap_or_else(|| "?".into()), it.key, it.file));
        lines.chain(found.unread.into_iter().map(|it| format!("{}: {}", it.path, it.why))).collect()
    }

    #[test]
    fn only_telemetry_variables_are_read_in_every_spelling() {
        let text = "# mine\nversion: 1\nagent:\n  env:\n    CLAUDE_CODE_ENABLE_TELEMETRY: 0\n    OTEL_LOG_USER_PROMPTS: \
                    false\n    OTEL_LOGS_EXPORTER: \"none\"\n    OTEL_METRICS_EXPORTER:\n    ANTHROPIC_API_KEY: hush\n    \
                    OTEL_RESOURCE_ATTRIBUTES: {a: b}\nOTEL_METRIC_EXPORT_INTERVAL: 1\n";
        let expected = [
            "CLAUDE_CODE_ENABLE_TELEMETRY=0 by agent.env.CLAUDE_CODE_ENABLE_TELEMETRY in f",
            "OTEL_LOG_USER_PROMPTS=false by agent.env.OTEL_LOG_USER_PROMPTS in f",
            "OTEL_LOGS_EXPORTER=none by agent.env.OTEL_LOGS_EXPORTER in f",
            "OTEL_METRICS_EXPORTER= by agent.env.OTEL_METRICS_EXPORTER in f",
        ];
        assert_eq!(read(&[("f", text)], &[]), expected);
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(read(&[("f", &windows)], &[]), expected);
    }

    #[test]
    fn a_nearer_file_replaces_whole_maps_and_lists() {
        let far = ("far", "agent: {env: {OTEL_A: 1, OTEL_B: 1}, env_file: [x], from_env: [OTEL_C, HOME]}");
        assert_eq!(
            read(&[("near", "agent: {env: {OTEL_B: 2}}"), far], &[]),
            ["OTEL_C=? by agent.from_env in far", "OTEL_B=2 by agent.env.OTEL_B in near"]
        );
        assert_eq!(read(&[("near", "agent: {env: {EDITOR: vim}, from_env: []}"), far], &[]), [""; 0]);
        assert_eq!(read(&[("near", "agent:\n  env:\n"), far], &[]), ["OTEL_C=? by agent.from_env in far"]);
        assert_eq!(read(&[("near", "agent:\n"), far], &[]), [""; 0], "nothing hides something");
        assert_eq!(read(&[("near", "build: {}"), far], &[]).len(), 3);
        assert_eq!(read(&[("near", ""), far], &[]).len(), 3);
    }

    #[test]
    fn variables_come_in_clawkers_order() {
        let text = "x: &t\n  OTEL_A: 3\nagent:\n  env_file: [a.env]\n  from_env: [OTEL_A]\n  env:\n    <<: *t\n    \
                    EDITOR: vim\nbuild:\n  instructions:\n    env:\n      OTEL_A: 4\n";
        let env_file = "# OTEL_A=0\n\nOTEL_A=\"1\"\nKEY=hush\n OTEL_B\n";
        assert_eq!(
            read(&[("f", text)], &[("/p/a.env", env_file)]),
            [
                "OTEL_A=\"1\" by OTEL_A in /p/a.env",
                "OTEL_B= by OTEL_B in /p/a.env",
                "OTEL_A=? by agent.from_env in f",
                "OTEL_A=3 by agent.env.OTEL_A in f",
                "OTEL_A=4 by build.instructions.env.OTEL_A in f",
            ]
        );
    }

    #[test]
    fn files_without_variables_set_none_and_invalid_ones_are_named() {
        for text in ["", "agent:", "agent:\n  env:\n", "agent: [env]", "3"] {
            assert_eq!(read(&[("f", text)], &[]), Vec::<String>::new(), "{text}");
        }
        for (text, said) in [
            ("agent:\n  env: [OTEL_A]", "f: `agent.env` is not a map, so Clawker can't use it"),
            ("agent:\n  env_file: .env", "f: `agent.env_file` is not a list, so Clawker can't use it"),
            ("build: {instructions: {env: x}}", "f: `build.instructions.env` is not a map, so Clawker can't use it"),
        ] {
            assert_eq!(read(&[("f", text)], &[]), [said], "{text}");
        }
        for text in ["a: [", &"[".repeat(100_000)] {
            let found = read(&[("f", text)], &[]);
            assert!(found.len() == 1 && found[0].starts_with("f: it is "), "{found:?}");
        }
    }

    #[test]
    fn projects_are_read_from_a_list_or_a_map() {
        assert_eq!(registered_projects("projects:\n  - name: a\n    root: /p/a\n  - root: /p/b\n"), ["/p/a", "/p/b"]);
        assert_eq!(registered_projects("projects: {a: {root: /p/a}}"), ["/p/a"]);
        assert_eq!(registered_projects("projects: 3"), [""; 0]);
        assert_eq!(registered_projects("["), [""; 0]);
    }
}
