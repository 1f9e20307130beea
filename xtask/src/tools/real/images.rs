//! Images of the real programs in the Engine: pulled from a registry, or imported from a built program with the entry
//! point, user, folders and variables of the pinned image.

use std::{fs::File, io::Write as _, path::Path, process::Command};

use anyhow::{Context, Result};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Program, RealImage};
use crate::{
    paths::Paths,
    site::hex,
    step::{output, run_quietly, say},
    tools::{Engine, ensure_unpacked},
};

/// All images of real programs are tagged with this, so that leftovers of an interrupted run can be told from a stack
/// in use.
pub const PREFIX: &str = "clawker-real/";

/// Label with the hash of what was imported.
const LABEL: &str = "clawker-monitor.real";

/// Pulls the images of all programs, or none: one that is missing is an error. `mirror` is put before each name.
pub fn pull(engine: &Engine, programs: &[Program], mirror: &str) -> Result<Vec<RealImage>> {
    let mut images = Vec::new();
    for program in programs {
        let (pinned, local) = (format!("{mirror}{}", program.image), program.local_image());
        let present = output(engine.docker().args(["image", "inspect", &pinned]))?.status.success();
        if !present {
            say(&format!("pulling {pinned}"));
            run_quietly(engine.docker().args(["pull", "--quiet", &pinned]))?;
        }
        run_quietly(engine.docker().args(["tag", &pinned, &local]))?;
        images.push(RealImage { service: program.service.clone(), image: local, origin: "pulled" });
    }
    Ok(images)
}

/// Imports a built program, unless the Engine has the same already.
pub(super) fn import(
    paths: &Paths,
    engine: &Engine,
    program: &Program,
    recipe: &Value,
    binary: &Path,
) -> Result<RealImage> {
    let image = program.local_image();
    let done = RealImage { service: program.service.clone(), image, origin: "built from Go modules" };
    // The Engine's health check of Prometheus runs `wget`. Without it the container is only reported as unhealthy.
    let needs_wget = recipe["busybox"].as_bool().unwrap_or_default();
    let busybox = if needs_wget { ensure_unpacked(paths, "busybox-static", "bin/busybox").ok() } else { None };
    let hash = {
        let mut digest = Sha256::new();
        digest.update(std::fs::read(binary)?);
        digest.update(recipe.to_string());
        hex(&digest.finalize())
    };
    let format = format!("{{{{index .Config.Labels \"{LABEL}\"}}}}");
    let present = output(engine.docker().args(["image", "inspect", "--format", &format, &done.image]))?;
    if present.status.success() && String::from_utf8_lossy(&present.stdout).trim() == hash {
        return Ok(done);
    }
    let archive = tempfile_beside(binary);
    write_archive(&archive, recipe, binary, busybox.as_deref())?;
    let mut command = engine.docker();
    command.arg("import");
    for change in changes(recipe)? {
        command.args(["--change", &change]);
    }
    command.args(["--change", &format!("LABEL {LABEL}={hash}")]);
    let imported = run_quietly(command.arg(&archive).arg(&done.image));
    std::fs::remove_file(&archive)?;
    imported?;
    say(&format!("imported {}", done.image));
    Ok(done)
}

fn tempfile_beside(binary: &Path) -> std::path::PathBuf {
    binary.with_extension(format!("tar-{}", std::process::id()))
}

/// The lines of a Dockerfile that `docker import` takes.
fn changes(recipe: &Value) -> Result<Vec<String>> {
    let program = recipe["program"].as_str().context("a built program has a path")?;
    let user = recipe["user"].as_str().context("a built program has a user")?;
    let mut changes = vec![
        format!("ENTRYPOINT [\"{program}\"]"),
        format!("CMD {}", recipe["command"]),
        format!("USER {user}"),
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
    ];
    for (name, value) in recipe["environment"].as_object().into_iter().flatten() {
        changes.push(format!("ENV {name}={}", value.as_str().context("variables are strings")?));
    }
    Ok(changes)
}

