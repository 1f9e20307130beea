//! `data stats`.

use std::path::Path;

use monitor_core::{
    count,
    error::StackError,
    settings::{Retention, Settings},
};
use monitor_receiver::{
    Nanoseconds,
    store::{Reader, Statistics, holder},
};
use serde::Serialize;

use super::{failed, select::as_time};
use crate::{cli::output::Output, clock::now};

/// Nanoseconds in a day.
const DAY: Nanoseconds = 86_400_000_000_000;

/// What `data stats --json` prints.
#[derive(Serialize)]
struct Printed {
    file: String,
    /// Size of the file and its log.
    bytes: u64,
    /// How much of it holds data. The rest is free for new data.
    used_bytes: u64,
    events: u64,
    first_event: Option<String>,
    last_event: Option<String>,
    agents: u64,
    sessions: u64,
    /// In the last 7 days, or since the first event.
    events_per_day: f64,
    /// Estimated from the size of what is there.
    bytes_per_day: Option<f64>,
    retention: [Kept; 2],
    /// How many events become older than that within a day.
    expiring_events: u64,
    /// The process that writes the file.
    receiver: Option<u32>,
    tables: Vec<Table>,
}

/// How long something is kept.
#[derive(Serialize)]
struct Kept {
    what: &'static str,
    days: u32,
    /// When the oldest of it is deleted.
    next: Option<String>,
}

#[derive(Serialize)]
struct Table {
    name: String,
    bytes: u64,
}

pub(super) fn print(
    file: &Path,
    bytes: u64,
    reader: &Reader,
    settings: &Settings,
    output: &Output,
) -> Result<(), StackError> {
    let now = now().unix_milliseconds().saturating_mul(1_000_000);
    let length = |kept: Retention| Nanoseconds::from(kept.days()).saturating_mul(DAY);
    let statistics =
        reader.statistics(now, Some(length(settings.retention.logs))).map_err(|error| failed(file, "read", &error))?;
    let kept = |what, retention: Retention, oldest: Option<Nanoseconds>| Kept {
        what,
        days: retention.days(),
        next: oldest.map(|oldest| as_time(oldest.saturating_add(length(retention)))),
    };
    let retention = [
        kept("events", settings.retention.logs, statistics.amount.first),
        kept("metrics", settings.retention.metrics, statistics.first_sum),
    ];
    let printed = describe(file, bytes, statistics, retention);
    if output.is_json() {
        output.document(&printed);
    } else {
        lines(&printed).iter().all(|line| output.line(line));
    }
    Ok(())
}

fn describe(file: &Path, bytes: u64, statistics: Statistics, retention: [Kept; 2]) -> Printed {
    let Statistics { used_bytes, amount, tables, events_per_day, expiring_events, .. } = statistics;
    let bytes_per_event = (amount.events > 0).then(|| used_bytes as f64 / amount.events as f64);
    Printed {
        file: file.display().to_string(),
        bytes,
        used_bytes,
        events: amount.events,
        first_event: amount.first.map(as_time),
        last_event: amount.last.map(as_time),
        agents: amount.owners,
        sessions: amount.sessions,
        events_per_day,
        bytes_per_day: bytes_per_event.map(|bytes| (bytes * events_per_day).round()),
        retention,
        expiring_events,
        receiver: holder(file).map(|holder| holder.process),
        tables: tables.into_iter().map(|(name, bytes)| Table { name, bytes }).collect(),
    }
}

fn lines(printed: &Printed) -> Vec<String> {
    let mut lines = vec![
        format!(
            "file       {} ({}, of which {} hold data)",
            printed.file,
            size(printed.bytes),
            size(printed.used_bytes)
        ),
        match (&printed.first_event, &printed.last_event) {
            (Some(first), Some(last)) => format!("events     {} from {first} to {last}", count::exact(printed.events)),
            _ => "events     none".to_owned(),
        },
        format!("agents     {}, sessions {}", count::exact(printed.agents), count::exact(printed.sessions)),
    ];
    if let Some(bytes) = printed.bytes_per_day {
        let events = count::exact(printed.events_per_day.round() as u64);
        lines.push(format!(
            "growth     {events} events a day in the last 7 days, about {} (estimated)",
            size(bytes as u64)
        ));
    }
    for Kept { what, days, next } in &printed.retention {
        let next = next.as_ref().map(|next| format!("; the oldest are deleted at {next}")).unwrap_or_default();
        lines.push(format!("retention  {what} are kept for {days} days{next}"));
    }
    if printed.expiring_events > 0 {
        lines.push(format!("           {} events will be deleted within a day", count::exact(printed.expiring_events)));
    }
    lines.push(match printed.receiver {
        Some(process) => format!("receiver   process {process} is writing to the file"),
        None => "receiver   none is running".to_owned(),
    });
    for Table { name, bytes } in printed.tables.iter().take(5) {
        lines.push(format!("table      {name}: {}", size(*bytes)));
    }
    lines
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
