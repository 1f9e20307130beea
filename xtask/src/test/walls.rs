//! The rules of the architecture that a program can check.

mod arrows;
mod classes;
mod dependencies;
mod imports;
mod lexer;
mod phrases;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::tally::Tally;
use crate::{paths::Paths, step::output};

pub fn check_all(tally: &mut Tally, paths: &Paths) {
    for name in ["tokio", "bollard", "hyper", "chrono"] {
        stays_out_of_the_browser(tally, paths, name);
    }
    let source = |folder: &str| rust_files(&paths.root.join(folder));
    let everywhere: Vec<PathBuf> =
        ["app", "core", "frontend", "receiver", "server"].into_iter().flat_map(source).collect();
    let outside = |folder: &str| {
        let folder = paths.root.join(folder);
        everywhere.iter().filter(|file| !file.starts_with(&folder)).cloned().collect::<Vec<_>>()
    };
    named_nowhere(tally, paths, "only server/src/docker names bollard", &outside("server/src/docker"), &["bollard"]);
    named_nowhere(tally, paths, "no `ServerFnError`: it leaks internals", &everywhere, &["ServerFnError"]);
    named_nowhere(tally, paths, "only app/src/api defines server functions", &outside("app/src/api"), &["#[server"]);
    named_nowhere(
        tally,
        paths,
        "app names neither Docker's client nor tokio",
        &source("app/src"),
        &["tokio", "reqwest"],
    );
    let io = ["std::fs", "std::io", "std::process", "TcpStream", "SystemTime", "Instant", "tokio", "env::var"];
    named_nowhere(tally, paths, "core does no I/O and reads no clock", &source("core/src"), &io);
    named_nowhere(
        tally,
        paths,
        "components call nothing",
        &source("app/src/components"),
        &["Resource", "ServerAction", "EventSource"],
    );
    files_are_read_in_one_place(tally, paths, &source("server/src"));
    classes::check_all(tally, paths);
    arrows::check_all(tally, paths);
    phrases::check_all(tally, paths);
    dependencies::check_all(tally, paths);
    lock_file_names_no_host(tally, paths);
}

/// Who opens files by themselves waits for pipes, reads devices without end, and hangs with a disk.
fn files_are_read_in_one_place(tally: &mut Tally, paths: &Paths, files: &[PathBuf]) {
    // The locks open what they lock, and the kernel's tables are in `/proc`.
    let may = ["file_access.rs", "work_lock.rs", "configuration/save_lock.rs", "host/sockets.rs"];
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(paths.root.join("server/src")).unwrap_or(file).display().to_string();
        let is_test = name.contains("tests") || name.ends_with("scripted.rs");
        if is_test || may.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(file).unwrap_or_default();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let words = ["fs::read", "fs::read_to_string", "File::open", "OpenOptions"];
            if let Some(word) = words.iter().find(|word| names(line, word)) {
                found.push(format!("server/src/{name}:{}: `{word}`", number + 1));
            }
        }
    }
    let wall = "the server reads files through `file_access`";
    if found.is_empty() { tally.pass(wall) } else { tally.fail(wall, &found.join("\n")) }
}

/// The WebAssembly must not contain these crates, so its dependency tree must not either.
fn stays_out_of_the_browser(tally: &mut Tally, paths: &Paths, name: &str) {
    let wall = format!("{name} stays out of the browser");
    let mut command = Command::new(paths.cargo());
    command.current_dir(&paths.root);
    command.args(["tree", "--package", "monitor-frontend", "--target", "wasm32-unknown-unknown", "--edges", "normal"]);
    command.args(["--invert", name]);
    match output(&mut command) {
        Ok(tree) if tree.stdout.is_empty() => tally.pass(&wall),
        Ok(tree) => tally.fail(&wall, &String::from_utf8_lossy(&tree.stdout)),
        Err(error) => tally.fail(&wall, &format!("{error:#}")),
    }
}

/// No line of code, comments aside, contains any of the words.
fn named_nowhere(tally: &mut Tally, paths: &Paths, wall: &str, files: &[PathBuf], words: &[&str]) {
    let mut found = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(file) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| names(line, word)) {
                let file = file.strip_prefix(&paths.root).unwrap_or(file);
                found.push(format!("{}:{}: `{word}`", file.display(), number + 1));
            }
        }
    }
    if found.is_empty() {
        tally.pass(wall);
    } else {
        tally.fail(wall, &found.join("\n"));
    }
}

/// Whether the code of the line contains the word, and not only as a part of a longer one.
fn names(line: &str, word: &str) -> bool {
    let code = line.split("//").next().unwrap_or(line);
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = code[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A lock file that was written behind a mirror names the mirror and does not work elsewhere.
fn lock_file_names_no_host(tally: &mut Tally, paths: &Paths) {
    let wall = "package-lock.json names no registry";
    let file = paths.end2end().join("package-lock.json");
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => return tally.fail(wall, &format!("`{}`: {error}", file.display())),
    };
    let named = text.lines().filter(|line| line.trim_start().starts_with("\"resolved\""));
    match named.collect::<Vec<_>>() {
        lines if lines.is_empty() => tally.pass(wall),
        lines => tally.fail(wall, &lines.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_only_on_its_own_and_in_code() {
        assert!(names("use tokio::sync;", "tokio"));
        assert!(names("    #[server(endpoint = \"x\")]", "#[server"));
        assert!(!names("use my_tokio;", "tokio"));
        assert!(!names("impl FromServerFnError for ApiError", "ServerFnError"));
        assert!(!names("// tokio is the server's", "tokio"));
    }
}
