//! The command line: options and dispatch. Every command but `serve` works without a running panel.
//!
//! Exit codes: 0 success, 1 failure, 2 invalid usage, 130 interrupted. An error is one sentence on standard error, then
//! `hint:` with the next step; with `--json` it is also on standard output, as `{"error":{"code","message","hint"}}`.

mod agents;
mod apply;
mod connect;
mod data;
mod doctor;
mod lifecycle;
mod logs;
mod output;
mod printable;
mod progress;
mod receive;
mod serve;
mod settings;
mod simulate;
mod status;
mod table;
mod terminal;
mod turn;
mod usage;

use std::{net::SocketAddr, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use monitor_core::{error::StackError, service::Service};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::output::{Format, Output};
use crate::docker::endpoint_from_environment;

/// Control panel for the Clawker monitoring stack: see what your coding agents do and what they cost.
#[derive(Debug, Parser)]
#[command(name = "clawker-monitor", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the panel (the default command).
    Serve(ServeOptions),
    /// Write the stack's configuration files. Files you changed are kept unless you pass `--force`.
    Init {
        /// Also replace files that differ, after backing them up.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        lock: LockOptions,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Start the stack and wait until all six services are ready.
    Up {
        /// How many seconds to wait for each service to become ready.
        #[arg(long, value_name = "SECONDS", default_value_t = 180)]
        wait_timeout: u64,
        #[command(flatten)]
        lock: LockOptions,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Stop the stack and remove its containers. Recorded data and the network are kept.
    Down {
        /// Also remove the volumes and all recorded data.
        #[arg(long)]
        volumes: bool,
        #[command(flatten)]
        lock: LockOptions,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Show which services are running and ready.
    Status {
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Check for problems that prevent a start: Docker, files, ports, names, network, disk. Changes nothing.
    Doctor {
        #[command(flatten)]
        output: OutputOptions,
    },
    /// List all agents and whether their telemetry arrives, and whether new agents will report.
    Agents {
        /// Keep running and print the list again after every change.
        #[arg(long)]
        watch: bool,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Explain why an agent's telemetry does or does not arrive, with the evidence and the next step.
    Explain {
        /// The agent's name, `PROJECT/AGENT`, or the name of its container.
        agent: String,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Show and change the stack's settings in Clawker's settings file.
    Settings {
        #[command(subcommand)]
        command: SettingsCommand,
    },
    /// Apply the settings: update the files and recreate the affected services. If any fails, everything is rolled back.
    Apply {
        /// Also replace files that were edited by hand, after backing them up.
        #[arg(long)]
        replace_edited: bool,
        /// How many seconds to wait for each service to become ready.
        #[arg(long, value_name = "SECONDS", default_value_t = 180)]
        wait_timeout: u64,
        #[command(flatten)]
        lock: LockOptions,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Simulate agents: send the collector what Claude Code would send, marked `clawker.simulated=true`.
    Simulate(simulate::SimulateOptions),
    /// Receive agents' telemetry without the stack: OTLP over HTTP and gRPC, kept in one file.
    Receive(receive::ReceiveOptions),
    /// Print the variables with which Claude Code on this machine sends to the built-in receiver, or put them into its
    /// settings.
    Connect(connect::ConnectOptions),
    /// Show, export and delete what the built-in receiver has recorded.
    Data {
        #[command(subcommand)]
        command: data::DataCommand,
    },
    /// Print a service's log.
    Logs {
        /// The service: otel-collector, prometheus, loki, jaeger, grafana or promtail.
        #[arg(value_parser = parse_service)]
        service: Service,
        /// Keep printing new lines until interrupted.
        #[arg(short, long)]
        follow: bool,
        /// How many of the most recent lines to print first.
        #[arg(short = 'n', long, value_name = "LINES", default_value_t = 200)]
        tail: u32,
    },
}

#[derive(Debug, Subcommand)]
enum SettingsCommand {
    /// Print the value of a setting, or all settings.
    Get {
        /// The key, for example `grafana_port` or `monitoring.telemetry.log_user_prompts`.
        key: Option<String>,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Change a setting in the file. Comments and other keys are preserved.
    Set {
        /// The key, for example `grafana_port` or `monitoring.telemetry.log_user_prompts`.
        key: String,
        /// The new value.
        #[arg(allow_hyphen_values = true)]
        value: String,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Remove a setting from the file, so that the default applies.
    Unset {
        /// The key, for example `grafana_port` or `monitoring.telemetry.log_user_prompts`.
        key: String,
        #[command(flatten)]
        output: OutputOptions,
    },
    /// Show what `apply` would change in files and services. Changes nothing.
    Diff {
        #[command(flatten)]
        output: OutputOptions,
    },
}

#[derive(Debug, Clone, Args)]
struct ServeOptions {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8484")]
    listen: SocketAddr,
    /// Open the panel in your browser.
    #[arg(long)]
    open: bool,
    /// Do not receive telemetry in this process while no stack is running.
    #[arg(long)]
    no_receive: bool,
    /// The format of the log on standard error.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, Args)]
struct OutputOptions {
    /// Print one JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, Args)]
struct LockOptions {
    /// If another process is doing something else to the stack, wait until it is done.
    #[arg(long)]
    wait: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Plain text.
    Text,
    /// One JSON object per line.
    Json,
}

fn parse_service(name: &str) -> Result<Service, String> {
    Service::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Service::ALL.iter().map(|service| service.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

impl Command {
    /// Whether it asks the Engine for something.
    fn uses_engine(&self) -> bool {
        match self {
            // The panel says it in its log.
            Command::Init { .. }
            | Command::Serve(_)
            | Command::Receive(_)
            | Command::Connect(_)
            | Command::Data { .. } => false,
            Command::Settings { command } => matches!(command, SettingsCommand::Diff { .. }),
            _ => true,
        }
    }

    /// What it prints on standard output.
    fn format(&self) -> Format {
        let options = match self {
            Command::Serve(_) | Command::Receive(_) | Command::Logs { .. } => return Format::Text,
            Command::Agents { watch: true, output: OutputOptions { json: true } } => return Format::JsonLines,
            Command::Data { command: data::DataCommand::Export(_) } => return Format::JsonLines,
            Command::Data { command } => command.output(),
            Command::Connect(options) => options.output,
            Command::Simulate(options) => options.output,
            Command::Init { output, .. }
            | Command::Up { output, .. }
            | Command::Down { output, .. }
            | Command::Status { output }
            | Command::Doctor { output }
            | Command::Agents { output, .. }
            | Command::Explain { output, .. }
            | Command::Apply { output, .. } => *output,
            Command::Settings { command } => match command {
                SettingsCommand::Get { output, .. }
                | SettingsCommand::Set { output, .. }
                | SettingsCommand::Unset { output, .. }
                | SettingsCommand::Diff { output } => *output,
            },
        };
        if options.json { Format::Json } else { Format::Text }
    }
}

/// Parses the command line, runs the command and returns the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::refuse(&error),
    };
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    let output = Output::new(command.format());
    raise_descriptor_limit();
    // Rendering pages needs a few threads even on one core. The other commands need only one.
    let mut builder = match command {
        Command::Serve(_) => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(4);
            builder
        }
        Command::Receive(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let outcome = match builder.enable_all().build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(run(command, &output));
            // A thread that waits for standard input or a name server must not keep the process alive.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(StackError::CannotStart { component: "the event loop".into(), detail: error.to_string() }),
    };
    // A command whose result nobody got has failed, whatever it did.
    let outcome = outcome.and_then(|code| output.failure().map_or(Ok(code), Err));
    outcome.unwrap_or_else(|error| {
        output.error(&error);
        usage::exit_code(&error)
    })
}

/// Raises the limit of open files and connections as far as this process may. Shells set 1024, which so many pages and a
/// few connections for each reach.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    // If that fails, the old limit stays.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

async fn run(command: Command, output: &Output) -> Result<ExitCode, StackError> {
    if command.uses_engine() {
        let endpoint = endpoint_from_environment(|name| std::env::var(name).ok());
        let passed_over = endpoint.iter().flat_map(|endpoint| endpoint.passed_over());
        passed_over.for_each(|it| output.note(&format!("warning: {}", it.what)));
    }
    match command {
        Command::Serve(options) => serve::serve(options, output).await?,
        Command::Init { force, lock, .. } => lifecycle::initialize(force, output, lock).await?,
        Command::Up { wait_timeout, lock, .. } => lifecycle::up(wait_timeout, output, lock).await?,
        Command::Down { volumes, lock, .. } => lifecycle::down(volumes, output, lock).await?,
        Command::Status { .. } => status::status(output).await?,
        Command::Doctor { .. } => return doctor::doctor(output).await,
        Command::Agents { watch: false, .. } => agents::agents(output).await?,
        Command::Agents { watch: true, .. } => agents::watch(output).await?,
        Command::Explain { agent, .. } => agents::explain(&agent, output).await?,
        Command::Settings { command } => match command {
            SettingsCommand::Get { key, .. } => settings::get(key.as_deref(), output)?,
            SettingsCommand::Set { key, value, .. } => settings::change(&key, Some(&value), output)?,
            SettingsCommand::Unset { key, .. } => settings::change(&key, None, output)?,
            SettingsCommand::Diff { .. } => settings::diff(output).await?,
        },
        Command::Apply { replace_edited, wait_timeout, lock, .. } => {
            apply::apply(replace_edited, wait_timeout, output, lock).await?;
        }
        Command::Simulate(options) => simulate::simulate(options, output).await?,
        Command::Receive(options) => receive::receive(options, output).await?,
        Command::Connect(options) => connect::connect(&options, output)?,
        Command::Data { command } => data::data(&command, output)?,
        Command::Logs { service, follow, tail } => logs::logs(service, follow, tail, output).await?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_options_work_with_and_without_the_command() {
        for line in [
            &["clawker-monitor", "--listen", "127.0.0.1:1"][..],
            &["clawker-monitor", "serve", "--listen", "127.0.0.1:1"],
        ] {
            let cli = Cli::try_parse_from(line).expect("both are allowed");
            let options = match cli.command {
                Some(Command::Serve(options)) => options,
                _ => cli.serve,
            };
            assert_eq!(options.listen.port(), 1);
        }
    }
}
