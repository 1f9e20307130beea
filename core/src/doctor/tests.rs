//! What the doctor says, a row a state of the machine.

mod compose;

use super::*;
use crate::{
    error::StackError,
    file_view::FileState,
    lifecycle::{Observed, ObservedContainer, ObservedNetwork},
    problem::Problem,
    service::Service,
    settings::{RawValue, Settings},
    stack::{HostFacts, StackSpec, compose_labels},
    status::{ContainerState, PublishedPort},
};

const DIRECTORY: &str = "/data/monitor";

fn stack(bind_address: &str) -> StackSpec {
    let values = [("bind_address".to_owned(), RawValue { text: bind_address.to_owned(), line: None })].into();
    let facts = HostFacts { directory: DIRECTORY.into(), docker_socket: "/run/docker.sock".into() };
    StackSpec::new(&Settings::from_values(&values).expect("valid settings"), &facts)
}

fn observed(stack: &StackSpec) -> Observed {
    Observed {
        network: Some(ObservedNetwork {
            id: "n1".into(),
            driver: "bridge".into(),
            labels: [("dev.clawker.managed".to_owned(), "true".to_owned())].into(),
            attached: 3,
            ..ObservedNetwork::default()
        }),
        images: stack.services.iter().map(|spec| (spec.image.to_string(), "sha256:1".to_owned())).collect(),
        ..Observed::default()
    }
}

/// A machine with nothing to object to, before the first start.
fn healthy(stack: &StackSpec) -> Evidence {
    Evidence {
        engine: Ok(EngineEvidence {
            version: "28.5.2".into(),
            api_version: "1.51".into(),
            endpoint: "unix:///var/run/docker.sock".into(),
            observed: observed(stack),
            health: Vec::new(),
            disk: Some(Disk { folder: "/var/lib/docker".into(), free_bytes: 80_000_000_000 }),
        }),
        passed_over: Vec::new(),
        folder: FolderEvidence { path: DIRECTORY.into(), exists: true, obstacle: None },
        settings_file: "/config/settings.yaml".into(),
        settings: Ok(()),
        misspelled: Vec::new(),
        files: Ok(vec![("compose.yaml".into(), FileState::Current), ("prometheus.yaml".into(), FileState::Current)]),
        compose_override: None,
        compose_env: None,
        other_engine: None,
        address_problem: None,
        ports: vec![grafana(PortHolder::Nobody)],
    }
}

fn grafana(holder: PortHolder) -> PortEvidence {
    PortEvidence {
        service: Service::Grafana,
        port: PublishedPort { bind: "127.0.0.1".into(), host: 3000, container: 3000 },
        field: "monitoring.grafana_port".into(),
        free: (!matches!(holder, PortHolder::Nobody | PortHolder::Stack(_))).then_some(3001),
        holder,
    }
}

/// The findings of that check, one line each.
fn said(findings: &[Finding], check: Check) -> String {
    let line = |finding: &Finding| {
        let next = finding.next.as_ref().map(|next| format!(" → {next}")).unwrap_or_default();
        format!("{}: {} ({}){next}", finding.grade.name(), finding.summary, finding.evidence)
    };
    findings.iter().filter(|finding| finding.check == check).map(line).collect::<Vec<_>>().join("\n")
}

/// What is said about that check once the evidence was changed so.
fn after(check: Check, change: impl FnOnce(&mut Evidence)) -> String {
    let stack = stack("127.0.0.1");
    let mut evidence = healthy(&stack);
    change(&mut evidence);
    said(&examine(&stack, &evidence), check)
}

fn engine(evidence: &mut Evidence) -> &mut EngineEvidence {
    evidence.engine.as_mut().expect("an Engine that answers")
}

