//! The variables as text to copy into `.clawker.yaml` or a file that it names.

use super::{ENABLE, Source, Variable};
use crate::yaml::double_quoted;

/// The map `agent.env` for `.clawker.yaml`. All values are text, so all are quoted.
pub fn agent_env(variables: &[Variable]) -> String {
    let mut text = String::from("agent:\n  env:\n");
    for variable in by_hand(variables) {
        let comment = comment(variable).map(|comment| format!("  # {comment}")).unwrap_or_default();
        text.push_str(&format!("    {}: {}{comment}\n", variable.name, double_quoted(&variable.value)));
    }
    text
}

/// A file for `agent.env_file`: one line per variable, with comments on lines of their own, because everything after
/// `=` is part of the value.
pub fn env_file(variables: &[Variable]) -> String {
    let mut text = String::new();
    for variable in by_hand(variables) {
        if let Some(comment) = comment(variable) {
            text.push_str(&format!("# {comment}\n"));
        }
        text.push_str(&format!("{}={}\n", variable.name, variable.value));
    }
    text
}

/// Variables that may be set manually. Setting the others would override what Clawker sets at creation, because
/// `agent.env` wins.
fn by_hand(variables: &[Variable]) -> impl Iterator<Item = &Variable> {
    variables.iter().filter(|variable| variable.source != Source::Creation && variable.name != ENABLE)
}

fn comment(variable: &Variable) -> Option<String> {
    let note = (variable.source == Source::OnlyByHand).then_some("Clawker omits it, which does not disable it");
    let parts: Vec<&str> =
        [Some(variable.about.as_str()), note].into_iter().flatten().filter(|it| !it.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
