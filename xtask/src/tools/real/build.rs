//! Builds programs from Go modules and keeps them in the user's cache folder, outside of the checkout, by version.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Program;
use crate::{
    paths::Paths,
    site::hex,
    step::{on_path, run_quietly, say},
};

/// The oldest Go that the modules accept: `go 1.25.0` in the go.mod of the collector's builder and of Prometheus.
const OLDEST_GO: (u32, u32) = (1, 25);

/// Go, with what every build has in common.
pub struct Toolchain {
    go: PathBuf,
}

impl Toolchain {
    /// The installed Go, if it is new enough.
    pub fn find() -> Result<Toolchain> {
        let go = on_path("go").context("Go, to build real programs where no registry answers")?;
        let said = run_quietly(Command::new(&go).args(["env", "GOVERSION"]))?;
        let version = version_in(&said).with_context(|| format!("`go env GOVERSION` prints `{}`", said.trim()))?;
        let (major, minor) = OLDEST_GO;
        ensure!(version >= OLDEST_GO, "Go {major}.{minor} or newer (found `{}`)", said.trim());
        Ok(Toolchain { go })
    }

    /// A Go command. Static, because the images hold nothing but the program.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.go);
        command.current_dir(folder).env("CGO_ENABLED", "0").env("GOWORK", "off").env_remove("GOFLAGS");
        command
    }
}

/// Of `go1.26.8`.
fn version_in(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().strip_prefix("go")?.split('.').map(|number| {
        let digits = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
        number[..digits].parse::<u32>().ok()
    });
    Some((numbers.next()??, numbers.next()??))
}

/// The folder that keeps what was built, `~/.cache/clawker-monitor/real`.
pub fn cache() -> Result<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    Ok(base.context("neither XDG_CACHE_HOME nor HOME names a folder")?.join("clawker-monitor").join("real"))
}

/// Says before a long build that it is one.
pub fn announce(paths: &Paths, programs: &[Program]) -> Result<()> {
    let mut missing = Vec::new();
    for program in programs {
        if let Some(recipe) = &program.build
            && !kept(paths, program, recipe)?.is_file()
        {
            missing.push(format!("{} {}", program.service, program.version()));
        }
    }
    if !missing.is_empty() {
        say(&format!(
            "building {} from Go modules: 5 minutes each on two cores, once; kept in `{}`",
            missing.join(", "),
            cache()?.display()
        ));
    }
    Ok(())
}

/// Where the binary of a program is kept. What it is built from is part of the folder's name.
fn kept(paths: &Paths, program: &Program, recipe: &Value) -> Result<PathBuf> {
    let mut digest = Sha256::new();
    match recipe["builder"].as_str() {
        Some(_) => digest.update(fs::read(manifest(paths))?),
        None => digest.update(text(recipe, "module")?),
    }
    let hash = hex(&digest.finalize())[..8].to_owned();
    let name = Path::new(text(recipe, "program")?).file_name().context("a program has a name")?;
    Ok(cache()?.join(format!("{}-{}-{hash}", program.service, program.version())).join(name))
}

fn manifest(paths: &Paths) -> PathBuf {
    paths.end2end().join("real").join("collector.yaml")
}

fn text<'json>(recipe: &'json Value, key: &str) -> Result<&'json str> {
    recipe[key].as_str().with_context(|| format!("`end2end/real/programs.json` has no `{key}`"))
}

/// The kept binary of a program, built if there is none.
pub fn ensure(paths: &Paths, toolchain: &Toolchain, program: &Program, recipe: &Value) -> Result<PathBuf> {
    let kept = kept(paths, program, recipe)?;
    if kept.is_file() {
        return Ok(kept);
    }
    let folder = kept.parent().context("it is in a folder")?;
    // A build that is interrupted leaves nothing that looks finished.
    let work = folder.with_extension(format!("build-{}", std::process::id()));
    fs::create_dir_all(&work)?;
    let built = match recipe["builder"].as_str() {
        Some(builder) => build_collector(paths, toolchain, builder, &work),
        None => build_module(toolchain, text(recipe, "module")?, text(recipe, "package")?, &work),
    };
    let outcome = built.with_context(|| format!("{} cannot be built", program.service)).and_then(|binary| {
        fs::create_dir_all(folder)?;
        fs::rename(binary, &kept)?;
        Ok(())
    });
    fs::remove_dir_all(&work)?;
    outcome.map(|()| kept)
}

/// The collector's builder writes a program of the listed components and compiles it.
fn build_collector(paths: &Paths, toolchain: &Toolchain, builder: &str, work: &Path) -> Result<PathBuf> {
    say("building the collector with its builder");
    fs::copy(manifest(paths), work.join("collector.yaml"))?;
    run_quietly(toolchain.command(work).env("GOBIN", work).args(["install", builder]))?;
    let mut command = Command::new(work.join("builder"));
    command.current_dir(work).env("CGO_ENABLED", "0").env("GOWORK", "off").env_remove("GOFLAGS");
    run_quietly(command.args(["--config", "collector.yaml"]))?;
    Ok(work.join("out").join("otelcol-contrib"))
}

/// `go install` refuses modules that replace others, so they are built in a writable copy of their source.
fn build_module(toolchain: &Toolchain, module: &str, package: &str, work: &Path) -> Result<PathBuf> {
    say(&format!("building {module}"));
    let downloaded = run_quietly(toolchain.command(work).args(["mod", "download", "-json", module]))?;
    let downloaded: Value = serde_json::from_str(&downloaded)?;
    let Some(source) = downloaded["Dir"].as_str() else { bail!("{module} was downloaded, but not to a folder") };
    let copy = work.join("source");
    run_quietly(Command::new("cp").arg("-r").arg(source).arg(&copy))?;
    run_quietly(Command::new("chmod").args(["-R", "u+w"]).arg(&copy))?;
    let binary = work.join("program");
    let mut command = toolchain.command(&copy);
    command.args(["build", "-trimpath", "-ldflags", "-s -w", "-o"]).arg(&binary).arg(package);
    run_quietly(&mut command)?;
    Ok(binary)
}

/// The program that reads a dashboard with Grafana's own schema library.
pub fn ensure_dashboard_check(paths: &Paths) -> Result<PathBuf> {
    let source = paths.end2end().join("real").join("dashboard-check");
    let mut digest = Sha256::new();
    for file in ["main.go", "go.mod", "go.sum"] {
        digest.update(fs::read(source.join(file)).with_context(|| format!("`{file}`"))?);
    }
    let program = cache()?.join(format!("dashboard-check-{}", &hex(&digest.finalize())[..8])).join("dashboard-check");
    if !program.is_file() {
        let toolchain = Toolchain::find()?;
        say("building the check of the dashboard with Grafana's schema library (go build)");
        run_quietly(toolchain.command(&source).args(["build", "-buildvcs=false", "-o"]).arg(&program).arg("."))?;
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_go_is_read() {
        assert_eq!(version_in("go1.26.8\n"), Some((1, 26)));
        assert_eq!(version_in("go1.27rc1"), Some((1, 27)));
        assert_eq!(version_in("devel +1234"), None);
        assert!(version_in("go1.9").is_some_and(|old| old < OLDEST_GO));
    }
}
