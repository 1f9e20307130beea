//! The effects of a change in sentences. Pure: from the preview to text.

use monitor_core::{service::Service, settings::AgentNeed, settings_page::Preview};

use crate::{components::Tone, words};

/// Whether applying has no effect.
pub fn has_no_effect(preview: &Preview) -> bool {
    preview.settings.hunks.is_empty()
        && preview.files.iter().all(|file| file.hunks.is_empty())
        && preview.edited.is_empty()
        && preview.services.is_empty()
}

/// The most agents that a sentence names.
const MOST_NAMED: usize = 5;

/// An effect: its color and icon, and a sentence.
pub type Effect = (Tone, String);

/// The effects on the services with the reason for each, and on the agents.
pub fn describe_effects(preview: &Preview) -> Vec<Effect> {
    let named: Vec<&str> = preview.services.iter().map(|it| it.service.title()).collect();
    let rest = Service::ALL.len() - named.len();
    let services = match (preview.stack_runs, named.len()) {
        _ if preview.engine_unknown => {
            (Tone::Off, "Can't reach Docker, so it is unknown which services and agents this affects.".to_owned())
        }
        (false, _) => (Tone::Off, "The stack is stopped; the next start uses the saved settings.".to_owned()),
        (true, 0) => (Tone::Ok, "No services need to be recreated.".to_owned()),
        (true, _) if rest == 0 => {
            (Tone::Busy, "All six services will be recreated; nothing is recorded until they are ready.".to_owned())
        }
        (true, count) => (
            Tone::Busy,
            format!(
                "{} will be recreated; {} running. If {} doesn't become ready, everything is rolled back.",
                words::join_names(&named),
                if rest == 1 {
                    "the other service keeps".to_owned()
                } else {
                    format!("the other {} keep", number_word(rest))
                },
                if count == 1 { "it" } else { "one" },
            ),
        ),
    };
    let affected = match preview.agents_affected.as_slice() {
        [] if preview.engine_unknown => String::new(),
        [] => " No existing agents are affected.".to_owned(),
        names => {
            let mut named: Vec<String> = names.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
            match names.len() - named.len() {
                0 => {}
                // `and 1 more` is longer than most names.
                1 => named.extend(names.last().map(|name| format!("`{name}`"))),
                more => named.push(format!("{more} more")),
            }
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            let keep = if names.len() == 1 { "keeps its" } else { "keep their" };
            format!(" Until then {} {keep} current settings.", words::join_names(&named))
        }
    };
    let agents = match preview.agents {
        AgentNeed::Nothing => (Tone::Ok, "No agent changes needed.".to_owned()),
        AgentNeed::NewContainers => (Tone::Warn, format!("Recreate the agents' containers to update them.{affected}")),
        AgentNeed::NewImages => (
            Tone::Warn,
            format!(
                "Rebuild the agents' image (`clawker build`) and recreate their containers to update them.{affected}"
            ),
        ),
    };
    let reasons = preview.services.iter().map(|it| (Tone::Busy, format!("{}: {}.", it.service.title(), it.reason())));
    std::iter::once(services).chain(reasons).chain([agents]).collect()
}

/// A number of services in the middle of a sentence, where a digit reads like a measurement.
fn number_word(number: usize) -> &'static str {
    match number {
        2 => "two",
        3 => "three",
        4 => "four",
        _ => "five",
    }
}
