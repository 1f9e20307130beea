//! The words for verdicts and causes, the same on the page and on the command line.

use super::{CauseCode, FixKind, Verdict};

impl Verdict {
    /// Worst first, as a list that wants attention is sorted.
    pub const ALL: [Verdict; 6] =
        [Verdict::Dark, Verdict::Unknown, Verdict::Waiting, Verdict::Idle, Verdict::Reporting, Verdict::Off];

    /// The word in `agents --json` and in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Reporting => "reporting",
            Verdict::Waiting => "waiting",
            Verdict::Idle => "idle",
            Verdict::Dark => "dark",
            Verdict::Off => "off",
            Verdict::Unknown => "unknown",
        }
    }

    /// The words on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Verdict::Reporting => "Reporting",
            Verdict::Waiting => "Waiting for its first event",
            Verdict::Idle => "Idle",
            Verdict::Dark => "Dark",
            Verdict::Off => "Off on purpose",
            Verdict::Unknown => "Unknown",
        }
    }

    /// The verdict of that name.
    pub fn from_name(name: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

impl CauseCode {
    /// Every one, in the order in which those of equal weight are told.
    pub const ALL: [CauseCode; 24] = [
        CauseCode::DisabledBecauseStackWasDown,
        CauseCode::DisabledByConfiguration,
        CauseCode::NotEnabled,
        CauseCode::EndpointMismatch,
        CauseCode::EndpointPathMissing,
        CauseCode::EndpointMissing,
        CauseCode::ProtocolInvalid,
        CauseCode::ProtocolMissing,
        CauseCode::ExporterNone,
        CauseCode::NotOnNetwork,
        CauseCode::CollectorDown,
        CauseCode::CollectorUnlabelled,
        CauseCode::CollectorNotOnNetwork,
        CauseCode::TagsMissing,
        CauseCode::ManagedSettingsOverride,
        CauseCode::KnownBadVersion,
        CauseCode::IntervalTooLong,
        CauseCode::RefusedDownstream,
        CauseCode::NoSampleYet,
        CauseCode::Quiet,
        CauseCode::NotRunning,
        CauseCode::NotManaged,
        CauseCode::ForcedOn,
        CauseCode::StoresUnreachable,
    ];

    /// What happened, in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            CauseCode::DisabledBecauseStackWasDown => {
                "It was created while the stack was down, so Clawker switched its telemetry off."
            }
            CauseCode::DisabledByConfiguration => "Somebody switched its telemetry off.",
            CauseCode::NotEnabled => "Nothing in its container switches telemetry on.",
            CauseCode::EndpointMismatch => "It sends to another address than the collector has.",
            CauseCode::EndpointPathMissing => "The address it sends to lacks the path.",
            CauseCode::EndpointMissing => "It was not told where to send.",
            CauseCode::ProtocolInvalid => "Claude Code does not speak the protocol it was told to use.",
            CauseCode::ProtocolMissing => "It was not told which protocol to use, and Claude Code assumes none.",
            CauseCode::ExporterNone => "An exporter is switched off.",
            CauseCode::NotOnNetwork => "It is not on the stack’s network, so it cannot reach the collector.",
            CauseCode::CollectorDown => "The collector does not run, so nobody takes what it sends.",
            CauseCode::CollectorUnlabelled => "Clawker does not recognise the collector.",
            CauseCode::CollectorNotOnNetwork => "The collector is not on the agents’ network.",
            CauseCode::TagsMissing => "What it sends does not say which agent it is.",
            CauseCode::ManagedSettingsOverride => "Managed settings inside the container decide about its telemetry.",
            CauseCode::KnownBadVersion => "This version of Claude Code is known not to export all it should.",
            CauseCode::IntervalTooLong => "It exports so rarely that short sessions end before.",
            CauseCode::RefusedDownstream => "The stack refused data.",
            CauseCode::NoSampleYet => "Nothing has arrived from it yet, and nothing is wrong.",
            CauseCode::Quiet => "It is quiet, and nothing is wrong.",
            CauseCode::NotRunning => "Its container does not run.",
            CauseCode::NotManaged => "Clawker did not make this container.",
            CauseCode::ForcedOn => "Its telemetry was forced on while no collector ran.",
            CauseCode::StoresUnreachable => "Neither Loki nor Prometheus answers, so nobody knows what arrived.",
        }
    }

    /// The word in `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            CauseCode::DisabledBecauseStackWasDown => "disabled_because_stack_was_down",
            CauseCode::DisabledByConfiguration => "disabled_by_configuration",
            CauseCode::NotEnabled => "not_enabled",
            CauseCode::EndpointMismatch => "endpoint_mismatch",
            CauseCode::EndpointPathMissing => "endpoint_path_missing",
            CauseCode::EndpointMissing => "endpoint_missing",
            CauseCode::ProtocolInvalid => "protocol_invalid",
            CauseCode::ProtocolMissing => "protocol_missing",
            CauseCode::ExporterNone => "exporter_none",
            CauseCode::NotOnNetwork => "not_on_network",
            CauseCode::CollectorDown => "collector_down",
            CauseCode::CollectorUnlabelled => "collector_unlabelled",
            CauseCode::CollectorNotOnNetwork => "collector_not_on_network",
            CauseCode::TagsMissing => "tags_missing",
            CauseCode::ManagedSettingsOverride => "managed_settings_override",
            CauseCode::KnownBadVersion => "known_bad_version",
            CauseCode::IntervalTooLong => "interval_too_long",
            CauseCode::RefusedDownstream => "refused_downstream",
            CauseCode::NoSampleYet => "no_sample_yet",
            CauseCode::Quiet => "quiet",
            CauseCode::NotRunning => "not_running",
            CauseCode::NotManaged => "not_managed",
            CauseCode::ForcedOn => "forced_on",
            CauseCode::StoresUnreachable => "stores_unreachable",
        }
    }
}

impl FixKind {
    /// What to do, in one sentence. Says why the lesser step would not do, where people try it first.
    pub const fn advice(self) -> &'static str {
        match self {
            FixKind::Wait => "Wait: data comes with its next prompt.",
            FixKind::Start => "Start what does not run.",
            FixKind::Recreate => {
                "Recreate the container; its image is fine. Restarting does not help: variables are fixed at creation."
            }
            FixKind::Rebuild => {
                "Rebuild the image, then recreate the container: a new one of the same image would be no better."
            }
            FixKind::Edit => "Change where the value is set, then recreate the container.",
            FixKind::None => "Nothing is to be done.",
        }
    }
}
