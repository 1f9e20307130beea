//! A Docker Engine for the tests: the one that answers, or one of our own that lives as long as xtask does.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{apt_install, may_install};
use crate::{
    paths::Paths,
    step::{on_path, output, run_quietly, say},
};

/// An Engine that answers. One that was started here is stopped when this is dropped.
pub struct Engine {
    process: Option<Child>,
    scratch: Option<PathBuf>,
}

impl Engine {
    /// The `docker` command. It finds the Engine as everything that is tested does: by the environment, by the context, or
    /// at the usual socket.
    pub fn docker(&self) -> Command {
        Command::new("docker")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return };
        say("stopping the Docker Engine that was started for this run");
        // SIGTERM lets it stop its containers; the standard library has only SIGKILL.
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

/// The same, with no stack on it that the tests could harm.
pub fn ensure_free_engine(paths: &Paths) -> Result<Engine> {
    let engine = ensure_engine(paths)?;
    ensure_free(&engine)?;
    Ok(engine)
}

/// The Engine that answers, else one of our own.
pub fn ensure_engine(paths: &Paths) -> Result<Engine> {
    if on_path("docker").is_none() {
        install()?;
    }
    let running = Engine { process: None, scratch: None };
    if answers(&running) {
        return Ok(running);
    }
    if !may_install() {
        bail!("a Docker Engine that answers; start one, or set DOCKER_HOST");
    }
    if on_path("dockerd").is_none() {
        install()?;
    }
    start(paths, None).or_else(|error| {
        say(&format!("{error:#}; trying again with the vfs storage driver"));
        start(paths, Some("vfs"))
    })
}

/// Makes sure that the tests cannot harm a stack that somebody uses: they start and remove containers and volumes of the
/// stack's own names. What an interrupted run left behind is removed.
fn ensure_free(engine: &Engine) -> Result<()> {
    for service in ["otel-collector", "prometheus", "loki", "jaeger", "grafana", "promtail"] {
        let inspected =
            output(engine.docker().args(["container", "inspect", "--format", "{{.Config.Image}}", service]))?;
        if !inspected.status.success() {
            continue;
        }
        let image = String::from_utf8_lossy(&inspected.stdout).trim().to_owned();
        if !image.starts_with("clawker-stand-in/") {
            bail!(
                "an Engine without a container named `{service}`: the tests would remove it; set DOCKER_HOST to another"
            );
        }
        run_quietly(engine.docker().args(["rm", "--force", service]))?;
    }
    for volume in ["monitor_clawker-prometheus", "monitor_clawker-loki", "monitor_clawker-grafana"] {
        let inspected = output(engine.docker().args(["volume", "inspect", "--format", "{{.Mountpoint}}", volume]))?;
        if !inspected.status.success() {
            continue;
        }
        // Stand-ins keep nothing, so a volume that holds anything is somebody's data.
        let folder = String::from_utf8_lossy(&inspected.stdout).trim().to_owned();
        if !std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()) {
            bail!("an Engine without a volume `{volume}`: the tests would remove its data; set DOCKER_HOST to another");
        }
        run_quietly(engine.docker().args(["volume", "rm", volume]))?;
    }
    Ok(())
}

fn install() -> Result<()> {
    // Bookworm's docker.io brings the command; from trixie on it is a package of its own.
    let has_own_package = output(Command::new("apt-cache").args(["policy", "docker-cli"])).is_ok_and(|policy| {
        String::from_utf8_lossy(&policy.stdout).contains("Candidate: ")
            && !String::from_utf8_lossy(&policy.stdout).contains("Candidate: (none)")
    });
    match has_own_package {
        true => apt_install(&["docker.io", "docker-cli", "iptables"]),
        false => apt_install(&["docker.io", "iptables"]),
    }
}

fn answers(engine: &Engine) -> bool {
    output(engine.docker().args(["version", "--format", "{{.Server.Version}}"]))
        .is_ok_and(|answer| answer.status.success())
}

/// Starts `dockerd` with all of its state in a scratch folder, on the usual socket: that is where people's programs
/// look, and what the panel mounts into Promtail.
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
