//! Somebody who does what they like with the stack's containers. Whatever they do, the live stream, the page and the command
//! line say what the Engine says.

use std::{
    collections::BTreeMap,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use monitor_core::{
    live::{LiveEvent, Snapshot},
    service::Service,
    status::{ContainerState, StackState},
    timestamp::Timestamp,
};

use crate::{
    installation::{Installation, Said, docker},
    process::Running,
};

/// How many operations, if `MONITOR_TEST_OPERATIONS` does not say it.
const OPERATIONS: u32 = 500;
/// When the stream is compared with the Engine, counted from the end of an operation.
const AGES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(1000)];
/// How many operations are between two comparisons of the page and the command line.
const EVERY: u32 = 25;

type States = BTreeMap<Service, ContainerState>;

/// What the Engine says. Another container of a service is not the service's.
fn states_of_engine() -> States {
    let mut arguments = vec!["ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.State}}"];
    let filters: Vec<String> = Service::ALL.iter().map(|service| format!("name=^/{service}$")).collect();
    arguments.extend(filters.iter().flat_map(|filter| ["--filter", filter.as_str()]));
    let listed = docker(&arguments).done().out;
    let found: BTreeMap<&str, &str> = listed.lines().filter_map(|line| line.split_once(' ')).collect();
    let state = |service: &Service| {
        found.get(service.name()).map_or(ContainerState::Missing, |state| ContainerState::from_name(state).unwrap())
    };
    Service::ALL.iter().map(|service| (*service, state(service))).collect()
}

/// A page that is open.
struct Page {
    stream: Running,
    snapshot: Snapshot,
}

impl Page {
    fn open(address: &str) -> Page {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--no-buffer", &format!("{address}/events")]);
        let stream = Running::reading_stdout(curl);
        let mut page = Page { stream, snapshot: Snapshot::unknown(Timestamp::from_unix_milliseconds(0)) };
        let begun = Instant::now();
        while page.snapshot.services.is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(10), "no snapshot arrives");
            page.take(Duration::from_millis(100));
        }
        page
    }

    /// Applies what arrives within that time.
    fn take(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while let Some(line) = self.stream.line_within(until.saturating_duration_since(Instant::now())) {
            let Some(data) = line.strip_prefix("data:") else { continue };
            match serde_json::from_str(data.trim()).unwrap_or_else(|error| panic!("{error}: {line}")) {
                LiveEvent::Hello { .. } => {}
                LiveEvent::Snapshot(snapshot) => self.snapshot = *snapshot,
                LiveEvent::Changes { changes, .. } => {
                    changes.into_iter().for_each(|change| self.snapshot.apply(change))
                }
            }
        }
    }

    fn states(&self) -> States {
        self.snapshot.services.iter().map(|status| (status.service, status.state)).collect()
    }
}

/// Pseudo-random numbers (xorshift), so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Most fail at times, because of the state that the container is in; that is as real as the rest.
fn operate(dice: &mut Dice, it: &Installation) -> String {
    let service = Service::ALL[dice.below(Service::ALL.len())].name();
    let operations: [&[&str]; 11] = [
        &["kill", service],
        &["stop", "--time", "0", service],
        &["start", service],
        &["start", service],
        &["pause", service],
        &["unpause", service],
        &["unpause", service],
        &["restart", "--time", "0", service],
        &["network", "disconnect", "clawker-net", service],
        &["network", "connect", "clawker-net", service],
        &["rm", "--force", service],
    ];
    // A stack that is gone has nothing to operate on.
    let missing = states_of_engine().values().filter(|state| **state == ContainerState::Missing).count();
    if missing > 2 || dice.below(40) == 0 {
        it.run(&["up", "--wait-timeout", "30"]);
        return "up".into();
    }
    let operation = operations[dice.below(operations.len())];
    docker(operation);
    operation.join(" ")
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn whatever_happens_to_containers_every_surface_agrees_with_the_engine() {
    let operations = std::env::var("MONITOR_TEST_OPERATIONS").map_or(OPERATIONS, |number| number.parse().unwrap());
    let it = Installation::new();
    it.up().done();
    let panel = Running::reading_stdout(it.command(&["serve", "--listen", "127.0.0.1:0"]));
    let line = panel.line("the address", |line| line.starts_with("listening on "));
    let address = line.trim_start_matches("listening on ");
    let mut page = Page::open(address);
    let mut dice = Dice(20_261_129);
    let mut late = [0; AGES.len()];
    let mut history: Vec<String> = Vec::new();
    for number in 1..=operations {
        history.push(operate(&mut dice, &it));
        let starts = history.iter().rev().take_while(|operation| *operation == "up").count();
        assert!(starts < 20, "`up` brings nothing back, so nothing is operated on: {}", it.run(&["up"]).err);
        let ended = Instant::now();
        for (age, late) in AGES.iter().zip(&mut late) {
            page.take((ended + *age).saturating_duration_since(Instant::now()));
            let actual = states_of_engine();
            // What arrived while the Engine was asked is as current as its answer.
            page.take(Duration::ZERO);
            if page.states() == actual {
                break;
            }
            *late += 1;
            let recent = &history[history.len().saturating_sub(5)..];
            let is_last = *age == AGES[AGES.len() - 1];
            assert!(!is_last, "after {recent:?}:\nshown {:?}\nactual {actual:?}", page.states());
        }
        if number % EVERY == 0 {
            compare_all(&it, address, &mut page, &history);
        }
    }
    eprintln!("{operations} operations; disagreements after 100 ms, 300 ms, 1 s: {late:?}");
    it.run(&["up", "--wait-timeout", "30"]).done();
    let begun = Instant::now();
    while page.snapshot.stack != StackState::Running {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", page.snapshot.services);
        page.take(Duration::from_millis(50));
    }
}

/// Once nothing happens anymore, the page that is loaded and `status --json` say the same as the stream, readiness included.
fn compare_all(it: &Installation, address: &str, page: &mut Page, history: &[String]) {
    let recent = &history[history.len().saturating_sub(5)..];
    let begun = Instant::now();
    loop {
        let told = it.status();
        let html = Said::of(Command::new("curl").args(["--silent", "--show-error", address])).done().out;
        page.take(Duration::from_millis(200));
        let wrong: Vec<String> = page
            .snapshot
            .services
            .iter()
            .filter_map(|status| {
                let name = status.service.name();
                let row = format!("data-service=\"{name}\" data-state=\"{}\"", status.state.name());
                let of_command = told["services"].as_array().unwrap().iter().find(|told| told["service"] == name);
                let of_command = of_command.map(|told| (told["state"].as_str(), told["ready"].as_bool()));
                let agrees = html.contains(&row) && of_command == Some((Some(status.state.name()), Some(status.ready)));
                (!agrees).then(|| format!("{name}: {} ready={}, {of_command:?}", status.state.name(), status.ready))
            })
            .collect();
        if wrong.is_empty() {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "after {recent:?}: {wrong:#?}");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "needs the Docker Engine and the stand-in images; run by cargo xtask test"]
fn a_paused_service_goes_on_with_up_and_goes_away_with_down() {
    let it = Installation::new();
    it.up().done();
    docker(&["pause", "jaeger"]).done();
    assert_eq!(it.status()["stack"], "partial");
    it.run(&["up", "--wait-timeout", "30"]).done();
    assert_eq!(it.status()["stack"], "running");
    docker(&["pause", "loki"]).done();
    it.run(&["down"]).done();
    assert!(states_of_engine().values().all(|state| *state == ContainerState::Missing));
}
