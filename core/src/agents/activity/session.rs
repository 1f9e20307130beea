//! Follows one session of Claude Code from event to event.
//!
//! Seen in recorded runs of 2.0.30, 2.1.100, and 2.1.330: `tool_decision` comes when a call is allowed and before it runs
//! (not in 2.0.30), `tool_result` when it ended, `api_request` when the model answered. Since 2.1.330 a call may be decided
//! before its request is logged. Requests that are retried are not logged until they end.

use crate::{
    telemetry::{
        event::{EventPosition, EventRecord},
        series::label,
    },
    timestamp::Timestamp,
};

/// A tool call that was allowed and has no result yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenCall {
    pub tool: String,
    pub since: Timestamp,
    id: Option<String>,
}

/// The last step that tells what the session is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A request to the model was begun.
    Requested,
    /// The model answered.
    Answered,
    /// The model answered a request, maybe one in the background: this release does not say.
    AnsweredSomething,
    /// A request failed.
    Failed { status: Option<u16>, gave_up: bool },
    /// The person rejected a call, maybe with an explanation that the agent continues with.
    Rejected,
    /// The person stopped it.
    Stopped,
    /// It asked for a permission or for attention; told by a hook.
    Asked { hook: String },
    /// Its turn ended; told by a hook.
    TurnEnded,
    /// The session ended; told by a hook.
    SessionEnded,
}

/// One session after its last event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// When its turn began, or the first event that is known of it.
    pub began: Timestamp,
    /// Its last event of any kind.
    pub last_event: Timestamp,
    /// The last step and its time; `None` if no event tells.
    pub step: Option<(Step, Timestamp)>,
    /// Calls without a result, oldest first.
    pub open: Vec<OpenCall>,
    /// Whether a call ended that had not been announced: this release does not say when calls begin.
    pub is_silent_about_calls: bool,
}

/// Whether a request is one of the session itself, and not of a subagent or in the background. `None` if this release
/// does not say.
fn is_main(event: &EventRecord) -> Option<bool> {
    label(&event.labels, "query_source").map(|source| source == "sdk" || source.starts_with("repl_main_thread"))
}

fn time(event: &EventRecord) -> Timestamp {
    Timestamp::from_unix_milliseconds((event.at / 1_000_000) as i64)
}

impl Session {
    /// The session with the newest event.
    pub fn newest(events: &[EventRecord]) -> Option<Session> {
        let session = |event: &EventRecord| label(&event.labels, "session_id").unwrap_or_default().to_owned();
        let newest = session(events.iter().max_by_key(|event| event.at)?);
        let mut own: Vec<&EventRecord> = events.iter().filter(|event| session(event) == newest).collect();
        own.sort_by_cached_key(|event| EventPosition::of(event));
        let (first, last) = (own.first()?, own.last()?);
        let mut session = Session {
            began: time(first),
            last_event: time(last),
            step: None,
            open: Vec::new(),
            is_silent_about_calls: false,
        };
        let mut begins_here = false;
        for event in own {
            begins_here |= label(&event.labels, "event_name") == Some("user_prompt");
            session.follow(event, begins_here);
        }
        Some(session)
    }

    /// `begins_here`: the events since a prompt are known, so that a result belongs to a call that was seen, if it was told.
    fn follow(&mut self, event: &EventRecord, begins_here: bool) {
        let at = time(event);
        let text = |name: &str| label(&event.labels, name);
        let number = |name: &str| text(name).and_then(|text| text.parse::<u64>().ok());
        let step = match text("event_name").unwrap_or_default() {
            "user_prompt" => {
                self.began = at;
                self.open.clear();
                Some(Step::Requested)
            }
            "tool_decision" => match (text("decision"), text("source")) {
                (Some("accept"), _) => {
                    let tool = text("tool_name").unwrap_or("a tool").to_owned();
                    self.open.push(OpenCall { tool, since: at, id: text("tool_use_id").map(str::to_owned) });
                    None
                }
                (_, Some("user_abort")) => Some(Step::Stopped),
                (_, Some("user_reject")) => Some(Step::Rejected),
                _ => Some(Step::Requested),
            },
            "tool_result" => {
                if !self.close(text("tool_use_id"), text("tool_name")) && begins_here {
                    self.is_silent_about_calls = true;
                }
                self.open.is_empty().then_some(Step::Requested)
            }
            "api_request" => {
                let began = at.unix_milliseconds() - number("duration_ms").unwrap_or_default().min(86_400_000) as i64;
                match is_main(event) {
                    Some(true) => {
                        // The request held the results of all calls before it.
                        self.open.retain(|call| call.since.unix_milliseconds() >= began);
                        Some(Step::Answered)
                    }
                    Some(false) => None,
                    None => Some(Step::AnsweredSomething),
                }
            }
            "assistant_response" | "api_refusal" => is_main(event).filter(|is_main| *is_main).map(|_| Step::Answered),
            name @ ("api_error" | "api_retries_exhausted") if is_main(event) != Some(false) => {
                let status = number("status_code").and_then(|status| u16::try_from(status).ok());
                let is_final =
                    status.is_some_and(|status| (400..500).contains(&status) && ![408, 409, 429].contains(&status));
                let gave_up = name == "api_retries_exhausted" || is_final || number("attempt") >= Some(LAST_ATTEMPT);
                Some(Step::Failed { status, gave_up })
            }
            "hook_execution_start" => match text("hook_event").unwrap_or_default() {
                hook @ ("PermissionRequest" | "Notification") => Some(Step::Asked { hook: hook.to_owned() }),
                "Stop" => Some(Step::TurnEnded),
                "SessionEnd" => Some(Step::SessionEnded),
                _ => None,
            },
            _ => None,
        };
        if let Some(step) = step {
            self.step = Some((step, at));
        }
    }

    /// Ends the call with this id, or without one the oldest of this tool. `false` if there is none.
    fn close(&mut self, id: Option<&str>, tool: Option<&str>) -> bool {
        let is_it = |call: &OpenCall| match (id, call.id.as_deref()) {
            (Some(id), Some(known)) => id == known,
            _ => Some(call.tool.as_str()) == tool,
        };
        let place = self.open.iter().position(is_it);
        place.map(|place| self.open.remove(place)).is_some()
    }
}

/// The attempt after which Claude Code gives up by default.
const LAST_ATTEMPT: u64 = 11;
