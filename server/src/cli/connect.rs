//! `connect`: prints the variables with which Claude Code on this machine sends to the built-in receiver, or puts them into
//! its settings file and takes them out again.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use clap::Args;
use monitor_core::{
    agent_environment::{HOST_AGENT, endpoint_on_host, on_host, shown},
    claude_settings::ChangedVariable,
    error::StackError,
    settings::Settings,
};
use monitor_receiver::store::holder;
use serde::Serialize;

use super::{OutputOptions, output::Output};
use crate::{
    configuration::{ClaudeSettingsChange, Configuration, Mode},
    paths::{Paths, claude_settings_file},
};

/// How long a connection to the receiver may take.
const CONNECTED_WITHIN: Duration = Duration::from_millis(500);
/// The longest project and agent, in characters.
const LONGEST_TAG: usize = 100;

#[derive(Debug, Clone, Args)]
pub(super) struct ConnectOptions {
    /// The project that the data is shown under.
    #[arg(long, value_parser = parse_tag, default_value = "", hide_default_value = true)]
    project: String,
    /// The agent that the data is shown under.
    #[arg(long, value_parser = parse_tag, default_value = HOST_AGENT)]
    agent: String,
    /// Put the variables into `env` of Claude Code's settings: `settings.json` in `$CLAUDE_CONFIG_DIR`, else in `~/.claude`.
    #[arg(long)]
    write: bool,
    /// Take the variables out again, and restore what they had replaced.
    #[arg(long, conflicts_with_all = ["write", "project", "agent"])]
    undo: bool,
    /// Show what `--write` or `--undo` would change. Changes nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

fn parse_tag(text: &str) -> Result<String, String> {
    let is_long = text.chars().count() > LONGEST_TAG;
    match () {
        () if is_long => Err(format!("expected at most {LONGEST_TAG} characters")),
        () if text.chars().any(char::is_control) => Err("expected a name without control characters".to_owned()),
        () => Ok(text.to_owned()),
    }
}

/// What receives at the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Receiving {
    /// The built-in receiver.
    BuiltIn,
    /// Something else, such as the stack's collector.
    Other,
    /// Nothing listens there.
    Nothing,
}

/// What `connect --json` prints.
#[derive(Serialize)]
struct Printed {
    endpoint: String,
    receiving: Receiving,
    variables: BTreeMap<String, String>,
}

/// What `connect --write --json` and `connect --undo --json` print.
#[derive(Serialize)]
struct Changed<'a> {
    dry_run: bool,
    /// `None` for `--undo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    receiving: Option<Receiving>,
    #[serde(flatten)]
    change: &'a ClaudeSettingsChange,
}

pub(super) fn connect(options: &ConnectOptions, output: &Output) -> Result<(), StackError> {
    let variable = |name: &str| std::env::var_os(name);
    let configuration = Configuration::new(Paths::from_environment(variable)?, String::new());
    let mode = if options.dry_run { Mode::DryRun } else { Mode::Write };
    if options.undo {
        return undo(&configuration, mode, output);
    }
    let settings = configuration.settings()?;
    let variables = on_host(&settings, &options.project, &options.agent);
    let (endpoint, receiving) = (endpoint_on_host(&settings), receiving(&configuration, &settings));
    // Without `--write`, `--dry-run` shows what that would do.
    if !options.write && !options.dry_run {
        print(output, endpoint, receiving, variables);
        return Ok(());
    }
    let change = configuration.connect_claude_code(&claude_settings_file(variable)?, &variables, mode)?;
    let change = without_secrets(change);
    if output.is_json() {
        output.document(&Changed { dry_run: options.dry_run, receiving: Some(receiving), change: &change });
        return Ok(());
    }
    let file = &change.file;
    show_changes(&change, mode, "write", output);
    output.line(&match (change.changes.len(), mode) {
        (0, _) => format!("`{file}` already has these variables. It was not changed."),
        (_, Mode::DryRun) => "Nothing was changed.".to_owned(),
        (count, Mode::Write) => format!("Set {count} variables in `{file}`. Start Claude Code again to use them."),
    });
    if mode == Mode::Write {
        output.line(&sentence(receiving, &endpoint));
    }
    note_names("other telemetry variables in this file, which may get in the way", &change.left_alone, output);
    Ok(())
}

