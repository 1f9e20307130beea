//! The options that select data, and times on the command line.

use clap::Args;
use monitor_core::timestamp::Timestamp;
use monitor_receiver::{Nanoseconds, store::Selection};

use crate::clock::now;

#[derive(Debug, Clone, Args)]
#[group(id = "selection", multiple = true)]
pub(in crate::cli) struct SelectOptions {
    /// Only data of this project. An empty name means data without a project.
    #[arg(long)]
    project: Option<String>,
    /// Only data of this agent. An empty name means data without an agent.
    #[arg(long)]
    agent: Option<String>,
    /// Only data of this session (`session.id`).
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Only data from this time on: `2026-11-22T06:50:00Z`, `2026-11-22`, or `90m`, `12h`, `7d`, `2w` ago.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<Timestamp>,
    /// Only data before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
}

impl SelectOptions {
    pub(super) fn selection(&self) -> Selection {
        let nanoseconds = |at: Timestamp| at.unix_milliseconds().saturating_mul(1_000_000);
        Selection {
            project: self.project.clone(),
            agent: self.agent.clone(),
            session: self.session.clone(),
            from: self.since.map(nanoseconds),
            to: self.until.map(nanoseconds),
        }
    }
}

/// As `2026-11-22T06:50:57.396Z`.
pub(super) fn as_time(at: Nanoseconds) -> String {
    Timestamp::from_unix_milliseconds(at.div_euclid(1_000_000)).to_rfc3339()
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    let day = || Timestamp::from_rfc3339(&format!("{text}T00:00:00Z"));
    Timestamp::from_rfc3339(text).or_else(day).or_else(|| ago(text, now())).ok_or_else(|| {
        "expected a time such as `2026-11-22T06:50:00Z` or `2026-11-22` (UTC), or `90m`, `12h`, `7d`, `2w` ago"
            .to_owned()
    })
}

/// The time that is this long before now.
fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let minutes = match text.chars().last()? {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let number: i64 = digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let milliseconds = number.checked_mul(minutes)?.checked_mul(60_000)?;
    let at = now.unix_milliseconds().checked_sub(milliseconds).filter(|at| *at >= 0)?;
    Some(Timestamp::from_unix_milliseconds(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_points_days_or_durations() {
        let now = Timestamp::from_rfc3339("2026-11-22T06:50:57Z").expect("a time");
        let shown = |text| ago(text, now).map(Timestamp::to_rfc3339);
        assert_eq!(shown("90m").as_deref(), Some("2026-11-22T05:20:57.000Z"));
        assert_eq!(shown("2w").as_deref(), Some("2026-11-08T06:50:57.000Z"));
        for text in ["", "m", "-1d", "+1d", "1y", "9999999999999999999d", "300000000000d", "é"] {
            assert_eq!(shown(text), None, "{text}");
            assert!(parse_time(text).is_err(), "{text}");
        }
        assert_eq!(parse_time("2026-11-22").map(Timestamp::to_rfc3339), Ok("2026-11-22T00:00:00.000Z".to_owned()));
    }
}
