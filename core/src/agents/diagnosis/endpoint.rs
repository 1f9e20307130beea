//! Checks the endpoint of a signal against the collector's addresses.
//!
//! Source: OpenTelemetry's specification of the OTLP exporter. An endpoint of one signal is used unchanged, the common
//! one gets the signal's path appended, and gRPC uses host and port only.

use super::super::CauseCode;
use super::environment::Fault;
use super::variables::{Variables, backticked, variable_is};
use crate::{
    agent_environment::{NOT_SHOWN, environment, shown, shown_url},
    service::Service,
    settings::Settings,
    stack::NETWORK,
};

/// A kind of data that agents send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Events. The panel identifies agents by them.
    Logs,
    /// Counters: active time, lines, commits.
    Metrics,
    /// Spans, in beta.
    Traces,
}

impl Signal {
    pub fn words(self) -> &'static str {
        match self {
            Signal::Logs => "events",
            Signal::Metrics => "metrics",
            Signal::Traces => "traces",
        }
    }

    pub fn exporter(self) -> &'static str {
        match self {
            Signal::Logs => "OTEL_LOGS_EXPORTER",
            Signal::Metrics => "OTEL_METRICS_EXPORTER",
            Signal::Traces => "OTEL_TRACES_EXPORTER",
        }
    }

    /// The exporters that Claude Code knows for it.
    pub fn exporters(self) -> &'static [&'static str] {
        match self {
            Signal::Logs | Signal::Traces => &["otlp", "console", "none"],
            Signal::Metrics => &["otlp", "prometheus", "console", "none"],
        }
    }

    /// The variables of the protocol: the signal's own, then the common one.
    pub fn protocol(self) -> [&'static str; 2] {
        match self {
            Signal::Logs => ["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
            Signal::Metrics => ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
            Signal::Traces => ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
        }
    }

    /// The variables of the endpoint: the signal's own, then the common one.
    pub fn endpoint(self) -> [&'static str; 2] {
        match self {
            Signal::Logs => ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
            Signal::Metrics => ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
            Signal::Traces => ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"],
        }
    }

    /// The variables that turn off TLS for endpoints without a scheme: the signal's own, then the common one.
    fn insecure(self) -> [&'static str; 2] {
        match self {
            Signal::Logs => ["OTEL_EXPORTER_OTLP_LOGS_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"],
            Signal::Metrics => ["OTEL_EXPORTER_OTLP_METRICS_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"],
            Signal::Traces => ["OTEL_EXPORTER_OTLP_TRACES_INSECURE", "OTEL_EXPORTER_OTLP_INSECURE"],
        }
    }

    fn appended(self) -> &'static str {
        match self {
            Signal::Logs => "/v1/logs",
            Signal::Metrics => "/v1/metrics",
            Signal::Traces => "/v1/traces",
        }
    }
}

/// The collector's addresses under the current settings.
#[derive(Debug, Clone)]
pub(super) struct Collector {
    logs: String,
    metrics: String,
    traces: String,
    /// The gRPC port; `None` for an external collector, whose port is unknown.
    grpc_port: Option<u16>,
    /// The container is on the host network, where the collector's ports are published.
    beside_host: bool,
}

impl Collector {
    pub fn of(settings: &Settings, beside_host: bool) -> Collector {
        let variables = environment(settings, "", "");
        let value = |signal: Signal| {
            let found = variables.iter().find(|variable| variable.name == signal.endpoint()[0]);
            found.map(|variable| variable.value.clone()).unwrap_or_default()
        };
        let here = settings.otel_collector_endpoint.is_none();
        let traces = match &settings.otel_collector_endpoint {
            Some(endpoint) => format!("{}/v1/traces", endpoint.trim_end_matches('/')),
            None => format!("http://{}:{}/v1/traces", settings.otel_collector_internal, settings.otel_collector_port),
        };
        Collector {
            traces,
            logs: value(Signal::Logs),
            metrics: value(Signal::Metrics),
            grpc_port: here.then(|| settings.otel_grpc_port.number()),
            beside_host,
        }
    }

    fn wanted(&self, signal: Signal) -> &str {
        match signal {
            Signal::Logs => &self.logs,
            Signal::Metrics => &self.metrics,
            Signal::Traces => &self.traces,
        }
    }

    /// The address to send this signal to.
    pub fn address(&self, signal: Signal, over_grpc: bool) -> String {
        let wanted = self.wanted(signal);
        match self.grpc_port.filter(|_| over_grpc) {
            Some(port) => format!("http://{}:{port}", Target::read(wanted).host),
            None => shown_url(wanted),
        }
    }

