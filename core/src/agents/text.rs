//! Display text for verdicts and causes, shared by the page and the command line.

use super::{CauseCode, Fix, FixKind, Verdict};
use crate::count::exact;

/// What is said below a list that leaves agents out; `None` if it doesn't.
pub fn unlisted_agents(count: u32) -> Option<String> {
    let (more, are) = match count {
        0 => return None,
        1 => ("1 more agent".to_owned(), "is"),
        _ => (format!("{} more agents", exact(count.into())), "are"),
    };
    Some(format!("{more} without a container {are} not listed or counted. Those seen last are shown."))
}

impl Verdict {
    /// All verdicts, worst first. Lists are sorted in this order.
    pub const ALL: [Verdict; 6] =
        [Verdict::Dark, Verdict::Unknown, Verdict::Waiting, Verdict::Idle, Verdict::Reporting, Verdict::Off];

    /// The name in `agents --json` and in URLs.
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

    /// The display name.
    pub const fn title(self) -> &'static str {
        match self {
            Verdict::Reporting => "Reporting",
            Verdict::Waiting => "Waiting for first event",
            Verdict::Idle => "Idle",
            Verdict::Dark => "Not reporting",
            Verdict::Off => "Turned off",
            Verdict::Unknown => "Unknown",
        }
    }

    /// The verdict with this `name`.
    pub fn from_name(name: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

impl CauseCode {
    /// All causes. Those of equal severity are listed in this order.
    pub const ALL: [CauseCode; 37] = [
        CauseCode::DisabledBecauseStackWasDown,
        CauseCode::DisabledForUnknownReason,
        CauseCode::DisabledByConfiguration,
        CauseCode::NotEnabled,
        CauseCode::SwitchInvalid,
        CauseCode::ValueInQuotes,
        CauseCode::EndpointMismatch,
        CauseCode::EndpointPathMissing,
        CauseCode::EndpointMissing,
        CauseCode::ProtocolInvalid,
        CauseCode::ProtocolMissing,
        CauseCode::ExporterInvalid,
        CauseCode::ExporterNone,
        CauseCode::IntervalInvalid,
        CauseCode::NotOnNetwork,
        CauseCode::CollectorDown,
        CauseCode::CollectorUnlabelled,
        CauseCode::CollectorNotOnNetwork,
        CauseCode::TagsMissing,
        CauseCode::ManagedSettingsOverride,
        CauseCode::ManagedSettingsInvalid,
        CauseCode::KnownBadVersion,
        CauseCode::TracesMisdirected,
        CauseCode::Proxied,
        CauseCode::ServiceNameChanged,
        CauseCode::IntervalTooLong,
        CauseCode::RefusedDownstream,
        CauseCode::MetricsMissing,
        CauseCode::EventsMissing,
        CauseCode::NoSampleYet,
        CauseCode::Quiet,
        CauseCode::NotChecked,
        CauseCode::NotRunning,
        CauseCode::NotManaged,
        CauseCode::NoContainer,
        CauseCode::ForcedOn,
        CauseCode::StoresUnreachable,
    ];

    /// What happened, in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            CauseCode::DisabledBecauseStackWasDown => {
                "It was created while the stack was down, so Clawker turned its telemetry off."
            }
            CauseCode::DisabledForUnknownReason => {
                "Its telemetry is off: the stack was down when it was created, or somebody turned it off."
            }
            CauseCode::DisabledByConfiguration => "Telemetry is turned off for this agent.",
            CauseCode::NotEnabled => "Nothing in its container turns telemetry on.",
            CauseCode::SwitchInvalid => "The value that should turn telemetry on does not.",
            CauseCode::ValueInQuotes => "A value is in quotes, which Claude Code treats as part of it.",
            CauseCode::EndpointMismatch => "It sends to the wrong address.",
            CauseCode::EndpointPathMissing => "The endpoint URL has no path.",
            CauseCode::EndpointMissing => "No endpoint is configured.",
            CauseCode::ProtocolInvalid => "Unsupported protocol configured.",
            CauseCode::ProtocolMissing => "No protocol is configured.",
            CauseCode::ExporterInvalid => "An exporter is unknown, so Claude Code sends nothing.",
            CauseCode::ExporterNone => "An exporter is turned off.",
            CauseCode::IntervalInvalid => "The export interval is not valid, so Claude Code sends nothing.",
            CauseCode::NotOnNetwork => "It is not on the stack's network, so it can't reach the collector.",
            CauseCode::CollectorDown => "The collector is not running, so the agent's data is lost.",
            CauseCode::CollectorUnlabelled => "Clawker does not recognize the collector.",
            CauseCode::CollectorNotOnNetwork => "The collector is not on the agents' network.",
            CauseCode::TagsMissing => "Its data is not tagged with its project and agent.",
            CauseCode::ManagedSettingsOverride => "Managed settings in the container control its telemetry.",
            CauseCode::ManagedSettingsInvalid => "Claude Code can't read its managed settings.",
            CauseCode::KnownBadVersion => "Others reported a telemetry bug in this version of Claude Code.",
            CauseCode::TracesMisdirected => "Traces are turned on, but don't reach the collector.",
            CauseCode::Proxied => "It sends through a proxy, which may not reach the collector.",
            CauseCode::ServiceNameChanged => "Its data has another service name.",
            CauseCode::IntervalTooLong => "Its export interval is too long for short sessions.",
            CauseCode::RefusedDownstream => "The stack refused some of its data.",
            CauseCode::MetricsMissing => "Its events arrive, but some of its metrics don't.",
            CauseCode::EventsMissing => "Its metrics arrive, but some of its events don't.",
            CauseCode::NoSampleYet => "No data has arrived yet.",
            CauseCode::Quiet => "Idle: no recent activity.",
            CauseCode::NotChecked => "Not everything could be checked.",
            CauseCode::NotRunning => "Its container is not running.",
            CauseCode::NotManaged => "This container was not created by Clawker.",
            CauseCode::NoContainer => "It has no container here: it runs elsewhere, or its container was removed.",
            CauseCode::ForcedOn => "Its telemetry was forced on while no collector was running.",
            CauseCode::StoresUnreachable => "Can't reach Prometheus, so it is unknown what arrived.",
        }
    }

    /// The name in `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            CauseCode::DisabledBecauseStackWasDown => "disabled_because_stack_was_down",
            CauseCode::DisabledForUnknownReason => "disabled_for_unknown_reason",
            CauseCode::DisabledByConfiguration => "disabled_by_configuration",
            CauseCode::NotEnabled => "not_enabled",
            CauseCode::SwitchInvalid => "switch_invalid",
            CauseCode::ValueInQuotes => "value_in_quotes",
            CauseCode::EndpointMismatch => "endpoint_mismatch",
            CauseCode::EndpointPathMissing => "endpoint_path_missing",
            CauseCode::EndpointMissing => "endpoint_missing",
            CauseCode::ProtocolInvalid => "protocol_invalid",
            CauseCode::ProtocolMissing => "protocol_missing",
            CauseCode::ExporterInvalid => "exporter_invalid",
            CauseCode::ExporterNone => "exporter_none",
            CauseCode::IntervalInvalid => "interval_invalid",
            CauseCode::NotOnNetwork => "not_on_network",
            CauseCode::CollectorDown => "collector_down",
            CauseCode::CollectorUnlabelled => "collector_unlabelled",
            CauseCode::CollectorNotOnNetwork => "collector_not_on_network",
            CauseCode::TagsMissing => "tags_missing",
            CauseCode::ManagedSettingsOverride => "managed_settings_override",
            CauseCode::ManagedSettingsInvalid => "managed_settings_invalid",
            CauseCode::KnownBadVersion => "known_bad_version",
            CauseCode::TracesMisdirected => "traces_misdirected",
            CauseCode::Proxied => "proxied",
            CauseCode::ServiceNameChanged => "service_name_changed",
            CauseCode::IntervalTooLong => "interval_too_long",
            CauseCode::RefusedDownstream => "refused_downstream",
            CauseCode::MetricsMissing => "metrics_missing",
            CauseCode::EventsMissing => "events_missing",
            CauseCode::NoSampleYet => "no_sample_yet",
            CauseCode::Quiet => "quiet",
            CauseCode::NotChecked => "not_checked",
            CauseCode::NotRunning => "not_running",
            CauseCode::NotManaged => "not_managed",
            CauseCode::NoContainer => "no_container",
            CauseCode::ForcedOn => "forced_on",
            CauseCode::StoresUnreachable => "stores_unreachable",
        }
    }
}

impl FixKind {
    /// What to do. Mentions why a lesser step is not enough where people would try it first.
    pub const fn advice(self) -> &'static str {
        match self {
            FixKind::Wait => "Data will appear after its next prompt.",
            FixKind::Start => "Start the stopped container.",
            FixKind::Recreate => {
                "Recreate the container; its image is fine. A restart is not enough: variables are fixed at creation."
            }
            FixKind::Rebuild => {
                "Rebuild the image, then recreate the container. Recreating it from the same image would not help."
            }
            FixKind::Edit => "Change the value where it is set, then recreate the container.",
            FixKind::Check => "Check what the evidence names.",
            FixKind::None => "No action needed.",
        }
    }
}

impl Fix {
    /// What to do, and what makes it take effect.
    pub const fn advice(&self) -> &'static str {
        if self.restart {
            "Change the value in that file, then restart Claude Code. The container can stay."
        } else {
            self.kind.advice()
        }
    }
}
