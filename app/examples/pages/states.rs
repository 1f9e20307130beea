//! The states of the stack page.

use monitor_core::{
    doctor::{Check, Checkup, Finding, Grade},
    error::StackError,
    file_view::{FileState, FileView, Language},
    job::{FileAction, FileOutcome, Job, JobKind, JobState, Phase, Pull, ServiceStep},
    live::{Configuration, EngineState, Snapshot},
    logs::LogLine,
    problem::Problem,
    service::Service,
    status::{ContainerState, NetworkStatus, PublishedPort, ServiceStatus, StackState, Usage},
    timestamp::Timestamp,
};

pub const NOW: Timestamp = Timestamp::from_unix_milliseconds(1_795_331_576_123);

pub fn before(seconds: i64) -> Timestamp {
    Timestamp::from_unix_milliseconds(NOW.unix_milliseconds() - seconds * 1000)
}

/// All states of the stack page.
pub fn snapshots() -> Vec<(&'static str, Snapshot)> {
    vec![
        ("empty", empty()),
        ("initialized", initialized()),
        ("pulling", pulling()),
        ("starting", starting()),
        ("running", running()),
        ("partial", partial()),
        ("failed", failed()),
        ("no-engine", no_engine()),
        ("settings", settings()),
        ("taken", taken()),
    ]
}

fn service(service: Service, state: ContainerState, ready: bool) -> ServiceStatus {
    let (version, ports, page, cpu, megabytes) = match service {
        Service::OtelCollector => ("0.148.0", vec![4318, 4317], false, 0.9, 74),
        Service::Prometheus => ("3.10.0", vec![9090], true, 0.8, 96),
        Service::Loki => ("3.7.0", vec![3100], false, 2.1, 131),
        Service::Jaeger => ("1.76.0", vec![16686], true, 0.3, 41),
        Service::Grafana => ("12.4.2", vec![3000], true, 1.2, 148),
        Service::Promtail => ("3.6.0", vec![9080], true, 0.2, 52),
    };
    let running = state == ContainerState::Running;
    ServiceStatus {
        service,
        container: service.name().into(),
        state,
        ready,
        image: format!("example/{service}:{version}"),
        version: Some(version.into()),
        started_at: running.then(|| before(8040)),
        url: (page && running).then(|| format!("http://127.0.0.1:{}", ports[0])),
        ports: ports
            .into_iter()
            .filter(|_| running)
            .map(|port| PublishedPort { bind: "127.0.0.1".into(), host: port, container: port })
            .collect(),
        checked_at: running.then(|| before(3)),
        waiting_for: (running && !ready).then(|| "HTTP 503: Ingester not ready: waiting for 15 s".into()),
        problem: None,
        usage: running.then_some(Usage { cpu_percent: cpu, memory_bytes: megabytes * 1_000_000 }),
    }
}

fn snapshot(stack: StackState, each: impl Fn(Service) -> (ContainerState, bool)) -> Snapshot {
    Snapshot {
        taken_at: NOW,
        engine: EngineState::Connected {
            version: "28.5.2".into(),
            api_version: "1.51".into(),
            endpoint: "unix:///var/run/docker.sock".into(),
        },
        configuration: Configuration {
            directory: "/home/ada/.local/share/clawker/monitor".into(),
            settings_file: "/home/ada/.config/clawker/settings.yaml".into(),
            settings_base: String::new(),
            initialized: true,
            differing: Vec::new(),
            error: None,
        },
        stack,
        network: NetworkStatus { name: "clawker-net".into(), exists: true },
        removable: stack != StackState::NotInitialized,
        services: Service::ALL
            .into_iter()
            .map(|which| {
                let (state, ready) = each(which);
                service(which, state, ready)
            })
            .collect(),
        checkup: Some(checkup(&[])),
        flow: (stack == StackState::Running).then(super::agents::flow),
        ..Snapshot::unknown(NOW)
    }
}

fn empty() -> Snapshot {
    let mut empty = snapshot(StackState::NotInitialized, |_| (ContainerState::Missing, false));
    empty.configuration.initialized = false;
    empty.network.exists = false;
    empty
}

fn initialized() -> Snapshot {
    let mut stopped = snapshot(StackState::Stopped, |_| (ContainerState::Missing, false));
    let mut job = Job::begin(1, JobKind::Initialize, before(21));
    job.state = JobState::Done;
    job.finished_at = Some(before(20));
    job.files = files()
        .into_iter()
        .enumerate()
        .map(|(index, file)| FileOutcome {
            name: file.name,
            action: match index {
                2 => FileAction::Unchanged,
                3 => FileAction::Kept,
                4 => FileAction::Replaced { backup: "loki-config.yaml.2026-11-22T07-12-56.bak".into() },
                _ => FileAction::Written,
            },
        })
        .collect();
    stopped.job = Some(job);
    stopped
}

