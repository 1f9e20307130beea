//! Raw lines of Envoy and CoreDNS on their whole way: through the generated configuration, into the entries of Loki, and
//! through the panel's queries.
//!
//! `testdata/envoy.log` has lines as Clawker v0.8.0 configures Envoy (`envoy_config.go`), `testdata/coredns.log` as its
//! Corefile configures CoreDNS; the last two have a port, as `{remote}` had before CoreDNS 1.9.

use monitor_core::{
    settings::Settings,
    stack::HostFacts,
    telemetry::{
        Range,
        series::Sample,
        stores::{
            egress::{EgressAnswers, egress},
            queries,
        },
    },
};

use saphyr::LoadableYamlNode as _;

use super::*;
use crate::{
    logql::{Entry, evaluate},
    promtail::push_body,
    push::parse_push,
};

const ENVOY: &str = include_str!("../../testdata/envoy.log");
const COREDNS: &str = include_str!("../../testdata/coredns.log");

/// A second after the last line of `envoy.log`, in nanoseconds since 1970.
fn now() -> u64 {
    let time = OffsetDateTime::parse("2026-11-28T14:00:08Z", &Rfc3339).expect("a time");
    time.unix_timestamp_nanos() as u64
}

fn generated() -> Pipeline {
    let facts = HostFacts { directory: "/data/monitor".into(), docker_socket: "/var/run/docker.sock".into() };
    let files = monitor_core::files::render(&Settings::default(), &facts);
    let file = files.iter().find(|file| file.name == "promtail-config.yaml").expect("it is generated");
    pipeline(&file.contents).expect("every stage is supported")
}

fn pipeline(configuration: &str) -> Result<Pipeline> {
    Pipeline::new(&YamlOwned::load_from_str(configuration)?[0])
}

fn processed(container: &str, log: &str) -> Vec<Line> {
    let pipeline = generated();
    log.lines().map(|text| pipeline.process(container, text, now())).collect()
}

/// Labels and metadata as `name=value`, except for those named.
fn fields(line: &Line, without: &[&str]) -> String {
    let pairs = |labels: &Labels| {
        let shown = labels.iter().filter(|(name, _)| !without.contains(&name.as_str()));
        shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    format!("{{{}}} {}", pairs(&line.labels), pairs(&line.metadata))
}

fn shown(lines: &[Line], without: &[&str]) -> String {
    lines.iter().map(|line| format!("{}\n", fields(line, without).trim_end())).collect()
}

#[test]
fn fields_of_envoys_lines_become_labels_and_metadata() {
    let lines = processed("clawker-envoy", ENVOY);
    let constant = ["container", "service_name", "bytes_sent", "bytes_received", "duration_ms", "client_ip"];
    insta::assert_snapshot!(shown(&lines, &constant), @"
    {}
    {proto=tls source=envoy} domain=github.com method=GET path=/good/repo request_host=github.com response_code=200 response_flags=- upstream_host=140.82.112.3:443
    {proto=tls source=envoy} domain=github.com method=GET path=/evil/repo request_host=github.com response_code=403 response_flags=-
    {proto=tls source=envoy} domain=github.com method=GET path=/good/private request_host=github.com response_code=403 response_flags=- upstream_host=140.82.112.3:443
    {proto=http source=envoy} method=GET path=/ request_host=evil.example response_code=403 response_flags=-
    {proto=http source=envoy} method=GET path=/ request_host=example.org response_code=200 response_flags=- upstream_host=93.184.216.34:80
    {proto=deny source=envoy} domain=evil.example response_flags=UF
    {proto=deny source=envoy} response_flags=UF
    {proto=ssh source=envoy} domain=ssh.example response_flags=- upstream_host=192.0.2.7:22
    ");
    assert_eq!(lines[1].labels["service_name"], "envoy");
    // Lines that are not about a connection keep the time at which Docker received them.
    assert_eq!((lines[0].at, lines[8].at), (now(), now() - 1_000_000_000));
}

#[test]
fn fields_of_coredns_lines_become_labels_and_metadata() {
    let lines = processed("clawker-coredns", COREDNS);
    insta::assert_snapshot!(shown(&lines, &["container", "service_name", "duration"]), @"
    {}
    {rcode=NOERROR source=coredns} client_ip=172.18.0.8 domain=example.org qtype=A
    {rcode=NXDOMAIN source=coredns} client_ip=172.18.0.8 domain=evil.example qtype=A
    {rcode=NXDOMAIN source=coredns} client_ip=fd00::5 domain=evil.example qtype=AAAA
    {rcode=- source=coredns} client_ip=172.18.0.8 domain=. qtype=NS
    {rcode=NXDOMAIN source=coredns} client_ip=172.18.0.8 domain=old.example qtype=A
    {rcode=NXDOMAIN source=coredns} client_ip=fd00::5 domain=old.example qtype=AAAA
    ");
}

#[test]
fn the_panel_lists_what_envoy_and_coredns_wrote() {
    let lines = [processed("clawker-envoy", ENVOY), processed("clawker-coredns", COREDNS)].concat();
    let entries = parse_push(&push_body(&lines)).expect("a push");
    let mine = ["172.18.0.8".to_owned(), "fd00::5".to_owned()];
    let ask = |query: String| samples(&query, &entries);
    let answers = EgressAnswers {
        allowed: ask(queries::egress::allowed(&mine, Range::Hour)),
        denied: ask(queries::egress::denied(&mine, Range::Hour)),
        unresolved: ask(queries::egress::unresolved(&mine, Range::Hour)),
    };
    let listed: String = egress(mine.to_vec(), &answers)
        .destinations
        .iter()
        .map(|of| {
            format!("{}: {} allowed, {} denied, {} not resolved\n", of.target, of.allowed, of.denied, of.unresolved)
        })
        .collect();
    insta::assert_snapshot!(listed, @"
    evil.example: 0 allowed, 2 denied, 2 not resolved
    github.com: 2 allowed, 1 denied, 0 not resolved
    old.example: 0 allowed, 0 denied, 2 not resolved
    unknown from 172.18.0.8: 0 allowed, 1 denied, 0 not resolved
    example.org: 1 allowed, 0 denied, 0 not resolved
    ssh.example: 1 allowed, 0 denied, 0 not resolved
    ");
    let others = ["172.18.0.80".to_owned()];
    assert!(ask(queries::egress::denied(&others, Range::Hour)).is_empty(), "an address is compared as a whole");
}

fn samples(query: &str, entries: &[Entry]) -> Vec<Sample> {
    let series = evaluate(&parse(query).expect(query), entries, now());
    series.into_iter().map(|one| Sample { labels: one.labels.into_iter().collect(), value: one.value }).collect()
}

#[test]
fn a_configuration_that_is_not_understood_is_an_error() {
    let with = |stage: &str| {
        pipeline(&format!("scrape_configs:\n  - relabel_configs: []\n    pipeline_stages:\n      - {stage}\n"))
    };
    assert!(with("labels: {a: }").is_ok());
    for wrong in [
        "docker: {}",
        "labels: {}",
        "json: {expressions: {a: b.c}}",
        "json: {expressions: {a: }, drop_malformed: true}",
        "regex: {expression: '('}",
        "timestamp: {source: a, format: Unix, action_on_failure: skip}",
        "match: {selector: '{a=b}', stages: [labels: {a: }]}",
        "match: {selector: '{a=\"b\"}', stages: [docker: {}]}",
    ] {
        assert!(with(wrong).is_err(), "{wrong}");
    }
    assert!(pipeline("scrape_configs: []").is_err());
}
