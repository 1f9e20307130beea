//! Who uses the port in a field. Pure: from the server's findings to text.

use monitor_core::{doctor::PortHolder, settings_page::PortUse};

use crate::components::Tone;

/// The text beside a port's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortWords {
    /// The color and icon.
    pub tone: Tone,
    /// Who uses the port, in a few words.
    pub words: String,
    /// A free port nearby, where this one is in use.
    pub free: Option<u16>,
}

/// Describes the port in a field; `None` where there is nothing to say.
///
/// `known` is what was found so far, the newest last. Ports that are only used within the network are not looked up.
pub fn words(path: &str, port: u16, known: &[PortUse]) -> Option<PortWords> {
    let held = |tone, words: &str, free| Some(PortWords { tone, words: words.to_owned(), free });
    if is_published(path, known) {
        // A saved port without a holder is not published. A port that was looked up (no key) without a holder is unknown.
        let answers = |found: &&PortUse| found.port == port && (found.holder.is_some() || found.key.is_empty());
        let Some(found) = known.iter().rev().find(answers) else { return held(Tone::Busy, "Checking…", None) };
        return match found.holder.as_ref()? {
            PortHolder::Nobody => held(Tone::Ok, "Free", None),
            PortHolder::Stack(_) => held(Tone::Ok, "In use by this stack", None),
            PortHolder::MakesWay(_) => held(Tone::Ok, "Used by the panel until the stack starts", None),
            PortHolder::Container(name) => held(Tone::Bad, &format!("In use by container `{name}`"), found.free),
            PortHolder::Process(Some(process)) => held(Tone::Bad, &format!("In use by {process}"), found.free),
            PortHolder::Process(None) => held(Tone::Bad, "In use by another user's process", found.free),
        };
    }
    None
}

/// Whether that setting's port is published on the host, so that it can be looked up.
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
    fn a_port_in_use_names_its_user_and_a_free_one() {
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
            (3000, Tone::Ok, "In use by this stack", None),
            (3001, Tone::Bad, "In use by container `late`", None),
            (3002, Tone::Bad, "In use by process `next` (pid 7)", Some(3003)),
            (3004, Tone::Bad, "In use by another user's process", None),
            (3005, Tone::Bad, "In use by container `web`", Some(3006)),
            (3999, Tone::Busy, "Checking…", None),
        ] {
            assert_eq!(said("grafana_port", port), Some((tone, text.into(), free)));
        }
        assert_eq!(
            said("grafana_port", 8889),
            Some((Tone::Busy, "Checking…".into(), None)),
            "it was not looked up yet"
        );
        assert_eq!(said("grafana_port", 3007), None, "the server could not tell");
        assert_eq!(said("prometheus_metrics_port", 8889), None, "it is not published");
    }
}
