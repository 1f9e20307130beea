//! Random mutations of text from outside: no reader panics, and what must hold holds. Everything follows from the seed, so
//! that a failure is one for good. `cargo xtask test --long` runs more of them, and `fuzz/` looks for inputs by coverage.

#![cfg(feature = "engine")]

#[path = "support/foreign.rs"]
mod foreign;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many mutated texts each test reads.
const TEXTS: u64 = match option_env!("MONITOR_TEST_FILES") {
    None => 4_000,
    // The long mode counts settings files; texts are shorter.
    Some(text) => match u64::from_str_radix(text, 10) {
        Ok(files) => files * 20,
        Err(_) => panic!("MONITOR_TEST_FILES is not a number"),
    },
};

/// Numbers from a seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let random = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        (random % limit.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Some pieces of one of the texts, repeated, moved, removed, and with pieces of the others put in.
fn mutated(dice: &mut Dice, texts: &[&str], pieces: &[&str]) -> String {
    let mut text: Vec<char> = dice.of(texts).chars().collect();
    for _ in 0..=dice.below(6) {
        let (at, other) = (dice.below(text.len() + 1), dice.below(text.len() + 1));
        let (start, end) = (at.min(other), at.max(other));
        match dice.below(6) {
            0 => drop(text.drain(start..end.min(start + 8))),
            1 => drop(text.splice(start..start, dice.of(pieces).chars())),
            2 => {
                let piece: Vec<char> = text[start..end].to_vec();
                text.splice(end..end, piece);
            }
            3 => {
                let piece = dice.of(pieces).repeat(1 + dice.below(40));
                text.splice(start..start, piece.chars());
            }
            4 => text.splice(start..end, dice.of(texts).chars().take(60)).for_each(drop),
            _ => {
                if let Some(letter) = text.get_mut(at) {
                    *letter =
                        *dice.of(&['\0', '\t', ' ', '\n', '\u{85}', '\u{2028}', '\u{feff}', 'é', '"', '\'', ':', '0']);
                }
            }
        }
        text.truncate(20_000);
    }
    text.into_iter().collect()
}

fn on_mutations(check: fn(&str), texts: &[&str], pieces: &[&str]) {
    for seed in 1..=TEXTS {
        let text = mutated(&mut Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1), texts, pieces);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&text))) {
            eprintln!("seed {seed}: {text:?}");
            std::panic::resume_unwind(panic);
        }
    }
}

const YAML: &[&str] = &[
    "# mine\nlogging: {level: debug}\nmonitoring:\n  grafana_port: 3001 # here\n  telemetry:\n    log_user_prompts: true\n",
    "monitoring: {loki_port: 3101, telemetry: {log_tool_details: 'no'}, images: {loki: \"a/b:1\"}}\n",
    "x: &x {loki_port: 3101}\nmonitoring:\n  <<: *x\n  grafana_port: 0x0bb9\n---\nother: 1\n",
    "%YAML 1.2\n---\nmonitoring:\n    bind_address: |\n      127.0.0.1\n    retention: !!map\n        logs: 8w\n...\n",
    "agent:\n  env:\n    OTEL_LOGS_EXPORTER: none\n  env_file: [.env, ../x]\n  from_env:\n  - OTEL_A\nbuild:\n  instructions:\n    env: {OTEL_B: 1}\n",
    "projects:\n  - name: a\n    root: /p/a\n  - root: /p/b\n",
    "{\"env\": {\"OTEL_LOGS_EXPORTER\": \"none\", \"CLAUDE_CODE_ENABLE_TELEMETRY\": 1}}",
    "{\n  \"model\": \"opus\",\n  \"env\": {\n    \"A\": \"1\",\n    \"OTEL_LOGS_EXPORTER\": \"none\"\n  }\n}\n",
    "{\"hooks\": [{\"env\": {}}], \"env\" : { }}",
    "monitoring:\r\n  loki_port: 3101\r\n\r\n# end",
];

const YAML_PIECES: &[&str] = &[
    "- ",
    "? ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "!!str ",
    "!<x> ",
    "|\n",
    ">-\n",
    "\"",
    "'",
    "\\",
    "#",
    "\t",
    "\n",
    "\r\n",
    "  ",
    "---\n",
    "...\n",
    "<<: ",
    "%TAG ! x\n",
    "monitoring:\n",
    "telemetry:",
    "loki_port: ",
    ",",
    "\u{feff}",
    "~",
    "null",
    "é",
];

#[test]
fn mutated_files_are_read_without_a_panic() {
    on_mutations(foreign::read_files, YAML, YAML_PIECES);
}

#[test]
fn mutated_settings_are_edited_as_asked_or_refused() {
    on_mutations(foreign::edit_settings, YAML, YAML_PIECES);
}

#[test]
fn mutated_answers_of_stores_are_converted_without_a_panic() {
    const ANSWERS: &[&str] = &[
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"project":"a","agent":"b"},"value":[1795.1,"3.5"]}]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2,"NaN"],[3,"+Inf"]]}]}}"#,
        r#"{"status":"success","data":{"resultType":"streams","result":[{"stream":{"event_name":"claude_code.tool_result","event_sequence":"7","tool_parameters":"{\"bash_command\":\"ls\"}","duration_ms":"12"},"values":[["1795000000000000000","x",{"structuredMetadata":{"a":"b"}}]]}]}}"#,
        r#"{"status":"error","error":"too many samples"}"#,
        "level=warn ts=2026 msg=\"discarded\" stream=\"{agent=\\\"b\\\", project=\\\"a\\\"}\" reason=rate_limited",
    ];
    const PIECES: &[&str] = &[
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "\"",
        "\\",
        "\\u0000",
        "\\ud800",
        "1e999",
        "-1",
        "NaN",
        "\"Inf\"",
        "null",
        "18446744073709551616",
        "\"event_name\":",
        "\"values\":[]",
        "é",
        "\n",
    ];
    on_mutations(foreign::convert_answer, ANSWERS, PIECES);
}

#[test]
fn mutated_logs_are_cleaned_without_a_panic() {
    const LINES: &[&str] = &[
        "2026-11-22T07:12:56.123456789Z level=error msg=\"failed to start\" err=\"x: y\"\n",
        "2026-11-22T07:12:56Z \u{1b}[31m{\"level\":\"fatal\",\"msg\":\"no\",\"error\":\"why\"}\u{1b}[0m\r\n",
        "2026-11-22T07:12:56.1Z\tError\tservice@v0.148.0\tcollector failed\t{\"error\": \"bind\"}\n",
        "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\n",
    ];
    const PIECES: &[&str] = &[
        "\u{1b}",
        "\u{1b}[",
        "\u{1b}]",
        "\u{1b}[999;999H",
        "m",
        "\u{7}",
        "\u{9b}",
        "\r",
        "\n",
        "\t",
        "level=",
        "\"level\":",
        "msg=\"",
        "error=",
        "{",
        "}",
        "\\\"",
        "é",
        "\u{202e}",
        "T",
        "Z ",
        "-",
    ];
    on_mutations(foreign::clean_log, LINES, PIECES);
}
