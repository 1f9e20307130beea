//! The words for verdicts and causes, the same on the page and on the command line.

use super::{Code, FixKind, Verdict};

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

impl Code {
    /// Every one, in the order in which those of equal weight are told.
    pub const ALL: [Code; 24] = [
        Code::DisabledBecauseStackWasDown,
        Code::DisabledByConfiguration,
        Code::NotEnabled,
        Code::EndpointMismatch,
        Code::EndpointPathMissing,
        Code::EndpointMissing,
        Code::ProtocolInvalid,
        Code::ProtocolMissing,
        Code::ExporterNone,
        Code::NotOnNetwork,
        Code::CollectorDown,
        Code::CollectorUnlabelled,
        Code::CollectorNotOnNetwork,
        Code::TagsMissing,
        Code::ManagedSettingsOverride,
        Code::KnownBadVersion,
        Code::IntervalTooLong,
        Code::RefusedDownstream,
        Code::NoSampleYet,
        Code::Quiet,
        Code::NotRunning,
        Code::NotManaged,
        Code::ForcedOn,
        Code::StoresUnreachable,
    ];

    /// What happened, in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Code::DisabledBecauseStackWasDown => {
                "It was created while the stack was down, so Clawker switched its telemetry off."
            }
            Code::DisabledByConfiguration => "Somebody switched its telemetry off.",
            Code::NotEnabled => "Nothing in its container switches telemetry on.",
            Code::EndpointMismatch => "It sends to another address than the collector has.",
            Code::EndpointPathMissing => "The address it sends to lacks the path.",
            Code::EndpointMissing => "It was not told where to send.",
            Code::ProtocolInvalid => "Claude Code does not speak the protocol it was told to use.",
            Code::ProtocolMissing => "It was not told which protocol to use, and Claude Code assumes none.",
            Code::ExporterNone => "An exporter is switched off.",
            Code::NotOnNetwork => "It is not on the stack’s network, so it cannot reach the collector.",
            Code::CollectorDown => "The collector does not run, so nobody takes what it sends.",
            Code::CollectorUnlabelled => "Clawker does not recognise the collector.",
            Code::CollectorNotOnNetwork => "The collector is not on the agents’ network.",
            Code::TagsMissing => "What it sends does not say which agent it is.",
            Code::ManagedSettingsOverride => "Managed settings inside the container decide about its telemetry.",
            Code::KnownBadVersion => "This version of Claude Code is known not to export all it should.",
            Code::IntervalTooLong => "It exports so rarely that short sessions end before.",
            Code::RefusedDownstream => "The stack refused data.",
            Code::NoSampleYet => "Nothing has arrived from it yet, and nothing is wrong.",
            Code::Quiet => "It is quiet, and nothing is wrong.",
            Code::NotRunning => "Its container does not run.",
            Code::NotManaged => "Clawker did not make this container.",
            Code::ForcedOn => "Its telemetry was forced on while no collector ran.",
            Code::StoresUnreachable => "Neither Loki nor Prometheus answers, so nobody knows what arrived.",
        }
    }

    /// The word in `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Code::DisabledBecauseStackWasDown => "disabled_because_stack_was_down",
            Code::DisabledByConfiguration => "disabled_by_configuration",
            Code::NotEnabled => "not_enabled",
            Code::EndpointMismatch => "endpoint_mismatch",
            Code::EndpointPathMissing => "endpoint_path_missing",
            Code::EndpointMissing => "endpoint_missing",
            Code::ProtocolInvalid => "protocol_invalid",
            Code::ProtocolMissing => "protocol_missing",
            Code::ExporterNone => "exporter_none",
            Code::NotOnNetwork => "not_on_network",
            Code::CollectorDown => "collector_down",
            Code::CollectorUnlabelled => "collector_unlabelled",
            Code::CollectorNotOnNetwork => "collector_not_on_network",
            Code::TagsMissing => "tags_missing",
            Code::ManagedSettingsOverride => "managed_settings_override",
            Code::KnownBadVersion => "known_bad_version",
            Code::IntervalTooLong => "interval_too_long",
            Code::RefusedDownstream => "refused_downstream",
            Code::NoSampleYet => "no_sample_yet",
            Code::Quiet => "quiet",
            Code::NotRunning => "not_running",
            Code::NotManaged => "not_managed",
            Code::ForcedOn => "forced_on",
            Code::StoresUnreachable => "stores_unreachable",
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
