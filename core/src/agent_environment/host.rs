//! The variables with which Claude Code outside of any container sends to the built-in receiver on the same machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{RESOURCE_ATTRIBUTES, image_variables};
use crate::settings::Settings;

/// The tag of an agent that runs on this machine, if nobody names it.
pub const HOST_AGENT: &str = "host";

/// What resource attributes may hold as it is. Releases differ in what else they take.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The receiver's URL as seen from this machine, without a path.
pub fn endpoint_on_host(settings: &Settings) -> String {
    let address = match settings.bind_address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    format!("http://{}", std::net::SocketAddr::new(address, settings.otel_collector_port.number()))
}

/// Names and values: what an agent's image gets, with this machine's address and with every switch spelled out, so that
/// variables of a shell can't change what the settings say. An empty project or agent means none.
pub fn on_host(settings: &Settings, project: &str, agent: &str) -> Vec<(String, String)> {
    let image = image_variables(settings, &endpoint_on_host(settings));
    let mut variables: Vec<(String, String)> = image.into_iter().map(|it| (it.name, it.value)).collect();
    let tags: Vec<String> = [("project", project), ("agent", agent)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)))
        .collect();
    if !tags.is_empty() {
        variables.push((RESOURCE_ATTRIBUTES.to_owned(), tags.join(",")));
    }
    variables
}

#[cfg(all(test, feature = "engine"))]
mod tests {
    use super::*;
    use crate::settings;

    fn variables(yaml: &str, project: &str, agent: &str) -> Vec<String> {
        let settings = settings::read(yaml, "settings.yaml").expect("they are valid");
        on_host(&settings, project, agent).into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn every_switch_is_spelled_out() {
        insta::assert_snapshot!(variables("", "", HOST_AGENT).join("\n"), @"
        CLAUDE_CODE_ENABLE_TELEMETRY=1
        OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
        OTEL_METRICS_EXPORTER=otlp
        OTEL_LOGS_EXPORTER=otlp
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://127.0.0.1:4318/v1/metrics
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://127.0.0.1:4318/v1/logs
        OTEL_METRICS_INCLUDE_ACCOUNT_UUID=true
        OTEL_METRICS_INCLUDE_SESSION_ID=true
        OTEL_LOGS_EXPORT_INTERVAL=5000
        OTEL_METRIC_EXPORT_INTERVAL=10000
        OTEL_LOG_TOOL_DETAILS=1
        OTEL_LOG_USER_PROMPTS=1
        OTEL_RESOURCE_ATTRIBUTES=agent=host
        ");
        let changed = variables(
            "monitoring:\n  otel_collector_endpoint: http://elsewhere:1\n  otel_collector_port: 14318\n  \
             telemetry:\n    logs_path: /l\n    include_account_uuid: false\n    log_user_prompts: false\n",
            "my app",
            "a,b=é",
        );
        for line in [
            "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://127.0.0.1:14318/l",
            "OTEL_METRICS_INCLUDE_ACCOUNT_UUID=false",
            "OTEL_LOG_USER_PROMPTS=0",
            "OTEL_RESOURCE_ATTRIBUTES=project=my%20app,agent=a%2Cb%3D%C3%A9",
        ] {
            assert!(changed.iter().any(|it| it == line), "{line}: {changed:?}");
        }
        assert!(!variables("", "", "").iter().any(|line| line.starts_with(RESOURCE_ATTRIBUTES)));
    }

    #[test]
    fn the_address_is_one_that_the_receiver_listens_on() {
        for (bind, endpoint) in [
            ("127.0.0.1", "http://127.0.0.1:4318"),
            ("0.0.0.0", "http://127.0.0.1:4318"),
            ("\"::\"", "http://[::1]:4318"),
            ("192.0.2.1", "http://192.0.2.1:4318"),
        ] {
            let yaml = format!("monitoring:\n  bind_address: {bind}\n");
            let settings = settings::read(&yaml, "settings.yaml").expect("they are valid");
            assert_eq!(endpoint_on_host(&settings), endpoint);
        }
    }
}
