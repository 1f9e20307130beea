//! Describes in plain sentences what is recorded about people.
//!
//! Source: Claude Code's monitoring documentation of 2026-08-22, and events recorded from Claude Code 2.1.330: a tool
//! event has its input and the size of its output, but never the output.

use super::Telemetry;

impl Telemetry {
    /// What is recorded under these settings and what is not, one sentence per item.
    pub fn privacy_summary(&self) -> Vec<String> {
        let contents = [
            (self.log_user_prompts, "prompts and Claude's answers"),
            (
                self.log_tool_details,
                "what tools are asked to do (commands, file names, inputs) and their error messages",
            ),
        ];
        let ids =
            [(self.include_account_uuid, "the Anthropic account ID"), (self.include_session_id, "the session ID")];
        let mut sentences =
            vec!["Costs, tokens, models, durations, and the names of tools are recorded for every agent.".to_owned()];
        for on in [true, false] {
            sentences.extend(sentence(contents, ", and ", on, if on { "recorded" } else { "not recorded" }));
        }
        for on in [true, false] {
            sentences.extend(sentence(ids, " and ", on, if on { "attached" } else { "not attached" }));
        }
        sentences.push("Tool output is never recorded, only its size.".to_owned());
        sentences.push("Claude Code always attaches the email address of the signed-in account.".to_owned());
        sentences
    }
}

/// A sentence about the things that are on (or off); `None` if there are none.
fn sentence(things: [(bool, &str); 2], joint: &str, on: bool, what: &str) -> Option<String> {
    let named: Vec<&str> = things.iter().filter(|(is_on, _)| *is_on == on).map(|(_, name)| *name).collect();
    let (first, rest) =
        named.join(joint).split_at_checked(1).map(|(first, rest)| (first.to_owned(), rest.to_owned()))?;
    // A single ID is singular; contents are always plural.
    let verb = if named.len() == 1 && rest.ends_with(" ID") { "is" } else { "are" };
    Some(format!("{}{rest} {verb} {what}.", first.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    fn words(change: fn(&mut Settings)) -> String {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.telemetry.privacy_summary().join("\n")
    }

    #[test]
    fn the_privacy_summary_has_plain_sentences() {
        insta::assert_snapshot!(words(|_| {}), @"
        Costs, tokens, models, durations, and the names of tools are recorded for every agent.
        Prompts and Claude's answers, and what tools are asked to do (commands, file names, inputs) and their error messages are recorded.
        The Anthropic account ID and the session ID are attached.
        Tool output is never recorded, only its size.
        Claude Code always attaches the email address of the signed-in account.
        ");
        insta::assert_snapshot!(words(|it| {
            it.telemetry.log_user_prompts = false;
            it.telemetry.include_session_id = false;
        }), @"
        Costs, tokens, models, durations, and the names of tools are recorded for every agent.
        What tools are asked to do (commands, file names, inputs) and their error messages are recorded.
        Prompts and Claude's answers are not recorded.
        The Anthropic account ID is attached.
        The session ID is not attached.
        Tool output is never recorded, only its size.
        Claude Code always attaches the email address of the signed-in account.
        ");
        insta::assert_snapshot!(words(|it| {
            it.telemetry.log_user_prompts = false;
            it.telemetry.log_tool_details = false;
            it.telemetry.include_account_uuid = false;
            it.telemetry.include_session_id = false;
        }), @"
        Costs, tokens, models, durations, and the names of tools are recorded for every agent.
        Prompts and Claude's answers, and what tools are asked to do (commands, file names, inputs) and their error messages are not recorded.
        The Anthropic account ID and the session ID are not attached.
        Tool output is never recorded, only its size.
        Claude Code always attaches the email address of the signed-in account.
        ");
    }
}