fn pulling() -> Snapshot {
    let mut pulling = snapshot(StackState::Stopped, |_| (ContainerState::Missing, false));
    let mut job = Job::begin(2, JobKind::Up, before(14));
    let phases = [Phase::Waiting, Phase::Pulling, Phase::Pulling, Phase::Creating, Phase::Pulling, Phase::Waiting];
    for (status, phase) in pulling.services.iter().zip(phases) {
        job.steps.push(ServiceStep { service: status.service, phase, because: None });
        if phase == Phase::Pulling {
            let total_bytes = 120_000_000 + 90_000_000 * job.pulls.len() as u64;
            let image = status.image.clone();
            job.pulls.push(Pull { image, fetched_bytes: 84_000_000, total_bytes, complete: false, silent_seconds: 0 });
        }
    }
    pulling.job = Some(job);
    pulling
}

fn starting() -> Snapshot {
    let mut starting = snapshot(StackState::Partial, |service| match service {
        Service::Loki => (ContainerState::Running, false),
        _ => (ContainerState::Running, true),
    });
    let mut job = Job::begin(2, JobKind::Up, before(38));
    job.steps = starting
        .services
        .iter()
        .map(|status| ServiceStep {
            service: status.service,
            phase: if status.ready { Phase::Ready } else { Phase::AwaitingReadiness },
            because: None,
        })
        .collect();
    starting.job = Some(job);
    starting
}

/// All services are ready.
pub fn running() -> Snapshot {
    let mut running = snapshot(StackState::Running, |_| (ContainerState::Running, true));
    let mut job = Job::begin(2, JobKind::Up, before(8080));
    job.state = JobState::Done;
    job.finished_at = Some(before(8038));
    running.job = Some(job);
    running
}

fn partial() -> Snapshot {
    let mut partial = snapshot(StackState::Partial, |service| match service {
        Service::Jaeger => (ContainerState::Exited, false),
        Service::Loki => (ContainerState::Running, false),
        _ => (ContainerState::Running, true),
    });
    partial.services[3].problem = Some("exited with code 137 (out of memory) 3 min ago".into());
    partial.configuration.differing = vec!["compose.yaml".into(), "loki-config.yaml".into()];
    partial
}

fn failed() -> Snapshot {
    let mut failed = snapshot(StackState::Partial, |service| match service {
        Service::Loki => (ContainerState::Exited, false),
        Service::Grafana => (ContainerState::Created, false),
        _ => (ContainerState::Running, true),
    });
    failed.services[2].problem = Some("exited with code 1".into());
    let mut job = Job::begin(4, JobKind::Up, before(50));
    job.state = JobState::Failed;
    job.finished_at = Some(before(12));
    job.error = Some(StackError::ServiceFailed {
        service: Service::Loki,
        detail: "exited with code 1".into(),
        reason: Some("error running loki: mkdir /loki/rules: permission denied".into()),
        log: vec![
            "level=info ts=2026-11-22T07:12:40Z caller=main.go:126 msg=\"Starting Loki\" version=\"(version=3.7.0)\""
                .into(),
            "level=error ts=2026-11-22T07:12:40Z caller=log.go:216 msg=\"error running loki\" err=\"mkdir /loki/rules: \
             permission denied\""
                .into(),
        ],
    });
    failed.job = Some(job);
    failed
}

/// Settings that were rolled back because a service did not become ready.
pub fn restored() -> Snapshot {
    let mut restored = running();
    let mut job = Job::begin(5, JobKind::Apply, before(90));
    job.state = JobState::Failed;
    job.finished_at = Some(before(20));
    job.restored = true;
    job.error = Some(StackError::NotReady {
        service: Service::Grafana,
        waited_seconds: 60,
        detail: "HTTP 503".into(),
        reason: None,
        log: vec!["logger=migrator level=info msg=\"Starting DB migrations\"".into()],
    });
    restored.job = Some(job);
    restored
}

fn no_engine() -> Snapshot {
    let mut without = empty();
    without.stack = StackState::EngineUnreachable;
    without.engine = EngineState::Unreachable {
        error: StackError::EngineUnreachable {
            endpoint: "unix:///var/run/docker.sock".into(),
            detail: "no such file or directory".into(),
        },
    };
    without
}

