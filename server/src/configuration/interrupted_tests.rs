//! A process that is killed, and a disk that is full or hangs, at each moment at which something is written: what is found
//! afterwards. A killed process is a real one: the test runs itself as a child, which aborts.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use monitor_core::settings::Change;

use super::{
    write_points::{Fault, fail_at, never_fail, passed},
    *,
};

const OLD: &str = "monitoring:\n  grafana_port: 3001\n";
const NEW: &str = "monitoring:\n  grafana_port: 3002\n";
/// A file that somebody edited.
const EDITED: &str = "loki-config.yaml";

/// Something that writes files, and what is there before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    /// The first `init`.
    Initialize,
    /// Settings have changed, and `apply` updates the files.
    Apply,
    /// The same, after an earlier `apply` was interrupted.
    ApplyAgain,
    /// `init --force`, which replaces an edited file.
    Replace,
    /// A failed `apply --replace-edited` brings the old files back.
    RollBack,
    /// `settings set`.
    Set,
    /// The first `settings set`.
    SetFirst,
    /// A failed *Apply* takes its change of the settings back.
    Undo,
}

const SCENARIOS: [Scenario; 8] = [
    Scenario::Initialize,
    Scenario::Apply,
    Scenario::ApplyAgain,
    Scenario::Replace,
    Scenario::RollBack,
    Scenario::Set,
    Scenario::SetFirst,
    Scenario::Undo,
];

fn configuration(home: &Path) -> Configuration {
    let paths = Paths { settings_file: home.join("config/settings.yaml"), directory: home.join("data/monitor") };
    Configuration::new(paths, "/var/run/docker.sock".into())
}

fn write(configuration: &Configuration, overwrite: Overwrite) -> Result<(), StackError> {
    configuration.write_files(overwrite, |_| Ok(()))
}

impl Scenario {
    fn edits(self) -> bool {
        matches!(self, Scenario::Replace | Scenario::RollBack)
    }

    /// What is there before. Then `run` meets the fault.
    fn prepare(self, home: &Path) {
        let it = configuration(home);
        fs::create_dir_all(home.join("config")).unwrap();
        if self != Scenario::SetFirst {
            fs::write(home.join("config/settings.yaml"), OLD).unwrap();
        }
        if matches!(self, Scenario::Initialize | Scenario::Set | Scenario::SetFirst | Scenario::Undo) {
            return;
        }
        write(&it, Overwrite::Nothing).unwrap();
        if self.edits() {
            fs::write(it.path_of(EDITED), "mine").unwrap();
        }
        fs::write(home.join("config/settings.yaml"), NEW).unwrap();
        if self == Scenario::ApplyAgain {
            // Some of the files are written, and nothing says so.
            fail_at(Fault::FullDisk, 9);
            write(&it, Overwrite::Outdated).unwrap_err();
            never_fail();
            fs::write(home.join("config/settings.yaml"), NEW.replace("3002", "3003")).unwrap();
        }
    }

