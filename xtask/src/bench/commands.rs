//! The command line beside Docker Compose's, on the same files and images.

use std::{path::Path, process::Command, time::Instant};

use anyhow::Result;

use super::Measured;
use crate::{panel::Home, step::run_quietly};

/// One verb, ours and the peer's.
pub struct Verb {
    pub name: &'static str,
    pub ours: Measured,
    pub peer: Measured,
}

/// Our words and Compose's for the same thing. `up` differs in one point, to the peer's advantage: ours returns when all
/// six services answer that they are ready, Compose's when the containers were started.
const VERBS: [(&str, &[&str], &[&str]); 4] = [
    ("`up`, six containers, images present", &["up"], &["up", "-d"]),
    ("`up` with nothing to do", &["up"], &["up", "-d"]),
    ("`status` / `ps`", &["status", "--json"], &["ps", "--format", "json"]),
    ("`down`", &["down"], &["down"]),
];

pub fn measure(home: &Home, binary: &Path, compose: &Path, runs: usize) -> Result<Vec<Verb>> {
    let ours = |words: &[&str]| {
        let mut command = home.command(binary);
        command.args(words);
        command
    };
    let peer = |words: &[&str]| {
        let mut command = Command::new(compose);
        command.current_dir(home.monitor_folder()).args(words);
        command
    };
    let take = |mut command: Command| -> Result<std::time::Duration> {
        let started = Instant::now();
        run_quietly(&mut command)?;
        Ok(started.elapsed())
    };
    take(ours(&["init"]))?;
    // A first round of each that does not count: it makes the network and fills the page cache.
    for words in [["up"], ["down"]] {
        take(ours(&words))?;
    }
    take(peer(&["up", "-d"]))?;
    take(peer(&["down"]))?;

    let mut verbs: Vec<Verb> =
        VERBS.iter().map(|(name, ..)| Verb { name, ours: Measured::new(), peer: Measured::new() }).collect();
    for round in 0..runs {
        for is_ours in [round % 2 == 0, round % 2 == 1] {
            for ((_, our_words, peer_words), verb) in VERBS.iter().zip(&mut verbs) {
                match is_ours {
                    true => verb.ours.push(take(ours(our_words))?),
                    false => verb.peer.push(take(peer(peer_words))?),
                }
            }
        }
    }
    take(ours(&["down", "--volumes"]))?;
    Ok(verbs)
}
