//! The six services, one function each: the arguments, variables, and mounts that make each program listen on its
//! configured port. `files` has the programs' configuration files; both use the paths in `paths`.

use super::{
    Expectation, Healthcheck, Mount, Readiness, ServiceSpec,
    build::{
        COLLECTOR_VOLUME, GRAFANA_VOLUME, Inputs, JAEGER_VOLUME, LOKI_VOLUME, PROMETHEUS_VOLUME, clawker_labels,
        strings, volume,
    },
    internal_ports, paths,
};
use crate::{service::Service, settings::Settings};

const MEBIBYTE: u64 = 1024 * 1024;

/// How long Jaeger keeps traces: three days, its own default.
const JAEGER_RETENTION: &str = "72h";

pub(super) fn spec(service: Service, inputs: &Inputs<'_>) -> ServiceSpec {
    match service {
        Service::OtelCollector => otel_collector(inputs),
        Service::Prometheus => prometheus(inputs),
        Service::Loki => loki(inputs),
        Service::Jaeger => jaeger(inputs),
        Service::Grafana => grafana(inputs),
        Service::Promtail => promtail(inputs),
    }
}

/// A service that listens on `port` and has its readiness check there; everything else is empty.
fn base_spec(inputs: &Inputs<'_>, service: Service, port: u16, ready_path: &str, memory_mebibytes: u64) -> ServiceSpec {
    ServiceSpec {
        service,
        image: inputs.image(service),
        command: Vec::new(),
        // All six are Go programs, which collect garbage in time if they know their limit.
        environment: strings([("GOMEMLIMIT", &format!("{}MiB", memory_mebibytes * 85 / 100))]),
        ports: vec![inputs.published(port)],
        mounts: Vec::new(),
        labels: clawker_labels(),
        depends_on: Vec::new(),
        user: None,
        drops_capabilities: false,
        memory_limit_bytes: memory_mebibytes * MEBIBYTE,
        healthcheck: None,
        aliases: Vec::new(),
        readiness: Readiness { port, path: ready_path.to_owned(), expect: Expectation::GetOk },
        has_page: true,
    }
}

fn otel_collector(inputs: &Inputs<'_>) -> ServiceSpec {
    let settings = inputs.settings;
    let port = settings.otel_collector_port.number();
    let name = &settings.otel_collector_internal;
    let mut spec = base_spec(inputs, Service::OtelCollector, port, settings.telemetry.logs_path.as_str(), 512);
    spec.ports.push(inputs.published(settings.otel_grpc_port.number()));
    spec.command = vec![format!("--config={}", paths::OTEL_CONFIG)];
    spec.mounts =
        vec![inputs.file("otel-config.yaml", paths::OTEL_CONFIG), volume(COLLECTOR_VOLUME, paths::OTEL_QUEUE)];
    owns_its_volume(&mut spec);
    // Clawker's check looks for the container name `otel-collector`, so a configured name can only be an alias.
    spec.aliases = if name == Service::OtelCollector.name() { Vec::new() } else { vec![name.clone()] };
    spec.readiness.expect = Expectation::PostEmptyOtlp;
    spec.has_page = false;
    spec
}

fn prometheus(inputs: &Inputs<'_>) -> ServiceSpec {
    let port = inputs.settings.prometheus_port.number();
    let mut spec = base_spec(inputs, Service::Prometheus, port, "/-/ready", 1024);
    spec.command = vec![
        format!("--config.file={}", paths::PROMETHEUS_CONFIG),
        format!("--storage.tsdb.path={}", paths::PROMETHEUS_DATA),
        format!("--web.listen-address=:{port}"),
        // The collector sends deltas, which are stored as they are.
        "--web.enable-otlp-receiver".to_owned(),
        "--enable-feature=otlp-native-delta-ingestion".to_owned(),
    ];
    // Its default, 75, keeps the heap small: a refresh of the dashboard takes twice as long on a busy machine.
    spec.environment.extend(strings([("GOGC", "200")]));
    spec.mounts = vec![
        inputs.file("prometheus.yaml", paths::PROMETHEUS_CONFIG),
        volume(PROMETHEUS_VOLUME, paths::PROMETHEUS_VOLUME),
    ];
    spec.healthcheck = Some(wget_healthcheck(port, "/-/ready"));
    spec
}

fn loki(inputs: &Inputs<'_>) -> ServiceSpec {
    let mut spec = base_spec(inputs, Service::Loki, inputs.settings.loki_port.number(), "/ready", 1024);
    spec.command = vec![format!("-config.file={}", paths::LOKI_CONFIG)];
    spec.mounts = vec![inputs.file("loki-config.yaml", paths::LOKI_CONFIG), volume(LOKI_VOLUME, paths::LOKI_DATA)];
    spec.has_page = false;
    spec
}