    fn run(self, it: &Configuration, fault: Fault, point: u32) -> Result<(), StackError> {
        let change = [Change::set("loki_port", "3101")];
        match self {
            Scenario::RollBack => {
                let backup = it.back_up_files().unwrap();
                write(it, Overwrite::Everything).unwrap();
                fail_at(fault, point);
                it.restore_files(&backup)
            }
            Scenario::Undo => {
                let saved = it.change_settings(&change).unwrap();
                fail_at(fault, point);
                it.undo_save(&saved)
            }
            _ => {
                fail_at(fault, point);
                match self {
                    Scenario::Set | Scenario::SetFirst => it.change_settings(&change).map(drop),
                    Scenario::Replace => write(it, Overwrite::Everything),
                    _ => write(it, Overwrite::Outdated),
                }
            }
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// What a fresh start finds.
fn check(scenario: Scenario, home: &Path, when: &str) {
    let it = configuration(home);
    let text = fs::read_to_string(home.join("config/settings.yaml")).unwrap_or_default();
    let with_change = |before: &str| format!("{before}  loki_port: 3101\n");
    let expected = match scenario {
        Scenario::Set | Scenario::Undo => vec![OLD.to_owned(), with_change(OLD)],
        Scenario::SetFirst => vec![String::new(), with_change("monitoring:\n")],
        _ => vec![text.clone()],
    };
    assert!(expected.contains(&text), "{when}: the settings are {text:?}");

    let states: BTreeMap<String, FileState> =
        it.files().unwrap().into_iter().map(|file| (file.name, file.state)).collect();
    for (name, state) in &states {
        if scenario.edits() && name == EDITED {
            let backups = names(&it.paths.directory).into_iter().filter(|it| it.starts_with(EDITED) && it != EDITED);
            let kept = backups.chain([EDITED.to_owned()]).any(|name| fs::read(it.path_of(&name)).unwrap() == b"mine");
            assert!(kept, "{when}: what somebody wrote is lost; {name} is {state:?}");
        } else {
            assert_ne!(*state, FileState::Edited, "{when}: {name} was written here");
        }
    }
    // The next attempt ends well, whatever was left.
    if it.paths.directory.exists() {
        write(&it, Overwrite::Outdated).unwrap();
        let left = it.files().unwrap().into_iter().filter(|file| file.state != FileState::Current);
        assert!(left.into_iter().all(|file| scenario.edits() && file.name == EDITED), "{when}");
        assert_eq!(it.written_from(), it.settings().ok(), "{when}");
        let ledger = fs::read_to_string(it.path_of(".generated.json")).unwrap();
        assert!(!ledger.contains("intended"), "{when}: {ledger}");
    }
    it.change_settings(&[Change::set("jaeger_port", "16687")]).unwrap();
}

/// Each scenario with the fault at each of its points. `interrupt` returns whether the fault happened.
fn at_each_point(fault: Fault, interrupt: impl Fn(Scenario, &Path, u32) -> bool) {
    for scenario in SCENARIOS {
        let mut points = 0;
        // To wait for a disk takes time.
        let step = if fault == Fault::Hang { 3 } else { 1 };
        for point in (1..).step_by(step) {
            let home = tempfile::tempdir().unwrap();
            scenario.prepare(home.path());
            if !interrupt(scenario, home.path(), point) {
                break;
            }
            points = point;
            check(scenario, home.path(), &format!("{scenario:?}, {fault:?} at {point}"));
        }
        let least = if fault == Fault::Hang { 1 } else { 2 };
        assert!(points >= least, "{scenario:?} has only {points} write points");
    }
}

const CHILD: &str = "MONITOR_TEST_KILLED_CHILD";

#[test]
fn a_process_killed_at_any_moment_leaves_nothing_that_looks_edited() {
    const NAME: &str =
        "configuration::interrupted_tests::a_process_killed_at_any_moment_leaves_nothing_that_looks_edited";
    if let Ok(words) = env::var(CHILD) {
        let mut words = words.splitn(3, ' ');
        let (scenario, point) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
        let scenario = SCENARIOS.into_iter().find(|it| format!("{it:?}") == scenario).unwrap();
        scenario.run(&configuration(Path::new(words.next().unwrap())), Fault::Kill, point).unwrap();
        return;
    }
    at_each_point(Fault::Kill, |scenario, home, point| {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args([NAME, "--exact", "--quiet"]).env(CHILD, format!("{scenario:?} {point} {}", home.display()));
        let output = child.output().unwrap();
        let was_killed = !output.status.success();
        if was_killed {
            use std::os::unix::process::ExitStatusExt;
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.signal(), Some(6), "{scenario:?} at {point}: {said}");
        }
        was_killed
    });
}

#[test]
fn a_full_disk_at_any_moment_is_reported_and_leaves_nothing_behind() {
    for fault in [Fault::FullDisk, Fault::OneFailure] {
        at_each_point(fault, |scenario, home, point| {
            let config = home.join("config");
            let before = names(&config);
            let outcome = scenario.run(&configuration(home), fault, point);
            let happened = passed() >= point;
            never_fail();
            if happened {
                let error = outcome.expect_err("the disk was full");
                assert!(error.to_string().contains("the disk is full"), "{scenario:?} at {point}: {error}");
                let left = [config, home.join("data/monitor")].iter().flat_map(|it| names(it)).collect::<Vec<_>>();
                assert!(left.iter().all(|name| !name.ends_with(".tmp")), "{scenario:?} at {point}: {left:?}");
                if scenario == Scenario::Set {
                    assert_eq!(names(&home.join("config")), before, "no backup of what was not replaced");
                }
            }
            happened
        });
    }
}

#[test]
fn a_disk_that_hangs_at_any_moment_is_given_up_and_said_to_hang() {
    const LIMIT: Duration = Duration::from_millis(250);
    at_each_point(Fault::Hang, |scenario, home, point| {
        let mut it = configuration(home);
        it.files = FileAccess::with_patience(Duration::from_secs(2), LIMIT);
        let began = Instant::now();
        let outcome = scenario.run(&it, Fault::Hang, point);
        let waited = began.elapsed();
        let happened = passed() >= point;
        never_fail();
        if happened {
            let error = outcome.expect_err("the disk hangs");
            let said =
                matches!(&error, StackError::File { detail, .. } if detail.starts_with("its disk did not answer"));
            assert!(said, "{scenario:?} at {point}: {error}");
            assert!(waited < Duration::from_secs(10), "{scenario:?} at {point}: {waited:?}");
            // What was given up ends now, and is not in the way of what is found afterwards.
            while it.watched_folders().iter().any(|folder| it.files.is_overdue(folder)) {
                assert!(began.elapsed() < Duration::from_secs(60), "{scenario:?} at {point} still hangs");
                sleep(Duration::from_millis(1));
            }
        }
        happened
    });
}

#[test]
fn what_a_killed_process_left_is_removed_later_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    Scenario::Set.prepare(home.path());
    let it = configuration(home.path());
    let config = home.path().join("config");
    let made = fs::metadata(config.join("settings.yaml")).unwrap().modified().unwrap();
    let old = made - Duration::from_secs(120);
    for (name, is_old) in [
        (".clawker-monitor-AbCdEf.tmp", true),
        (".clawker-monitor-new.tmp", false),
        (".tmpAbCdEf", true),
        ("settings.yaml.mine", true),
        (".clawker-monitor-folder.tmp", true),
    ] {
        if name.contains("folder") {
            fs::create_dir(config.join(name)).unwrap();
            continue;
        }
        let file = fs::File::create(config.join(name)).unwrap();
        if is_old {
            file.set_modified(old).unwrap();
        }
    }
    let rest = [
        ".clawker-monitor-folder.tmp",
        ".clawker-monitor-new.tmp",
        ".tmpAbCdEf",
        "settings.yaml",
        "settings.yaml.mine",
    ];
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    it.tidy_up();
    assert_eq!(sorted(names(&config)), rest);
    fs::File::create(config.join(".clawker-monitor-AbCdEf.tmp")).unwrap().set_modified(old).unwrap();
    it.change_settings(&[Change::set("loki_port", "3101")]).unwrap();
    assert!(!config.join(".clawker-monitor-AbCdEf.tmp").exists(), "the next save removes it as well");
}

#[test]
fn ten_backups_of_the_settings_are_kept() {
    let home = tempfile::tempdir().unwrap();
    Scenario::Set.prepare(home.path());
    let config = home.path().join("config");
    let others = ["settings.yaml.bak", "settings.yaml.2020-01-01.bak", "settings.yaml.2020-01-01T00-00-00.mine"];
    let old = ["settings.yaml.2020-01-01T00-00-00.bak", "settings.yaml.2020-01-01T00-00-00-12.bak"];
    for name in others.into_iter().chain(old) {
        fs::write(config.join(name), "x").unwrap();
    }
    let it = configuration(home.path());
    for port in 4001..4016 {
        it.change_settings(&[Change::set("loki_port", port.to_string())]).unwrap();
    }
    let left = names(&config);
    assert!(others.iter().all(|name| left.iter().any(|it| it == name)), "{left:?}");
    assert!(old.iter().all(|name| left.iter().all(|it| it != name)), "{left:?}");
    assert_eq!(left.len(), others.len() + 1 + 10, "{left:?}");
    // The newest ones: 4005 was replaced by 4006, and so on up to 4014.
    let texts: String = left.iter().map(|name| fs::read_to_string(config.join(name)).unwrap()).collect();
    for port in 4005..4016 {
        assert!(texts.contains(&port.to_string()), "{port}: {texts}");
    }
}
