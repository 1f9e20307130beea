//! On a terminal: what Ctrl-C does, and where colors are left out.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::{body::Body, response::Response};
use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

use crate::{engine, installation::command};

/// A new terminal: our end, and the end of a program.
pub fn terminal() -> (File, File) {
    let ours: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (File::from(ours), theirs)
}

/// Starts the command with standard error on a terminal, and sends `signal` once `until` is there. Returns the exit code
/// and what the terminal got.
fn run_on_terminal(command: &mut Command, until: &str, signal: Signal) -> (Option<i32>, String) {
    let (mut ours, theirs) = terminal();
    let mut child: Child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(theirs).spawn().unwrap();
    // The command has the other handle of the program's end, whose closing ends the reading.
    command.stderr(Stdio::null());
    let pid = Pid::from_child(&child);
    let mut seen = Vec::new();
    let mut piece = [0; 4096];
    let mut sent = false;
    let began = Instant::now();
    while let Ok(count @ 1..) = ours.read(&mut piece) {
        seen.extend(&piece[..count]);
        assert!(began.elapsed() < Duration::from_secs(30), "{}", String::from_utf8_lossy(&seen));
        if !sent && String::from_utf8_lossy(&seen).contains(until) {
            sent = true;
            kill_process(pid, signal).unwrap();
        }
    }
    assert!(sent, "{until}: {}", String::from_utf8_lossy(&seen));
    (child.wait().unwrap().code(), String::from_utf8_lossy(&seen).into_owned())
}

/// An Engine that never ends the download of an image.
fn slow_engine(folder: &std::path::Path) -> String {
    engine::start(
        folder,
        Box::new(|path| {
            (path == "/images/create")
                .then(|| Response::new(Body::from_stream(futures::stream::pending::<Result<String, std::io::Error>>())))
        }),
    )
}

#[test]
fn an_interrupted_start_exits_130_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let engine = slow_engine(folder.path());
    assert_eq!(command(folder.path(), &engine, &["init", "--json"]).output().unwrap().status.code(), Some(0));
    let mut up = command(folder.path(), &engine, &["up"]);
    let mut child = up.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut told: Vec<String> = Vec::new();
    let pulls = |told: &[String]| told.iter().filter(|line| line.contains("pulling image")).count();
    // So many images at once.
    while pulls(&told) < 3 {
        told.push(lines.next().unwrap_or_else(|| panic!("it ended: {told:#?}")));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    told.extend(lines);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{told:#?}");
    let mut once = told.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), told.len(), "{told:#?}");
    assert_eq!(told.iter().filter(|line| line.contains("canceled before it finished")).count(), 1, "{told:#?}");
}

#[test]
fn an_interrupted_start_on_a_terminal_leaves_each_line_once() {
    let folder = tempfile::tempdir().unwrap();
    let engine = slow_engine(folder.path());
    assert_eq!(command(folder.path(), &engine, &["init", "--json"]).output().unwrap().status.code(), Some(0));
    let mut up = command(folder.path(), &engine, &["up"]);
    let (code, seen) = run_on_terminal(up.env("TERM", "xterm"), "pulling image", Signal::INT);
    assert_eq!(code, Some(130), "{seen}");
    // After the last time that bars were drawn, each is there once.
    assert_eq!(seen.matches("error: canceled before it finished").count(), 1, "{seen:?}");
    assert_eq!(seen.matches("hint: completed steps were kept").count(), 1, "{seen:?}");
}

#[test]
fn the_log_is_colored_only_where_that_is_wanted() {
    for (variables, colored) in [
        (&[("TERM", "xterm")][..], true),
        (&[("TERM", "dumb")], false),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut serve = command(folder.path(), "unix:///nowhere/docker.sock", &["serve", "--listen", "0.0.0.0:0"]);
        serve.env_remove("NO_COLOR").envs(variables.iter().copied());
        let (_, seen) = run_on_terminal(&mut serve, "anyone who can reach this address", Signal::KILL);
        assert_eq!(seen.contains('\u{1b}'), colored, "{variables:?}: {seen:?}");
    }
}

#[test]
fn what_was_passed_over_to_find_the_engine_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".docker")).unwrap();
    let mut file = File::create(folder.path().join(".docker/config.json")).unwrap();
    file.write_all(b"{").unwrap();
    // A file where the socket of a rootless Engine would be.
    File::create(folder.path().join("docker.sock")).unwrap();
    let output = command(folder.path(), "", &["status"]).env("XDG_RUNTIME_DIR", folder.path()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let warnings = told.lines().filter(|line| line.starts_with("warning: ") && line.contains(".docker/config.json"));
    assert_eq!(warnings.count(), 1, "{told}");
}
