//! Tool calls: decision, run, and result. Attributes, their order, and the size of inputs are as recorded.

use super::{
    metric::Metric,
    release::Release,
    script::{HAIKU, Mode, ScriptWriter},
    turn::Asker,
    value::{Attributes, as_text},
};

/// A running tool call.
struct Call {
    tool: &'static str,
    id: String,
    /// Keys and values of the input, in order.
    input: Vec<(&'static str, String)>,
    /// The value of `tool_parameters`, which Claude Code only sends for some tools.
    parameters: Option<String>,
}

/// Commands with their descriptions.
const COMMANDS: [(&str, &str); 5] = [
    ("echo hello > a.txt && cat a.txt", "write and read a file"),
    ("cargo test --quiet", "run the tests"),
    ("git diff --stat", "see what changed"),
    ("git commit -am \"Retry payments\"", "commit"),
    ("gh pr create --fill", "open a pull request"),
];
const FILES: [(&str, &str); 4] = [
    ("/workspace/demo/b.py", "Python"),
    ("/workspace/src/payment.rs", "Rust"),
    ("/workspace/web/cart.ts", "TypeScript"),
    ("/workspace/README.md", "Markdown"),
];

impl ScriptWriter<'_> {
    /// One tool call, or a subagent.
    pub(super) fn use_a_tool(&mut self) {
        match self.random.between(1, 100) {
            1..=40 => self.run_a_command(),
            41..=75 => self.edit_a_file(),
            76..=95 => self.read_something(),
            _ if self.is_newest_release() => self.send_a_subagent(),
            _ => self.read_something(),
        }
    }

    fn run_a_command(&mut self) {
        let failing = self.random.chance(120);
        let (command, purpose) = if failing { ("exit 3", "a failing command") } else { self.random.pick(&COMMANDS) };
        let word = command.split(' ').next().unwrap_or(command);
        let call = Call {
            tool: "Bash",
            id: self.tool_id(),
            input: vec![("command", command.to_owned()), ("description", purpose.to_owned())],
            parameters: Some(object(&[("bash_command", word), ("full_command", command), ("description", purpose)])),
        };
        if !self.decide(&call, None) {
            return;
        }
        self.finish(&call, (15, 40_000), if failing { Err(()) } else { Ok(Some(900)) });
        if !failing && command.starts_with("git commit") {
            self.add(Metric::Commits, Vec::new(), 1);
        }
        if !failing && command.starts_with("gh pr create") {
            self.add(Metric::PullRequests, Vec::new(), 1);
        }
    }

    fn edit_a_file(&mut self) {
        let (file, language) = self.random.pick(&FILES);
        let (added, removed) = (self.random.between(1, 60), self.random.between(0, 25));
        let writes = self.random.chance(500);
        let (tool, input) = if writes {
            let content: String = (1..=added).map(|line| format!("print({line})\n")).collect();
            ("Write", vec![("file_path", file.to_owned()), ("content", content)])
        } else {
            let of = |word: &str| format!("{word} of {file}");
            ("Edit", vec![("file_path", file.to_owned()), ("old_string", of("old")), ("new_string", of("new"))])
        };
        let call = Call { tool, id: self.tool_id(), input, parameters: None };
        if !self.decide(&call, Some(language)) {
            return;
        }
        self.wait(5, 20);
        let removed = if writes { 0 } else { removed };
        for (kind, count) in [("added", added), ("removed", removed)] {
            let mut attributes: Attributes = vec![("type", kind.into())];
            if self.is_newest_release() {
                attributes.push(("model", self.model.name.into()));
            }
            self.add(Metric::Lines, attributes, count);
        }
        self.finish(&call, (5, 120), Ok(Some(116)));
        if self.is_newest_release() && self.random.chance(250) {
            self.hook();
        }
    }

    fn read_something(&mut self) {
        let (tool, key, value) = self.random.pick(&[
            ("Read", "file_path", "/workspace/src/payment.rs"),
            ("Grep", "pattern", "fn retry"),
            ("Glob", "pattern", "**/*.toml"),
        ]);
        let call = Call { tool, id: self.tool_id(), input: vec![(key, value.to_owned())], parameters: None };
        if self.decide(&call, None) {
            let outcome = if self.random.chance(40) { Err(()) } else { Ok(Some(6000)) };
            self.finish(&call, (4, 900), outcome);
        }
    }

