//! Every peer that the binary asks, and every way in which one can answer wrongly: it ends in time, with little memory, and
//! says what is wrong in a sentence of its own.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use axum::{body::Body, http::header::CONTENT_TYPE, response::Response};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::{
    engine,
    installation::{Said, command},
    liars::{Liar, Lie},
    limits::{MIB, limited, peak_memory},
};

/// The longest time a command may take with one peer that lies. Questions to an Engine have 15 s.
const LONGEST: Duration = Duration::from_secs(30);
/// The most memory it may need. Without a liar it is some 40 MiB, not optimized.
const MOST_MEMORY: u64 = 192 * MIB;
/// Protects the machine from a test that fails: 1 GB.
const MEMORY_LIMIT: &str = "ulimit -d 1000000";
/// The same for a panel: it may read 16 MiB of each of six answers of both stores at the same time.
const MOST_MEMORY_OF_PANEL: u64 = (2 * 6 * 16 + 96) * MIB;
/// The longest line it may print about one.
const LONGEST_LINE: usize = 2500;

/// What a command printed, and what it needed.
struct Measured {
    said: Said,
    took: Duration,
    peak: u64,
}

/// Runs the command to its end, and looks at its memory meanwhile.
fn measure(command: &Command) -> Measured {
    let began = Instant::now();
    let mut command = limited(MEMORY_LIMIT, command);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let read = |mut stream: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut text = String::new();
            stream.read_to_string(&mut text).map(|_| text).unwrap_or_default()
        })
    };
    let out = read(Box::new(child.stdout.take().unwrap()));
    let err = read(Box::new(child.stderr.take().unwrap()));
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        peak = peak.max(peak_memory(&child).unwrap_or(0));
        if began.elapsed() > 2 * LONGEST {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(5));
    };
    let said = Said { code: status.code(), out: out.join().unwrap(), err: err.join().unwrap() };
    Measured { said, took: began.elapsed(), peak }
}

/// What holds for every command and every peer.
fn check(what: &str, measured: &Measured) {
    let Measured { said, took, peak } = measured;
    assert!(*took < LONGEST, "{what}: {took:?}");
    assert!(*peak < MOST_MEMORY, "{what}: {} MiB", peak / MIB);
    assert!(said.code.is_some_and(|code| code < 2), "{what}: {:?} {}", said.code, said.err);
    assert!(!said.err.contains("panicked"), "{what}: {}", said.err);
    let longest = said.err.lines().chain(said.out.lines()).map(str::len).max();
    assert!(longest < Some(LONGEST_LINE), "{what}: a line of {longest:?} bytes");
}

/// Does this for every lie, so many at the same time: most of them only wait.
fn for_each_lie(at_once: usize, test: impl Fn(Lie) + Sync) {
    let test = &test;
    for lies in Lie::ALL.chunks(at_once) {
        thread::scope(|scope| {
            let tests: Vec<_> = lies.iter().map(|lie| (lie, scope.spawn(move || test(*lie)))).collect();
            for (lie, test) in tests {
                assert!(test.join().is_ok(), "{lie:?} failed");
            }
        });
    }
}

#[test]
fn an_engine_that_lies_is_given_up_and_named() {
    for_each_lie(Lie::ALL.len(), |lie| {
        let folder = tempfile::tempdir().unwrap();
        let liar = Liar::new(lie);
        let engine = liar.listen_as_engine(folder.path());
        for arguments in [&["status"][..], &["agents", "--json"]] {
            let measured = measure(&command(folder.path(), &engine, arguments));
            let what = format!("{lie:?}, {arguments:?}");
            check(&what, &measured);
            assert_eq!(measured.said.code, Some(1), "{what}: {}", measured.said.out);
            let err = &measured.said.err;
            assert!(err.starts_with("error: ") && err.contains("\nhint: "), "{what}: {err}");
            let is_silent = matches!(lie, Lie::Silent | Lie::SlowHead | Lie::SlowBody);
            let words = if is_silent { "has not answered for" } else { "ocker" };
            assert!(err.contains(words), "{what}: {err}");
        }
        assert_eq!(liar.visitors(), 0, "{lie:?}: a redirect was followed");
    });
}

