//! The script of a session, written completely before anything is sent.

use super::{
    identity::Identity,
    metric::Metric,
    random::Random,
    release::Release,
    value::{Attributes, Value},
};

/// An event as it is sent. Its body is `claude_code.` followed by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The name, for example `api_request`.
    pub name: &'static str,
    /// Time of the event in milliseconds of simulated time.
    pub at_ms: u64,
    /// All attributes, including `event.name`.
    pub attributes: Attributes,
}

/// An item of a session's script.
#[derive(Debug, Clone)]
pub(super) enum ScriptItem {
    Event(Record),
    Addition { metric: Metric, attributes: Attributes, amount: u64 },
}

/// The script of one session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// Times and items, in order of time.
    pub(super) items: Vec<(u64, ScriptItem)>,
}

/// How Claude Code is used in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// `claude -p`, as in the recorded sessions.
    Headless,
    /// In a terminal: the user types, confirms tool calls, and sometimes rejects them.
    Interactive,
}

/// Writes a session's script. `at_ms` is its current time.
pub(super) struct ScriptWriter<'a> {
    pub(super) random: &'a mut Random,
    pub(super) identity: &'a Identity,
    pub(super) session: String,
    pub(super) mode: Mode,
    pub(super) model: Model,
    pub(super) at_ms: u64,
    pub(super) prompt: Option<String>,
    /// Tokens of the conversation so far, read from the cache with each request.
    pub(super) context: u64,
    pub(super) requests: u64,
    items: Vec<(u64, ScriptItem)>,
}

/// A model and its price in millionths of a dollar per 100 tokens: input, output, cache read, cache creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) name: &'static str,
    pub(super) price: [u64; 4],
}

impl Model {
    /// The cost of a request in millionths of a dollar, rounded. `tokens` are in the order of the price.
    pub(super) fn cost(self, tokens: [u64; 4]) -> u64 {
        let hundredths: u64 = tokens.iter().zip(self.price).map(|(count, price)| count * price).sum();
        (hundredths + 50) / 100
    }
}

pub(super) const SONNET: Model = Model { name: "claude-sonnet-4-5", price: [300, 1500, 30, 375] };
pub(super) const OPUS: Model = Model { name: "claude-opus-4-5", price: [500, 2500, 50, 625] };
pub(super) const HAIKU: Model = Model { name: "claude-haiku-4-5-20251001", price: [100, 500, 10, 125] };

/// Writes a session that starts at `start_ms`. `prompts` counts all prompts of the agent.
pub(super) fn session(random: &mut Random, identity: &Identity, start_ms: u64, prompts: &mut u64) -> Session {
    // The recorded releases ran headless; nothing else is known about the two older ones.
    let mode =
        if identity.release == Release::V2_1_330 && random.chance(600) { Mode::Interactive } else { Mode::Headless };
    let model = if random.chance(250) { OPUS } else { SONNET };
    let session = random.uuid();
    let mut author = ScriptWriter {
        random,
        identity,
        session,
        mode,
        model,
        at_ms: start_ms,
        prompt: None,
        context: 12_000,
        requests: 0,
        items: Vec::new(),
    };
    author.begin();
    let turns = author.random.between(1, 5);
    for turn in 0..turns {
        if turn > 0 {
            author.pause();
        }
        let prompted_ms = author.turn(*prompts);
        *prompts += 1;
        if turn == 0 {
            author.sweep(prompted_ms);
        }
    }
    author.close();
    let end_ms = author.at_ms + author.random.between(20, 900);
    Session { start_ms, end_ms, items: sorted_and_numbered(author.items, identity.release) }
}

/// Sorts by time and numbers the events.
fn sorted_and_numbered(mut items: Vec<(u64, ScriptItem)>, release: Release) -> Vec<(u64, ScriptItem)> {
    items.sort_by_key(|(at_ms, _)| *at_ms);
    if release.numbers_events() {
        let events = items.iter_mut().filter_map(|(_, what)| match what {
            ScriptItem::Event(record) => Some(record),
            ScriptItem::Addition { .. } => None,
        });
        for (number, record) in events.enumerate() {
            let sequence = record.attributes.iter_mut().find(|(key, _)| *key == "event.sequence");
            sequence.into_iter().for_each(|(_, value)| *value = (number as u64).into());
        }
    }
    items
}

impl ScriptWriter<'_> {
    /// Advances the current time.
    pub(super) fn wait(&mut self, low_ms: u64, high_ms: u64) -> u64 {
        let waited = self.random.between(low_ms, high_ms);
        self.at_ms += waited;
        waited
    }

    /// Adds an event at the current time.
    pub(super) fn event(&mut self, name: &'static str, own: Attributes) {
        let mut attributes = self.identity.standard(&self.session);
        attributes.push(("event.name", name.into()));
        attributes.push(("event.timestamp", Value::Moment(self.at_ms)));
        if self.identity.release.numbers_events() {
            attributes.push(("event.sequence", 0_u64.into()));
            attributes.extend(self.prompt.clone().map(|prompt| ("prompt.id", prompt.into())));
        }
        attributes.extend(own);
        self.items.push((self.at_ms, ScriptItem::Event(Record { name, at_ms: self.at_ms, attributes })));
    }

    /// Adds to a counter at the current time.
    pub(super) fn add(&mut self, metric: Metric, own: Attributes, amount: u64) {
        let mut attributes = self.identity.standard(&self.session);
        attributes.extend(own);
        self.items.push((self.at_ms, ScriptItem::Addition { metric, attributes, amount }));
    }

    /// Whether this is the newest release, which sends the most events.
    pub(super) fn is_newest_release(&self) -> bool {
        self.identity.release == Release::V2_1_330
    }
}