fn settings() -> Snapshot {
    let mut wrong = snapshot(StackState::Stopped, |_| (ContainerState::Missing, false));
    let problem = |field: &str, message: &str, line| Problem {
        field: field.into(),
        message: message.into(),
        file: Some("/home/ada/.config/clawker/settings.yaml".into()),
        line: Some(line),
    };
    wrong.configuration.error = Some(StackError::SettingsInvalid {
        problems: vec![
            problem("monitoring.grafana_port", "`70000` is not a port; a port is a number from 1 to 65535", 12),
            problem("monitoring.loki_port", "port 3000 is used by `monitoring.grafana_port` as well", 14),
        ],
    });
    wrong
}

fn finding(check: Check, grade: Grade, summary: &str, evidence: &str, next: Option<&str>) -> Finding {
    Finding {
        check,
        subject: None,
        grade,
        summary: summary.into(),
        evidence: evidence.into(),
        next: next.map(str::to_owned),
    }
}

fn checkup(more: &[Finding]) -> Checkup {
    let ok = |check, summary, evidence| finding(check, Grade::Ok, summary, evidence, None);
    let mut findings = vec![
        ok(Check::Engine, "Docker Engine 28.5.2 is connected", "API 1.51 at `unix:///var/run/docker.sock`"),
        ok(Check::Files, "The files match the settings", "all 8 in `/home/ada/.local/share/clawker/monitor`"),
        ok(Check::Port, "Port 9090 for Prometheus is free", "nothing listens on `127.0.0.1`, port 9090"),
        ok(
            Check::DiskSpace,
            "Enough disk space for images and data",
            "52.7 GB free at `/var/lib/docker`; all images are present",
        ),
    ];
    findings.extend(more.iter().cloned());
    findings.push(finding(
        Check::EndOfLife,
        Grade::Warning,
        "Jaeger has reached end of life",
        "Jaeger v1 has had no releases since 2025-12-31",
        Some("no action needed: it works, and only this machine can reach it"),
    ));
    Checkup::new(before(14), findings)
}

fn taken() -> Snapshot {
    let mut stopped = snapshot(StackState::Stopped, |_| (ContainerState::Missing, false));
    stopped.checkup = Some(checkup(&[
        finding(
            Check::Port,
            Grade::Problem,
            "Port 3000 for Grafana is already in use",
            "process `next-server` (pid 2608) listens there",
            Some(
                "stop what holds it, or set `monitoring.grafana_port: 3001`, which is free, and run `clawker-monitor init --force`",
            ),
        ),
        finding(
            Check::DiskSpace,
            Grade::Warning,
            "Little disk space for recorded data",
            "900 MB free at `/var/lib/docker`; all images are present",
            Some("free up space (`docker system df` shows usage), or lower `monitoring.retention.metrics` and `.logs`"),
        ),
    ]));
    stopped
}

/// Some files.
pub fn files() -> Vec<FileView> {
    let yaml = "# The stack. Made from settings.yaml; change it there.\nname: monitor\nservices:\n  loki:\n    image: \
                \"grafana/loki:3.7.0\" # pinned\n    ports:\n      - target: 3100\n        published: 3100\n    \
                read_only: true\n    command: [\"-config.file=/etc/loki/loki-config.yaml\", \
                \"-a-very-long-argument-that-makes-the-line-longer-than-any-screen=yes\"]\n";
    [
        ("compose.yaml", "what Docker Compose would start", FileState::Outdated),
        ("otel-config.yaml", "how the collector receives and routes", FileState::Current),
        ("prometheus.yaml", "what Prometheus scrapes", FileState::Current),
        ("loki-config.yaml", "how Loki keeps events and logs", FileState::Edited),
        ("promtail-config.yaml", "which logs Promtail reads", FileState::Current),
        ("grafana-datasources.yaml", "where Grafana reads from", FileState::Missing),
    ]
    .into_iter()
    .map(|(name, purpose, state)| FileView {
        name: name.into(),
        purpose: purpose.into(),
        language: Language::Yaml,
        state,
        contents: yaml.into(),
    })
    .collect()
}

/// Some lines of a log.
pub fn lines() -> Vec<LogLine> {
    [
        "level=info msg=\"Starting Loki\" version=\"(version=3.7.0, branch=release-3.7.x, revision=abc)\"",
        "level=warn msg=\"global timeout not configured, using default engine timeout\" timeout=5m0s",
        "level=debug msg=\"module waiting for initialization\" module=ingester",
        "level=error caller=flush.go:143 msg=\"failed to flush\" err=\"mkdir /loki/rules: permission denied\"",
        "plain words without a level",
    ]
    .iter()
    .cycle()
    .take(40)
    .map(|text| LogLine::from_engine(&format!("2026-11-22T07:12:56.123Z {text}")))
    .collect()
}
