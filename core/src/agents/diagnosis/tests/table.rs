//! The table. Rows are kept together by theme; each theme has one snapshot that is read as a whole.

mod claude_code;
mod downstream;
mod earlier_collector;

use self::{claude_code::claude_code, downstream::downstream, earlier_collector::earlier_collector};
use super::*;

const OFF: &str = "CLAUDE_CODE_ENABLE_TELEMETRY=0";
const LOGS: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
const METRICS: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
const BOTH: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

type Row = (&'static str, Scene);

fn told(rows: &[Row]) -> String {
    rows.iter().map(|(name, scene)| format!("# {name}\n{}\n", scene.told())).collect::<Vec<_>>().join("\n")
}

fn nothing_wrong() -> Vec<Row> {
    vec![
        ("heard a moment ago", healthy()),
        ("never heard", silent()),
        ("quiet for an hour", healthy().heard("11:00:00")),
        ("only the container before it was heard", healthy().heard("09:59:00")),
        ("heard within the second of its making", {
            let made = healthy().heard("11:59:30");
            made.agent(|agent| {
                agent.created_at =
                    at("11:59:30").unix_milliseconds().checked_add(400).map(Timestamp::from_unix_milliseconds)
            })
        }),
        ("stopped, and heard before", healthy().stopped("11:59:50")),
        ("stopped, and never heard", silent().stopped("11:00:00")),
        (
            "made and never started",
            silent().agent(|agent| {
                agent.state = ContainerState::Created;
                agent.started_at = None;
            }),
        ),
        ("paused", healthy().heard("11:00:00").agent(|agent| agent.state = ContainerState::Paused)),
        ("being started again", silent().agent(|agent| agent.state = ContainerState::Restarting)),
        ("dead", silent().agent(|agent| agent.state = ContainerState::Dead)),
        (
            "without a project",
            silent()
                .agent(|agent| {
                    agent.project = None;
                    agent.workdir = None;
                    agent.environment.push("OTEL_RESOURCE_ATTRIBUTES=agent=dev".into());
                })
                .heard_of(owner(None, Some("dev")), "11:59:00"),
        ),
        ("made by hand, and heard", healthy().by_hand()),
        (
            "made by hand beside the host",
            silent()
                .by_hand()
                .given("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://localhost:4318/v1/logs")
                .given("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://127.0.0.1:4318/v1/metrics")
                .agent(|agent| agent.networks = vec!["host".into()]),
        ),
        (
            "data from a collector elsewhere",
            silent()
                .settings(&[("otel_collector_endpoint", "https://otel.example")])
                .baked("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=https://otel.example/v1/logs")
                .baked("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=https://otel.example/v1/metrics")
                .collector(|collector| *collector = CollectorEvidence::default())
                .agent(|agent| agent.networks = vec!["bridge".into()]),
        ),
    ]
}

fn disabled() -> Vec<Row> {
    let mut rows = vec![
        (
            "made before the collector was started",
            silent().given(OFF).collector(|collector| collector.started_at = Some(at("11:00:00"))),
        ),
        ("switched off by a file that was mended since", silent().filed("CLAUDE_CODE_ENABLE_TELEMETRY=1").given(OFF)),
        (
            "made before the collector was started, from an image that is gone",
            silent()
                .given(OFF)
                .agent(|agent| agent.image_environment = None)
                .collector(|collector| collector.started_at = Some(at("11:00:00"))),
        ),
        ("not switched on, and made by hand", silent().by_hand().without("CLAUDE_CODE_ENABLE_TELEMETRY")),
        (
            "made while no collector ran, and none runs now",
            silent().given(OFF).collector(|collector| {
                *collector = CollectorEvidence::default();
            }),
        ),
        (
            "the same, stopped",
            silent().given(OFF).stopped("11:00:00").collector(|collector| {
                collector.running = false;
            }),
        ),
        (
            "made while the collector ran without its label",
            silent().given(OFF).collector(|collector| collector.labelled = false),
        ),
        (
            "made while the collector ran elsewhere",
            silent().given(OFF).collector(|collector| collector.on_network = false),
        ),
        ("switched off although the collector ran", silent().given(OFF)),
        ("a value that does not switch it on", silent().filed("CLAUDE_CODE_ENABLE_TELEMETRY=enabled")),
        (
            "switched off, and the collector was restarted since",
            silent().given(OFF).collector(|collector| {
                (collector.started_at, collector.finished_at) = (Some(at("11:00:00")), Some(at("10:59:58")));
            }),
        ),
        (
            "the same, and it does not run now",
            silent().given(OFF).collector(|collector| {
                (collector.running, collector.finished_at) = (false, Some(at("11:00:00")));
            }),
        ),
        (
            "made while the collector was stopped",
            silent().given(OFF).collector(|collector| {
                (collector.started_at, collector.finished_at) = (Some(at("11:00:00")), Some(at("09:59:58")));
            }),
        ),
        (
            "forced on, and the collector was restarted since",
            silent().filed("CLAUDE_CODE_ENABLE_TELEMETRY=1").collector(|collector| {
                (collector.started_at, collector.finished_at) = (Some(at("11:00:00")), Some(at("10:59:58")));
            }),
        ),
        ("switched off by the project's file", silent().filed("CLAUDE_CODE_ENABLE_TELEMETRY=false")),
        ("baked off", silent().baked("CLAUDE_CODE_ENABLE_TELEMETRY=no")),
        ("set to nothing", silent().given("CLAUDE_CODE_ENABLE_TELEMETRY=")),
        ("not switched on at all", silent().without("CLAUDE_CODE_ENABLE_TELEMETRY")),
        ("made by hand, switched off", silent().by_hand().given(OFF)),
        ("switched off, and heard all the same", healthy().given(OFF)),
        (
            "forced on while the stack was down",
            silent()
                .filed("CLAUDE_CODE_ENABLE_TELEMETRY=1")
                .collector(|collector| collector.started_at = Some(at("11:00:00"))),
        ),
    ];
    rows.extend(earlier_collector());
    rows
}

fn endpoints() -> Vec<Row> {
    vec![
        ("the collector's port was changed", silent().settings(&[("otel_collector_port", "14318")])),
        (
            "the collector's name was changed, and the old one still works",
            silent().settings(&[("otel_collector_internal", "telemetry")]),
        ),
        ("the paths were changed", silent().settings(&[("telemetry.logs_path", "/in/logs")])),
        ("another host, by the project's file", silent().filed(&format!("{LOGS}=http://otel.example:4318/v1/logs"))),
        ("another host for metrics only", healthy().given(&format!("{METRICS}=http://elsewhere:4318/v1/metrics"))),
        ("a file that was mended since", silent().given(&format!("{LOGS}=http://elsewhere:4318/v1/logs"))),
        (
            "no path",
            silent()
                .filed(&format!("{LOGS}=http://otel-collector:4318"))
                .filed(&format!("{METRICS}=http://otel-collector:4318/")),
        ),
        (
            "the common endpoint",
            silent().without(LOGS).without(METRICS).baked(&format!("{BOTH}=http://otel-collector:4318")),
        ),
        (
            "the common endpoint, where paths were changed",
            silent()
                .without(LOGS)
                .without(METRICS)
                .baked(&format!("{BOTH}=http://otel-collector:4318/"))
                .settings(&[("telemetry.logs_path", "/in/logs")]),
        ),
        ("no endpoint", silent().without(LOGS).without(METRICS)),
        ("HTTP to the port for gRPC", silent().baked(&format!("{LOGS}=http://otel-collector:4317/v1/logs"))),
        ("gRPC to the port for HTTP", silent().filed("OTEL_EXPORTER_OTLP_PROTOCOL=grpc")),
        (
            "gRPC as it should be",
            silent()
                .filed("OTEL_EXPORTER_OTLP_PROTOCOL=grpc")
                .filed(&format!("{LOGS}=http://otel-collector:4317"))
                .filed(&format!("{METRICS}=http://otel-collector:4317")),
        ),
        (
            "gRPC with TLS, which the collector does not accept",
            silent()
                .filed("OTEL_EXPORTER_OTLP_PROTOCOL=grpc")
                .filed(&format!("{LOGS}=otel-collector:4317"))
                .filed(&format!("{METRICS}=https://otel-collector:4317")),
        ),
        (
            "gRPC without a scheme and without TLS",
            silent()
                .filed("OTEL_EXPORTER_OTLP_PROTOCOL=grpc")
                .filed("OTEL_EXPORTER_OTLP_INSECURE=true")
                .filed(&format!("{LOGS}=otel-collector:4317"))
                .filed(&format!("{METRICS}=otel-collector:4317")),
        ),
        (
            "a scheme that the collector does not speak",
            silent().filed(&format!("{LOGS}=https://otel-collector:4318/v1/logs")),
        ),
        (
            "a password in the address",
            silent().filed(&format!("{LOGS}=https://ada:hush@otel.example/v1/logs?key=hush")),
        ),
        (
            "an image that is gone",
            silent().settings(&[("otel_collector_port", "14318")]).agent(|agent| agent.image_environment = None),
        ),
        (
            "made by hand without an exporter",
            silent().by_hand().given("OTEL_LOGS_EXPORTER=none").given("OTEL_METRICS_EXPORTER="),
        ),
        ("made by hand for another port", silent().by_hand().settings(&[("otel_collector_port", "14318")])),
    ]
}

fn protocols_exporters_tags() -> Vec<Row> {
    vec![
        ("a protocol that nobody knows", silent().filed("OTEL_EXPORTER_OTLP_PROTOCOL=http")),
        (
            "no protocol, and a release that needs one",
            silent().without("OTEL_EXPORTER_OTLP_PROTOCOL").version("2.1.252"),
        ),
        (
            "no protocol, and a release that was not run",
            silent().without("OTEL_EXPORTER_OTLP_PROTOCOL").version("2.1.300"),
        ),
        ("no protocol, and an unknown release", silent().without("OTEL_EXPORTER_OTLP_PROTOCOL").version("")),
        ("a bad protocol for metrics only", healthy().filed("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=thrift")),
        ("events switched off", silent().filed("OTEL_LOGS_EXPORTER=none")),
        ("metrics switched off, and heard", healthy().filed("OTEL_METRICS_EXPORTER=none")),
        ("metrics switched off, and never heard", silent().filed("OTEL_METRICS_EXPORTER=none")),
        ("both switched off", silent().baked("OTEL_LOGS_EXPORTER=none").baked("OTEL_METRICS_EXPORTER=none")),
        ("no exporter for events", silent().without("OTEL_LOGS_EXPORTER")),
        ("printed, and sent as well", silent().filed("OTEL_LOGS_EXPORTER=console,otlp")),
        ("only printed", silent().filed("OTEL_LOGS_EXPORTER=console")),
        ("an unknown exporter for metrics", silent().filed("OTEL_METRICS_EXPORTER=otlphttp")),
        ("metrics for Prometheus to scrape", silent().filed("OTEL_METRICS_EXPORTER=prometheus")),
        ("a password in quotes", healthy().given("OTEL_EXPORTER_OTLP_HEADERS=\"x=hush\"")),
        ("a wrong endpoint in quotes", silent().filed(&format!("{LOGS}=\"http://elsewhere:4318/v1/logs\""))),
        (
            "tags replaced by the project's file",
            silent().filed("OTEL_RESOURCE_ATTRIBUTES=team=blue").heard_of(Owner::default(), "11:58:00"),
        ),
        (
            "tags replaced at creation",
            silent()
                .given("OTEL_RESOURCE_ATTRIBUTES=project=other,agent=dev")
                .heard_of(owner(Some("other"), Some("dev")), "11:58:00"),
        ),
        ("tags completed by hand", silent().filed("OTEL_RESOURCE_ATTRIBUTES=team=blue, project=shop,agent=dev")),
        (
            "made by hand without tags",
            silent()
                .by_hand()
                .without("OTEL_RESOURCE_ATTRIBUTES")
                .agent(|agent| {
                    agent.project = None;
                    agent.agent = String::new();
                })
                .heard_of(Owner::default(), "11:59:59"),
        ),
    ]
}

fn networks() -> Vec<Row> {
    vec![
        ("on another network", silent().agent(|agent| agent.networks = vec!["bridge".into(), "web".into()])),
        ("on no network, made by hand", silent().by_hand().agent(|agent| agent.networks = Vec::new())),
        ("the collector does not run", silent().collector(|collector| collector.running = false)),
        (
            "there is no collector",
            healthy().heard("10:30:00").collector(|collector| {
                *collector = CollectorEvidence::default();
            }),
        ),
        ("the collector went a moment ago", healthy().collector(|collector| collector.running = false)),
        ("the collector is on another network", silent().collector(|collector| collector.on_network = false)),
        (
            "the collector lost its label, which concerns new agents only",
            silent().collector(|collector| {
                collector.labelled = false;
            }),
        ),
        (
            "the collector does not run, nor does the agent",
            silent().stopped("11:00:00").collector(|collector| {
                collector.running = false;
            }),
        ),
        (
            "on another network, and the collector does not run",
            silent()
                .agent(|agent| agent.networks = vec!["bridge".into()])
                .collector(|collector| collector.running = false),
        ),
    ]
}

fn all() -> Vec<Row> {
    [nothing_wrong(), disabled(), endpoints(), protocols_exporters_tags(), networks(), claude_code(), downstream()]
        .concat()
}

#[test]
fn no_problems_found() {
    insta::assert_snapshot!(told(&nothing_wrong()));
}

#[test]
fn telemetry_is_turned_off() {
    insta::assert_snapshot!(told(&disabled()));
}

#[test]
fn data_is_sent_to_the_wrong_address() {
    insta::assert_snapshot!(told(&endpoints()));
}

#[test]
fn data_is_not_sent_or_not_tagged() {
    insta::assert_snapshot!(told(&protocols_exporters_tags()));
}

#[test]
fn the_collector_is_unreachable() {
    insta::assert_snapshot!(told(&networks()));
}

#[test]
fn causes_in_claude_code() {
    insta::assert_snapshot!(told(&claude_code()));
}

#[test]
fn data_is_lost_or_unknown() {
    insta::assert_snapshot!(told(&downstream()));
}

#[test]
fn every_code_and_every_verdict_is_in_the_table() {
    let rows = all();
    assert!(rows.len() >= 40, "{}", rows.len());
    // An agent without a container has no row here.
    for code in CauseCode::ALL.into_iter().filter(|code| *code != CauseCode::NoContainer) {
        assert!(rows.iter().any(|(_, scene)| scene.codes().contains(&code)), "no row shows `{}`", code.name());
    }
    for verdict in Verdict::ALL {
        assert!(rows.iter().any(|(_, scene)| scene.verdict() == verdict), "no row shows `{}`", verdict.name());
    }
}

#[test]
fn all_texts_follow_the_style_rules() {
    for (name, scene) in all() {
        for cause in scene.judged().causes {
            let evidence = &cause.evidence;
            assert!(!evidence.is_empty() && !evidence.ends_with('.'), "{name}: {evidence}");
            assert_eq!(evidence.matches('`').count() % 2, 0, "{name}: {evidence}");
            assert!(!evidence.contains("hush") && !evidence.contains("k:s@"), "{name}: a secret in {evidence}");
            let command = cause.fix.command.unwrap_or_default();
            let disabled_by_clawker = command.contains("clawker ") || command.contains("docker ");
            assert!(
                scene.agent.managed || !disabled_by_clawker,
                "{name}: {command} cannot know how the container was made"
            );
        }
    }
}
