//! Keys below `monitoring` that look like misspelled settings. Unknown keys are no error, because a later Clawker may
//! know them; but a misspelled one has no effect, and nothing else would say so.

use super::line_of;
use crate::{
    problem::Problem,
    settings::KEYS,
    yaml::document::{Entry, MERGE, Node, entries},
};

/// Unknown keys that resemble a known one, in the order of the file.
pub(super) fn misspelled(root: &Node) -> Vec<Problem> {
    let mut found = Vec::new();
    for entry in entries(root) {
        // All other sections are Clawker's.
        if entry.name == "monitoring" {
            look_into(entry.value, "", &mut found);
        } else if resemble(entry.name, "monitoring") {
            found.push(problem(entry.name, "monitoring", entry));
        }
    }
    found
}

/// `section` is the path below `monitoring` with a trailing dot, or empty.
fn look_into(node: &Node, section: &str, found: &mut Vec<Problem>) {
    for entry in entries(node) {
        let path = format!("{section}{}", entry.name);
        let inside = format!("{path}.");
        if KEYS.iter().any(|key| key.path == path) || entry.name == MERGE {
            continue;
        }
        if KEYS.iter().any(|key| key.path.starts_with(&inside)) {
            look_into(entry.value, &inside, found);
        } else if let Some(meant) = nearest(section, entry.name) {
            found.push(problem(&format!("monitoring.{path}"), &meant, entry));
        }
    }
}

/// The known name that was probably meant: one of the same section, or the full path of a setting elsewhere.
fn nearest(section: &str, name: &str) -> Option<String> {
    let in_section = KEYS.iter().filter_map(|key| key.path.strip_prefix(section)?.split('.').next());
    let here = in_section.filter(|known| resemble(name, known)).min_by_key(|known| distance(name, known));
    let elsewhere = || {
        let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
        let resembling = KEYS.iter().filter(|key| resemble(name, last(key.path)));
        let nearest = resembling.min_by_key(|key| distance(name, last(key.path)));
        nearest.map(|key| format!("monitoring.{}", key.path))
    };
    here.map(str::to_owned).or_else(elsewhere)
}

fn problem(field: &str, meant: &str, entry: Entry<'_>) -> Problem {
    Problem {
        field: field.to_owned(),
        message: format!("unknown setting, so it has no effect; did you mean `{meant}`?"),
        file: None,
        line: line_of(entry.line),
    }
}

/// Whether few letters differ: one in a short name, three in a long one.
fn resemble(name: &str, known: &str) -> bool {
    let allowed = match known.len() {
        0..=5 => 1,
        6..=11 => 2,
        _ => 3,
    };
    distance(name, known) <= allowed
}

/// The number of letters to insert, remove, replace, or swap with their neighbor (optimal string alignment). Spellings
/// such as `grafanaPort` and `grafana-port` equal `grafana_port`.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (snake_case(one), snake_case(other));
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, known) in other.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(letter != known);
            let mut best = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && one[i - 1] == *known {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

fn snake_case(name: &str) -> Vec<char> {
    let mut letters = Vec::new();
    let mut after_lowercase = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && after_lowercase {
            letters.push('_');
        }
        after_lowercase = letter.is_ascii_lowercase();
        letters.push(if letter == '-' { '_' } else { letter.to_ascii_lowercase() });
    }
    letters
}
