//! `agents` and `explain`: whose telemetry arrives, and how to fix it where it doesn't. Needs no running panel.

use std::sync::Arc;

use monitor_core::{
    agents::{Activity, Agent, AgentKind, AgentList, FixKind, NewAgents, ReportedAgent, unlisted_agents},
    error::StackError,
    live::{EngineState, Snapshot},
    timestamp::{format_duration, with_times_in_words},
};

use super::{output::Output, table};
use crate::{
    agents::{GatheredAgents, find_by_name, gather},
    clock::now,
    hub::Hub,
    installation::Installation,
    panel::Panel,
    status::describe_state,
    watch::Watch,
};

/// Prints all agents once.
pub(super) async fn agents(output: &Output) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let gathered = gather(&installation).await?;
    if output.is_json() {
        output.document(&gathered.report());
    } else {
        print_agents(output, &gathered);
    }
    warn_about_settings(output, &installation);
    Ok(())
}

/// With invalid settings, verdicts are based on the defaults. The user has to know that.
fn warn_about_settings(output: &Output, installation: &Installation) {
    if let Err(error) = installation.configuration.settings() {
        output.warning(&error);
        output.note("hint: verdicts are based on the default settings until the file is fixed");
    }
}

/// Prints all agents, and again after every change, until it is interrupted or its output is closed.
pub(super) async fn watch(output: &Output) -> Result<(), StackError> {
    let panel = Arc::new(Panel::new(Installation::from_environment()?));
    let watch = Watch::new(Arc::clone(&panel));
    tokio::select! {
        () = watch.run() => Ok(()),
        () = print_changes(&panel.hub, output) => Ok(()),
        () = super::serve::stop_signal() => Ok(()),
    }
}

async fn print_changes(hub: &Hub, output: &Output) {
    let mut reader = hub.subscribe();
    let on_screen = output.is_screen();
    let mut shown: Option<GatheredAgents> = None;
    let mut reported_error: Option<StackError> = None;
    loop {
        let Snapshot { agents, unlisted_agents, new_agents, engine, flow, .. } = hub.snapshot();
        let list = AgentList { agents, unlisted: unlisted_agents };
        let warnings = flow.map(|flow| flow.warnings).unwrap_or_default();
        let fresh = match engine {
            EngineState::Unreachable { error } if !list.agents.is_empty() => {
                Some(GatheredAgents::without_engine(list, &error))
            }
            EngineState::Unreachable { error } => {
                if reported_error.as_ref() != Some(&error) {
                    output.error(&error);
                    reported_error = Some(error);
                }
                None
            }
            _ => {
                reported_error = None;
                new_agents.map(|new_agents| GatheredAgents { list, new_agents, warnings })
            }
        };
        if let Some(gathered) = fresh.filter(|fresh| shown.as_ref() != Some(fresh)) {
            let is_open = if output.is_json() {
                output.document(&gathered.report())
            } else {
                (!on_screen || output.clear()) && print_agents(output, &gathered)
            };
            // In a file or a pipe, an empty line separates the tables.
            if !is_open || !(output.is_json() || on_screen || output.line("")) {
                return;
            }
            shown = Some(gathered);
        }
        if reader.next().await.is_none() {
            return;
        }
    }
}

/// Prints an agent's verdict with every cause.
pub(super) async fn explain(name: &str, output: &Output) -> Result<(), StackError> {
    let installation = Installation::from_environment()?;
    let gathered = gather(&installation).await?;
    let agent = find_by_name(&gathered.list.agents, name)?;
    if output.is_json() {
        output.document(&ReportedAgent::from(agent));
    } else {
        let warnings = warning_lines(&gathered.warnings);
        let _ = explanation(agent).iter().chain(&warnings).all(|line| output.line(line));
    }
    warn_about_settings(output, &installation);
    Ok(())
}

/// Prints the table, and below it what to expect of new agents, and warnings about the stack. `false` once the output is
/// closed.
fn print_agents(output: &Output, gathered: &GatheredAgents) -> bool {
    let GatheredAgents { list, new_agents, warnings } = gathered;
    let headings = ["AGENT", "PROJECT", "TELEMETRY", "DOING", "LAST SEEN", "WHY"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(headings).chain(list.agents.iter().map(row)).collect();
    let table = if list.agents.is_empty() { output.line("No agents found.") } else { table::print(output, &rows, 5) };
    let unlisted: Vec<String> = unlisted_agents(list.unlisted).into_iter().collect();
    let lines = [unlisted, new_agents_lines(new_agents), warning_lines(warnings)].concat();
    table && lines.iter().all(|line| output.line(line))
}

fn warning_lines(warnings: &[String]) -> Vec<String> {
    warnings.iter().map(|warning| format!("warning: {warning}")).collect()
}

fn row(agent: &Agent) -> [String; 6] {
    let why = agent.causes.first().map(|cause| cause.code.sentence().to_owned()).unwrap_or_default();
    let simulated = if agent.kind == AgentKind::Simulated { " (simulated)" } else { "" };
    [
        format!("{}{simulated}", agent.title()),
        agent.project.clone().unwrap_or_else(|| "–".into()),
        agent.telemetry_title().to_owned(),
        agent.activity.as_ref().map_or_else(|| "–".into(), doing),
        last_seen(agent),
        why,
    ]
}

/// `Working for 3 min`.
fn doing(activity: &Activity) -> String {
    format!("{} for {}", activity.kind.title(), format_duration(now().seconds_since(activity.since)))
}

fn last_seen(agent: &Agent) -> String {
    match agent.last_seen {
        Some(seen) => format!("{} ago", format_duration(now().seconds_since(seen))),
        None if agent.last_seen_unknown => "unavailable".into(),
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
        Some(seen) => format!("last seen {} ({})", seen.to_words(0), last_seen(agent)),
        None if agent.last_seen_unknown => "last seen: unavailable".into(),
        None => "never seen".into(),
    };
    let (place, state) = match agent.kind {
        AgentKind::Container => {
            (format!("container {}", agent.container), format!("the container {}; ", describe_state(agent.state)))
        }
        AgentKind::Simulated => ("simulated".to_owned(), String::new()),
        AgentKind::NoContainer | AgentKind::Untagged => ("no container".to_owned(), String::new()),
    };
    let mut lines =
        vec![format!("{}{in_project}, {place}: {}", agent.title(), agent.telemetry_title()), format!("{state}{seen}")];
    if let Some(activity) = &agent.activity {
        lines.push(format!("{}: {}", doing(activity), with_times_in_words(&activity.evidence)));
    }
    for (index, cause) in agent.causes.iter().enumerate() {
        lines.push(String::new());
        lines.push(format!("{}. {} ({})", index + 1, cause.code.sentence(), cause.code.name()));
        lines.push(format!("   evidence: {}", with_times_in_words(&cause.evidence)));
        // "No action needed" is left out unless it is the only advice.
        if cause.advice.is_some() || cause.fix.kind != FixKind::None || agent.causes.len() == 1 {
            lines.push(format!("   next: {}", cause.advice()));
        }
        lines.extend(cause.fix.command.iter().map(|command| format!("   $ {command}")));
    }
    lines
}

#[cfg(test)]
#[path = "agents_tests.rs"]
mod tests;
