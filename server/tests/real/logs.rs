//! The warnings and errors in the services' logs.

use std::process::Command;

use monitor_core::service::Service;

use crate::{images::is_stand_in, process};

/// Lines that are expected, each with its reason.
const EXPECTED: [(Service, &str, &str); 6] = [
    (Service::Loki, "this is a stand-in", "every stand-in says what it is"),
    (Service::Grafana, "this is a stand-in", "the same"),
    (Service::Promtail, "this is a stand-in", "the same"),
    (
        Service::OtelCollector,
        "grpc: addrConn.createTransport failed to connect",
        "the collector does not wait for Jaeger, and tries again",
    ),
    (Service::OtelCollector, "name resolver error", "the same, before Jaeger has an address"),
    (
        Service::Jaeger,
        "ui assets not embedded in the binary",
        "Jaeger's Go module lacks its web pages; the pinned image has them",
    ),
];

/// Every warning and error that the services logged, but for the expected ones.
pub fn complaints() -> Vec<String> {
    let mut found = Vec::new();
    for service in Service::ALL {
        let output = process::output(Command::new("docker").args(["logs", service.name()]));
        for stream in [output.stdout, output.stderr] {
            let text = String::from_utf8_lossy(&stream).into_owned();
            let complains = |line: &&str| is_complaint(service, line) && !is_expected(service, line);
            let lines = text.lines().filter(complains).map(|line| format!("{service}: {line}"));
            if is_judged(service) {
                found.extend(lines);
            } else {
                lines.for_each(|line| eprintln!("not judged: {line}"));
            }
        }
    }
    found
}

/// Loki, Grafana and Promtail are real only where a registry answers. What they log there by themselves has not been
/// sorted yet, so it is only shown.
fn is_judged(service: Service) -> bool {
    let is_built = matches!(service, Service::OtelCollector | Service::Prometheus | Service::Jaeger);
    is_built || is_stand_in(service)
}

fn is_expected(service: Service, line: &str) -> bool {
    EXPECTED.iter().any(|(of, part, _)| *of == service && line.contains(part))
}

fn is_complaint(service: Service, line: &str) -> bool {
    let is_in = |words: &[&str]| words.iter().any(|word| line.contains(word));
    match service {
        Service::OtelCollector => is_in(&["\twarn\t", "\terror\t", "\tfatal\t", "panic:"]),
        Service::Jaeger => is_in(&["\"level\":\"warn\"", "\"level\":\"error\"", "\"level\":\"fatal\"", "panic:"]),
        Service::Prometheus => is_in(&["level=WARN", "level=ERROR", "panic:"]),
        Service::Loki | Service::Grafana | Service::Promtail => is_in(&["level=warn", "level=error", "panic:"]),
    }
}

#[test]
fn a_warning_is_found_in_the_format_of_each_program() {
    for (service, line) in [
        (Service::OtelCollector, "2026-11-28T21:29:49Z\twarn\tinternal/x.go:97\tUsing 0.0.0.0\t{}"),
        (Service::Prometheus, "time=2026-11-28T21:29:49Z level=WARN source=main.go:1 msg=\"x\""),
        (Service::Jaeger, "{\"level\":\"error\",\"ts\":1.0,\"msg\":\"x\"}"),
        (Service::Promtail, "level=warn ts=2026-11-28T21:29:49Z msg=x"),
    ] {
        assert!(is_complaint(service, line) && !is_expected(service, line), "{line}");
        let harmless = line.replace("warn", "info").replace("WARN", "INFO").replace("error", "info");
        assert!(!is_complaint(service, &harmless), "{harmless}");
    }
}
