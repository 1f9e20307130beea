//! Who was last seen when, and whose metrics and events disagree.

use std::collections::BTreeMap;

use monitor_core::{
    telemetry::{
        LastSeen, Mismatch, Owner,
        series::Sample,
        stores::{
            last_seen::LastSeenCache,
            mismatch::{
                LONG_SKEW_SECONDS, OUTER_SECONDS, SKEW_SECONDS, WindowAnswers, add_last_arrivals,
                mark_beyond_long_intervals, mismatches as compare,
            },
        },
    },
    timestamp::Timestamp,
};
use monitor_receiver::{
    Nanoseconds,
    store::{ReadError, ReadResult, Reader, Seen, Total, Window},
};

use super::{
    convert::{label_name, nanoseconds, owner_labels, sample, seconds},
    numbers::{COST, Pair, TOKENS},
};

const SECOND: Nanoseconds = 1_000_000_000;
/// How far back owners are looked for.
const WEEK: Nanoseconds = 604_800 * SECOND;

/// What has arrived from each owner within a week.
pub fn last_seen(reader: &Reader, now: Timestamp) -> ReadResult<LastSeen> {
    let mut cache = LastSeenCache::default();
    let seen = reader.seen(nanoseconds(now) - WEEK)?;
    let events = seen.iter().filter_map(|of| {
        let version = [("service_version", of.version.as_str())];
        Some(sample(&of.owner, of.simulated, version, seconds(of.last_event?)))
    });
    cache.learn_events(&events.collect::<Vec<_>>());
    cache.learn_metrics(&last_metrics(&seen));
    let reports = reader.managed_settings()?.into_iter().map(|report| {
        let mut labels = owner_labels(&report.owner, report.simulated);
        labels.extend(report.series.labels.into_iter().map(|(name, value)| (label_name(&name), value)));
        Sample { labels, value: seconds(report.at) }
    });
    cache.learn_managed_settings(&reports.collect::<Vec<_>>());
    cache.forget(now);
    Ok(cache.last_seen())
}

fn last_metrics(seen: &[Seen]) -> Vec<Sample> {
    seen.iter().filter_map(|of| Some(sample(&of.owner, of.simulated, [], seconds(of.last_metric?)))).collect()
}

/// The agents whose metrics and events of the last day disagree.
pub fn mismatches(reader: &Reader, now: Timestamp) -> ReadResult<BTreeMap<Owner, Mismatch>> {
    let now = nanoseconds(now);
    let window = |skew: u64| {
        let until = now - skew as Nanoseconds * SECOND;
        let length = (OUTER_SECONDS - 2 * skew) as Nanoseconds * SECOND;
        Ok::<_, ReadError>(answers(&reader.totals(Window::touching(until - length, until))?))
    };
    let (inner, outer) = (window(SKEW_SECONDS)?, window(0)?);
    let mut found = compare(&inner, &outer);
    if !found.is_empty() {
        mark_beyond_long_intervals(&mut found, &compare(&window(LONG_SKEW_SECONDS)?, &outer));
        let seen = reader.seen(now - OUTER_SECONDS as Nanoseconds * SECOND)?;
        let events = seen.iter().filter_map(|of| Some(sample(&of.owner, of.simulated, [], seconds(of.last_event?))));
        add_last_arrivals(&mut found, &last_metrics(&seen), &events.collect::<Vec<_>>());
    }
    Ok(found)
}

/// Costs and tokens of real agents, from metrics and from events.
fn answers(totals: &[Total]) -> WindowAnswers {
    let of = |metric: &str| {
        let real = totals.iter().filter(|total| !total.simulated && total.series.metric == metric);
        real.map(|total| sample(&total.owner, false, [], total.value)).collect()
    };
    let both = |Pair { own, derived }: Pair| [of(own), of(derived)];
    WindowAnswers { cost: both(COST), tokens: both(TOKENS) }
}