#[test]
fn an_engine_that_lies_after_it_gave_its_version_is_given_up_and_named() {
    for_each_lie(Lie::ALL.len(), |lie| {
        let folder = tempfile::tempdir().unwrap();
        let liar = Liar::after_negotiation(lie);
        let engine = liar.listen_as_engine(folder.path());
        for arguments in [&["status"][..], &["agents", "--json"]] {
            let measured = measure(&command(folder.path(), &engine, arguments));
            let what = format!("{lie:?}, {arguments:?}");
            check(&what, &measured);
            assert_eq!(measured.said.code, Some(1), "{what}: {}", measured.said.out);
            let err = &measured.said.err;
            assert!(err.starts_with("error: ") && err.contains("ocker"), "{what}: {err}");
            let is_endless = matches!(lie, Lie::EndlessBody | Lie::EndlessError | Lie::HugeLength);
            let words = "the answer is longer than";
            assert!(!is_endless || err.contains(words), "{what}: {err}");
        }
        assert_eq!(liar.visitors(), 0, "{lie:?}: a redirect was followed");
    });
}

/// Runs this container of the stack, with its port on the host.
fn running(service: &str, directory: &str, ports: &[u16]) -> Value {
    let ports: Vec<Value> = ports
        .iter()
        .map(|port| json!({ "IP": "127.0.0.1", "PrivatePort": 3100, "PublicPort": port, "Type": "tcp" }))
        .collect();
    json!({
        "Id": service, "Names": [format!("/{service}")], "Image": "i", "ImageID": "i", "State": "running",
        "Labels": {
            "com.docker.compose.project": "monitor", "com.docker.compose.project.working_dir": directory,
            "com.docker.compose.service": service,
        },
        "Ports": ports,
    })
}

/// An honest Engine on which Loki, Prometheus and Grafana run at this port, and one agent.
pub fn honest_engine(folder: &Path, port: u16) -> String {
    let directory = folder.join("data/monitor").display().to_string();
    let services = ["loki", "prometheus", "grafana"];
    engine::start(
        folder,
        Box::new(move |path| {
            let labels = json!({
                "dev.clawker.purpose": "agent", "dev.clawker.project": "demo", "dev.clawker.agent": "dev",
            });
            let agent = json!({
                "Id": "dev", "Names": ["/clawker.demo.dev"], "Image": "i", "ImageID": "i", "State": "running",
                "Labels": labels,
            });
            let inspected = |name: &str, labels: &Value| {
                engine::document(&json!({
                    "Id": name.rsplit('.').next(), "Name": format!("/{name}"), "Created": "2026-11-22T07:12:56Z",
                    "State": { "Status": "running", "StartedAt": "2026-11-22T07:12:56Z" },
                    "Config": { "Image": "i", "Labels": labels },
                }))
            };
            let name = path.strip_prefix("/containers/").and_then(|rest| rest.strip_suffix("/json"));
            Some(match (path, name) {
                ("/containers/json", _) => {
                    let listed = services.iter().map(|service| running(service, &directory, &[port]));
                    engine::document(&listed.chain([agent]).collect())
                }
                ("/events", _) => Response::new(Body::from_stream(stream::pending::<std::io::Result<String>>())),
                (_, Some("dev" | "clawker.demo.dev")) => inspected("clawker.demo.dev", &labels),
                (_, Some(name)) if services.contains(&name) => {
                    inspected(name, &running(name, &directory, &[])["Labels"])
                }
                _ => return None,
            })
        }),
    )
}

#[test]
fn services_that_lie_about_their_readiness_are_not_ready_and_say_why() {
    for_each_lie(Lie::ALL.len(), |lie| {
        let folder = tempfile::tempdir().unwrap();
        let liar = Liar::new(lie);
        let engine = honest_engine(folder.path(), liar.listen());
        let measured = measure(&command(folder.path(), &engine, &["status", "--json"]));
        check(&format!("{lie:?}"), &measured);
        assert!(measured.took < Duration::from_secs(20), "{lie:?}: {:?}", measured.took);
        let status = measured.said.json();
        let loki = status["services"].as_array().unwrap().iter().find(|it| it["service"] == "loki").unwrap();
        // What such an answer says besides its status is not asked for.
        assert_eq!(loki["ready"], lie.is_success(), "{lie:?}: {loki}");
        let why = loki["waiting_for"].as_str().unwrap_or_default();
        assert!(lie.is_success() || (5..200).contains(&why.len()), "{lie:?}: {loki}");
        let is_silent = matches!(lie, Lie::Silent | Lie::SlowHead);
        assert!(!is_silent || why.contains("no answer on port"), "{lie:?}: {why}");
        assert_eq!(liar.visitors(), 0, "{lie:?}: a redirect was followed");
    });
}

