//! The stand-in images: one static program, imported once per service. Some images have a fault.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::{
    paths::Paths,
    site::hex,
    step::{on_path, output, run, run_quietly, say},
    tools::Engine,
};

/// Service and tag. The tag is the pinned version, which the panel shows.
pub const SERVICES: [(&str, &str); 6] = [
    ("otel-collector", "0.148.0"),
    ("prometheus", "v3.10.0"),
    ("loki", "3.7.0"),
    ("jaeger", "1.76.0"),
    ("grafana", "12.4.2"),
    ("promtail", "3.6.0"),
];

/// Tag and `STAND_IN_FAULT` of the images with a fault.
const FAULTS: [(&str, &str); 3] =
    [("exit-3", "exit:3"), ("never-ready", "never-ready"), ("slow-ready", "slow-ready:5000")];
const FAULTY_SERVICES: [&str; 2] = ["loki", "grafana"];

/// Label with the program's hash, so that an image is imported only if it would change.
const LABEL: &str = "clawker-monitor.stand-in";

/// Builds the program and imports the images that are missing in the Engine. Returns services and their images.
pub fn import(paths: &Paths, engine: &Engine) -> Result<Vec<(String, String)>> {
    let program = build(paths)?;
    let hash = hex(&Sha256::digest(std::fs::read(&program)?));
    let archive = paths.target.join("stand-in.tar");
    let folder = program.parent().context("the program is in a folder")?;
    run_quietly(Command::new("tar").arg("-C").arg(folder).arg("-cf").arg(&archive).args([
        "--owner=0",
        "--group=0",
        "--mtime=@0",
        "stand-in",
    ]))?;

    let mut missing = 0;
    let mut import_one = |image: &str, variables: &[String]| -> Result<()> {
        let present = output(engine.docker().args([
            "image",
            "inspect",
            "--format",
            &format!("{{{{index .Config.Labels \"{LABEL}\"}}}}"),
            image,
        ]))?;
        if present.status.success() && String::from_utf8_lossy(&present.stdout).trim() == hash {
            return Ok(());
        }
        missing += 1;
        let mut command = engine.docker();
        command.args(["import", "--change", "ENTRYPOINT [\"/stand-in\"]"]);
        command.args(["--change", &format!("LABEL {LABEL}={hash}")]);
        for variable in variables {
            command.args(["--change", &format!("ENV {variable}")]);
        }
        run_quietly(command.arg(&archive).arg(image)).map(drop)
    };
    let mut images = Vec::new();
    for (service, tag) in SERVICES {
        let image = format!("clawker-stand-in/{service}:{tag}");
        import_one(&image, &[format!("STAND_IN={service}")])?;
        images.push((service.to_owned(), image));
    }
    for service in FAULTY_SERVICES {
        for (tag, fault) in FAULTS {
            let variables = [format!("STAND_IN={service}"), format!("STAND_IN_FAULT={fault}")];
            import_one(&format!("clawker-stand-in/{service}:{tag}"), &variables)?;
        }
    }
    if missing > 0 {
        say(&format!("imported {missing} stand-in images, `clawker-stand-in/…`"));
    }
    Ok(images)
}

/// The `settings.yaml` that uses these images.
pub fn settings_yaml(images: &[(String, String)]) -> String {
    let lines: String = images.iter().map(|(service, image)| format!("    {service}: {image}\n")).collect();
    format!("monitoring:\n  images:\n{lines}")
}

/// The same with unused ports, so that another stack can keep running.
pub fn settings_with_free_ports(images: &[(String, String)]) -> Result<String> {
    const KEYS: [&str; 8] = [
        "otel_collector_port",
        "otel_grpc_port",
        "loki_port",
        "prometheus_port",
        "jaeger_port",
        "grafana_port",
        "prometheus_metrics_port",
        "promtail_port",
    ];
    // All stay open until the last one is found, so that no two are the same.
    let held = KEYS.map(|_| std::net::TcpListener::bind("127.0.0.1:0"));
    let mut text = settings_yaml(images);
    for (key, listener) in KEYS.iter().zip(&held) {
        let port = listener.as_ref().map_err(|error| anyhow::anyhow!("no free port: {error}"))?.local_addr()?.port();
        text.push_str(&format!("  {key}: {port}\n"));
    }
    Ok(text)
}

/// Builds the program statically, so that it runs in an otherwise empty image.
fn build(paths: &Paths) -> Result<std::path::PathBuf> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let libraries = run_quietly(Command::new("rustc").args(["--print", "target-libdir", "--target", &target]))?;
    if !Path::new(libraries.trim()).is_dir() {
        ensure!(on_path("rustup").is_some(), "the Rust target `{target}` is missing and there is no rustup to add it");
        say(&format!("adding the Rust target `{target}` (rustup target add)"));
        run(Command::new("rustup").args(["target", "add", &target]))?;
    }
    run(Command::new(paths.cargo()).current_dir(&paths.root).args([
        "build",
        "--quiet",
        "--package",
        "stand-in",
        "--target",
        &target,
        "--release",
    ]))?;
    Ok(paths.target.join(target).join("release").join("stand-in"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_name_each_image_under_its_service() {
        let images = [("loki".to_owned(), "clawker-stand-in/loki:3.7.0".to_owned())];
        assert_eq!(settings_yaml(&images), "monitoring:\n  images:\n    loki: clawker-stand-in/loki:3.7.0\n");
    }
}
