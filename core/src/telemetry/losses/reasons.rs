//! What a store's reason for refusing data means, and what to do about it.
//!
//! Sources: Prometheus 3.10 `tsdb/head_append.go`; Loki 3.7 `pkg/validation/validate.go`.

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossReason {
    /// What was wrong with the data, as a clause. Literals are in backticks.
    pub meaning: String,
    /// What to do, in sentences.
    pub advice: &'static str,
}

/// What to do about old data, which has two explanations.
const OLD: &str = "Log lines that were sent again after a restart need no action: they are stored already. \
                   Otherwise the sender's clock is wrong: set it, for example with NTP.";
/// The same for data points.
const OLD_POINTS: &str = "Data points that waited for more than a day, or were sent again, need no action. Otherwise the \
                          sender's clock is wrong: set it, for example with NTP.";
const CLOCK: &str = "Set the clock of the machine that the sender runs on, for example with NTP.";
const TOO_MUCH: &str = "It is sent again later. If this does not end, record less: turn off prompts and tool details in \
                        the settings.";
const TOO_LARGE: &str = "Record less text: turn off prompts or tool details in the settings, or set \
                         `CLAUDE_CODE_OTEL_CONTENT_MAX_LENGTH` for the agent. All other data is stored.";
const ATTRIBUTES: &str = "Remove attributes from `OTEL_RESOURCE_ATTRIBUTES` of the agent. All other data is stored.";

impl LossReason {
    /// The reason with this name: `too_old` (Prometheus), `rate_limited` (Loki). For an unknown one, the name itself.
    pub fn named(name: &str) -> LossReason {
        let (meaning, advice) = match name {
            "too_old" | "out_of_bound" => ("older than Prometheus accepts", OLD_POINTS),
            "out_of_order" => ("older than what is stored already", OLD_POINTS),
            "too_far_behind" => ("older than what is stored already", OLD),
            "greater_than_max_sample_age" => {
                ("older than Loki accepts (`reject_old_samples_max_age`): log lines sent again, or a wrong clock", OLD)
            }
            "too_far_in_future" => ("dated in the future: a wrong clock", CLOCK),
            "rate_limited" | "per_stream_rate_limit" => ("more at once than Loki accepts", TOO_MUCH),
            "stream_limit" => ("more log streams than Loki accepts", TOO_MUCH),
            "structured_metadata_too_large" => {
                ("an event's attributes are larger than `max_structured_metadata_size`, 1 MB", TOO_LARGE)
            }
            "line_too_long" => ("longer than `max_line_size`, 1 MB", TOO_LARGE),
            "structured_metadata_too_many" => {
                ("an event has more attributes than `max_structured_metadata_entries_count`", ATTRIBUTES)
            }
            "max_label_names_per_series" | "label_name_too_long" | "label_value_too_long" => {
                ("a label is too long, or there are too many", ATTRIBUTES)
            }
            other => {
                let meaning = format!("Loki's reason is `{}`", other.replace(['`', '\n'], " "));
                return LossReason { meaning, advice: "Loki's log has the details: `clawker-monitor logs loki`." };
            }
        };
        LossReason { meaning: meaning.to_owned(), advice }
    }
}