#[test]
fn a_healthy_machine_only_has_the_two_end_of_life_warnings() {
    let stack = stack("127.0.0.1");
    let findings = examine(&stack, &healthy(&stack));
    let checkup = Checkup::new(Timestamp::from_unix_milliseconds(0), findings);
    assert_eq!((checkup.count(Grade::Problem), checkup.count(Grade::Warning)), (0, 2));
    assert_eq!(checkup.result, Grade::Warning);
    let lines: Vec<String> = checkup
        .findings
        .iter()
        .map(|finding| {
            format!("{:?} {}: {} ({})", finding.check, finding.grade.name(), finding.summary, finding.evidence)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    Engine ok: Connected to Docker Engine 28.5.2 (API 1.51 at `unix:///var/run/docker.sock`)
    Settings ok: The settings are valid (section `monitoring` of `/config/settings.yaml`, with defaults for missing keys)
    DataFolder ok: The data folder is writable (`/data/monitor`: it exists)
    Files ok: The files match the settings (all 2 in `/data/monitor`)
    Address ok: Only this machine can reach the stack (ports are published on `127.0.0.1`)
    Port ok: Port 3000 for Grafana is free (nothing is listening on `127.0.0.1` port 3000)
    ContainerName ok: The container names are available (no container uses one of these names)
    Network ok: The network `clawker-net` exists (driver `bridge`, with Clawker's label; 3 running containers are attached)
    DiskSpace ok: Enough disk space for images and data (80.0 GB free at `/var/lib/docker`; all images are present)
    EndOfLife warning: Jaeger has reached end of life (Jaeger v1 has had no releases since 2025-12-31)
    EndOfLife warning: Promtail has reached end of life (Promtail has had no releases since 2026-03-02)
    ");
}

#[test]
fn podman_is_not_called_docker() {
    let stack = stack("127.0.0.1");
    let mut evidence = healthy(&stack);
    engine(&mut evidence).version = "Podman 5.8.6".into();
    let said = said(&examine(&stack, &evidence), Check::Engine);
    assert!(said.starts_with("ok: Connected to Podman 5.8.6"), "{said}");
}

#[test]
fn without_docker_only_independent_checks_run() {
    let stack = stack("127.0.0.1");
    let error = StackError::EngineUnreachable {
        endpoint: "unix:///var/run/docker.sock".into(),
        detail: "the socket does not exist".into(),
    };
    let findings = examine(&stack, &Evidence { engine: Err(error), ..healthy(&stack) });
    insta::assert_snapshot!(said(&findings, Check::Engine), @"problem: Can't reach Docker at `unix:///var/run/docker.sock`: the socket does not exist (containers, network, and disk space could not be checked) → start the Docker Engine (`sudo systemctl start docker`, or open Docker Desktop), or set `DOCKER_HOST`");
    for check in [Check::ContainerName, Check::Network, Check::DiskSpace] {
        assert_eq!(said(&findings, check), "", "{check:?}");
    }
    assert!(said(&findings, Check::Port).starts_with("ok: Port 3000 for Grafana is free"));
}

#[test]
fn a_port_is_free_or_used_by_the_stack_or_in_use() {
    let say = |holder: PortHolder| after(Check::Port, |evidence| evidence.ports = vec![grafana(holder)]);
    insta::assert_snapshot!(say(PortHolder::Nobody), @"ok: Port 3000 for Grafana is free (nothing is listening on `127.0.0.1` port 3000)");
    insta::assert_snapshot!(say(PortHolder::Stack("grafana".into())), @"ok: Port 3000 for Grafana is used by this stack (container `grafana` publishes it)");
    insta::assert_snapshot!(say(PortHolder::Container("web".into())), @"problem: Port 3000 for Grafana is already in use (container `web` publishes it) → stop the program that uses it, or set `monitoring.grafana_port: 3001`, which is free and run `clawker-monitor apply`");
    insta::assert_snapshot!(say(PortHolder::Process(Some("process `nginx` (pid 812)".into()))), @"problem: Port 3000 for Grafana is already in use (process `nginx` (pid 812) is listening on it) → stop the program that uses it, or set `monitoring.grafana_port: 3001`, which is free and run `clawker-monitor apply`");
    insta::assert_snapshot!(say(PortHolder::Process(None)), @"problem: Port 3000 for Grafana is already in use (in use by a process you can't inspect) → stop the program that uses it, or set `monitoring.grafana_port: 3001`, which is free and run `clawker-monitor apply`");
}

#[test]
fn the_bind_address_is_local_or_public_or_invalid() {
    let say = |bind: &str, address_problem: Option<&str>| {
        let stack = stack(bind);
        let evidence = Evidence { address_problem: address_problem.map(str::to_owned), ..healthy(&stack) };
        said(&examine(&stack, &evidence), Check::Address)
    };
    insta::assert_snapshot!(say("::1", None), @"ok: Only this machine can reach the stack (ports are published on `::1`)");
    insta::assert_snapshot!(say("0.0.0.0", None), @"warning: Other machines can reach the stack (ports are published on `0.0.0.0`, and Grafana shows prompts and costs without a password) → set `monitoring.bind_address` to `127.0.0.1` unless you trust that network");
    insta::assert_snapshot!(say("192.0.2.7", Some("this machine has no such address")), @"problem: Ports can't be published on `192.0.2.7` (this machine has no such address) → set `monitoring.bind_address` to an address of this machine, such as `127.0.0.1`");
}

#[test]
fn every_file_that_differs_is_a_finding() {
    let say = |states: &[FileState]| {
        let names = ["compose.yaml", "loki-config.yaml", "prometheus.yaml"].map(str::to_owned);
        after(Check::Files, |evidence| evidence.files = Ok(names.into_iter().zip(states.iter().copied()).collect()))
    };
    use FileState::{Current, Edited, Missing, Outdated};
    insta::assert_snapshot!(say(&[Current; 3]), @"ok: The files match the settings (all 3 in `/data/monitor`)");
    insta::assert_snapshot!(say(&[Missing; 3]), @"ok: The files have not been created yet (`/data/monitor` has none of the 3 files; `init` creates them)");
    insta::assert_snapshot!(say(&[Edited, Edited, Current]), @"
    problem: `compose.yaml` was edited manually (the stack can't start with an edited `compose.yaml`) → move the change to `settings.yaml`, then run `clawker-monitor init --force`; the current file is backed up
    warning: `loki-config.yaml` was edited manually (it is used as is and no longer follows the settings) → no action needed if this is intended; `clawker-monitor init --force` updates it and keeps a backup
    ");
    insta::assert_snapshot!(say(&[Current, Outdated, Missing]), @"
    problem: `loki-config.yaml` is out of date (the settings have changed since it was written) → run `clawker-monitor apply`
    problem: `prometheus.yaml` is missing (the other files exist) → run `clawker-monitor init` to create it
    ");
    let wrong = StackError::SettingsInvalid { problems: Vec::new() };
    assert_eq!(after(Check::Files, |evidence| evidence.files = Err(wrong)), "", "said about the settings");
}

#[test]
fn every_invalid_setting_is_a_separate_finding() {
    let problem = |field: &str, line| Problem {
        field: field.into(),
        message: "`x` is not a port".into(),
        file: Some("/config/settings.yaml".into()),
        line: Some(line),
    };
    let problems = vec![problem("monitoring.grafana_port", 3), problem("", 9)];
    insta::assert_snapshot!(after(Check::Settings, |evidence| {
        evidence.settings = Err(StackError::SettingsInvalid { problems });
    }), @"
    problem: The setting `monitoring.grafana_port` is invalid (/config/settings.yaml:3: `monitoring.grafana_port`: `x` is not a port) → fix the settings file; nothing was changed
    problem: The settings file is invalid (/config/settings.yaml:9: `x` is not a port) → fix the settings file; nothing was changed
    ");
}

#[test]
fn a_misspelled_setting_is_a_warning() {
    let misspelled = crate::settings::misspelled_keys("monitoring: {grafana_prot: 1}", "/config/settings.yaml");
    insta::assert_snapshot!(after(Check::Settings, |evidence| evidence.misspelled = misspelled), @"
    ok: The settings are valid (section `monitoring` of `/config/settings.yaml`, with defaults for missing keys)
    warning: The setting `monitoring.grafana_prot` is unknown (/config/settings.yaml:1: `monitoring.grafana_prot`: unknown setting, so it has no effect; did you mean `grafana_port`?) → correct its name, or remove it
    ");
}

#[test]
fn a_read_only_folder_is_a_problem_but_a_missing_one_is_not() {
    insta::assert_snapshot!(after(Check::DataFolder, |evidence| evidence.folder.exists = false), @"ok: The data folder is writable (`/data/monitor`: it does not exist yet; `init` creates it)");
    insta::assert_snapshot!(after(Check::DataFolder, |evidence| {
        evidence.folder.obstacle = Some("Read-only file system".into());
    }), @"problem: The data folder is not writable (`/data/monitor`: Read-only file system) → give this user write permission, or set `CLAWKER_DATA_DIR` to another folder");
}

#[test]
fn a_foreign_container_with_a_service_name_is_a_problem() {
    let container = |labels| ObservedContainer {
        id: "c1".into(),
        name: "grafana".into(),
        image: "grafana/grafana:11".into(),
        image_id: "sha256:2".into(),
        state: ContainerState::Exited,
        labels,
        networks: Vec::new(),
        ports: Vec::new(),
    };
    insta::assert_snapshot!(after(Check::ContainerName, |evidence| {
        engine(evidence).observed.containers = vec![container([].into())];
    }), @"problem: A container named `grafana` already exists and is not part of this stack (image `grafana/grafana:11`) (it has no label of this stack) → rename it (`docker rename grafana grafana-old`) or remove it (`docker rm grafana`), then start again");
    let stack = stack("127.0.0.1");
    let spec = stack.service(Service::Grafana).expect("a service").clone();
    insta::assert_snapshot!(after(Check::ContainerName, |evidence| {
        engine(evidence).observed.containers = vec![container(compose_labels(&stack, &spec, "sha256:2"))];
    }), @"ok: The container names are available (1 of 6 exist and belong to this stack)");
}

#[test]
fn the_network_needs_clawkers_label() {
    insta::assert_snapshot!(after(Check::Network, |evidence| engine(evidence).observed.network = None), @"ok: The network `clawker-net` can be created (it does not exist yet; starting the stack creates it with Clawker's label)");
    insta::assert_snapshot!(after(Check::Network, |evidence| {
        if let Some(network) = &mut engine(evidence).observed.network {
            network.labels.clear();
        }
    }), @"problem: The network `clawker-net` can't be used: it does not have the label `dev.clawker.managed=true`, so Clawker ignores it (running containers attached: 3) (agents and the stack communicate over this network) → disconnect its containers and remove it (`docker network rm clawker-net`); it is recreated at the next start");
}

#[test]
fn disk_space_is_needed_for_missing_images_and_data() {
    let say = |free_bytes: Option<u64>, fetched: bool| {
        after(Check::DiskSpace, |evidence| {
            let engine = engine(evidence);
            engine.disk = free_bytes.map(|free_bytes| Disk { folder: "/var/lib/docker".into(), free_bytes });
            if !fetched {
                engine.observed.images.clear();
            }
        })
    };
    insta::assert_snapshot!(say(Some(900_000_000), false), @"problem: Not enough disk space for the images (900 MB free at `/var/lib/docker`; 6 images to pull, about 2.3 GB (estimated)) → free up space (`docker system df` shows usage), or lower `monitoring.retention.metrics` and `.logs`");
    insta::assert_snapshot!(say(Some(900_000_000), true), @"warning: Little disk space for recorded data (900 MB free at `/var/lib/docker`; all images are present) → free up space (`docker system df` shows usage), or lower `monitoring.retention.metrics` and `.logs`");
    insta::assert_snapshot!(say(Some(4_310_000_000), false), @"ok: Enough disk space for images and data (4.3 GB free at `/var/lib/docker`; 6 images to pull, about 2.3 GB (estimated))");
    insta::assert_snapshot!(say(Some(4_290_000_000), false), @"warning: Little disk space for recorded data (4.2 GB free at `/var/lib/docker`; 6 images to pull, about 2.3 GB (estimated)) → free up space (`docker system df` shows usage), or lower `monitoring.retention.metrics` and `.logs`");
    insta::assert_snapshot!(say(None, false), @"ok: Docker's disk space can't be checked (Docker's disk is not on this machine; 6 images to pull, about 2.3 GB (estimated))");
}

#[test]
fn a_prometheus_that_cannot_store_deltas_is_a_problem() {
    for (image, expected) in [
        ("prom/prometheus:v2.53.0", true),
        ("registry.example:5000/prom/prometheus:v3.3.1", true),
        ("prom/prometheus:v3.4.0", false),
        ("prom/prometheus:v4.0.0", false),
        ("prom/prometheus:main", false),
        ("prom/prometheus", false),
    ] {
        let values = [("images.prometheus".to_owned(), RawValue { text: image.to_owned(), line: None })].into();
        let facts = HostFacts { directory: DIRECTORY.into(), docker_socket: "/run/docker.sock".into() };
        let stack = StackSpec::new(&Settings::from_values(&values).expect("valid settings"), &facts);
        let findings = examine(&stack, &healthy(&stack));
        let found = findings.iter().find(|finding| finding.check == Check::ImageVersion);
        assert_eq!(found.is_some(), expected, "{image}: {found:?}");
        assert!(found.is_none_or(|finding| finding.grade == Grade::Problem && finding.evidence.contains(image)));
    }
}

#[test]
fn a_network_that_publishes_nothing_or_is_ambiguous_is_a_problem() {
    let network = |change: fn(&mut ObservedNetwork)| {
        after(Check::Network, |it| change(engine(it).observed.network.as_mut().expect("a network")))
    };
    let internal = network(|it| it.internal = true);
    assert!(
        internal.starts_with("problem: The network `clawker-net` is internal, so Docker publishes no port on it"),
        "{internal}"
    );
    assert!(internal.contains("recreate it without `--internal`"), "{internal}");
    let two = network(|it| it.same_name = vec!["a1".into(), "b2".into()]);
    assert!(two.starts_with("problem: 2 networks are named `clawker-net`: `a1`, `b2`"), "{two}");
}

/// One finding, and none about the ports that the other stack holds.
#[test]
fn the_same_stack_in_another_folder_or_on_another_engine_is_one_problem() {
    let stack = stack("127.0.0.1");
    let problems = |evidence: &Evidence| {
        let findings = examine(&stack, evidence);
        let problems = findings.into_iter().filter(|finding| finding.grade == Grade::Problem);
        problems
            .map(|it| format!("{:?}: {} → {}", it.check, it.summary, it.next.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let ports = |holder: fn(Service) -> PortHolder| -> Vec<PortEvidence> {
        let services = stack.services.iter().flat_map(|spec| spec.ports.iter().map(move |port| (spec.service, port)));
        let evidence = |(service, port): (Service, &PublishedPort)| PortEvidence {
            service,
            port: port.clone(),
            ..grafana(holder(service))
        };
        services.map(evidence).collect()
    };

    let elsewhere = StackSpec { directory: "/mnt/monitor".into(), ..stack.clone() };
    let mut folder = healthy(&stack);
    folder.ports = ports(|service| PortHolder::Container(service.name().into()));
    engine(&mut folder).observed.containers = elsewhere
        .services
        .iter()
        .map(|spec| ObservedContainer {
            id: spec.service.name().into(),
            name: spec.service.name().into(),
            image: spec.image.to_string(),
            image_id: "sha256:1".into(),
            state: ContainerState::Running,
            labels: compose_labels(&elsewhere, spec, "sha256:1").into_iter().chain(spec.labels.clone()).collect(),
            networks: vec!["n1".into()],
            ports: spec.ports.clone(),
        })
        .collect();
    insta::assert_snapshot!(problems(&folder).join("\n"), @"ContainerName: This stack runs from another data folder → use that folder (`CLAWKER_DATA_DIR='/mnt'`), or remove its containers first: `CLAWKER_DATA_DIR='/mnt' clawker-monitor down`; recorded data is kept");

    let mut other = healthy(&stack);
    other.other_engine = Some(OtherEngine { then: "unix:///run/a.sock".into(), now: "unix:///run/b.sock".into() });
    other.files = Ok(vec![("compose.yaml".into(), FileState::Outdated)]);
    other.ports = ports(|_| PortHolder::Process(Some("process `docker-proxy` (pid 812)".into())));
    insta::assert_snapshot!(problems(&other).join("\n"), @"Engine: The stack belongs to another Docker Engine → use that Engine (`DOCKER_HOST=unix:///run/a.sock`), or run `clawker-monitor apply` to write the files for this one; stop the stack there first: `DOCKER_HOST=unix:///run/a.sock clawker-monitor down`");
    // One port that somebody else uses is not the stack on the other Engine.
    other.ports = vec![grafana(PortHolder::Process(None)), PortEvidence { ..grafana(PortHolder::Nobody) }];
    assert_eq!(problems(&other).len(), 2);
    other.files = Ok(vec![("compose.yaml".into(), FileState::Current)]);
    other.ports.clear();
    assert_eq!(problems(&other), Vec::<String>::new(), "a warning where everything fits");
}

#[test]
fn a_health_check_that_docker_cannot_run_is_a_warning() {
    let output = "OCI runtime exec failed: exec failed: unable to start container process: exec: \"wget\": executable file \
                  not found in $PATH: unknown";
    assert!(is_unrunnable(output) && !is_unrunnable("wget: server returned error: HTTP/1.1 503 Service Unavailable"));
    let found = after(Check::Health, |it| {
        engine(it).health = vec![HealthEvidence { service: Service::Prometheus, output: output.into() }];
    });
    assert!(
        found.starts_with("warning: Docker can't run the health check of Prometheus (the image `prom/prometheus:"),
        "{found}"
    );
    assert!(found.contains("has no `wget`") && found.contains("will show it as unhealthy"), "{found}");
    // The Engine knows no health check for Loki's image, whatever an old container had.
    assert_eq!(
        after(Check::Health, |it| engine(it).health =
            vec![HealthEvidence { service: Service::Loki, output: output.into() }]),
        ""
    );
}

#[test]
fn what_was_passed_over_on_the_way_to_the_engine_is_a_warning() {
    let stack = stack("127.0.0.1");
    let passed_over = vec![PassedOver { what: "x is not readable".into(), next: "fix x".into() }];
    let findings = examine(&stack, &Evidence { passed_over, ..healthy(&stack) });
    let told: Vec<_> = findings.iter().filter(|finding| finding.check == Check::Engine).collect();
    assert_eq!((told[0].grade, told[1].grade), (Grade::Ok, Grade::Warning));
    assert_eq!((told[1].evidence.as_str(), told[1].next.as_deref()), ("x is not readable", Some("fix x")));
}