/// The file system of the image. Folders have the owner of the real image's, because a fresh volume takes it over.
fn write_archive(archive: &Path, recipe: &Value, binary: &Path, busybox: Option<&Path>) -> Result<()> {
    let mut builder = tar::Builder::new(File::create(archive)?);
    let path = |text: &str| text.trim_start_matches('/').to_owned();
    let header = |size: usize, mode: u32, owner: u64, kind: tar::EntryType| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_mode(mode);
        header.set_uid(owner);
        header.set_gid(owner);
        header
    };
    for (folder, owner) in recipe["folders"].as_object().into_iter().flatten() {
        let owner = owner.as_u64().context("owners of folders are numbers")?;
        let mut header = header(0, 0o775, owner, tar::EntryType::Directory);
        builder.append_data(&mut header, format!("{}/", path(folder)), std::io::empty())?;
    }
    let mut programs = vec![(recipe["program"].as_str().context("a built program has a path")?, binary)];
    programs.extend(busybox.map(|busybox| ("/bin/wget", busybox)));
    for (name, file) in programs {
        let bytes = std::fs::read(file)?;
        let mut header = header(bytes.len(), 0o755, 0, tar::EntryType::Regular);
        builder.append_data(&mut header, path(name), bytes.as_slice())?;
    }
    for (name, contents) in recipe["files"].as_object().into_iter().flatten() {
        let contents = contents.as_str().context("files are strings")?;
        let mut header = header(contents.len(), 0o644, 0, tar::EntryType::Regular);
        builder.append_data(&mut header, path(name), contents.as_bytes())?;
    }
    builder.into_inner()?.flush()?;
    Ok(())
}

/// Checks `pull` against a registry of its own, which holds stand-ins under the names of the pinned images: all six are
/// pulled, and a registry that lacks one is refused as a whole.
pub fn check_pulling(engine: &Engine, programs: &[Program], registry: &Path) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("clawker-monitor-registry-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let configuration = folder.join("registry.yml");
    let text = format!(
        "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n",
        folder.join("data").display()
    );
    std::fs::write(&configuration, text)?;
    let log = File::create(folder.join("log"))?;
    let mut server =
        Command::new(registry).arg("serve").arg(&configuration).stdout(log.try_clone()?).stderr(log).spawn()?;
    let outcome = check_pulling_from(engine, programs, &format!("127.0.0.1:{port}/"));
    server.kill()?;
    server.wait()?;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn check_pulling_from(engine: &Engine, programs: &[Program], mirror: &str) -> Result<()> {
    use anyhow::ensure;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while std::net::TcpStream::connect(mirror.trim_end_matches('/')).is_err() {
        ensure!(std::time::Instant::now() < deadline, "the registry does not answer");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    // Other tags than those of the images in use, which must survive this.
    let programs: Vec<Program> = programs
        .iter()
        .map(|program| Program { service: format!("pulled-{}", program.service), ..program.clone() })
        .collect();
    let forget = |image: &str| output(engine.docker().args(["image", "rm", image]));
    let mut left_out = None;
    for program in &programs {
        let stand_in =
            format!("clawker-stand-in/{}:{}", program.service.trim_start_matches("pulled-"), program.version());
        let pinned = format!("{mirror}{}", program.image);
        run_quietly(engine.docker().args(["tag", &stand_in, &pinned]))?;
        if program.image.contains("promtail") && left_out.is_none() {
            left_out = Some((stand_in, pinned.clone()));
        } else {
            run_quietly(engine.docker().args(["push", "--quiet", &pinned]))?;
        }
        forget(&pinned)?;
    }
    let incomplete = pull(engine, &programs, mirror);
    ensure!(incomplete.is_err(), "a registry without Promtail counts as complete");
    let (stand_in, pinned) = left_out.context("Promtail is listed")?;
    run_quietly(engine.docker().args(["tag", &stand_in, &pinned]))?;
    run_quietly(engine.docker().args(["push", "--quiet", &pinned]))?;
    forget(&pinned)?;
    let images = pull(engine, &programs, mirror)?;
    for (program, image) in programs.iter().zip(&images) {
        ensure!(image.origin == "pulled" && image.image == program.local_image(), "{image:?}");
        run_quietly(engine.docker().args(["image", "inspect", "--format", "{{.Id}}", &image.image]))?;
    }
    for program in &programs {
        forget(&format!("{mirror}{}", program.image))?;
        forget(&program.local_image())?;
    }
    Ok(())
}
