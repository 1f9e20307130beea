//! Runs programs and reports progress. Progress goes to stderr; stdout is for results.

use std::{
    io::{IsTerminal as _, Write as _},
    process::{Command, Output},
};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;

/// Prints a line of progress.
pub fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "xtask: {sentence}");
}

/// Prints a result.
pub fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = stdout.write_all(b"\n");
    }
    let _ = stdout.flush();
}

/// The command as typed in a shell, without quoting.
pub fn command_line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A cargo command in the repository. It shows its own progress on a terminal and only its errors elsewhere.
pub fn cargo(paths: &Paths, subcommand: &str) -> Command {
    let mut command = Command::new(paths.cargo());
    command.current_dir(&paths.root).arg(subcommand);
    if !std::io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    command
}

/// Runs a program and shows its output. The error names the command.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("`{}` could not be started", command_line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", command_line(command));
    }
    Ok(())
}

/// Runs a program and returns its stdout. The error contains its output.
pub fn run_quietly(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        bail!(
            "`{}` failed ({})\n{}{}",
            command_line(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program and returns its output, whatever its exit code.
pub fn output(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("`{}` could not be started", command_line(command)))
}

/// The path of a program on PATH.
pub fn on_path(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}