    /// A subagent sends a few requests to a smaller model, outside the conversation.
    fn send_a_subagent(&mut self) {
        let call = Call {
            tool: "Task",
            id: self.tool_id(),
            input: vec![
                ("description", "find the callers".to_owned()),
                ("subagent_type", "general-purpose".to_owned()),
            ],
            parameters: Some(object(&[("subagent_type", "general-purpose")])),
        };
        if !self.decide(&call, None) {
            return;
        }
        let (context, begun_ms) = (std::mem::replace(&mut self.context, 6000), self.at_ms);
        let times = self.random.between(1, 4);
        for _ in 0..times {
            self.ask(HAIKU, Asker::Subagent);
        }
        let attributes = vec![
            ("agent_type", "general-purpose".into()),
            ("agent.source", "built-in".into()),
            ("is_built_in", true.into()),
            ("is_async", false.into()),
            ("total_tokens", self.context.into()),
            ("total_tool_uses", times.into()),
            ("duration_ms", (self.at_ms - begun_ms).into()),
            ("model", HAIKU.name.into()),
            ("final_model", HAIKU.name.into()),
            ("model_swapped", false.into()),
        ];
        self.event("subagent_completed", attributes);
        self.context = context;
        self.finish(&call, (1, 9), Ok(Some(2000)));
    }

    /// Decides whether the tool may run. In a terminal the user is asked and sometimes rejects it.
    fn decide(&mut self, call: &Call, language: Option<&'static str>) -> bool {
        let (accepted, source) = match self.mode {
            Mode::Headless => (true, "config"),
            Mode::Interactive if self.random.chance(60) => (false, "user_reject"),
            Mode::Interactive => (true, self.random.pick(&["config", "user_temporary", "user_permanent"])),
        };
        if self.mode == Mode::Interactive && source != "config" {
            self.wait(1500, 30_000);
        }
        let decision = if accepted { "accept" } else { "reject" };
        if self.identity.release >= Release::V2_1_100 {
            if let Some(language) = language {
                self.add(
                    Metric::EditDecisions,
                    vec![
                        ("decision", decision.into()),
                        ("source", source.into()),
                        ("tool_name", call.tool.into()),
                        ("language", language.into()),
                    ],
                    1,
                );
            }
            let mut attributes: Attributes =
                vec![("decision", decision.into()), ("source", source.into()), ("tool_name", call.tool.into())];
            if self.is_newest_release() {
                attributes.push(("tool_use_id", call.id.clone().into()));
                attributes.push(("tool_source", "builtin".into()));
                attributes.extend(call.parameters.clone().map(|text| ("tool_parameters", text.into())));
                let mode = if self.mode == Mode::Headless { "bypassPermissions" } else { "default" };
                attributes.push(("permission_mode", mode.into()));
                attributes.push(("request_id", self.request_id()));
            }
            self.event("tool_decision", attributes);
        }
        accepted
    }

    /// Ends the tool call after a duration (milliseconds, from and to), with a result of at most this size in bytes, or
    /// a failure.
    fn finish(&mut self, call: &Call, (low_ms, high_ms): (u64, u64), outcome: Result<Option<u64>, ()>) {
        let release = self.identity.release;
        let duration = self.wait(low_ms, high_ms);
        let mut attributes: Attributes = vec![("tool_name", call.tool.into())];
        match release {
            Release::V2_1_330 => attributes.push(("tool_use_id", call.id.clone().into())),
            // As recorded: older releases send the call's ID if it failed.
            _ if outcome.is_err() => attributes.push(("use_id", call.id.clone().into())),
            _ => {}
        }
        attributes.push(("success", if outcome.is_ok() { "true" } else { "false" }.into()));
        attributes.push(("duration_ms", as_text(duration)));
        if outcome.is_err() {
            if self.is_newest_release() {
                attributes.push(("error_type", "ShellError".into()));
            }
            attributes.push(("error", "Shell command failed".into()));
        }
        attributes.extend(call.parameters.clone().map(|text| ("tool_parameters", text.into())));
        let pairs: Vec<(&str, &str)> = call.input.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let input = object(&pairs);
        if release >= Release::V2_1_100 {
            let size = input.len() as u64;
            attributes.push(("tool_input", input.into()));
            if self.is_newest_release() {
                attributes.push(("tool_input_size_bytes", as_text(size)));
            }
            if let Ok(Some(most)) = outcome {
                attributes.push(("tool_result_size_bytes", as_text(self.random.between(5, most))));
            }
        }
        if self.is_newest_release() {
            attributes.push(("request_id", self.request_id()));
        }
        self.event("tool_result", attributes);
    }

    fn tool_id(&mut self) -> String {
        format!("toolu_{}_{}", self.requests, self.random.between(0, 3))
    }
}

/// A JSON object that keeps the order of its keys.
fn object(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{}:{}", serde_json::Value::from(*key), serde_json::Value::from(*value)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}
