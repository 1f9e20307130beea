//! Who set the variables that cause a problem, and the smallest fix that works.

use super::super::{Fix, FixKind, SettingsLayer};
use super::commands::RecreateScope;
use super::facts::AgentFacts;
use super::variables::{ValueSource, Variables, backticked, set_by};

/// Where a problem comes from, and how to fix it.
#[derive(Debug, Clone)]
pub(super) struct Blame {
    /// A clause for the end of the evidence, with its separator; empty if there is nothing to say.
    pub clause: String,
    pub fix: Fix,
}

impl Blame {
    fn new(clause: &str, fix: Fix) -> Blame {
        let clause = if clause.is_empty() { String::new() } else { format!("; {clause}") };
        Blame { clause, fix }
    }
}

/// The origin of a problem that these variables cause. `remains` tells whether a container with other variables has the
/// problem too.
pub(super) fn blame(facts: &AgentFacts<'_>, names: &[String], remains: impl Fn(&Variables) -> bool) -> Blame {
    if let Some((name, source)) = settings_file(&facts.variables, names) {
        return Blame::new(&set_by(name, source), edit_and_restart());
    }
    let own = names.iter().find_map(|name| Some((name, facts.variables.source(name)?)));
    if !facts.agent.managed {
        let clause = own.map(|(name, source)| set_by(name, source)).unwrap_or_default();
        return Blame::new(&clause, facts.recreate_fix(FixKind::Edit));
    }
    let Some(next) = facts.next() else {
        return match clawker_file(&facts.clawker, names) {
            Some((name, source)) => Blame::new(&set_by(name, source), edit_and_recreate(facts, source)),
            None => Blame::new("", facts.recreate_fix(FixKind::Rebuild)),
        };
    };
    if remains(&next) {
        return match clawker_file(&next, names) {
            Some((name, source)) => Blame::new(&set_by(name, source), edit_and_recreate(facts, source)),
            None => {
                let baked = names.iter().any(|name| next.source(name) == Some(&ValueSource::Image));
                Blame::new(if baked { "set in its image" } else { "" }, facts.recreate_fix(FixKind::Rebuild))
            }
        };
    }
    let at_creation = own.is_some_and(|(_, source)| *source == ValueSource::Container);
    match facts.agent.clawker.unread.first().filter(|_| at_creation) {
        Some(unread) => {
            let clause = format!(
                "set when the container was created, perhaps by {}, which could not be read: {}",
                backticked(&unread.path),
                unread.why
            );
            Blame::new(&clause, facts.recreate_fix(FixKind::Edit))
        }
        None => Blame::new("a new container would have the correct value", facts.recreate_fix(FixKind::Recreate)),
    }
}

/// The variable among these that a settings file of the highest layer sets.
fn settings_file<'a>(variables: &'a Variables, names: &'a [String]) -> Option<(&'a str, &'a ValueSource)> {
    let layer = |source: &ValueSource| match source {
        ValueSource::Settings { layer, .. } => Some(*layer),
        _ => None,
    };
    let found = names.iter().filter_map(|name| Some((name.as_str(), variables.source(name)?)));
    found
        .filter_map(|(name, source)| Some((layer(source)?, name, source)))
        .max_by_key(|found: &(SettingsLayer, _, _)| found.0)
        .map(|(_, name, source)| (name, source))
}

fn clawker_file<'a>(variables: &'a Variables, names: &'a [String]) -> Option<(&'a str, &'a ValueSource)> {
    let found = names.iter().filter_map(|name| Some((name.as_str(), variables.source(name)?)));
    found.into_iter().find(|(_, source)| matches!(source, ValueSource::Clawker { .. }))
}

/// Editing one of Claude Code's files, which it reads whenever it starts.
pub(super) const fn edit_and_restart() -> Fix {
    Fix { kind: FixKind::Edit, command: None, restart: true }
}

/// Editing one of Clawker's files. What it sets for builds is also in the image.
fn edit_and_recreate(facts: &AgentFacts<'_>, source: &ValueSource) -> Fix {
    let in_image = matches!(source, ValueSource::Clawker { key, .. } if key.starts_with("build."));
    let scope = if in_image { RecreateScope::Image } else { RecreateScope::Container };
    Fix { kind: FixKind::Edit, ..facts.recreate_scope_fix(scope) }
}
