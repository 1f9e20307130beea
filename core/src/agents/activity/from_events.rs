//! From an agent's newest events to what it is doing.
//!
//! **Invariant:** what a release does not tell is not guessed. Where the events leave it open, there is no activity.

use super::{
    Activity, ActivityKind,
    session::{OpenCall, Session, Step},
};
use crate::{telemetry::event::EventRecord, timestamp::Timestamp};

/// How long events may take to arrive, in seconds: an export interval, and the way through the collector.
const DELIVERY: u64 = 15;
/// How long a request to the model may take, in seconds: Claude Code's own limit (`API_TIMEOUT_MS`).
const LONGEST_REQUEST: u64 = 600;
/// After an answer whose meaning is open, or a rejection: how long the agent counts as working, in seconds.
const STILL_WORKING: u64 = 60;
/// After a failed request that may be retried, in seconds.
const LONGEST_RETRIES: u64 = 300;
/// Without an event for this long, in seconds, an agent whose turn ended is idle.
const IDLE_AFTER: u64 = 3_600;
/// Without an event for this long, in seconds, any agent is idle that asks for nothing.
const FORGOTTEN_AFTER: u64 = 3 * 3_600;

/// What the agent with these events is doing. `None` if they do not tell. They may be in any order, and older ones may be
/// missing. `last_seen` is when its last event arrived, which may be older than all of them.
pub fn activity(events: &[EventRecord], last_seen: Option<Timestamp>, now: Timestamp) -> Option<Activity> {
    let Some(session) = Session::newest(events) else {
        return last_seen.filter(|seen| now.seconds_since(*seen) > FORGOTTEN_AFTER).map(idle);
    };
    let found = doing(&session, now);
    let asks = found.as_ref().is_some_and(|found| found.kind == ActivityKind::WaitingForPerson)
        && (matches!(session.step, Some((Step::Asked { .. }, _))) || session.open.iter().any(asks_the_person));
    let quiet = now.seconds_since(session.last_event);
    let waits = found.as_ref().is_none_or(|found| found.kind == ActivityKind::WaitingForPerson);
    if !asks && quiet > if waits { IDLE_AFTER } else { FORGOTTEN_AFTER } {
        return Some(idle(session.last_event));
    }
    found
}

fn idle(since: Timestamp) -> Activity {
    let evidence = format!("its last event was at {}", since.to_rfc3339());
    Activity { kind: ActivityKind::Idle, since, evidence }
}

fn doing(session: &Session, now: Timestamp) -> Option<Activity> {
    let is = |kind: ActivityKind, since: Timestamp, evidence: String| Some(Activity { kind, since, evidence });
    let working = |evidence: String| is(ActivityKind::Working, session.began, evidence);
    let waiting = |since: Timestamp, evidence: String| is(ActivityKind::WaitingForPerson, since, evidence);
    if let Some((Step::Asked { hook }, at)) = &session.step
        && session.open.iter().all(|call| call.since <= *at)
    {
        return waiting(*at, format!("its hook `{}` ran at {}", quoted(hook), at.to_rfc3339()));
    }
    if let Some(call) = session.open.first() {
        return with_open_call(session, call, now);
    }
    let (step, at) = session.step.as_ref()?;
    let (at, words, passed) = (*at, at.to_rfc3339(), now.seconds_since(*at));
    match step {
        Step::Requested if passed > LONGEST_REQUEST => {
            let evidence = format!(
                "its request to the model has no answer since {words}: it may be retrying, or somebody interrupted it"
            );
            is(ActivityKind::PerhapsStuck, at, evidence)
        }
        Step::Requested => working(format!("a request to the model has been running since {words}")),
        Step::Answered if passed <= DELIVERY => working(format!("the model answered at {words}")),
        Step::Answered if session.is_silent_about_calls => {
            (passed <= STILL_WORKING).then(|| working(format!("the model answered at {words}")))?
        }
        Step::Answered => {
            let evidence = format!(
                "the model answered at {words}, and no tool call followed: its turn ended, or it asks for a permission"
            );
            waiting(at, evidence)
        }
        Step::AnsweredSomething => {
            (passed <= STILL_WORKING).then(|| working(format!("the model answered at {words}")))?
        }
        Step::Failed { status, gave_up } => {
            let status_words =
                status.map_or_else(|| "without an HTTP status".to_owned(), |it| format!("with HTTP {it}"));
            let evidence = format!("its last request failed {status_words} at {words}");
            match (*gave_up || passed > LONGEST_RETRIES, status) {
                (true, _) => waiting(at, format!("{evidence}, and no other followed")),
                (false, Some(429)) => is(ActivityKind::RateLimited, at, evidence),
                (false, _) => is(ActivityKind::Retrying, at, evidence),
            }
        }
        Step::Rejected if passed <= STILL_WORKING => working(format!("a call was rejected at {words}")),
        Step::Rejected => waiting(at, format!("a call was rejected at {words}, and nothing followed")),
        Step::Stopped => waiting(at, format!("it was stopped at {words}")),
        Step::Asked { .. } => None,
        Step::TurnEnded => waiting(at, format!("its turn ended at {words} (hook `Stop`)")),
        Step::SessionEnded => is(ActivityKind::Idle, at, format!("its session ended at {words} (hook `SessionEnd`)")),
    }
}

fn with_open_call(session: &Session, call: &OpenCall, now: Timestamp) -> Option<Activity> {
    let (tool, since) = (quoted(&call.tool), call.since.to_rfc3339());
    let (kind, from, evidence) = match longest_call(&call.tool) {
        _ if asks_the_person(call) => (
            ActivityKind::WaitingForPerson,
            call.since,
            format!("`{tool}` has been waiting for an answer since {since}"),
        ),
        // A subagent's own events show that it works.
        longest
            if now.seconds_since(if is_subagent(&call.tool) { session.last_event } else { call.since }) > longest =>
        {
            let minutes = longest / 60;
            let evidence = format!("`{tool}` has no result since {since}; such calls take {minutes} min at most");
            (ActivityKind::PerhapsStuck, call.since, evidence)
        }
        _ => (ActivityKind::Working, session.began, format!("`{tool}` has been running since {since}")),
    };
    Some(Activity { kind, since: from, evidence })
}

/// A tool whose result is a person's answer.
fn asks_the_person(call: &OpenCall) -> bool {
    matches!(call.tool.as_str(), "AskUserQuestion" | "ExitPlanMode")
}

fn is_subagent(tool: &str) -> bool {
    matches!(tool, "Task" | "Agent")
}

/// How long calls of this tool take at most, in seconds.
fn longest_call(tool: &str) -> u64 {
    match tool {
        "Read" | "Edit" | "MultiEdit" | "Write" | "NotebookEdit" | "Glob" | "Grep" | "LS" | "TodoWrite" => 120,
        // The longest timeout that Claude Code lets a command have.
        "Bash" => 600,
        // Without any event of the subagent.
        tool if is_subagent(tool) => 1_800,
        _ => 900,
    }
}

/// A name that may come from anywhere, as part of a literal.
fn quoted(name: &str) -> String {
    name.chars().take(60).map(|letter| if letter == '`' || letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests;