    fn is_host(&self, wanted: &Target<'_>, found: &str) -> bool {
        let local = ["localhost", "127.0.0.1", "[::1]"];
        // Docker also resolves a container's name with the name of the network behind it.
        let found = found.strip_suffix(&format!(".{NETWORK}")).unwrap_or(found);
        found.eq_ignore_ascii_case(wanted.host)
            || (self.grpc_port.is_some() && found.eq_ignore_ascii_case(Service::OtelCollector.name()))
            || (self.beside_host && local.contains(&found))
    }
}

/// A parsed URL.
struct Target<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
    path: &'a str,
}

impl<'a> Target<'a> {
    /// A URL without a scheme still has host, port, and path.
    fn read(text: &'a str) -> Target<'a> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let colon = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
        let (host, port) = match colon {
            Some(colon) => (&authority[..colon], authority[colon + 1..].parse().ok()),
            None => (authority, if scheme.eq_ignore_ascii_case("https") { Some(443) } else { Some(80) }),
        };
        Target { scheme, host, port, path }
    }
}

/// The host and the port of an endpoint.
pub(super) fn host_and_port(endpoint: &str) -> (&str, Option<u16>) {
    let target = Target::read(endpoint);
    (target.host, target.port)
}

/// Checks the endpoint of one signal. `protocol` is the protocol in use and the variable that sets it.
pub(super) fn fault(
    variables: &Variables,
    signal: Signal,
    (by, protocol): (&str, &str),
    collector: &Collector,
) -> Option<Fault> {
    let wanted = Target::read(collector.wanted(signal));
    let wanted_text = &shown_url(collector.wanted(signal));
    let Some((name, text)) = variables.first(signal.endpoint()) else {
        let [own, common] = signal.endpoint();
        let words = signal.words();
        let evidence = format!("neither `{own}` nor `{common}` is set; {words} should go to `{wanted_text}`");
        let likewise = format!("{words} have no endpoint either");
        return Some(Fault::new(CauseCode::EndpointMissing, signal, own, evidence, likewise));
    };
    let found = Target::read(text);
    let said = variable_is(name, text);
    let fault = |code: CauseCode, rest: String| {
        Some(Fault::new(code, signal, name, format!("{said}{rest}"), format!("{said} as well")))
    };
    let mismatch = |rest: String| fault(CauseCode::EndpointMismatch, rest);
    // Either the protocol or the port can be wrong, so both variables are named.
    let wrong_port = |rest: String| {
        let fault = mismatch(rest)?;
        Some(Fault { variables: vec![name.to_owned(), by.to_owned()], ..fault })
    };
    let takes = |at: &str| format!(", but the collector accepts {} at `{at}`", signal.words());
    let same_host = collector.is_host(&wanted, found.host);
    if protocol == "grpc" {
        // Without a scheme, gRPC uses TLS, unless told otherwise.
        let is_plain = found.scheme.eq_ignore_ascii_case("http")
            || found.scheme.is_empty()
                && variables.first(signal.insecure()).is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"));
        let fits = same_host && collector.grpc_port.is_none_or(|port| found.port == Some(port));
        return match collector.grpc_port {
            Some(port) if fits && !is_plain => {
                let why = if found.scheme.is_empty() { "without `http://`, gRPC uses TLS" } else { "this uses TLS" };
                // Of text that is no URL, this might be anything.
                let host = if shown_url(text) == NOT_SHOWN { wanted.host } else { found.host };
                let write = format!("http://{host}:{port}");
                mismatch(format!("; {why}, which the collector does not accept; write {}", backticked(&write)))
            }
            _ if fits => None,
            Some(port) if same_host && found.port == wanted.port => wrong_port(format!(
                ", where the collector accepts HTTP, but the protocol is `grpc`, which it accepts on port `{port}`"
            )),
            Some(port) => mismatch(takes(&format!("http://{}:{port}", wanted.host))),
            None => mismatch(takes(wanted_text)),
        };
    }
    if same_host && found.port.is_some() && found.port == collector.grpc_port {
        return wrong_port(format!(
            ", where the collector accepts gRPC, but the protocol is {}, which it accepts at `{wanted_text}`",
            backticked(&shown(by, protocol))
        ));
    }
    if !found.scheme.eq_ignore_ascii_case(wanted.scheme) || !same_host || found.port != wanted.port {
        return mismatch(takes(wanted_text));
    }
    let is_own = name == signal.endpoint()[0];
    let path = if is_own {
        found.path.to_owned()
    } else {
        format!("{}{}", found.path.trim_end_matches('/'), signal.appended())
    };
    match () {
        () if path == wanted.path => None,
        () if is_own && path.trim_matches('/').is_empty() => {
            fault(CauseCode::EndpointPathMissing, format!(", which has no path; the path must be `{}`", wanted.path))
        }
        () if !is_own => mismatch(format!(
            ", to which `{}` is appended; the collector accepts {} at `{wanted_text}`",
            signal.appended(),
            signal.words(),
        )),
        () => mismatch(takes(wanted_text)),
    }
}
