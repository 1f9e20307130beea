//! A running panel.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    installation::{Installation, Said},
    process::Running,
};

/// A panel, and what it answers.
pub struct Panel {
    _process: Running,
    address: String,
}

impl Panel {
    /// Starts it and waits for its address.
    pub fn start(it: &Installation) -> Panel {
        let process = Running::reading_stdout(it.command(&["serve", "--listen", "127.0.0.1:0"]));
        let line = process.line("the address", |line| line.starts_with("listening on "));
        Panel { address: line.trim_start_matches("listening on ").to_owned(), _process: process }
    }

    /// Posts a command without arguments.
    pub fn post(&self, what: &str) -> Value {
        let url = format!("{}/api/{what}", self.address);
        Said::of(Command::new("curl").args(["--silent", "--show-error", "--request", "POST", &url])).done().json()
    }

    /// The first page.
    pub fn page(&self) -> String {
        self.page_at("/")
    }

    /// The page at this path.
    pub fn page_at(&self, path: &str) -> String {
        let url = format!("{}{path}", self.address);
        Said::of(Command::new("curl").args(["--silent", "--show-error", &url])).done().out
    }

    /// Waits until the first page contains the words.
    pub fn shows(&self, words: &str) {
        let began = Instant::now();
        loop {
            let page = self.page();
            if page.contains(words) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "the page never says `{words}`: {page}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}
