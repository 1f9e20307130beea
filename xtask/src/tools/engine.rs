//! A Docker Engine for the tests: the running one, or one that is started for this run and stopped with it.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{apt_install, may_install, real};
use crate::{
    paths::Paths,
    step::{on_path, output, run_quietly, say},
};

/// A running Engine. If it was started here, it is stopped when this is dropped.
pub struct Engine {
    process: Option<Child>,
    scratch: Option<PathBuf>,
}

impl Engine {
    /// The `docker` command. It finds the Engine as the panel does: by the environment, the context, or the usual socket.
    pub fn docker(&self) -> Command {
        Command::new("docker")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return };
        say("stopping the Docker Engine that was started for this run");
        // SIGTERM, so that it stops its containers; the standard library can only send SIGKILL.
        let _ = Command::new("kill").arg(process.id().to_string()).status();
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline && matches!(process.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = process.kill();
        let _ = process.wait();
        if let Some(scratch) = &self.scratch {
            let _ = std::fs::remove_dir_all(scratch);
        }
    }
}

/// An Engine without a stack that the tests could damage.
pub fn ensure_free_engine(paths: &Paths) -> Result<Engine> {
    let engine = ensure_engine(paths)?;
    ensure_free(&engine)?;
    Ok(engine)
}

/// The running Engine, or a new one.
pub fn ensure_engine(paths: &Paths) -> Result<Engine> {
    if on_path("docker").is_none() {
        install()?;
    }
    let running = Engine { process: None, scratch: None };
    if answers(&running) {
        return Ok(running);
    }
    if !may_install() {
        bail!("a running Docker Engine; start one, or set DOCKER_HOST");
    }
    if on_path("dockerd").is_none() {
        install()?;
    }
    start(paths, None).or_else(|error| {
        say(&format!("{error:#}; trying again with the vfs storage driver"));
        start(paths, Some("vfs"))
    })
}

/// Makes sure that the tests cannot damage a stack in use: they start and remove containers and volumes with the stack's
/// names. Leftovers of an interrupted run are removed.
fn ensure_free(engine: &Engine) -> Result<()> {
    let mut is_real_programs_data = false;
    for service in ["otel-collector", "prometheus", "loki", "jaeger", "grafana", "promtail"] {
        let inspected =
            output(engine.docker().args(["container", "inspect", "--format", "{{.Config.Image}}", service]))?;
        if !inspected.status.success() {
            continue;
        }
        let image = String::from_utf8_lossy(&inspected.stdout).trim().to_owned();
        is_real_programs_data |= image.starts_with(real::PREFIX);
        if !image.starts_with("clawker-stand-in/") && !image.starts_with(real::PREFIX) {
            bail!(
                "an Engine without a container named `{service}`: the tests would remove it; set DOCKER_HOST to another"
            );
        }
        run_quietly(engine.docker().args(["rm", "--force", service]))?;
    }
    for volume in ["otel-collector", "prometheus", "loki", "jaeger", "grafana"] {
        let volume = &format!("monitor_clawker-{volume}");
        let inspected = output(engine.docker().args(["volume", "inspect", "--format", "{{.Mountpoint}}", volume]))?;
        if !inspected.status.success() {
            continue;
        }
        // Stand-ins store nothing on disk, so a volume with files is real data, unless the real programs of an
        // interrupted run were just found.
        let folder = String::from_utf8_lossy(&inspected.stdout).trim().to_owned();
        if !is_real_programs_data && !std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()) {
            bail!("an Engine without a volume `{volume}`: the tests would remove its data; set DOCKER_HOST to another");
        }
        run_quietly(engine.docker().args(["volume", "rm", volume]))?;
    }
    Ok(())
}

fn install() -> Result<()> {
    // Bookworm's docker.io contains the command; from trixie on it is a separate package.
    let has_own_package = output(Command::new("apt-cache").args(["policy", "docker-cli"])).is_ok_and(|policy| {
        String::from_utf8_lossy(&policy.stdout).contains("Candidate: ")
            && !String::from_utf8_lossy(&policy.stdout).contains("Candidate: (none)")
    });
    if has_own_package {
        apt_install(&["docker.io", "docker-cli", "iptables"])
    } else {
        apt_install(&["docker.io", "iptables"])
    }
}

fn answers(engine: &Engine) -> bool {
    output(engine.docker().args(["version", "--format", "{{.Server.Version}}"]))
        .is_ok_and(|answer| answer.status.success())
}

/// Starts `dockerd` with all of its state in a scratch folder. It listens on the usual socket, where programs look for it
/// and which the stack mounts into Promtail.
fn start(paths: &Paths, storage_driver: Option<&str>) -> Result<Engine> {
    say("starting a Docker Engine for this run (dockerd)");
    std::fs::create_dir_all(&paths.target)?;
    let scratch = std::env::temp_dir().join(format!("clawker-monitor-dockerd-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let log_file = paths.target.join("dockerd.log");
    let log = File::create(&log_file)?;
    let mut command = Command::new("dockerd");
    command.arg("--data-root").arg(scratch.join("data")).arg("--exec-root").arg(scratch.join("exec"));
    command.arg("--pidfile").arg(scratch.join("dockerd.pid"));
    if let Some(driver) = storage_driver {
        command.args(["--storage-driver", driver]);
    }
    let process = command
        .stdin(std::process::Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("`dockerd` could not be started")?;
    let mut engine = Engine { process: Some(process), scratch: Some(scratch) };
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if answers(&engine) {
            return Ok(engine);
        }
        if let Some(process) = &mut engine.process
            && let Ok(Some(status)) = process.try_wait()
        {
            engine.process = None;
            bail!("`dockerd` ended ({status}); its log is `{}`", log_file.display());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    bail!("`dockerd` did not answer within 60 s; its log is `{}`", log_file.display())
}
