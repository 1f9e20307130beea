//! Our commands and Docker Compose's, on the same files and images.

use std::{path::Path, process::Command, time::Instant};

use anyhow::Result;

use super::{Measured, bound::Bound};
use crate::{panel::Home, step::run_quietly};

/// What was measured.
pub struct Commands {
    pub verbs: Vec<Verb>,
    /// See `bound`.
    pub bound: Measured,
}

/// A command and Docker Compose's counterpart.
pub struct Verb {
    pub name: &'static str,
    pub ours: Measured,
    pub peer: Measured,
}

/// Name, our arguments, and Compose's arguments. `up` differs in one point, to Compose's advantage: ours returns when all
/// six services are ready, Compose's when the containers have started.
const VERBS: [(&str, &[&str], &[&str]); 4] = [
    ("`up`, six containers, images present", &["up"], &["up", "-d"]),
    ("`up` with nothing to do", &["up"], &["up", "-d"]),
    ("`status` / `ps`", &["status", "--json"], &["ps", "--format", "json"]),
    ("`down`", &["down"], &["down"]),
];

pub fn measure(home: &Home, binary: &Path, compose: &Path, runs: usize) -> Result<Commands> {
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
    let measure_once = |mut command: Command| -> Result<std::time::Duration> {
        let started = Instant::now();
        run_quietly(&mut command)?;
        Ok(started.elapsed())
    };
    measure_once(ours(&["init"]))?;
    // A first round that does not count: it creates the network and fills the page cache.
    measure_once(ours(&["up"]))?;
    let requests = Bound::of_running_stack()?;
    measure_once(ours(&["down"]))?;
    measure_once(peer(&["up", "-d"]))?;
    measure_once(peer(&["down"]))?;

    let mut verbs: Vec<Verb> =
        VERBS.iter().map(|(name, ..)| Verb { name, ours: Measured::new(), peer: Measured::new() }).collect();
    let mut bound = Measured::new();
    for round in 0..runs {
        bound.push(requests.measure()?);
        for is_ours in [round % 2 == 0, round % 2 == 1] {
            for ((_, our_words, peer_words), verb) in VERBS.iter().zip(&mut verbs) {
                if is_ours {
                    verb.ours.push(measure_once(ours(our_words))?);
                } else {
                    verb.peer.push(measure_once(peer(peer_words))?);
                }
            }
        }
    }
    measure_once(ours(&["down", "--volumes"]))?;
    Ok(Commands { verbs, bound })
}
