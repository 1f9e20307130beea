//! Pipes, devices, folders and huge files where files are expected: everything is answered, and nothing waits for them.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use crate::{command, process, process::Running, run};

/// A debug build on a busy machine included. What waited for a pipe would wait for ever.
const SOON: Duration = Duration::from_secs(20);

/// Puts something in place of a file.
type Spoil = fn(&Path);

fn pipe(path: &Path) {
    fs::remove_file(path).ok();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn device(path: &Path) {
    fs::remove_file(path).ok();
    symlink("/dev/zero", path).unwrap();
}

fn folder(path: &Path) {
    fs::remove_file(path).ok();
    fs::create_dir(path).unwrap();
}

fn huge(path: &Path) {
    fs::File::create(path).unwrap().set_len(1_500_000_000).unwrap();
}

/// A panel, and how long it takes to answer.
struct Panel {
    _process: Running,
    address: String,
}

impl Panel {
    fn start(folder: &Path) -> Panel {
        let process = Running::reading_stdout(command(folder, &["serve", "--listen", "127.0.0.1:0"]));
        let line = process.line("the address", |line| line.starts_with("listening on "));
        Panel { address: line.trim_start_matches("listening on ").to_owned(), _process: process }
    }

    fn page(&self, path: &str) -> String {
        let limit = SOON.as_secs().to_string();
        let mut curl = Command::new("curl");
        // An error is an answer too.
        curl.args(["--silent", "--show-error", "--max-time", &limit]).arg(format!("{}{path}", self.address));
        let answer = process::output(&mut curl);
        assert!(answer.status.success(), "{path}: {}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap()
    }

    fn answers(&self, when: &str) {
        for path in ["/healthz", "/", "/settings", "/files", "/agents", "/healthz"] {
            assert!(!self.page(path).is_empty(), "{when}: {path}");
        }
    }
}

#[test]
fn a_running_panel_and_every_command_answer_whatever_is_in_place_of_files() {
    let home = tempfile::tempdir().unwrap();
    let (settings, monitor) = (home.path().join("settings.yaml"), home.path().join("data/monitor"));
    fs::write(&settings, "monitoring: {}\n").unwrap();
    assert!(run(home.path(), &["init"]).status.success());
    let running = Panel::start(home.path());
    running.answers("before");

    let spoil: [(&str, Spoil); 4] =
        [("a pipe", pipe), ("a device", device), ("a huge file", huge), ("a folder", folder)];
    for (what, spoil) in spoil {
        for name in ["compose.yaml", "prometheus.yaml", ".generated.json", ".lock", ".env", "compose.override.yaml"] {
            let path = monitor.join(name);
            let kept = fs::read(&path).ok();
            spoil(&path);
            answers_everywhere(&running, home.path(), &format!("{name} is {what}"));
            fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)).unwrap();
            if let Some(kept) = kept {
                fs::write(&path, kept).unwrap();
            }
        }
        spoil(&settings);
        answers_everywhere(&running, home.path(), &format!("settings.yaml is {what}"));
        let page = running.page("/settings");
        assert!(page.contains("The settings file is invalid"), "{what}: {page}");
        fs::remove_file(&settings).or_else(|_| fs::remove_dir(&settings)).unwrap();
        fs::write(&settings, "monitoring: {}\n").unwrap();
    }
    running.answers("afterwards");
}

fn answers_everywhere(running: &Panel, home: &Path, when: &str) {
    running.answers(when);
    Panel::start(home).answers(&format!("a new start, {when}"));
    let began = Instant::now();
    for arguments in [&["settings", "get"][..], &["settings", "set", "loki_port", "3100"], &["init"]] {
        run(home, arguments);
    }
    assert!(began.elapsed() < SOON, "{when}: {:?}", began.elapsed());
}
