//! Claude Code of a pinned release, in the user's cache folder: it is too large for the checkout.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};

use super::build::cache;
use crate::{
    paths::Paths,
    site::hex,
    step::{on_path, run_quietly, say},
    tools::apt_install,
};
use sha2::{Digest as _, Sha256};

/// The native program that the npm package brings for this machine.
pub fn ensure(paths: &Paths) -> Result<PathBuf> {
    let source = paths.end2end().join("real").join("claude-code");
    let lock = fs::read(source.join("package-lock.json")).context("`end2end/real/claude-code/package-lock.json`")?;
    let folder = cache()?.join(format!("claude-code-{}", &hex(&Sha256::digest(&lock))[..8]));
    let architecture = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x64" };
    let package = format!("node_modules/@anthropic-ai/claude-code-linux-{architecture}");
    let program = folder.join(package).join("claude");
    let stamp = folder.join(".installed");
    if stamp.is_file() && program.is_file() {
        return Ok(program);
    }
    if on_path("npm").is_none() {
        apt_install(&["nodejs", "npm"])?;
    }
    say(&format!("fetching Claude Code into `{}` (npm ci, 400 MB)", folder.display()));
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("`{name}`"))?;
    }
    // The script would copy the program; it is run from where it is.
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    run_quietly(Command::new("npm").current_dir(&folder).args(arguments))?;
    ensure!(program.is_file(), "the npm package has no `{}`", program.display());
    fs::write(stamp, "")?;
    Ok(program)
}
