//! A running stack of the real programs. The Engine is cleaned up afterwards.

use std::{
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use monitor_core::{
    service::Service,
    settings::{self, Settings},
};

use crate::{images::images, process};

/// One stack at a time on one Engine.
static ENGINE: Mutex<()> = Mutex::new(());

/// The stack of one test.
pub struct Stack {
    pub settings: Settings,
    pub folder: tempfile::TempDir,
    _engine: MutexGuard<'static, ()>,
}

/// What a command wrote. It succeeded, or the test failed.
pub fn run(command: &mut Command) -> String {
    let words = format!("{command:?}");
    let output = process::output(command);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{words} failed ({})\n{out}{err}", output.status);
    out.into_owned()
}

impl Stack {
    /// Starts a stack with these lines below `monitoring`.
    pub fn start(lines: &str) -> Stack {
        let engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
        remove();
        let mut text = format!("monitoring:\n{lines}  images:\n");
        for image in images() {
            text.push_str(&format!("    {}: {}\n", image.service, image.name));
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.yaml"), &text).unwrap();
        let settings = settings::read(&text, "settings.yaml").unwrap();
        let stack = Stack { settings, folder, _engine: engine };
        run(&mut stack.command(&["init", "--force"]));
        run(&mut stack.command(&["up", "--wait-timeout", "90"]));
        stack
    }

    /// The binary, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        process::panel(self.folder.path(), arguments)
    }

    /// The address of a service's first port on this machine.
    pub fn address(&self, service: Service) -> String {
        let settings = &self.settings;
        let port = match service {
            Service::OtelCollector => settings.otel_collector_port,
            Service::Prometheus => settings.prometheus_port,
            Service::Loki => settings.loki_port,
            Service::Jaeger => settings.jaeger_port,
            Service::Grafana => settings.grafana_port,
            Service::Promtail => settings.promtail_port,
        };
        format!("http://127.0.0.1:{}", port.number())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for service in Service::ALL {
                let log = process::output(Command::new("docker").args(["logs", "--tail", "15", service.name()]));
                eprintln!("── {service}\n{}", String::from_utf8_lossy(&log.stderr));
            }
        }
        remove();
    }
}

/// Removes everything that a stack leaves on the Engine.
fn remove() {
    let quietly = |arguments: &[&str]| process::output(Command::new("docker").args(arguments));
    for service in Service::ALL {
        quietly(&["rm", "--force", "--volumes", service.name()]);
    }
    let listed = quietly(&["volume", "ls", "--quiet", "--filter", "name=monitor_clawker-"]);
    for volume in String::from_utf8_lossy(&listed.stdout).lines() {
        quietly(&["volume", "rm", "--force", volume]);
    }
    quietly(&["network", "rm", "clawker-net"]);
}

/// Asks until the answer is there, or fails with the last complaint.
pub fn wait_for<T>(what: &str, seconds: u64, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        match ask() {
            Ok(found) => return found,
            Err(complaint) if Instant::now() > deadline => panic!("{what} after {seconds} s: {complaint}"),
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}