fn jaeger(inputs: &Inputs<'_>) -> ServiceSpec {
    let settings = inputs.settings;
    let port = settings.jaeger_port.number();
    let mut spec = base_spec(inputs, Service::Jaeger, port, "/", 768);
    // Traces are kept on a volume: in memory, they would be gone after every change of a setting.
    spec.environment.extend(strings([
        ("BADGER_DIRECTORY_KEY", &format!("{}/key", paths::JAEGER_DATA)),
        ("BADGER_DIRECTORY_VALUE", &format!("{}/data", paths::JAEGER_DATA)),
        ("BADGER_EPHEMERAL", "false"),
        ("BADGER_SPAN_STORE_TTL", JAEGER_RETENTION),
        ("COLLECTOR_OTLP_ENABLED", "true"),
        ("SPAN_STORAGE_TYPE", "badger"),
    ]));
    spec.mounts = vec![volume(JAEGER_VOLUME, paths::JAEGER_DATA)];
    owns_its_volume(&mut spec);
    let otlp = ("COLLECTOR_OTLP_GRPC_HOST_PORT", internal_ports::jaeger_otlp_grpc(settings));
    let query = ("QUERY_HTTP_SERVER_HOST_PORT", port);
    for (variable, port) in internal_ports::jaeger_other_ports(settings).into_iter().chain([otlp, query]) {
        spec.environment.insert(variable.to_owned(), format!(":{port}"));
    }
    spec
}

fn grafana(inputs: &Inputs<'_>) -> ServiceSpec {
    let settings = inputs.settings;
    let port = settings.grafana_port.number();
    let mut spec = base_spec(inputs, Service::Grafana, port, "/api/health", 512);
    spec.environment.extend(strings([
        ("GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "false"),
        ("GF_ANALYTICS_CHECK_FOR_UPDATES", "false"),
        ("GF_ANALYTICS_FEEDBACK_LINKS_ENABLED", "false"),
        ("GF_ANALYTICS_REPORTING_ENABLED", "false"),
        // Explore, the target of the panel's links, requires the role Editor.
        ("GF_AUTH_ANONYMOUS_ENABLED", "true"),
        ("GF_AUTH_ANONYMOUS_ORG_ROLE", "Editor"),
        // Agents share the network with Grafana; the default admin password must not work.
        ("GF_AUTH_BASIC_ENABLED", "false"),
        ("GF_AUTH_DISABLE_LOGIN_FORM", "true"),
        ("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH", paths::GRAFANA_DASHBOARD),
        ("GF_NEWS_NEWS_FEED_ENABLED", "false"),
        // Grafana 12 downloads its Drilldown plugins at the first start, which blocks a machine without internet
        // access.
        ("GF_PLUGINS_PREINSTALL_DISABLED", "true"),
        ("GF_SECURITY_ALLOW_EMBEDDING", "true"),
        ("GF_SECURITY_CONTENT_SECURITY_POLICY", "true"),
        ("GF_SECURITY_CONTENT_SECURITY_POLICY_TEMPLATE", &frame_ancestors(settings)),
        ("GF_SERVER_HTTP_PORT", &port.to_string()),
    ]));
    spec.mounts = vec![
        inputs.file("grafana-datasources.yaml", paths::GRAFANA_DATASOURCES),
        inputs.file("grafana-dashboards.yaml", paths::GRAFANA_PROVIDER),
        inputs.file("grafana-dashboard.json", paths::GRAFANA_DASHBOARD),
        volume(GRAFANA_VOLUME, paths::GRAFANA_DATA),
    ];
    spec.depends_on = vec![Service::Prometheus, Service::Loki, Service::Jaeger];
    spec.healthcheck = Some(wget_healthcheck(port, "/api/health"));
    spec
}

fn promtail(inputs: &Inputs<'_>) -> ServiceSpec {
    let mut spec = base_spec(inputs, Service::Promtail, inputs.settings.promtail_port.number(), "/ready", 256);
    spec.command = vec![format!("-config.file={}", paths::PROMTAIL_CONFIG)];
    spec.mounts = vec![
        inputs.file("promtail-config.yaml", paths::PROMTAIL_CONFIG),
        Mount::File { source: inputs.facts.docker_socket.clone(), target: paths::DOCKER_SOCKET.to_owned() },
        // Read positions belong to Loki's data and have to be deleted with it: otherwise a new Loki would never get the
        // firewall's older lines.
        volume(LOKI_VOLUME, paths::PROMTAIL_POSITIONS_FOLDER),
    ];
    spec.depends_on = vec![Service::Loki];
    spec
}

/// A new volume belongs to user 0, and these images have neither a folder at its place, whose owner it would get, nor a
/// program that could change the owner. So the service runs as that user, but without the capabilities that come with
/// it.
fn owns_its_volume(spec: &mut ServiceSpec) {
    spec.user = Some("0".to_owned());
    spec.drops_capabilities = true;
}

/// The `frame-ancestors` policy: Grafana may be embedded by pages of this machine and of the address it is shared on.
///
/// Grafana's own switch only has all or nothing. The policy has no other directive and restricts nothing else.
fn frame_ancestors(settings: &Settings) -> String {
    let address = settings.bind_address;
    let further = match address {
        _ if address.is_loopback() => String::new(),
        _ if address.is_unspecified() => " http://*:*".to_owned(),
        std::net::IpAddr::V4(address) => format!(" http://{address}:*"),
        std::net::IpAddr::V6(address) => format!(" http://[{address}]:*"),
    };
    format!("frame-ancestors 'self' http://localhost:* http://127.0.0.1:*{further}")
}

/// Prometheus' and Grafana's images contain `wget`. The other four do not, and two of them have no shell either.
fn wget_healthcheck(port: u16, path: &str) -> Healthcheck {
    let url = format!("http://127.0.0.1:{port}{path}");
    Healthcheck {
        command: ["wget", "-q", "-O", "/dev/null", &url].map(str::to_owned).into(),
        interval_seconds: 30,
        timeout_seconds: 5,
        retries: 3,
        start_period_seconds: 60,
    }
}
