//! Agents that are switched off and older than the collector's container.

use super::*;

/// Switched off, and older than the collector's container.
fn before_the_collector() -> Scene {
    silent().given(OFF).collector(|collector| {
        (collector.created_at, collector.started_at) = (Some(at("11:00:00")), Some(at("11:00:00")));
    })
}

pub fn earlier_collector() -> Vec<Row> {
    vec![
        (
            "switched off, and an earlier collector was running",
            before_the_collector().collector_then(CollectorThen::Running),
        ),
        (
            "made while the stack was down, as was measured",
            before_the_collector().collector_then(CollectorThen::NotRunning),
        ),
        ("made before anything was measured", before_the_collector().collector_then(CollectorThen::NotMeasured)),
        ("made while the stack was started or stopped", before_the_collector().collector_then(CollectorThen::Unclear)),
        (
            "made before the collector, and nobody can be asked",
            before_the_collector().stack(|stack| stack.collector_then = Err("no answer on port 9090".into())),
        ),
        (
            "made before anything, and nobody can be asked",
            silent().given(OFF).collector(|collector| *collector = CollectorEvidence::default()).stack(|stack| {
                stack.collector_then = Err("Prometheus is not running".into());
            }),
        ),
    ]
}
