//! Debian packages that are unpacked below `target/tools` and not installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::step::{on_path, run_quietly, say};

/// Downloads packages of the installed Debian release and unpacks them into `folder`.
pub fn unpack(folder: &Path, packages: &[&str]) -> Result<()> {
    needs_debian(packages)?;
    say(&format!("fetching {} into `target/tools` (apt-get download)", packages.join(" and ")));
    if download(folder, packages, &[]).is_err() {
        run_quietly(Command::new("apt-get").args(["update", "-qq"]))?;
        download(folder, packages, &[])?;
    }
    unpack_archives(folder)
}

/// The same with packages of Debian sid, on any release. apt's lists for that are in a temporary folder; the system's
/// own lists do not change.
pub fn unpack_newest(folder: &Path, packages: &[&str]) -> Result<()> {
    needs_debian(packages)?;
    say(&format!("fetching {} of Debian sid into `target/tools` (apt-get download)", packages.join(" and ")));
    let sources = sid(&mirror()?);
    let apt = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(apt.join(part))?;
    }
    let source_list = apt.join("sid.sources");
    fs::write(&source_list, sources)?;
    let options: Vec<String> = [
        ("Dir::Etc::sourcelist", source_list.display().to_string()),
        ("Dir::Etc::sourceparts", "/dev/null".to_owned()),
        ("Dir::State::lists", apt.join("lists").display().to_string()),
        ("Dir::Cache", apt.join("cache").display().to_string()),
        // apt's sandbox user cannot write below the target folder.
        ("APT::Sandbox::User", "root".to_owned()),
        // Download only the list of packages.
        ("Acquire::Languages", "none".to_owned()),
        ("Acquire::IndexTargets::deb::DEP-11::DefaultEnabled", "false".to_owned()),
    ]
    .into_iter()
    .flat_map(|(name, value)| ["-o".to_owned(), format!("{name}={value}")])
    .collect();
    let fetched = run_quietly(Command::new("apt-get").args(&options).args(["update", "-qq", "--error-on=any"]))
        .and_then(|_| download(folder, packages, &options));
    fs::remove_dir_all(&apt)?;
    fetched?;
    unpack_archives(folder)
}

fn needs_debian(packages: &[&str]) -> Result<()> {
    if on_path("apt-get").is_none() || on_path("dpkg-deb").is_none() {
        bail!("install {} with your package manager", packages.join(" and "));
    }
    Ok(())
}

fn download(folder: &Path, packages: &[&str], options: &[String]) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut command = Command::new("apt-get");
    run_quietly(command.current_dir(folder).args(options).args(["download", "-qq"]).args(packages)).map(drop)
}

fn unpack_archives(folder: &Path) -> Result<()> {
    let files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let archives: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|ending| ending == "deb")).collect();
    for archive in archives {
        run_quietly(Command::new("dpkg-deb").arg("-x").arg(&archive).arg(folder))?;
        fs::remove_file(&archive)?;
    }
    Ok(())
}

/// The system's Debian mirror.
fn mirror() -> Result<String> {
    let mut command = Command::new("apt-get");
    let addresses = run_quietly(command.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]))?;
    mirror_among(&addresses).context("apt has no source that is a mirror of Debian")
}

fn mirror_among(addresses: &str) -> Option<String> {
    addresses.lines().map(|line| line.trim_end_matches('/')).find(|line| line.ends_with("/debian")).map(str::to_owned)
}

fn sid(mirror: &str) -> String {
    const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let signed_by = if Path::new(KEYS).is_file() { format!("Signed-By: {KEYS}\n") } else { String::new() };
    format!("Types: deb\nURIs: {mirror}\nSuites: sid\nComponents: main\n{signed_by}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_the_one_of_debian_itself() {
        let addresses =
            "http://deb.example/debian-security/\nhttp://deb.example/debian/\nhttp://other.example/debian\n";
        assert_eq!(mirror_among(addresses).as_deref(), Some("http://deb.example/debian"));
        assert_eq!(mirror_among("http://archive.example/ubuntu/\n"), None);
    }
}
