//! Clawker's own check, asked ahead.

use super::*;

fn told(change: impl FnOnce(&mut CollectorEvidence)) -> String {
    let scene = silent().collector(change);
    let new = check_new_agents(&scene.stack);
    assert_eq!(new.would_report, new.causes.is_empty());
    assert!(new.causes.iter().all(|cause| cause.fix.command.as_deref() == Some("clawker-monitor up")));
    let codes: Vec<&str> = new.causes.iter().map(|cause| cause.code.name()).collect();
    format!("{}: {} [{}]", new.would_report, new.evidence, codes.join(", "))
}

#[test]
fn new_agents_report_if_clawker_finds_the_collector() {
    insta::assert_snapshot!(told(|_| {}), @"true: `otel-collector` is running on `clawker-net` and has the label `dev.clawker.managed=true` []");
}

#[test]
fn new_agents_will_not_report_for_each_listed_reason() {
    let told = [
        told(|collector| *collector = CollectorEvidence::default()),
        told(|collector| collector.running = false),
        told(|collector| collector.labelled = false),
        told(|collector| collector.on_network = false),
        told(|collector| {
            collector.labelled = false;
            collector.on_network = false;
        }),
    ];
    insta::assert_snapshot!(told.join("\n"));
}