#[test]
fn stores_that_lie_leave_what_is_known_from_elsewhere() {
    for_each_lie(Lie::ALL.len(), |lie| {
        let folder = tempfile::tempdir().unwrap();
        let liar = Liar::new(lie);
        let engine = honest_engine(folder.path(), liar.listen());
        let measured = measure(&command(folder.path(), &engine, &["agents", "--json"]));
        check(&format!("{lie:?}"), &measured);
        let report = measured.said.json();
        let agent = &report["agents"][0];
        assert_eq!(agent["container"], "clawker.demo.dev", "{lie:?}: {report}");
        assert!(agent["last_seen_unknown"] == true && agent["verdict"].is_string(), "{lie:?}: {agent}");
        assert_eq!(liar.visitors(), 0, "{lie:?}: a redirect was followed");
    });
}

/// A panel that is served. Its log is in the folder.
pub struct Panel {
    pub child: Child,
    address: String,
}

impl Panel {
    pub fn start(folder: &Path, engine: &str) -> Panel {
        let serve = command(folder, engine, &["serve", "--listen", "127.0.0.1:0"]);
        let mut serve = limited(MEMORY_LIMIT, &serve);
        let log = fs::File::create(folder.join("log")).unwrap();
        let mut child = serve.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Panel { child, address }
    }

    /// The status and the body of a page, and how long it took.
    pub fn get(&self, path: &str) -> (String, Duration) {
        let began = Instant::now();
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.set_read_timeout(Some(LONGEST)).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn pages_come_soon_whatever_services_and_stores_answer() {
    for_each_lie(3, |lie| {
        let folder = tempfile::tempdir().unwrap();
        let liar = Liar::new(lie);
        let engine = honest_engine(folder.path(), liar.listen());
        let panel = Panel::start(folder.path(), &engine);
        for path in ["/", "/agents", "/agents/clawker.demo.dev", "/"] {
            let (answer, took) = panel.get(path);
            assert!(answer.starts_with("HTTP/1.1 200 "), "{lie:?}, {path}: {answer:.200}");
            // The stores have 250 ms; the rest is for a machine that does many things at once.
            assert!(took < Duration::from_secs(5), "{lie:?}, {path}: {took:?}");
        }
        let peak = peak_memory(&panel.child).unwrap();
        assert!(peak < MOST_MEMORY_OF_PANEL, "{lie:?}: {} MiB", peak / MIB);
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(!log.contains("panicked"), "{lie:?}: {log}");
        assert_eq!(liar.visitors(), 0, "{lie:?}: a redirect was followed");
    });
}

/// The registry speaks through the Engine, in a stream of documents.
#[test]
fn a_registry_that_lies_fails_the_pull_with_a_sentence() {
    let endless = || stream::repeat("x".repeat(1 << 14)).map(Ok::<_, std::io::Error>).boxed();
    let once = |text: String| stream::once(async move { Ok::<_, std::io::Error>(text) }).boxed();
    type Lie = Arc<dyn Fn() -> stream::BoxStream<'static, std::io::Result<String>> + Send + Sync>;
    let lies: [(&str, Lie); 6] = [
        ("endless", Arc::new(endless)),
        ("a web page", Arc::new(move || once("<html>".repeat(100_000)))),
        ("half a document", Arc::new(move || once(r#"{"status":"Pulling"#.into()))),
        ("a deep document", Arc::new(move || once("[".repeat(200_000)))),
        (
            "a huge error",
            Arc::new(move || once(json!({ "errorDetail": { "message": "x".repeat(1 << 22) } }).to_string())),
        ),
        ("another document", Arc::new(move || once(r#"[7]"#.into()))),
    ];
    thread::scope(|scope| {
        for (name, lie) in lies {
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let lie = Arc::clone(&lie);
                let engine = engine::start(
                    folder.path(),
                    Box::new(move |path| {
                        let answer = || {
                            let mut answer = Response::new(Body::from_stream(lie()));
                            answer.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
                            answer
                        };
                        (path == "/images/create").then(answer)
                    }),
                );
                assert_eq!(Said::of(&mut command(folder.path(), &engine, &["init"])).code, Some(0));
                let measured = measure(&command(folder.path(), &engine, &["up"]));
                check(name, &measured);
                let err = &measured.said.err;
                assert!(measured.said.code == Some(1) && err.contains("could not be pulled"), "{name}: {err}");
            });
        }
    });
}
