//! The two builds of the panel: `Quick` to see it soon, and `Small` for the file that people install. Each has its own
//! site and cargo profiles, so that switching between them rebuilds nothing.

mod host;
mod stages;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    paths::Paths,
    site,
    step::{cargo, run, say},
    wasm,
};
pub use host::Host;
use stages::Stages;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// Little optimization and light compression: `cargo xtask run`.
    Quick,
    /// Optimized for size and, on GNU/Linux, static: `cargo xtask build`, the tests and the benchmarks.
    Small,
}

impl Build {
    const fn name(self) -> &'static str {
        match self {
            Build::Quick => "quick",
            Build::Small => "small",
        }
    }

    /// Cargo's profile for the server.
    const fn server_profile(self) -> &'static str {
        match self {
            Build::Quick => "quick",
            Build::Small => "release",
        }
    }

    /// Cargo's profile for the WebAssembly. The quick one is the server's, so that both share procedural macros.
    pub const fn wasm_profile(self) -> &'static str {
        match self {
            Build::Quick => "quick",
            Build::Small => "wasm-release",
        }
    }

    /// The finished site, which the binary embeds.
    pub fn site(self, paths: &Paths) -> PathBuf {
        match self {
            Build::Quick => paths.target.join("site-quick"),
            Build::Small => paths.target.join("site"),
        }
    }
}

/// Builds the site and the binary that embeds it, and returns the binary's path. Does nothing if nothing changed.
pub fn make(paths: &Paths, build: Build) -> Result<PathBuf> {
    let mut stages = Stages::new(build.name(), 3);
    let raw = stages.run("compiling the WebAssembly", || wasm::compile(paths, build))?;
    stages.run("making the site", || site::build(paths, build, &raw))?;
    let binary = stages.run("compiling the server", || compile_server(paths, build))?;
    stages.finish();
    Ok(binary)
}

fn compile_server(paths: &Paths, build: Build) -> Result<PathBuf> {
    let host = Host::find(paths)?;
    let is_static = build == Build::Small && host.links_statically();
    let profile = build.server_profile();
    let mut command = cargo(paths, "build");
    command.args(["--package", "clawker-monitor", "--profile", profile, "--target", &host.triple]);
    command.arg("--config").arg(host.rustflags(is_static)).env("CLAWKER_SITE_DIR", build.site(paths));
    run(&mut command)?;
    let built = paths.target.join(&host.triple).join(profile).join("clawker-monitor");
    match build {
        Build::Quick => Ok(built),
        Build::Small => publish(&built, paths.binary()),
    }
}

/// Copies the binary to the path that the README names. Leaves it alone if it is the same.
fn publish(built: &Path, published: PathBuf) -> Result<PathBuf> {
    let modified = |file: &Path| fs::metadata(file).and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
    let (source, copy) = (modified(built)?, modified(&published).ok());
    if copy.is_none_or(|copy| copy.0 != source.0 || copy.1 < source.1) {
        let folder = published.parent().context("the binary is in a folder")?;
        fs::create_dir_all(folder)?;
        // Renamed into place: a running binary cannot be written to.
        let temporary = folder.join("clawker-monitor.new");
        fs::copy(built, &temporary)
            .and_then(|_| fs::rename(&temporary, &published))
            .with_context(|| format!("`{}` cannot be written", published.display()))?;
    }
    Ok(published)
}

/// Runs `clawker-monitor`, built quickly, with these arguments.
pub fn run_panel(paths: &Paths, arguments: &[String]) -> Result<std::process::ExitStatus> {
    let binary = make(paths, Build::Quick)?;
    let mut command = Command::new(&binary);
    command.args(arguments);
    command.status().with_context(|| format!("`{}` could not be started", binary.display()))
}

/// Builds the small binary and says where it is.
pub fn build_small(paths: &Paths) -> Result<()> {
    let binary = make(paths, Build::Small)?;
    let bytes = fs::metadata(&binary)?.len();
    say(&format!("`{}` is ready ({:.1} MB)", binary.display(), bytes as f64 / 1e6));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_binary_is_copied_when_it_is_newer_or_of_another_length() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("clawker-monitor-publish-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let (built, published) = (folder.join("built"), folder.join("release/clawker-monitor"));
        fs::write(&built, "one")?;
        publish(&built, published.clone())?;
        assert_eq!(fs::read(&published)?, b"one");

        let copied = fs::metadata(&published)?.modified()?;
        fs::write(&built, "two")?;
        fs::File::options().write(true).open(&built)?.set_modified(copied - Duration::from_secs(5))?;
        publish(&built, published.clone())?;
        assert_eq!(fs::read(&published)?, b"one", "an older binary of the same length is the one that was copied");

        fs::File::options().write(true).open(&built)?.set_modified(copied + Duration::from_secs(5))?;
        publish(&built, published.clone())?;
        assert_eq!(fs::read(&published)?, b"two");
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
