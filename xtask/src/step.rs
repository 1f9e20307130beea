//! Running programs and saying so. Progress goes to stderr; stdout is for results.

use std::{
    io::{IsTerminal as _, Write as _},
    process::{Command, Output},
};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;

/// Tells the person at the terminal what happens.
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

/// The command as one would type it.
pub fn words(command: &Command) -> String {
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

/// Runs a program with its output shown; a failure is an error that names it.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("`{}` could not be started", words(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", words(command));
    }
    Ok(())
}

/// Runs a program quietly; its output is shown only where it failed.
pub fn run_quietly(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        bail!(
            "`{}` failed ({})\n{}{}",
            words(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program and answers with all of its output, whatever its exit code.
pub fn output(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("`{}` could not be started", words(command)))
}

/// Whether a program of that name is on PATH.
pub fn on_path(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}
