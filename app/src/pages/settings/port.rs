//! Who has the port that a field asks for. Pure: from what the server found to words.

use monitor_core::{doctor::PortHolder, settings_page::PortUse};

use crate::components::Tone;

/// What is said beside a port's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortWords {
    /// How it feels.
    pub tone: Tone,
    /// In a few words.
    pub words: String,
    /// A free one that may be taken instead.
    pub free: Option<u16>,
}

/// The words for a port that a field asks for; `None` where there is nothing to say.
///
/// `known` is what was found so far, the newest last. A port that the network alone needs is not looked for.
pub fn words(path: &str, port: u16, known: &[PortUse]) -> Option<PortWords> {
    let held = |tone, words: &str, free| Some(PortWords { tone, words: words.to_owned(), free });
    if is_published(path, known) {
        // Of the settings' own ports, those that are not published say nothing; one that was asked about and bears no
        // answer is not to be known.
        let answers = |found: &&PortUse| found.port == port && (found.holder.is_some() || found.key.is_empty());
        let Some(found) = known.iter().rev().find(answers) else { return held(Tone::Busy, "Looking…", None) };
        return match found.holder.as_ref()? {
            PortHolder::Nobody => held(Tone::Ok, "Free", None),
            PortHolder::Stack(_) => held(Tone::Ok, "Ours", None),
            PortHolder::Container(name) => held(Tone::Bad, &format!("Taken by container `{name}`"), found.free),
            PortHolder::Process(Some(process)) => held(Tone::Bad, &format!("Taken by {process}"), found.free),
            PortHolder::Process(None) => held(Tone::Bad, "Taken by a process of another user", found.free),
        };
    }
    None
}

/// Whether the host can say anything about that setting's port. What it says of the saved one, it says of others too.
pub fn is_published(path: &str, known: &[PortUse]) -> bool {
    known.iter().any(|found| found.key == path && found.holder.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(key: &str, port: u16, holder: Option<PortHolder>, free: Option<u16>) -> PortUse {
        PortUse { key: key.into(), port, holder, free }
    }

    #[test]
    fn a_port_is_free_or_ours_or_somebodys_and_a_free_one_is_offered() {
        let known = [
            found("grafana_port", 3000, Some(PortHolder::Stack("grafana".into())), None),
            found("prometheus_metrics_port", 8889, None, None),
            found("", 3001, Some(PortHolder::Nobody), None),
            found("", 3002, Some(PortHolder::Process(Some("process `next` (pid 7)".into()))), Some(3003)),
            found("", 3004, Some(PortHolder::Process(None)), None),
            found("", 3005, Some(PortHolder::Container("web".into())), Some(3006)),
            // Asked again later: the newest answer counts.
            found("", 3001, Some(PortHolder::Container("late".into())), None),
            found("", 3007, None, None),
        ];
        let said = |path, port| words(path, port, &known).map(|found| (found.tone, found.words, found.free));
        for (port, tone, text, free) in [
            (3000, Tone::Ok, "Ours", None),
            (3001, Tone::Bad, "Taken by container `late`", None),
            (3002, Tone::Bad, "Taken by process `next` (pid 7)", Some(3003)),
            (3004, Tone::Bad, "Taken by a process of another user", None),
            (3005, Tone::Bad, "Taken by container `web`", Some(3006)),
            (3999, Tone::Busy, "Looking…", None),
        ] {
            assert_eq!(said("grafana_port", port), Some((tone, text.into(), free)));
        }
        assert_eq!(said("grafana_port", 8889), Some((Tone::Busy, "Looking…".into(), None)), "nobody has looked there");
        assert_eq!(said("grafana_port", 3007), None, "the server could not tell");
        assert_eq!(said("prometheus_metrics_port", 8889), None, "it is not published");
    }
}
