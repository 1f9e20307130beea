//! `agents` and `explain`: whose telemetry works, and what to do where it does not. No panel need run.

use std::{io::IsTerminal, sync::Arc};

use monitor_core::{
    agents::{Agent, FixKind, NewAgents, ReportedAgent},
    error::StackError,
    live::{EngineState, Snapshot},
    timestamp::format_duration,
};

use super::{output, table};
use crate::{
    agents::{find_by_name, gather, report},
    clock::now,
    hub::Hub,
    installation::Installation,
    panel::Panel,
    watch::Watch,
};

/// Takes the cursor home and clears the screen below it (ECMA-48).
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Everybody, once.
pub(super) async fn agents(json: bool) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let gathered = gather(&installation).await?;
    match json {
        true => output::json(&gathered.report()),
        false => {
            print(&gathered.agents, &gathered.new_agents);
        }
    }
    warn_of_settings(&installation);
    Ok(())
}

/// By broken settings nobody can be judged; by the defaults they are, which has to be said.
fn warn_of_settings(installation: &Installation) {
    if let Err(error) = installation.configuration.settings() {
        output::note(&format!("warning: {error}"));
        output::note("hint: agents were judged by the default settings");
    }
}

/// Everybody, and again at every change, until interrupted or until nobody reads any more.
pub(super) async fn watch(json: bool) -> Result<(), StackError> {
    let panel = Arc::new(Panel::new(Installation::from_environment()?));
    let watch = Watch::new(Arc::clone(&panel));
    tokio::select! {
        () = watch.run() => Ok(()),
        () = follow(&panel.hub, json) => Ok(()),
        () = super::serve::stop_signal() => Ok(()),
    }
}

async fn follow(hub: &Hub, json: bool) {
    let mut reader = hub.subscribe();
    let on_screen = !json && std::io::stdout().is_terminal();
    let mut shown: Option<(Vec<Agent>, NewAgents)> = None;
    let mut told: Option<StackError> = None;
    loop {
        let Snapshot { agents, new_agents, engine, .. } = hub.snapshot();
        if let EngineState::Unreachable { error } = engine {
            if told.as_ref() != Some(&error) {
                output::error(&error);
                told = Some(error);
            }
        } else {
            told = None;
        }
        let fresh = new_agents.map(|new_agents| (agents, new_agents)).filter(|fresh| shown.as_ref() != Some(fresh));
        if let Some((agents, new_agents)) = fresh {
            let read = match json {
                true => output::json_line(&report(&agents, &new_agents)),
                false => output::piece(if on_screen { CLEAR } else { "" }) && print(&agents, &new_agents),
            };
            // A page that scrolls has its tables apart from one another.
            if !read || !(json || on_screen || output::line("")) {
                return;
            }
            shown = Some((agents, new_agents));
        }
        if reader.next().await.is_none() {
            return;
        }
    }
}

/// One agent: its verdict with every cause.
pub(super) async fn explain(name: &str, json: bool) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let gathered = gather(&installation).await?;
    let agent = find_by_name(&gathered.agents, name)?;
    match json {
        true => output::json(&ReportedAgent::from(agent)),
        false => {
            let _ = explanation(agent).iter().all(|line| output::line(line));
        }
    }
    warn_of_settings(&installation);
    Ok(())
}

/// The table, and below it what a new agent would get. `false` when nobody reads any more.
fn print(agents: &[Agent], new_agents: &NewAgents) -> bool {
    let headings = ["AGENT", "PROJECT", "TELEMETRY", "LAST SEEN", "WHY"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(headings).chain(agents.iter().map(row)).collect();
    let table = if agents.is_empty() { output::line("There are no agents.") } else { table::print(&rows) };
    table && new_agents_lines(new_agents).iter().all(|line| output::line(line))
}

fn row(agent: &Agent) -> [String; 5] {
    let why = agent.causes.first().map(|cause| cause.code.sentence().to_owned()).unwrap_or_default();
    [
        agent.title().to_owned(),
        agent.project.clone().unwrap_or_else(|| "–".into()),
        agent.verdict.title().to_owned(),
        last_seen(agent),
        why,
    ]
}

fn last_seen(agent: &Agent) -> String {
    match agent.last_seen {
        Some(seen) => format!("{} ago", format_duration(now().seconds_since(seen))),
        None => "–".into(),
    }
}

fn new_agents_lines(new_agents: &NewAgents) -> Vec<String> {
    let words = match new_agents.would_report {
        true => "A new agent would report",
        false => "A new agent would not report",
    };
    let mut lines = vec![format!("{words}: {}.", new_agents.evidence)];
    lines.extend(
        new_agents.causes.iter().filter_map(|cause| cause.fix.command.as_deref()).map(|it| format!("hint: {it}")),
    );
    lines
}

fn explanation(agent: &Agent) -> Vec<String> {
    let of_project = agent.project.as_ref().map(|project| format!(" of project {project}")).unwrap_or_default();
    let seen = match agent.last_seen {
        Some(seen) => format!("last seen {} ({})", seen.to_rfc3339(), last_seen(agent)),
        None => "nothing was seen of it".into(),
    };
    let mut lines = vec![
        format!("{}{of_project} in container {}: {}", agent.title(), agent.container, agent.verdict.title()),
        format!("the container is {}; {seen}", agent.state.name()),
    ];
    for (index, cause) in agent.causes.iter().enumerate() {
        lines.push(String::new());
        lines.push(format!("{}. {} ({})", index + 1, cause.code.sentence(), cause.code.name()));
        lines.push(format!("   evidence: {}", cause.evidence));
        // Nothing to be done needs no words, unless it is all there is to say.
        if cause.fix.kind != FixKind::None || agent.causes.len() == 1 {
            lines.push(format!("   next: {}", cause.fix.kind.advice()));
        }
        lines.extend(cause.fix.command.iter().map(|command| format!("   $ {command}")));
    }
    lines
}

#[cfg(test)]
#[path = "agents_tests.rs"]
mod tests;
