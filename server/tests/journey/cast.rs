//! Stand-in agents: containers with the labels and variables that Clawker sets, from images with the variables of
//! Clawker's template. The program in them only waits.

use std::{
    cell::RefCell,
    fs,
    marker::PhantomData,
    path::{Path, PathBuf},
};

use monitor_core::{
    agent_environment::{Source, environment},
    settings::{self, Settings},
};

use crate::installation::{Installation, docker};

/// The project of the agents.
pub const PROJECT: &str = "journey";
/// The label by which cleaning up finds everything created here.
const MARK: &str = "clawker-monitor.test=agents";
/// A network other than the stack's.
pub const OTHER_NETWORK: &str = "clawker-monitor-test-agents";
/// The image of a program that listens on ports of its container and waits.
const PROGRAM: &str = "clawker-stand-in/jaeger:1.76.0";

/// The images and containers of agents. All are removed when this is dropped.
pub struct Cast {
    /// With the variables of today's settings.
    image: String,
    /// Without variables.
    pub bare: String,
    /// With the variables for a collector on another port.
    pub older: String,
    /// Without endpoints.
    pub nowhere: String,
    folder: PathBuf,
    images: RefCell<Vec<String>>,
}

impl Cast {
    pub fn new(it: &Installation) -> Cast {
        remove_all();
        docker(&["network", "create", "--label", "dev.clawker.managed=true", "clawker-net"]);
        docker(&["network", "create", OTHER_NETWORK]).done();
        let text = fs::read_to_string(it.settings_file()).unwrap();
        let today = baked(&settings::read(&text, "settings.yaml").unwrap());
        let older: Vec<String> = today.iter().map(|line| line.replace("otel-collector:", "otel-collector:1")).collect();
        let nowhere: Vec<String> = today.iter().filter(|line| !line.contains("_ENDPOINT=")).cloned().collect();
        let mut cast = Cast {
            image: String::new(),
            bare: PROGRAM.into(),
            older: String::new(),
            nowhere: String::new(),
            folder: it.folder.path().join("agents"),
            images: RefCell::default(),
        };
        cast.image = cast.bake("today", &today);
        cast.older = cast.bake("older", &older);
        cast.nowhere = cast.bake("nowhere", &nowhere);
        cast
    }

    fn bake(&self, tag: &str, lines: &[String]) -> String {
        let image = format!("clawker-monitor-test-agent:{tag}");
        let container = docker(&["create", "--label", MARK, PROGRAM]).done().out;
        let changes: Vec<String> = lines.iter().map(|line| format!("--change=ENV {line}")).collect();
        let mut arguments = vec!["commit"];
        arguments.extend(changes.iter().map(String::as_str));
        arguments.extend([container.trim(), &image]);
        docker(&arguments).done();
        docker(&["rm", container.trim()]).done();
        self.images.borrow_mut().push(image.clone());
        image
    }

    /// An agent of the project, as Clawker creates it.
    pub fn agent(&self, name: &str) -> Part<'_> {
        self.agent_of(PROJECT, name)
    }

    /// The same for another project.
    pub fn agent_of(&self, project: &str, name: &str) -> Part<'_> {
        let folder = self.folder.join(format!("{project}.{name}"));
        fs::create_dir_all(&folder).unwrap();
        Part {
            _cast: PhantomData,
            container: format!("clawker.{project}.{name}"),
            labels: vec![
                "dev.clawker.managed=true".into(),
                "dev.clawker.purpose=agent".into(),
                format!("dev.clawker.agent={name}"),
                format!("dev.clawker.project={project}"),
                format!("dev.clawker.workdir={}", folder.display()),
            ],
            environment: vec![
                format!("OTEL_RESOURCE_ATTRIBUTES=project={project},agent={name}"),
                "API_KEY=hush".into(),
            ],
            image: self.image.clone(),
            network: "clawker-net".into(),
            files: folder.join("files"),
            folder,
        }
    }
}

impl Drop for Cast {
    fn drop(&mut self) {
        remove_all();
        for image in self.images.borrow().iter() {
            docker(&["rmi", "--force", image]);
        }
    }
}

fn remove_all() {
    let listed = docker(&["ps", "--all", "--quiet", "--filter", &format!("label={MARK}")]).out;
    for id in listed.lines() {
        docker(&["rm", "--force", "--volumes", id]);
    }
    docker(&["network", "rm", OTHER_NETWORK]);
}

fn baked(settings: &Settings) -> Vec<String> {
    let variables = environment(settings, "", "").into_iter().filter(|variable| variable.source == Source::Image);
    variables.map(|variable| format!("{}={}", variable.name, variable.value)).collect()
}

/// An agent's container before it is created.
pub struct Part<'a> {
    /// The images must outlive this.
    _cast: PhantomData<&'a Cast>,
    container: String,
    labels: Vec<String>,
    environment: Vec<String>,
    image: String,
    network: String,
    files: PathBuf,
    folder: PathBuf,
}

impl Part<'_> {
    /// Adds a variable that is set when the container is created.
    pub fn variable(mut self, line: &str) -> Self {
        self.environment.push(line.into());
        self
    }

    /// Adds a variable to `agent.env` of the project's file, and to the container.
    pub fn file(self, line: &str) -> Self {
        let (name, value) = line.split_once('=').unwrap();
        fs::write(self.folder.join(".clawker.yaml"), format!("agent:\n  env:\n    {name}: \"{value}\"\n")).unwrap();
        self.variable(line)
    }

    pub fn image(mut self, image: &str) -> Self {
        self.image = image.into();
        self
    }

    pub fn network(mut self, network: &str) -> Self {
        self.network = network.into();
        self
    }

    /// Leaves out Clawker's labels.
    pub fn without_labels(mut self) -> Self {
        self.labels.clear();
        self
    }

    /// Adds a file to the container.
    pub fn holds(self, path: &str, text: &str) -> Self {
        fs::create_dir_all(self.place(path).parent().unwrap()).unwrap();
        fs::write(self.place(path), text).unwrap();
        self
    }

    /// Adds a symbolic link to the container.
    pub fn links_to(self, path: &str, target: &str) -> Self {
        fs::create_dir_all(self.place(path).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, self.place(path)).unwrap();
        self
    }

    fn place(&self, path: &str) -> PathBuf {
        self.files.join(path)
    }

    /// Creates the container and returns its name.
    pub fn create(self) -> String {
        let mut arguments = vec!["create".to_owned(), format!("--name={}", self.container), format!("--label={MARK}")];
        arguments.push(format!("--network={}", self.network));
        arguments.extend(self.labels.iter().map(|label| format!("--label={label}")));
        arguments.extend(self.environment.iter().map(|line| format!("--env={line}")));
        arguments.push(self.image.clone());
        docker(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).done();
        if Path::is_dir(&self.files) {
            docker(&["cp", &format!("{}/.", self.files.display()), &format!("{}:/", self.container)]).done();
        }
        self.container
    }

    /// Creates and starts the container and returns its name.
    pub fn start(self) -> String {
        let container = self.create();
        docker(&["start", &container]).done();
        container
    }
}
