//! `agents` and `explain`: whose telemetry arrives, and how to fix it where it doesn't. Needs no running panel.

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
    status::describe_state,
    watch::Watch,
};

/// Moves the cursor to the top left and clears the screen below it (ECMA-48).
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Prints all agents once.
pub(super) async fn agents(json: bool) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let gathered = gather(&installation).await?;
    if json {
        output::json(&gathered.report());
    } else {
        print_agents(&gathered.agents, &gathered.new_agents);
    }
    warn_about_settings(&installation);
    Ok(())
}

/// With invalid settings, verdicts are based on the defaults. The user has to know that.
fn warn_about_settings(installation: &Installation) {
    if let Err(error) = installation.configuration.settings() {
        output::note(&format!("warning: {error}"));
        output::note("hint: verdicts are based on the default settings until the file is fixed");
    }
}

/// Prints all agents, and again after every change, until it is interrupted or its output is closed.
pub(super) async fn watch(json: bool) -> Result<(), StackError> {
    let panel = Arc::new(Panel::new(Installation::from_environment()?));
    let watch = Watch::new(Arc::clone(&panel));
    tokio::select! {
        () = watch.run() => Ok(()),
        () = print_changes(&panel.hub, json) => Ok(()),
        () = super::serve::stop_signal() => Ok(()),
    }
}

async fn print_changes(hub: &Hub, json: bool) {
    let mut reader = hub.subscribe();
    let on_screen = !json && std::io::stdout().is_terminal();
    let mut shown: Option<(Vec<Agent>, NewAgents)> = None;
    let mut reported_error: Option<StackError> = None;
    loop {
        let Snapshot { agents, new_agents, engine, .. } = hub.snapshot();
        if let EngineState::Unreachable { error } = engine {
            if reported_error.as_ref() != Some(&error) {
                output::error(&error);
                reported_error = Some(error);
            }
        } else {
            reported_error = None;
        }
        let fresh = new_agents.map(|new_agents| (agents, new_agents)).filter(|fresh| shown.as_ref() != Some(fresh));
        if let Some((agents, new_agents)) = fresh {
            let is_open = if json {
                output::json_line(&report(&agents, &new_agents))
            } else {
                output::text(if on_screen { CLEAR } else { "" }) && print_agents(&agents, &new_agents)
            };
            // In a file or a pipe, an empty line separates the tables.
            if !is_open || !(json || on_screen || output::line("")) {
                return;
            }
            shown = Some((agents, new_agents));
        }
        if reader.next().await.is_none() {
            return;
        }
    }
}

/// Prints an agent's verdict with every cause.
pub(super) async fn explain(name: &str, json: bool) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let gathered = gather(&installation).await?;
    let agent = find_by_name(&gathered.agents, name)?;
    if json {
        output::json(&ReportedAgent::from(agent));
    } else {
        let _ = explanation(agent).iter().all(|line| output::line(line));
    }
    warn_about_settings(&installation);
    Ok(())
}

/// Prints the table, and below it what to expect of new agents. `false` once the output is closed.
fn print_agents(agents: &[Agent], new_agents: &NewAgents) -> bool {
    let headings = ["AGENT", "PROJECT", "TELEMETRY", "LAST SEEN", "WHY"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(headings).chain(agents.iter().map(row)).collect();
    let table = if agents.is_empty() { output::line("No agents found.") } else { table::print(&rows) };
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
    let will_report = if new_agents.would_report { "New agents will report" } else { "New agents won't report" };
    let mut lines = vec![format!("{will_report}: {}.", new_agents.evidence)];
    lines.extend(
        new_agents.causes.iter().filter_map(|cause| cause.fix.command.as_deref()).map(|it| format!("hint: {it}")),
    );
    lines
}

fn explanation(agent: &Agent) -> Vec<String> {
    let in_project = agent.project.as_ref().map(|project| format!(" in project {project}")).unwrap_or_default();
    let seen = match agent.last_seen {
        Some(seen) => format!("last seen {} ({})", seen.to_rfc3339(), last_seen(agent)),
        None => "never seen".into(),
    };
    let mut lines = vec![
        format!("{}{in_project}, container {}: {}", agent.title(), agent.container, agent.verdict.title()),
        format!("the container {}; {seen}", describe_state(agent.state)),
    ];
    for (index, cause) in agent.causes.iter().enumerate() {
        lines.push(String::new());
        lines.push(format!("{}. {} ({})", index + 1, cause.code.sentence(), cause.code.name()));
        lines.push(format!("   evidence: {}", cause.evidence));
        // "No action needed" is left out unless it is the only advice.
        if cause.fix.kind != FixKind::None || agent.causes.len() == 1 {
            lines.push(format!("   next: {}", cause.fix.advice()));
        }
        lines.extend(cause.fix.command.iter().map(|command| format!("   $ {command}")));
    }
    lines
}

#[cfg(test)]
#[path = "agents_tests.rs"]
mod tests;
