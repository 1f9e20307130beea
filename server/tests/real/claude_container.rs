//! Containers in which Claude Code is installed as npm does it, labelled like Clawker's agents.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use monitor_core::agent_environment::{Source, environment};

use crate::{
    process,
    stack::{Stack, run},
};

/// The image with Claude Code and the variables that Clawker bakes.
const IMAGE: &str = "clawker-real/claude-code:test";
const FOLDER: &str = "usr/local/lib/node_modules/@anthropic-ai/claude-code";
/// Keeps the container running; prompts are run beside it.
const KEEPER: &str = "/usr/bin/sleep";
pub const PROJECT: &str = "causes";

/// Builds the image from the programs on this machine and the libraries that they load.
pub fn build_image(stack: &Stack) {
    let program = PathBuf::from(std::env::var("MONITOR_TEST_CLAUDE_CODE").unwrap());
    let package = program.parent().and_then(Path::parent).unwrap().join("claude-code/package.json");
    let staged = tempfile::tempdir().unwrap();
    let link = |from: &Path, to: &str| {
        let to = staged.path().join(to.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        // `tar` follows them.
        std::os::unix::fs::symlink(from, to).unwrap();
    };
    link(&program, &format!("{FOLDER}/bin/claude.exe"));
    link(&package, &format!("{FOLDER}/package.json"));
    link(Path::new(KEEPER), KEEPER);
    let mut libraries: Vec<String> = [&program, Path::new(KEEPER)].iter().flat_map(|it| libraries(it)).collect();
    libraries.sort();
    libraries.dedup();
    libraries.iter().for_each(|library| link(Path::new(library), library));
    for (path, text) in [("etc/passwd", "root:x:0:0::/root:/bin/sh\n"), ("etc/hosts", ""), ("tmp/empty", "")] {
        fs::create_dir_all(staged.path().join(path).parent().unwrap()).unwrap();
        fs::write(staged.path().join(path), text).unwrap();
    }
    let mut command = Command::new("docker");
    command.args(["import", "--change", &format!("CMD [\"{KEEPER}\", \"infinity\"]"), "--change", "WORKDIR /work"]);
    for variable in environment(&stack.settings, PROJECT, "").into_iter().filter(|it| it.source == Source::Image) {
        command.args(["--change", &format!("ENV {}={}", variable.name, variable.value)]);
    }
    let mut tar = Command::new("tar")
        .args(["--create", "--dereference", "--owner=0", "--group=0", "--directory"])
        .arg(staged.path())
        .arg(".")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    run(command.args(["-", IMAGE]).stdin(tar.stdout.take().unwrap()));
    assert!(tar.wait().unwrap().success());
}

/// The libraries that a program loads, with the loader itself.
fn libraries(program: &Path) -> Vec<String> {
    let listed = run(Command::new("ldd").arg(program));
    let path = |line: &str| line.split_whitespace().find(|word| word.starts_with('/')).map(str::to_owned);
    listed.lines().filter_map(path).collect()
}

/// A container to create.
#[derive(Debug, Default)]
pub struct ClaudeContainer<'a> {
    /// The agent's name.
    pub agent: &'a str,
    /// Whether it has the labels of Clawker's agents.
    pub managed: bool,
    /// Its network.
    pub network: &'a str,
    /// Variables beside those of the image, as `NAME=value`.
    pub variables: &'a [&'a str],
    /// Files by path.
    pub files: &'a [(&'a str, &'a str)],
}

/// The container's name.
pub fn name_of(agent: &str) -> String {
    format!("clawker.{PROJECT}.{agent}")
}

/// Creates and starts the container. `host` and `port` are the model API's, which is reached without a proxy; `{host}` in
/// a variable stands for it.
pub fn start(stack: &Stack, container: &ClaudeContainer<'_>, (host, port): (&str, u16)) {
    let name = name_of(container.agent);
    let mut command = Command::new("docker");
    command.args(["create", "--name", &name, "--network", container.network]);
    let labels = [("managed", "true"), ("purpose", "agent"), ("project", PROJECT), ("agent", container.agent)];
    for (label, value) in labels.into_iter().filter(|_| container.managed) {
        command.args(["--label", &format!("dev.clawker.{label}={value}")]);
    }
    for variable in environment(&stack.settings, PROJECT, container.agent) {
        if variable.source == Source::Creation {
            command.args(["--env", &format!("{}={}", variable.name, variable.value)]);
        }
    }
    for variable in container.variables {
        command.args(["--env", &variable.replace("{host}", host)]);
    }
    command.args(["--env", &format!("ANTHROPIC_BASE_URL=http://{host}:{port}"), "--env", &format!("NO_PROXY={host}")]);
    command.args(["--env", "ANTHROPIC_API_KEY=sk-ant-test"]);
    command.args(["--env", "DISABLE_AUTOUPDATER=1", "--env", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"]);
    run(command.arg(IMAGE));
    for (path, text) in container.files {
        let staged = tempfile::tempdir().unwrap();
        let file = staged.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        run(Command::new("docker").arg("cp").arg(format!("{}/.", staged.path().display())).arg(format!("{name}:/")));
    }
    run(Command::new("docker").args(["start", &name]));
}

/// Runs one prompt in the container to its end. Whether Claude Code ended well.
pub fn prompt(agent: &str) -> bool {
    let mut command = Command::new("docker");
    command.args(["exec", &name_of(agent), &format!("/{FOLDER}/bin/claude.exe"), "--print", "Say one sentence."]);
    process::output(command.stdin(Stdio::null())).status.success()
}

/// Removes the containers of these agents.
pub fn remove<'a>(agents: impl Iterator<Item = &'a str>) {
    let names: Vec<String> = agents.map(name_of).collect();
    process::output(Command::new("docker").args(["rm", "--force"]).args(names));
}