fn undo(configuration: &Configuration, mode: Mode, output: &Output) -> Result<(), StackError> {
    let file = claude_settings_file(|name| std::env::var_os(name))?;
    let change = configuration.disconnect_claude_code(&file, mode)?;
    let file = file.display().to_string();
    let change = change.map(without_secrets).unwrap_or_else(|| ClaudeSettingsChange::nothing(&file));
    if output.is_json() {
        output.document(&Changed { dry_run: mode == Mode::DryRun, receiving: None, change: &change });
        return Ok(());
    }
    show_changes(&change, mode, "undo", output);
    output.line(&match (change.changes.len(), mode) {
        (0, _) => format!("Nothing to undo in `{file}`. It was not changed."),
        (_, Mode::DryRun) => "Nothing was changed.".to_owned(),
        _ if change.is_gone => format!("Removed `{file}`: nothing else was in it."),
        (count, Mode::Write) => {
            format!("Restored {count} variables in `{file}`. Running sessions keep sending until they end.")
        }
    });
    note_names("left alone, because it was changed since", &change.left_alone, output);
    Ok(())
}

/// What somebody had set may hold a password.
fn without_secrets(mut change: ClaudeSettingsChange) -> ClaudeSettingsChange {
    for ChangedVariable { name, before, after } in &mut change.changes {
        [before, after].into_iter().flatten().for_each(|value| *value = shown(name, value));
    }
    change
}

fn print(output: &Output, endpoint: String, receiving: Receiving, variables: Vec<(String, String)>) {
    if output.is_json() {
        output.document(&Printed { endpoint, receiving, variables: variables.into_iter().collect() });
        return;
    }
    for (name, value) in &variables {
        output.line(&format!("export {name}={}", for_shell(value)));
    }
    output.note("");
    output.note(
        "Run these lines in a shell, then start Claude Code there. To put them into Claude Code's settings instead:",
    );
    output.note("`clawker-monitor connect --write` (`connect --undo` takes them out again).");
    output.note(&sentence(receiving, &endpoint));
}

/// A value as a shell reads it.
fn for_shell(value: &str) -> String {
    let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:,=%+-".contains(&byte));
    if is_plain { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

/// What a dry run would change, as a diff; else the name of the backup.
fn show_changes(change: &ClaudeSettingsChange, mode: Mode, option: &str, output: &Output) {
    if let Some(backup) = &change.backup {
        output.note(&format!("backup: {backup}"));
    }
    if mode == Mode::Write || change.changes.is_empty() {
        return;
    }
    output.line(&format!("--- {}", change.file));
    output.line(&format!("+++ {} (after `connect --{option}`)", change.file));
    for ChangedVariable { name, before, after } in &change.changes {
        for (sign, value) in [('-', before), ('+', after)] {
            if let Some(value) = value {
                output.line(&format!("{sign}    \"{name}\": {value}"));
            }
        }
    }
}

fn note_names(what: &str, names: &[String], output: &Output) {
    if !names.is_empty() {
        output.note(&format!("{what}: `{}`", names.join("`, `")));
    }
}

fn receiving(configuration: &Configuration, settings: &Settings) -> Receiving {
    let address: Option<SocketAddr> =
        endpoint_on_host(settings).strip_prefix("http://").and_then(|address| address.parse().ok());
    let listens = address.is_some_and(|address| TcpStream::connect_timeout(&address, CONNECTED_WITHIN).is_ok());
    match (listens, holder(&configuration.telemetry_file()).is_some()) {
        (true, true) => Receiving::BuiltIn,
        (true, false) => Receiving::Other,
        (false, _) => Receiving::Nothing,
    }
}

fn sentence(receiving: Receiving, endpoint: &str) -> String {
    match receiving {
        Receiving::BuiltIn => format!("The built-in receiver is running at {endpoint}."),
        Receiving::Other => format!(
            "A program other than the built-in receiver is running at {endpoint}, for example the stack's collector. It \
             gets the data."
        ),
        Receiving::Nothing => format!(
            "Nothing is receiving at {endpoint} yet. Start `clawker-monitor`, or `clawker-monitor receive` without the panel."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_the_shell() {
        for (value, expected) in [
            ("http://127.0.0.1:4318/v1/logs", "http://127.0.0.1:4318/v1/logs"),
            ("project=a%20b,agent=c", "project=a%20b,agent=c"),
            ("a b", "'a b'"),
            ("~", "'~'"),
            ("$(it's)", r"'$(it'\''s)'"),
        ] {
            assert_eq!(for_shell(value), expected);
        }
        assert!(parse_tag("a\n").is_err() && parse_tag(&"a".repeat(101)).is_err());
    }
}
