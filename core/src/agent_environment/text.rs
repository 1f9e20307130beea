//! The variables as people copy them into `.clawker.yaml` or into a file that it names.

use super::{ENABLE, Source, Variable};
use crate::yaml::double_quoted;

/// For `.clawker.yaml`: the map `agent.env`. Every value is a text, so every value is quoted.
pub fn agent_env(variables: &[Variable]) -> String {
    let mut text = String::from("agent:\n  env:\n");
    for variable in by_hand(variables) {
        let comment = comment(variable).map(|comment| format!("  # {comment}")).unwrap_or_default();
        text.push_str(&format!("    {}: {}{comment}\n", variable.name, double_quoted(&variable.value)));
    }
    text
}

/// For a file that `agent.env_file` names: a line a variable, a comment on the line above it, because there everything
/// after `=` is the value.
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

/// What may be set by hand. What Clawker sets at creation would be lost by it: `agent.env` has the last word.
fn by_hand(variables: &[Variable]) -> impl Iterator<Item = &Variable> {
    variables.iter().filter(|variable| variable.source != Source::Creation && variable.name != ENABLE)
}

fn comment(variable: &Variable) -> Option<String> {
    let note = (variable.source == Source::OnlyByHand).then_some("Clawker omits it, which does not disable it");
    let parts: Vec<&str> =
        [Some(variable.about.as_str()), note].into_iter().flatten().filter(|it| !it.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
