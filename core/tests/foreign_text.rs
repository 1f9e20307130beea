//! Text that somebody else wrote never ends the process, and is never read for long: every reader of such text, on texts
//! that are nested, repeated or endless in every notation. A reader that calls itself for each level overflows its stack
//! here, which ends the test's process.

#![cfg(feature = "engine")]

use std::time::{Duration, Instant};

use monitor_core::{
    agents::{AgentSpec, ClawkerFile, SettingsFile, SettingsLayer, registered_projects},
    claude_settings,
    compose_env::ComposeEnv,
    compose_override::ComposeOverride,
    files::is_of_the_opensearch_generation,
    logs::{LogLine, failure_reason},
    settings::{self, Change},
    telemetry::{
        event::EventPosition,
        stores::{answers, loki_log::discarded_from},
    },
};

/// For one reader and one text, in a debug build on a busy machine. Without load, none takes a second.
const LIMIT: Duration = Duration::from_secs(10);
/// A quarter of the largest text that is read, in bytes.
const LONG: usize = 1 << 18;

type Reader = fn(&str);

/// Every reader of text from outside. A new one belongs here.
const READERS: &[(&str, Reader)] = &[
    ("settings::read", |text| drop(settings::read(text, "f"))),
    ("settings::read_values", |text| drop(settings::read_values(text, "f"))),
    ("settings::misspelled_keys", |text| drop(settings::misspelled_keys(text, "f"))),
    ("settings::check_limits", |text| drop(settings::check_limits(text, "f"))),
    ("settings::edit, setting", |text| {
        drop(settings::edit(text, &[Change::set("telemetry.log_user_prompts", "false")]));
    }),
    ("settings::edit, removing", |text| drop(settings::edit(text, &[Change::unset("loki_port")]))),
    ("AgentSpec::read", |text| {
        let file = ClawkerFile { path: "f".into(), text: Ok(text.to_owned()) };
        drop(AgentSpec::read(std::slice::from_ref(&file)).variables(&[file]));
    }),
    ("registered_projects", |text| drop(registered_projects(text))),
    // The cheap check that comes first must not hide the parser.
    ("is_of_the_opensearch_generation", |text| {
        is_of_the_opensearch_generation(&format!("#opensearch\n{text}"));
    }),
    ("ComposeOverride::read", |text| drop(ComposeOverride::read("f", text))),
    ("ComposeEnv::read", |text| drop(ComposeEnv::read(text, None))),
    ("SettingsFile::parse", |text| drop(SettingsFile::parse(SettingsLayer::User, "f", text))),
    ("SettingsFile::parse, in `env`", |text| {
        drop(SettingsFile::parse(SettingsLayer::User, "f", &format!("{{\"env\":{text}")));
    }),
    ("claude_settings::connect", |text| drop(claude_settings::connect(Some(text), &[], None))),
    ("claude_settings::connect, in `env`", |text| {
        drop(claude_settings::connect(Some(&format!("{{\"env\":{text}")), &[], None));
    }),
    ("answers::samples", |text| drop(answers::samples(text.as_bytes()))),
    ("answers::series", |text| drop(answers::series(text.as_bytes()))),
    ("answers::lines", |text| drop(answers::lines(text.as_bytes()))),
    ("answers::refusal", |text| drop(answers::refusal(text.as_bytes()))),
    ("answers::lines, in a stream", |text| {
        let body = format!("{{\"status\":\"success\",\"data\":{{\"result\":[{{\"stream\":{text}");
        drop(answers::lines(body.as_bytes()));
    }),
    ("discarded_from", |text| drop(discarded_from(std::iter::once(text)))),
    ("LogLine::from_engine", |text| drop(LogLine::from_engine(text))),
    ("failure_reason", |text| drop(failure_reason(&[text]))),
    ("failure_reason, of JSON", |text| drop(failure_reason(&[format!("{{\"level\":\"error\",\"msg\":{text}")]))),
    ("EventPosition::from_id", |text| {
        EventPosition::from_id(text);
    }),
];

/// What opens a level, and what closes it.
const LEVELS: &[(&str, &str)] = &[
    ("- ", ""),
    ("? ", ""),
    ("?\t", ""),
    ("- ? ", ""),
    ("[", ""),
    ("[", "]"),
    ("{", ""),
    ("{a: ", "}"),
    ("{\"a\":", "}"),
    ("[{a: ", "}]"),
    ("{? ", "}"),
    ("- &a ", ""),
    ("- !!seq ", ""),
    ("!a ", ""),
    ("&a ", ""),
    ("a: ", ""),
    ("[[],", "]"),
];

/// What can be repeated without end.
const REPEATED: &[&str] = &[
    "a",
    "-",
    "?",
    ":",
    "&a ",
    "*a ",
    "!",
    "%",
    "|",
    ">",
    "\"",
    "'",
    "\t",
    " ",
    "\n",
    "#",
    ",",
    "---\n",
    "...\n",
    "<<: ",
    "a: b\n",
    "- a\n",
    "{},",
    "\u{feff}",
    "\0",
    "\\",
    "é",
    "\r",
    "? a\n",
    "k: &a {x: y}\nl: *a\n",
    "- |\n a\n",
    "- \"\\n\"\n",
];

fn hostile_texts() -> Vec<String> {
    let mut texts = Vec::new();
    for (open, close) in LEVELS {
        for levels in [40, 6_000, 100_000] {
            let core = format!("{}{}", open.repeat(levels), close.repeat(levels));
            texts.push(core.clone());
            if levels == 6_000 {
                texts.push(format!("\u{feff}{core}"));
                texts.push(format!("x:\ty\n{core}"));
                texts.push(format!("monitoring:\n  loki_port: {core}"));
                texts.push(format!("monitoring:\n  telemetry:\n    {core}\n  loki_port: 3101\n"));
                texts.push(format!("a: 1\n---\n{core}"));
                texts.push(format!("agent:\n  env:\n    OTEL_A: {core}"));
            }
        }
    }
    for item in ["-", "?", "a:", "- -", "-\t"] {
        texts.push((0..1_400).map(|level| format!("{}{item}\n", " ".repeat(level))).collect());
    }
    for piece in REPEATED {
        for times in [30_000, LONG / piece.len()] {
            texts.push(piece.repeat(times));
            texts.push(format!("monitoring:\n  loki_port: {}", piece.repeat(times)));
        }
    }
    let aliases = |each: &str| {
        let level = |number: usize| format!("a{number}: &a{number} {}\n", each.replace('#', &(number - 1).to_string()));
        format!("a0: &a0 [x, y]\n{}", (1..200).map(level).collect::<String>())
    };
    for each in ["[*a#, *a#]", "[*a#]", "{<<: *a#}", "{? *a# : *a#}", "{<<: [*a#, *a#]}"] {
        texts.push(aliases(each));
        texts.push(format!("{}monitoring: *a199\n", aliases(each)));
    }
    texts
}

#[test]
fn no_reader_overflows_panics_or_reads_for_long() {
    let texts = hostile_texts();
    let mut slow = Vec::new();
    for (name, reader) in READERS {
        for text in &texts {
            let began = Instant::now();
            reader(text);
            let took = began.elapsed();
            if took > LIMIT {
                slow.push(format!("{name} took {took:?} for {} bytes: {text:.60?}", text.len()));
            }
        }
    }
    assert_eq!(slow, [""; 0]);
}
