//! Proxies in the container's variables and in settings files, as releases of Claude Code were seen to use them.

use super::*;
use crate::agents::ProxyVariables;

const PROXY: &str = "HTTP_PROXY=http://ada:hush@proxy:3128";
const USER: &str = "/root/.claude/settings.json";

fn with_variables(lines: &[&str]) -> Scene {
    silent().agent(|agent| agent.proxy = ProxyVariables::read(lines.iter().copied()))
}

impl Scene {
    fn with_file(self, layer: SettingsLayer, path: &str, env: &str) -> Scene {
        let text = format!(r#"{{"env":{{{env}}}}}"#);
        self.agent(|agent| agent.settings_files.push(SettingsFile::parse(layer, path, &text)))
    }

    fn is_proxied(&self) -> bool {
        self.codes().contains(&CauseCode::Proxied)
    }
}

#[test]
fn a_proxy_is_in_the_way_unless_it_is_told_otherwise() {
    for (exceptions, version, said) in [
        ("localhost", "2.1.332", Some("`HTTP_PROXY` is set, and `NO_PROXY` does not list `otel-collector`")),
        ("otel-collector", "2.1.332", None),
        ("*", "2.1.252", None),
        ("otel-collector", "2.1.100", Some("ignores `NO_PROXY`")),
    ] {
        let scene = with_variables(&[PROXY, &format!("NO_PROXY={exceptions}")]).version(version);
        assert_eq!(scene.verdict(), Verdict::Waiting);
        assert_eq!(scene.is_proxied(), said.is_some(), "{}", scene.told());
        assert!(said.is_none_or(|said| scene.told().contains(said)), "{}", scene.told());
        assert!(!scene.told().contains("hush"));
    }
    let reporting = healthy().agent(|agent| agent.proxy = ProxyVariables::read([PROXY]));
    assert_eq!(reporting.codes(), [], "the proxy passes it on");
}

#[test]
fn a_proxy_in_a_settings_file_is_named_with_its_file() {
    let proxy = r#""HTTPS_PROXY":"http://ada:hush@proxy:3128""#;
    for (layer, path) in [
        (SettingsLayer::Config, "/root/.claude.json"),
        (SettingsLayer::User, USER),
        (SettingsLayer::Project, "/work/.claude/settings.local.json"),
        (SettingsLayer::Managed, "/etc/claude-code/managed-settings.json"),
    ] {
        let scene = silent().with_file(layer, path, proxy);
        let said = format!("`HTTPS_PROXY` is set by `env.HTTPS_PROXY` in `{path}`, and `NO_PROXY` does not list");
        assert!(scene.is_proxied() && scene.told().contains(&said), "{}", scene.told());
        assert!(!scene.told().contains("hush"));
        let cause = scene.judged().causes.into_iter().find(|cause| cause.code == CauseCode::Proxied);
        assert!(cause.is_some_and(|cause| cause.fix.restart), "{}", scene.told());
    }
}

#[test]
fn exceptions_and_empty_values_of_files_replace_the_containers() {
    let excepted = r#""NO_PROXY":"otel-collector""#;
    let other = r#""NO_PROXY":"localhost""#;
    assert!(!with_variables(&[PROXY]).with_file(SettingsLayer::User, USER, excepted).is_proxied());
    assert!(!with_variables(&[PROXY]).with_file(SettingsLayer::User, USER, r#""HTTP_PROXY":"""#).is_proxied());
    let replaced = with_variables(&[PROXY, "NO_PROXY=otel-collector"]).with_file(SettingsLayer::User, USER, other);
    let said = format!("add `otel-collector` to `NO_PROXY`, set by `env.NO_PROXY` in `{USER}`");
    assert!(replaced.told().contains(&said), "{}", replaced.told());
    // A project's file wins over the user's.
    for (by_user, by_project, is_proxied) in [(excepted, other, true), (other, excepted, false)] {
        let scene = with_variables(&[PROXY])
            .with_file(SettingsLayer::Project, "/work/.claude/settings.json", by_project)
            .with_file(SettingsLayer::User, USER, by_user);
        assert_eq!(scene.is_proxied(), is_proxied, "{}", scene.told());
    }
}

#[test]
fn over_grpc_only_names_in_small_letters_count() {
    let over_grpc = |lines: &[&str]| {
        let endpoint = "http://otel-collector:4317";
        with_variables(lines)
            .given("OTEL_EXPORTER_OTLP_PROTOCOL=grpc")
            .given(&format!("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT={endpoint}"))
            .given(&format!("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT={endpoint}"))
    };
    assert!(!over_grpc(&[PROXY]).is_proxied());
    assert!(!over_grpc(&["http_proxy=http://proxy:3128", "no_proxy=otel-collector"]).is_proxied());
    let proxied = over_grpc(&["http_proxy=http://proxy:3128", "NO_PROXY=otel-collector"]);
    assert!(proxied.told().contains("add `otel-collector` to `no_proxy`"), "{}", proxied.told());
}
