//! What a change comes to, in sentences. Pure: from the preview to words.

use monitor_core::{service::Service, settings::AgentNeed, settings_page::Preview};

use crate::{components::Tone, words};

/// Whether applying would do anything at all.
pub fn does_nothing(preview: &Preview) -> bool {
    preview.settings.hunks.is_empty()
        && preview.files.iter().all(|file| file.hunks.is_empty())
        && preview.edited.is_empty()
        && preview.services.is_empty()
}

/// A consequence: how it feels, and a sentence.
pub type Consequence = (Tone, String);

/// What follows for the services, and for the agents.
pub fn follows(preview: &Preview) -> Vec<Consequence> {
    let named: Vec<&str> = preview.services.iter().map(|service| service.title()).collect();
    let rest = Service::ALL.len() - named.len();
    let verb = if named.len() == 1 { "is" } else { "are" };
    let services = match (preview.stack_runs, named.len()) {
        (false, _) => (Tone::Off, "The stack does not run; the next start takes what is saved.".to_owned()),
        (true, 0) => (Tone::Ok, "No service is made anew.".to_owned()),
        (true, _) if rest == 0 => {
            (Tone::Busy, "All six services are made anew; nothing is recorded until they are ready.".to_owned())
        }
        (true, _) => (
            Tone::Busy,
            format!(
                "{} {verb} made anew; the other {} {} running. If one does not get ready, all is put back as it was.",
                words::list(&named),
                words::count(rest),
                if rest == 1 { "keeps" } else { "keep" },
            ),
        ),
    };
    let affected = match preview.agents_affected.as_slice() {
        [] => " No agent exists that this concerns.".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!(
                " Until then {} on as before.",
                words::list(&names) + if names.len() == 1 { " goes" } else { " go" }
            )
        }
    };
    let agents = match preview.agents {
        AgentNeed::Nothing => (Tone::Ok, "Agents need nothing.".to_owned()),
        AgentNeed::NewContainers => {
            (Tone::Warn, format!("Agents follow once their containers are made anew.{affected}"))
        }
        AgentNeed::NewImages => (
            Tone::Warn,
            format!(
                "Agents follow once their image is built anew (`clawker build`) and their containers are made from \
                 it.{affected}"
            ),
        ),
    };
    vec![services, agents]
}
