//! One prompt and everything that follows from it: requests to the model, tool calls, an answer.

use super::{
    metric::Metric,
    release::Release,
    script::{HAIKU, Mode, Model, ScriptWriter},
    value::{Attributes, Value, as_text},
};

/// The origin of a request to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    Main,
    Subagent,
    Compaction,
}

/// One in this many prompts of an agent contains a pasted log.
const LONG_PROMPT_EVERY: u64 = 12;
/// The index of the first such prompt, counted from 0.
const FIRST_LONG_PROMPT: u64 = 2;

/// Context size in tokens that triggers a compaction; much smaller than in reality, so that short simulations have one.
const COMPACT_ABOVE: u64 = 60_000;

const PROMPTS: [&str; 8] = [
    "Write a file and read it\n",
    "Why does the checkout test fail on Mondays?",
    "Add a retry to the payment client, with a test",
    "Rename `Cart` to `Basket` everywhere",
    "The nightly job is slow: find out where the time goes",
    "Review the last commit, be strict",
    "Update the changelog and commit",
    "Make the import understand files with a byte order mark",
];
const ANSWERS: [&str; 5] = [
    "I will look.",
    "All done: the file says hello.",
    "The test took the time zone from the machine; it names one now, and passes.",
    "There are two callers left that use the old name. I change them as well.",
    "Found it: the index was rebuilt for every row.",
];

