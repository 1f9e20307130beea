//! Two processes at once on one folder: the same action follows the one at work, another one says who works.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    installation::{Installation, Said, container_ids, docker},
    panel::Panel,
    process::Running,
};
use monitor_core::service::Service;

/// Ready after 5 s: long enough for another process to come meanwhile.
const SLOW: &str = "clawker-stand-in/loki:slow-ready";
const NEVER: &str = "clawker-stand-in/loki:never-ready";

/// A process that is starting the stack and waits for Loki.
fn starting(it: &Installation, arguments: &[&str]) -> Running {
    let up = Running::reading_stderr(it.command(arguments));
    up.line("Loki's start", |line| line.contains("Loki: started"));
    up
}

fn both(it: &Installation, one: &[&str], other: &[&str]) -> (Said, Said) {
    thread::scope(|scope| {
        let first = scope.spawn(|| it.run(one));
        let second = it.run(other);
        (first.join().unwrap(), second)
    })
}

fn is_running(it: &Installation) {
    assert_eq!(it.status()["stack"], "running");
    assert_eq!(container_ids().len(), 6);
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn the_same_action_twice_at_the_same_moment() {
    let it = Installation::new();
    let pairs: [&[&str]; 6] =
        [&["init"], &["up"], &["apply"], &["down"], &["init", "--force"], &["up", "--wait-timeout", "60"]];
    for command in pairs {
        let (one, other) = both(&it, command, command);
        for said in [one, other] {
            assert_eq!(said.code, Some(0), "{command:?}\n{}\n{}", said.out, said.err);
        }
        match command[0] {
            "up" | "apply" => is_running(&it),
            "down" => assert_eq!(container_ids().len(), 0),
            _ => {}
        }
    }
    let (one, other) = both(&it, &["down", "--volumes"], &["down", "--volumes"]);
    one.done();
    other.done();
    let volumes = docker(&["volume", "ls", "--quiet", "--filter", "name=monitor_clawker-"]).done().out;
    assert_eq!(volumes, "");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_second_up_follows_the_first_and_ends_with_its_result() {
    let mut it = Installation::new();
    it.use_image(Service::Loki, SLOW);
    it.run(&["init"]).done();
    let first = starting(&it, &["up"]);
    let second = it.run(&["up", "--json"]).done().json();
    assert_eq!((second["state"].as_str(), second["process"].as_u64()), (Some("done"), Some(first.id().into())));
    assert_eq!(second["steps"].as_array().map(Vec::len), Some(6), "{second:#}");
    is_running(&it);
    it.run(&["down"]).done();

    it.use_image(Service::Loki, NEVER);
    it.run(&["init", "--force"]).done();
    let _first = starting(&it, &["up", "--wait-timeout", "4"]);
    let began = Instant::now();
    let second = it.run(&["up"]);
    assert_eq!(second.code, Some(1));
    assert!(second.err.contains("following: process ") && second.err.contains("Loki: failed"), "{}", second.err);
    assert!(second.err.contains("error: Loki is running but was not ready after 4 s"), "{}", second.err);
    assert!(began.elapsed() < Duration::from_secs(60), "it waited for itself");
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn another_action_says_who_works_or_waits() {
    let mut it = Installation::new();
    it.use_image(Service::Loki, SLOW);
    it.run(&["init"]).done();
    let up = starting(&it, &["up"]);
    let who = format!("error: process {} is starting the stack (since 2", up.id());
    for command in [&["down"][..], &["init", "--force"], &["apply"], &["down", "--volumes"]] {
        let refused = it.run(command);
        assert_eq!(refused.code, Some(1), "{command:?}");
        assert!(refused.err.contains(&who), "{command:?}: {}", refused.err);
        assert!(refused.err.contains("hint: ") && refused.err.contains("`--wait`"), "{command:?}: {}", refused.err);
    }
    let status = it.run(&["status"]).done().out;
    assert!(status.contains(&format!("In progress: process {} is starting the stack", up.id())), "{status}");
    let down = it.run(&["down", "--wait"]).done();
    assert!(down.err.contains("waiting: process "), "{}", down.err);
    assert!(down.out.contains("Removed 6 containers."), "{}", down.out);
    up.line("its own success", |line| line.contains("Loki: ready"));
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_killed_process_releases_the_lock_and_a_follower_takes_over() {
    let mut it = Installation::new();
    it.use_image(Service::Loki, SLOW);
    it.run(&["init"]).done();
    let first = starting(&it, &["up"]);
    let second = Running::reading_stderr(it.command(&["up"]));
    second.line("that it follows", |line| line.contains("following: process "));
    first.kill();
    second.line("its own start", |line| line.contains("Loki: ready"));
    assert!(second.ended().success());
    is_running(&it);

    let killed = Running::reading_stderr(it.command(&["down"]));
    killed.line("the first stop", |line| line.contains("stopping"));
    killed.kill();
    // The Engine still ends the stop that it was asked for, so `up` alone could meet a container that is about to end.
    it.run(&["down"]).done();
    it.run(&["up"]).done();
    is_running(&it);
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_command_line_beside_the_panel() {
    let mut it = Installation::new();
    it.use_image(Service::Loki, SLOW);
    it.run(&["init"]).done();
    let panel = Panel::start(&it);
    let up = starting(&it, &["up"]);
    panel.shows(&format!("Process {} is doing this, outside of this panel.", up.id()));
    let answered = panel.post("stop-stack");
    assert_eq!((answered["kind"].as_str(), answered["process"].as_u64()), (Some("up"), Some(up.id().into())));
    panel.shows("All six services are ready.");
    assert!(up.ended().success());

    it.run(&["down"]).done();
    let own = panel.post("start-stack");
    assert_eq!((own["kind"].as_str(), own.get("process")), (Some("up"), None));
    let refused = it.run(&["down"]);
    assert!(refused.err.contains("is starting the stack (since "), "{}", refused.err);
    it.run(&["up"]).done();
    is_running(&it);
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn two_panels_on_one_folder() {
    let mut it = Installation::new();
    it.use_image(Service::Loki, SLOW);
    it.run(&["init"]).done();
    let (one, other) = (Panel::start(&it), Panel::start(&it));
    assert_eq!(one.post("start-stack").get("process"), None);
    let answered = other.post("stop-stack");
    assert_eq!((answered["kind"].as_str(), answered["process"].is_u64()), (Some("up"), true));
    other.shows("is doing this, outside of this panel.");
    for panel in [&one, &other] {
        panel.shows("All six services are ready.");
    }
    is_running(&it);
    assert_eq!(other.post("stop-stack").get("process"), None);
    one.shows("The stack is stopped.");
    assert_eq!(container_ids().len(), 0);
}