impl ScriptWriter<'_> {
    /// A prompt and the work on it. Returns the time of the prompt.
    pub(super) fn turn(&mut self, number: u64) -> u64 {
        let typed_ms = match self.mode {
            Mode::Interactive => self.wait(2000, 45_000),
            Mode::Headless => 0,
        };
        self.prompt = Some(self.random.uuid());
        let begun_ms = self.at_ms;
        self.user_prompt(number);
        if self.is_newest_release() {
            self.around_a_prompt();
        }
        if self.identity.release == Release::V2_0_30 {
            // As recorded: Claude Code itself asks a small model about the prompt.
            self.ask(HAIKU, Asker::Main);
        }
        let steps = self.random.between(1, 9);
        for step in 1..=steps {
            if self.random.chance(15) {
                self.request_fails();
                break;
            }
            self.ask(self.model, Asker::Main);
            if step < steps {
                if self.is_newest_release() && self.random.chance(300) {
                    self.answer(Asker::Main);
                }
                self.use_a_tool();
            } else if self.is_newest_release() {
                self.answer(Asker::Main);
            }
            if self.is_newest_release() && self.context > COMPACT_ABOVE {
                self.compact();
            }
        }
        if self.is_newest_release() {
            self.wait(5, 20);
            self.add(Metric::ActiveTime, vec![("type", "cli".into())], self.at_ms - begun_ms);
            if typed_ms > 0 {
                self.add(Metric::ActiveTime, vec![("type", "user".into())], typed_ms);
            }
        }
        begun_ms
    }

    /// The pause between two turns: longer than any export interval.
    pub(super) fn pause(&mut self) {
        if self.random.chance(700) {
            self.wait(3000, 90_000)
        } else {
            self.wait(120_000, 1_500_000)
        };
    }

    fn user_prompt(&mut self, number: u64) {
        let text = if number % LONG_PROMPT_EVERY == FIRST_LONG_PROMPT {
            self.pasted_log()
        } else {
            self.random.pick(&PROMPTS).to_owned()
        };
        let mut attributes = vec![("prompt_length", as_text(text.len() as u64)), ("prompt", text.clone().into())];
        if self.is_newest_release() {
            attributes.push(("prompt_text", text.into()));
            attributes.push(("message.uuid", self.random.uuid().into()));
        }
        self.event("user_prompt", attributes);
    }

    /// More than 64 kB, which Loki rejects with its default limit.
    fn pasted_log(&mut self) -> String {
        let length = self.random.between(66_000, 120_000) as usize;
        let mut text = String::from("What went wrong here?\n");
        while text.len() < length {
            let line = format!("{} worker {} took {} ms\n", self.random.hex(8), self.random.between(1, 64), text.len());
            text.push_str(&line);
        }
        text
    }

    /// One successful request: counters first, then the event.
    pub(super) fn ask(&mut self, model: Model, asker: Asker) {
        let duration = self.wait(900, 22_000);
        let ttft = self.random.between(300, duration.min(4000));
        let created = if self.random.chance(600) { self.random.between(100, 4000) } else { 0 };
        let tokens = [self.random.between(2, 1500), self.random.between(20, 1800), self.context, created];
        self.context += created + tokens[1];
        self.requests += 1;
        let cost = model.cost(tokens);
        self.count(model, asker, tokens, cost);
        self.wait(1, 12);
        self.api_request(model, asker, tokens, cost, duration, ttft);
    }

    fn count(&mut self, model: Model, asker: Asker, tokens: [u64; 4], cost: u64) {
        let mut about: Attributes = vec![("model", model.name.into())];
        if self.is_newest_release() {
            about.push((
                "query_source",
                match asker {
                    Asker::Main => "main",
                    Asker::Subagent => "subagent",
                    Asker::Compaction => "auxiliary",
                }
                .into(),
            ));
        }
        if asker == Asker::Subagent {
            about.push(("agent.name", "general-purpose".into()));
        }
        self.add(Metric::Cost, about.clone(), cost);
        for (kind, count) in ["input", "output", "cacheRead", "cacheCreation"].into_iter().zip(tokens) {
            let mut attributes = about.clone();
            match self.identity.release {
                // As recorded, the type comes first.
                Release::V2_0_30 => attributes.insert(0, ("type", kind.into())),
                _ => attributes.push(("type", kind.into())),
            }
            self.add(Metric::Tokens, attributes, count);
        }
    }

    fn api_request(&mut self, model: Model, asker: Asker, tokens: [u64; 4], cost: u64, duration: u64, ttft: u64) {
        let release = self.identity.release;
        let mut attributes: Attributes = vec![("model", model.name.into())];
        attributes.extend(
            ["input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens"]
                .into_iter()
                .zip(tokens.map(|count| release.number(count))),
        );
        let dollars = cost as f64 / Metric::Cost.parts() as f64;
        if self.is_newest_release() {
            attributes.push(("cache_creation_5m_tokens", 0_u64.into()));
            attributes.push(("cache_creation_1h_tokens", 0_u64.into()));
            attributes.push(("cost_usd", Value::Decimal(dollars)));
            attributes.push(("cost_usd_micros", cost.into()));
        } else {
            attributes.push(("cost_usd", dollars.to_string().into()));
        }
        attributes.push(("duration_ms", release.number(duration)));
        if self.is_newest_release() {
            attributes.push(("ttft_ms", ttft.into()));
            attributes.push(("request_id", self.request_id()));
        }
        if release >= Release::V2_1_100 {
            attributes.push(("speed", "normal".into()));
        }
        if self.is_newest_release() {
            attributes.push(("query_source", self.source(asker)));
        }
        if asker == Asker::Subagent {
            attributes.push(("agent.name", "general-purpose".into()));
        }
        self.event("api_request", attributes);
    }

    /// An answer of the model.
    pub(super) fn answer(&mut self, asker: Asker) {
        let (response, message) = (self.random.pick(&ANSWERS), self.random.uuid());
        self.event(
            "assistant_response",
            vec![
                ("response_length", (response.len() as u64).into()),
                ("response", response.into()),
                ("request_id", self.request_id()),
                ("message.uuid", message.into()),
                ("model", self.model.name.into()),
                ("query_source", self.source(asker)),
            ],
        );
    }

    /// A request that fails after all retries, or is refused.
    fn request_fails(&mut self) {
        let release = self.identity.release;
        if self.is_newest_release() && self.random.chance(250) {
            self.wait(800, 6000);
            self.requests += 1;
            let attributes = vec![
                ("model", self.model.name.into()),
                ("request_id", self.request_id()),
                ("query_source", self.source(Asker::Main)),
                ("speed", "normal".into()),
                ("attempt", 1_u64.into()),
                ("server_fallback_hop", 0_u64.into()),
                ("has_category", false.into()),
                ("has_explanation", false.into()),
            ];
            return self.event("api_refusal", attributes);
        }
        let waited = self.wait(60_000, 200_000);
        let error = "529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}";
        let mut attributes: Attributes = vec![
            ("model", self.model.name.into()),
            ("error", error.into()),
            ("status_code", release.number(529)),
            ("duration_ms", release.number(self.random.between(200, 4000))),
            ("attempt", release.number(11)),
        ];
        if self.is_newest_release() {
            attributes.push(("speed", "normal".into()));
            attributes.push(("query_source", self.source(Asker::Main)));
        }
        self.event("api_error", attributes);
        if self.is_newest_release() {
            self.event(
                "api_retries_exhausted",
                vec![
                    ("model", self.model.name.into()),
                    ("error", error.into()),
                    ("status_code", 529_u64.into()),
                    ("total_attempts", 11_u64.into()),
                    ("total_retry_duration_ms", waited.into()),
                    ("speed", "normal".into()),
                ],
            );
        }
    }

    /// The conversation is compacted to fit the context again.
    fn compact(&mut self) {
        let (before, begun_ms) = (self.context, self.at_ms);
        self.ask(self.model, Asker::Compaction);
        self.context = 18_000;
        self.event(
            "compaction",
            vec![
                ("trigger", "auto".into()),
                ("success", "true".into()),
                ("duration_ms", as_text(self.at_ms - begun_ms)),
                ("pre_tokens", as_text(before)),
                ("post_tokens", as_text(self.context)),
            ],
        );
    }

    pub(super) fn request_id(&self) -> Value {
        format!("req_{}", self.requests).into()
    }

    fn source(&self, asker: Asker) -> Value {
        match (asker, self.mode) {
            (Asker::Main, Mode::Headless) => "sdk",
            (Asker::Main, Mode::Interactive) => "repl_main_thread",
            (Asker::Subagent, _) => "general-purpose",
            (Asker::Compaction, _) => "compact",
        }
        .into()
    }
}
